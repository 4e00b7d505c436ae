//! A deployment that failed returns to what ran before.

use sluice_store::record::{Deployment, DeploymentState};

use super::promote::Driver;
use super::request::PromoteError;
use crate::execution::rollback;
use crate::machines::deployment::is_unfinished;
use crate::preparation::{Preparation, prepare};

impl Driver<'_> {
    /// Goes the way back that the deployment has begun, to its end or to where somebody has to look; one that has begun none stays as it is.
    pub(super) async fn way_back(&self, deployment: Deployment, epoch: u64) -> Result<Deployment, PromoteError> {
        let Some(begun) = deployment.rollback.as_ref().filter(|_| is_unfinished(deployment.state)) else {
            return Ok(deployment);
        };
        let previous = self.use_case.store.deployment(&begun.to).await?;
        let mut notes = Vec::new();
        let prepared = match &previous {
            None => Err(vec![format!("deployment {} is not in the ledger", begun.to)]),
            Some(previous) => {
                if previous.binding_digest != self.environment.binding().digest() {
                    notes.push(format!(
                        "the values of `{}` changed after {} was deployed: what came back has those of today",
                        self.environment.name, previous.id
                    ));
                }
                let release = previous.version.clone().map(|version| (previous.digest, version));
                let wanted = Preparation {
                    // It ran here before; that another workspace does not answer must not keep it from coming back.
                    compared: false,
                    ..self.preparation_of(&previous.commit, release)
                };
                prepare(&wanted).await.map_err(|error| error.reasons())
            }
        };
        let candidate = match &prepared {
            Ok((_export, candidate)) => Ok(candidate),
            Err(reasons) => Err(reasons.clone()),
        };
        Ok(rollback::run(self.use_case, candidate, deployment, epoch, notes).await?)
    }

    /// As [`Self::way_back`], of the deployment of another promotion.
    ///
    /// # Errors
    /// When it does not come to its end: nothing else may happen in the environment before.
    pub(super) async fn finished_way_back(
        &self,
        deployment: Deployment,
        epoch: u64,
    ) -> Result<Deployment, PromoteError> {
        let deployment = self.way_back(deployment, epoch).await?;
        if deployment.rollback.is_some() && deployment.state == DeploymentState::NeedsAttention {
            return Err(PromoteError::HalfWayBack {
                deployment: deployment.id,
                reasons: deployment.reasons,
            });
        }
        Ok(deployment)
    }
}
