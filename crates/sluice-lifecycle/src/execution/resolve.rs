//! Somebody put right by hand what a deployment had left: it is closed, with who said so and why.

use sluice_store::record::{Deployment, DeploymentState, PromotionState};
use sluice_store::{Change, StoreError};

use super::lease::{HeldLease, LeaseError};
use super::saga::{ExecutionError, after};
use crate::context::UseCase;
use crate::machines::deployment::DeploymentEvent;
use crate::machines::promotion::{self, PromotionEvent};

/// A deployment cannot be closed by hand. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// There is none of this id.
    #[error("there is no deployment `{id}`")]
    Missing {
        /// The id.
        id: String,
    },
    /// Nobody has to look at it.
    #[error("deployment {id} is {state}: only one that needs attention is resolved by hand")]
    NotOpen {
        /// The deployment.
        id: String,
        /// Its state.
        state: DeploymentState,
    },
    /// Another process holds the environment.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The recorded state does not allow it.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// The ledger failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Closes a deployment that needs attention, and the promotion that it carried out. Changes nothing in the workspace.
///
/// # Errors
/// See [`ResolveError`].
pub async fn resolve(use_case: UseCase<'_>, id: &str, reason: &str) -> Result<Deployment, ResolveError> {
    let find = async || {
        let found = use_case.store.deployment(id).await?;
        found.ok_or_else(|| ResolveError::Missing { id: id.to_owned() })
    };
    let row = find().await?;
    let lease = HeldLease::take(use_case, &row.product, &row.environment).await?;
    let epoch = lease.epoch();
    lease
        .during(use_case, async {
            let row = find().await?;
            if row.state != DeploymentState::NeedsAttention {
                return Err(ResolveError::NotOpen {
                    id: row.id,
                    state: row.state,
                });
            }
            let line = format!("resolved by {}: {reason}", use_case.actor.subject);
            let mut row = after(&row, DeploymentEvent::Abandon).map_err(ExecutionError::from)?;
            row.epoch = epoch;
            row.reasons.push(line.clone());
            let mut changes = vec![Change::Deployment(row.clone())];
            let promotion = match &row.promotion {
                Some(promotion) => use_case.store.promotion(promotion).await?,
                None => None,
            };
            let now = use_case.clock.now();
            if let Some(mut open) = promotion.filter(|open| open.state == PromotionState::Executing) {
                open.state = promotion::step(Some(open.state), PromotionEvent::Failed).map_err(ExecutionError::from)?;
                open.reasons.clone_from(&row.reasons);
                open.changed_at = now;
                open.row_version += 1;
                changes.push(Change::Promotion(open));
            }
            use_case.store.record_all(now, use_case.actor, changes).await?;
            Ok(row)
        })
        .await
}
