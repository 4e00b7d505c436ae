//! A deployment as it went: its states with their times, its steps, who holds its environment, what was checked. Looks, and changes nothing.

use serde::Serialize;
use sluice_model::Timestamp;
use sluice_store::lease::CurrentLease;
use sluice_store::record::{Deployment, DeploymentState, Promotion, Step, Verification};
use sluice_store::{Change, Store, StoreError};

use crate::deploy::process::ProcessIdentity;

/// A deployment with everything that belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeploymentTimeline {
    /// The deployment.
    pub deployment: Deployment,
    /// Its states in the order in which it came to them; one can come again when it was resumed.
    pub phases: Vec<Phase>,
    /// Its journal.
    pub steps: Vec<Step>,
    /// Who holds its environment now.
    pub holder: Option<Holder>,
    /// What was checked, oldest first.
    pub verifications: Vec<Verification>,
    /// The promotion that it carries out.
    pub promotion: Option<Promotion>,
}

/// A state and when it began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// The state.
    pub state: DeploymentState,
    /// When.
    pub at: Timestamp,
    /// The entry of the ledger.
    pub entry: u64,
    /// Fencing number of the lease that it went on under.
    pub epoch: u64,
}

/// Who holds an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The process, for people.
    pub name: String,
    /// Fencing number.
    pub epoch: u64,
    /// When the lease ends unless it is renewed.
    pub until: Timestamp,
    /// Whether the process is certainly gone, so that the next deployment takes over at once.
    pub is_gone: bool,
}

/// One deployment; none when there is no such id.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn deployment_timeline(store: &Store, id: &str) -> Result<Option<DeploymentTimeline>, StoreError> {
    let Some(deployment) = store.deployment(id).await? else {
        return Ok(None);
    };
    let phases = store
        .deployment_events(id)
        .await?
        .into_iter()
        .filter_map(|event| match event.payload.change {
            Change::Deployment(row) => Some(Phase {
                state: row.state,
                at: event.at,
                entry: event.seq,
                epoch: row.epoch,
            }),
            _ => None,
        });
    let mut verifications = store.verifications(Some(&deployment.product)).await?;
    verifications.retain(|row| row.deployment.as_deref() == Some(id));
    let promotion = match &deployment.promotion {
        Some(promotion) => store.promotion(promotion).await?,
        None => None,
    };
    let lease = store.lease(&deployment.product, &deployment.environment).await?;
    Ok(Some(DeploymentTimeline {
        phases: phases.collect(),
        steps: store.steps(id).await?,
        holder: lease.and_then(holder),
        verifications,
        promotion,
        deployment,
    }))
}

fn holder(current: CurrentLease) -> Option<Holder> {
    let text = current.lease.holder?;
    // A holder that is no process of a machine is named as it stands.
    let process: Option<ProcessIdentity> = serde_json::from_str(&text).ok();
    Some(Holder {
        is_gone: process.as_ref().is_some_and(ProcessIdentity::is_gone),
        name: process.map_or(text, |process| process.to_string()),
        epoch: current.lease.epoch,
        until: current.until,
    })
}
