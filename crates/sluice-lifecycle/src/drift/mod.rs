//! `sluice drift`: what of a deployment is not any more as it was deployed. Reads only, takes no lock.
//!
//! - [`report`]: what is said; [`deployed`]: what it is compared with; [`resources`]: objects and their fields, identity first;
//!   [`surplus`]: what nobody declared; [`files`]: uploaded files.

mod deployed;
mod files;
mod remedy;
mod report;
mod resources;
mod surplus;

use std::collections::BTreeMap;
use std::path::Path;

use sluice_bundle::engine::Declared;
use sluice_model::Tree;
use sluice_store::{Store, StoreError};

use self::deployed::{Deployed, Seen};
pub use self::report::{Difference, DifferenceKind, DriftReport, DriftState, Remedy};
use crate::bundle_files::LoadedBundle;
use crate::capture::live::{Live, LiveError};
use crate::deploy::PlanError;
use crate::deploy::identities::IdentitiesError;
use crate::deploy::remote_state::{self, RemoteStateError};
use crate::platform::{Environment, Platform, PlatformError};
use crate::preparation::PreparationError;
use crate::product::Product;

/// Which environment of which product is looked at.
#[derive(Clone, Copy, Debug)]
pub struct DriftRequest<'a> {
    /// The product's checkout, whose repository has the deployed commit.
    pub product: &'a Product,
    /// The platform.
    pub platform: &'a Platform,
    /// Name of the environment.
    pub environment: &'a str,
    /// The directory of the platform's ledger.
    pub data: &'a Path,
    /// The process environment.
    pub process_environment: &'a BTreeMap<String, String>,
}

/// Nothing can be said about drift. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    /// There is no such environment.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The ledger failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing is active there.
    #[error("nothing of `{product}` is active in `{environment}`: there is nothing to compare with")]
    NothingDeployed {
        /// Product, or bundle.
        product: String,
        /// Environment, or target.
        environment: String,
    },
    /// A deployment is not finished.
    #[error("deployment {deployment} is {state}: what has to be there is not decided yet")]
    UnderWay {
        /// The deployment.
        deployment: String,
        /// Its state.
        state: String,
    },
    /// A deployment ran while the workspace was read, twice.
    #[error("a deployment ran while the workspace was read, and again when it was read once more")]
    Moved,
    /// The workspace has no state of the deployment.
    #[error("the deployment's state is gone from `{state_path}`: what belongs to the deployment cannot be told")]
    StateGone {
        /// Where it has to be.
        state_path: String,
    },
    /// The deployed content cannot be made ready.
    #[error(transparent)]
    Preparation(#[from] PreparationError),
    /// The deployment's state cannot be read.
    #[error(transparent)]
    State(#[from] RemoteStateError),
    /// The recorded identities cannot be read.
    #[error(transparent)]
    Identities(#[from] IdentitiesError),
    /// A declared object cannot be read.
    #[error(transparent)]
    Resources(#[from] PlanError),
    /// Something that may be there undeclared cannot be read.
    #[error("{object} cannot be read{}", missing.as_deref().map(|missing| format!(": {missing} is missing")).unwrap_or_default())]
    Live {
        /// What it is.
        object: String,
        /// The privilege that is missing.
        missing: Option<String>,
        /// Why.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl DriftError {
    /// Whether the place was meant rightly and could not be read: drift is unknown then, never absent.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        match self {
            Self::Platform(_) | Self::Store(_) | Self::NothingDeployed { .. } => false,
            Self::Preparation(error) => error.client_error().is_some(),
            Self::UnderWay { .. }
            | Self::Moved
            | Self::StateGone { .. }
            | Self::State(_)
            | Self::Identities(_)
            | Self::Resources(_)
            | Self::Live { .. } => true,
        }
    }
}

impl From<LiveError> for DriftError {
    fn from(error: LiveError) -> Self {
        match error {
            LiveError::Denied {
                object,
                privilege,
                source,
            } => Self::Live {
                object,
                missing: Some(privilege),
                source: Some(source),
            },
            LiveError::Vanished { object } => Self::Live {
                object,
                missing: None,
                source: Some("it was deleted meanwhile".into()),
            },
            LiveError::Client { object, source } => Self::Live {
                object,
                missing: None,
                source: Some(Box::new(source)),
            },
        }
    }
}

/// Compares an environment with what the ledger says is active there. When a deployment ran meanwhile, what was found is thrown away and
/// looked for once more.
///
/// # Errors
/// When something cannot be read; what cannot be read is never in sync.
pub async fn drift_of_environment(store: &Store, request: DriftRequest<'_>) -> Result<DriftReport, DriftError> {
    let environment = request.platform.environment(request.environment)?;
    for _attempt in 0..2 {
        let seen = Seen::of(store, &request.product.descriptor.name, environment).await?;
        let (_export, deployed) = deployed::of_environment(store, request, environment, seen.clone()).await?;
        let report = compare(&deployed, &gated(environment)).await;
        if Seen::of(store, &request.product.descriptor.name, environment).await? == seen
            && deployed.is_current().await?
        {
            return report;
        }
    }
    Err(DriftError::Moved)
}

/// Compares a target of a bundle that no platform knows with the deployment's state in its workspace.
///
/// # Errors
/// When something cannot be read; what cannot be read is never in sync.
pub async fn drift_of_target(loaded: &LoadedBundle) -> Result<DriftReport, DriftError> {
    for _attempt in 0..2 {
        let deployed = deployed::of_target(loaded).await?;
        let report = compare(&deployed, &remedy::Way::Deploy).await;
        if deployed.is_current().await? {
            return report;
        }
    }
    Err(DriftError::Moved)
}

fn gated(environment: &Environment) -> remedy::Way {
    if environment.require_ungated().is_err() {
        remedy::Way::Promote
    } else {
        remedy::Way::Deploy
    }
}

async fn compare(deployed: &Deployed<'_>, way: &remedy::Way) -> Result<DriftReport, DriftError> {
    let live = Live {
        client: &deployed.loaded().client,
    };
    let mut notes = deployed.notes.clone();
    let found = resources::compare(live, deployed, &mut notes).await?;
    let mut differences = found.differences;
    differences.extend(surplus::compare(live, deployed, &found.replaced).await?);
    differences.extend(files::compare(live, deployed, &mut notes).await?);
    for difference in &mut differences {
        remedy::complete(difference, way, deployed);
    }
    differences.sort_by(|one, other| report::order(one).cmp(&report::order(other)));
    let state = if differences.is_empty() {
        DriftState::InSync
    } else {
        DriftState::Drifted
    };
    Ok(DriftReport {
        product: deployed.product.clone(),
        environment: deployed.environment.clone(),
        host: deployed.loaded().client.host().to_string(),
        state,
        deployment: deployed.seen.as_ref().map(|seen| seen.row.id.clone()),
        version: deployed.seen.as_ref().and_then(|seen| seen.row.version.clone()),
        commit: deployed.seen.as_ref().map(|seen| seen.row.commit.clone()),
        epoch: deployed.seen.as_ref().map(|seen| seen.epoch),
        serial: deployed.states.resources.serial,
        compared: deployed.states.entries().count(),
        differences,
        notes,
    })
}

/// The state in the workspace, which has to be there.
async fn states(loaded: &LoadedBundle) -> Result<sluice_bundle::engine::States, DriftError> {
    let state_path = &loaded.bundle.workspace.state_path;
    let states = remote_state::pull(&loaded.client, state_path).await?;
    if states.resources.exists() {
        Ok(states)
    } else {
        Err(DriftError::StateGone {
            state_path: state_path.clone(),
        })
    }
}

/// Values of a document as text, without those that nobody may see.
fn shown(value: &Tree, path: &str) -> Tree {
    report::without_secrets(value, path)
}

/// What is declared: the content when it is what was deployed, else what the state says was applied.
fn declared(as_deployed: bool) -> Declared {
    if as_deployed {
        Declared::Content
    } else {
        Declared::State
    }
}
