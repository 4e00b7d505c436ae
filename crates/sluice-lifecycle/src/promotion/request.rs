//! What a promotion is asked for, what it came to, and why it could not be driven on.

use std::collections::BTreeMap;
use std::path::Path;

use sluice_databricks::ClientError;
use sluice_model::{ProductName, ReleaseVersion};
use sluice_store::StoreError;

use super::report::PromotionReport;
use crate::bundle_files::GitError;
use crate::execution::candidate::ConnectError;
use crate::execution::lease::LeaseError;
use crate::execution::saga::ExecutionError;
use crate::machines::IllegalTransition;
use crate::platform::{Platform, PlatformError};
use crate::policy::GatherError;
use crate::preparation::PreparationError;
use crate::release::VerifyReleaseError;

/// Which release goes where.
#[derive(Clone, Debug)]
pub struct PromoteRequest<'a> {
    /// The product's repository, which has the tag.
    pub repository: &'a Path,
    /// The product.
    pub product: &'a ProductName,
    /// The release.
    pub version: &'a ReleaseVersion,
    /// The platform.
    pub platform: &'a Platform,
    /// Name of the environment.
    pub environment: &'a str,
    /// The directory of the platform's ledger, below which the local deployment states are kept.
    pub data: &'a Path,
    /// The process environment.
    pub process_environment: &'a BTreeMap<String, String>,
}

/// A promotion could not be driven on. What is recorded stands, and the same command goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum PromoteError {
    /// There is no such environment.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The release cannot be relied on.
    #[error(transparent)]
    Release(#[from] VerifyReleaseError),
    /// The release is not in this ledger.
    #[error(
        "release {version} of `{product}` is tagged in Git but not in this ledger; `sluice freeze {version}` at its commit records it"
    )]
    NotRecorded {
        /// Product.
        product: ProductName,
        /// Version.
        version: ReleaseVersion,
    },
    /// The environment is held by another process.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The content cannot be made ready for a deployment that is under way.
    #[error(transparent)]
    Preparation(#[from] PreparationError),
    /// The deployment could not be driven on.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// The recorded state does not allow what has to be done.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// An approval that the gates had found good is not any more.
    #[error("the promotion is not approved: {reason}; the same command judges it again")]
    Unapproved {
        /// Why not.
        reason: String,
    },
    /// The people who decided cannot be looked up.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The people who decided cannot be looked up.
    #[error("the workspace does not say who holds a role")]
    People(#[from] ClientError),
    /// The history of the product cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The policies cannot be evaluated.
    #[error(transparent)]
    Policy(#[from] GatherError),
    /// An earlier deployment of the environment is on its way back and does not come to its end.
    #[error("deployment {deployment} is half-way back to what ran before: {}", .reasons.join("; "))]
    HalfWayBack {
        /// The deployment.
        deployment: String,
        /// What keeps it.
        reasons: Vec<String>,
    },
    /// The ledger failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a promotion came to.
#[derive(Clone, Debug)]
pub struct Promoted {
    /// The promotion with what belongs to it.
    pub report: PromotionReport,
    /// Approvals that had been given and could not be used any more, and why.
    pub refused: Vec<String>,
}
