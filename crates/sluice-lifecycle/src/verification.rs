//! `sluice verify`: a commit is deployed to an environment and checked end to end; one report, one entry in the ledger.

use std::collections::BTreeMap;

use serde::Serialize;
use sluice_model::{Digest, EnvironmentName, ProductName, ResourceKey};
use sluice_store::record::{Check, DeploymentState};
use sluice_store::{Change, StoreError};

use crate::bundle_files::GitError;
use crate::context::UseCase;
use crate::execution::lease::{HeldLease, LeaseError};
use crate::execution::saga::{self, ExecutionError, Expectation};
use crate::git::git;
use crate::machines::deployment::is_unfinished;
use crate::platform::{Platform, PlatformError};
use crate::preparation::{Preparation, PreparationError, prepare};
use crate::product::Product;

/// What to verify where.
#[derive(Clone, Debug)]
pub struct VerifyRequest<'a> {
    /// The checkout; what is committed in it is verified.
    pub product: &'a Product,
    /// The platform.
    pub platform: &'a Platform,
    /// Name of the environment.
    pub environment: &'a str,
    /// The process environment.
    pub process_environment: &'a BTreeMap<String, String>,
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VerifyReport {
    /// Product.
    pub product: ProductName,
    /// Environment.
    pub environment: EnvironmentName,
    /// Commit.
    pub commit: String,
    /// Digest of its files.
    pub content: Digest,
    /// Id of the verification in the ledger; none when it did not come to that.
    pub verification: Option<String>,
    /// Id of the deployment in the ledger.
    pub deployment: String,
    /// State of the deployment.
    pub state: DeploymentState,
    /// Whether everything is as it should be.
    pub passed: bool,
    /// What the deployment did, by resource.
    pub effects: Vec<(ResourceKey, String)>,
    /// The checks.
    pub checks: Vec<Check>,
    /// Why it did not pass.
    pub reasons: Vec<String>,
}

/// Nothing was verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The checkout has changes.
    #[error("the checkout has changes that are not committed: {}; a verification is of a commit", paths.join(", "))]
    Dirty {
        /// Changed paths, at most ten.
        paths: Vec<String>,
    },
    /// There is no such environment.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The content cannot be made ready.
    #[error(transparent)]
    Preparation(#[from] PreparationError),
    /// The environment is held by another process.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The deployment could not be driven on.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// The ledger failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Deploys the commit that is checked out and checks it.
///
/// # Errors
/// When nothing was deployed; what the deployment and the checks came to is in the report.
pub async fn verify(use_case: UseCase<'_>, request: &VerifyRequest<'_>) -> Result<VerifyReport, VerifyError> {
    let paths = crate::release::freeze::changed_paths(&request.product.root).await?;
    if !paths.is_empty() {
        return Err(VerifyError::Dirty { paths });
    }
    let environment = request.platform.environment(request.environment)?;
    environment.require_ungated()?;
    let root = &request.product.root;
    let branch = git(root, &["branch", "--show-current"]).await?;
    let branch = String::from_utf8_lossy(&branch).trim().to_owned();
    let head = request.product.head().await?;
    let ledger = use_case.store.head().await?.ledger_id;
    let wanted = Preparation {
        repository: root,
        commit: &head,
        branch: Some(branch).filter(|branch| !branch.is_empty()),
        release: None,
        platform: request.platform,
        environment,
        local_state: root.join(".databricks/bundle").join(&environment.target),
        process_environment: request.process_environment,
        ledger: &ledger,
        compared: true,
    };
    // Where an environment requires others, the same content must be a replica of theirs; dev requires none.
    let (_export, candidate) = prepare(&wanted).await?;
    let product = candidate.descriptor.name.clone();
    let lease = HeldLease::take(use_case, &product, &environment.name).await?;
    let epoch = lease.epoch();
    let ran = lease
        .during(use_case, async {
            for row in use_case.store.deployments(Some(&product)).await? {
                if row.environment == environment.name && is_unfinished(row.state) {
                    saga::abandon(use_case, &row, epoch, "a newer verification took over").await?;
                }
            }
            let row = saga::queued(use_case, &candidate, None, epoch);
            use_case
                .store
                .record(use_case.clock.now(), use_case.actor, Change::Deployment(row.clone()))
                .await?;
            // Where people build, they look at what failed: nothing comes back by itself.
            saga::run(use_case, &candidate, row, epoch, &Expectation::Any, None).await
        })
        .await?;
    let effects = ran.effects;
    let (verification, checks) = match ran.verification {
        Some(row) => (Some(row.id), row.checks),
        None => (None, Vec::new()),
    };
    Ok(VerifyReport {
        product,
        environment: environment.name.clone(),
        commit: candidate.commit,
        content: candidate.content,
        verification,
        deployment: ran.deployment.id,
        state: ran.deployment.state,
        passed: ran.deployment.state == DeploymentState::Active,
        effects,
        checks,
        reasons: ran.deployment.reasons,
    })
}
