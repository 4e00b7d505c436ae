//! Errors of products, blueprints, releases, promotions and the ledger.

use sluice_databricks::ClientError;
use sluice_lifecycle::blueprint::BlueprintError;
use sluice_lifecycle::blueprint::instantiate::NewProductError;
use sluice_lifecycle::bundle_files::{GitError, LoadError};
use sluice_lifecycle::contracts::DiffError;
use sluice_lifecycle::execution::candidate::ConnectError;
use sluice_lifecycle::execution::stamp::StampError;
use sluice_lifecycle::execution::{ExecutionError, LeaseError, ResolveError};
use sluice_lifecycle::preparation::PreparationError;
use sluice_lifecycle::product::ProductError;
use sluice_lifecycle::promotion::PromoteError;
use sluice_lifecycle::release::{ExportError, FreezeError, ManifestError, VerifyReleaseError};
use sluice_lifecycle::verification::VerifyError;
use sluice_store::StoreError;

use super::databricks::{client_kind, profile_hint};
use super::{CommandError, ExitKind};

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        if error.is_machine_fault() {
            return Self::new(ExitKind::Config, with_first_cause(&error))
                .hint("make room on the disk, or give access to the file; nothing was recorded");
        }
        let kind = if error.is_conflict() {
            ExitKind::Refused
        } else {
            ExitKind::Internal
        };
        match &error {
            StoreError::ExportLine { .. } => Self::from_error(ExitKind::Config, &error),
            StoreError::LeaseHeld { .. } => {
                Self::from_error(kind, &error).hint("wait until it is done, then try again")
            }
            StoreError::Directory { .. }
            | StoreError::Open { .. }
            | StoreError::Migrate { .. }
            | StoreError::Query { .. }
            | StoreError::Decode { .. }
            | StoreError::Encode(_)
            | StoreError::Stale { .. }
            | StoreError::Conflict { .. }
            | StoreError::LeaseLost { .. } => Self::new(kind, with_first_cause(&error)),
        }
    }
}

/// The errors of the database repeat their cause in their own text, so that one level says it all.
fn with_first_cause(error: &StoreError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

impl From<GitError> for CommandError {
    fn from(error: GitError) -> Self {
        Self::from_error(ExitKind::Config, &error)
    }
}

impl From<ProductError> for CommandError {
    fn from(error: ProductError) -> Self {
        match &error {
            ProductError::Document(document) if !document.diagnostics().is_empty() => {
                Self::config(document.diagnostics().to_vec())
            }
            ProductError::NotFound { .. } => Self::from_error(ExitKind::Config, &error)
                .hint("change to the directory of a data product, or make one with `sluice new`"),
            ProductError::Document(_) | ProductError::NotARepository { .. } | ProductError::Git(_) => {
                Self::from_error(ExitKind::Config, &error)
            }
        }
    }
}

impl From<BlueprintError> for CommandError {
    fn from(error: BlueprintError) -> Self {
        if error.diagnostics().is_empty() {
            Self::from_error(ExitKind::Config, &error)
        } else {
            Self::config(error.diagnostics().to_vec())
        }
    }
}

impl From<NewProductError> for CommandError {
    fn from(error: NewProductError) -> Self {
        match error {
            NewProductError::Blueprint(error) => error.into(),
            NewProductError::Git(error) => error.into(),
            NewProductError::NotEmpty { .. }
            | NewProductError::NotADirectory { .. }
            | NewProductError::Write { .. } => Self::from_error(ExitKind::Config, &error),
        }
    }
}

impl From<ManifestError> for CommandError {
    fn from(error: ManifestError) -> Self {
        match error {
            ManifestError::Git(error) => error.into(),
            ManifestError::Document(document) if !document.diagnostics().is_empty() => {
                Self::config(document.diagnostics().to_vec())
            }
            ManifestError::Document(_)
            | ManifestError::MissingFile { .. }
            | ManifestError::Submodule { .. }
            | ManifestError::Entry { .. }
            | ManifestError::PathEncoding { .. }
            | ManifestError::Contents { .. }
            | ManifestError::Lock(_) => Self::from_error(ExitKind::Config, &error),
        }
    }
}

impl From<DiffError> for CommandError {
    fn from(error: DiffError) -> Self {
        if !error.diagnostics().is_empty() {
            return Self::config(error.diagnostics().to_vec());
        }
        match error {
            DiffError::Unknown { .. } | DiffError::Port { .. } => Self::from_error(ExitKind::Usage, &error),
            DiffError::Store(error) => error.into(),
            DiffError::Git(error) => error.into(),
            DiffError::Document(_) | DiffError::Export(_) => Self::from_error(ExitKind::Config, &error),
        }
    }
}

impl From<FreezeError> for CommandError {
    fn from(error: FreezeError) -> Self {
        match error {
            FreezeError::Dirty { .. } | FreezeError::VersionTaken { .. } => Self::from_error(ExitKind::Refused, &error),
            FreezeError::Manifest(error) => error.into(),
            FreezeError::Store(error) => error.into(),
            FreezeError::Git(error) => error.into(),
        }
    }
}

impl From<VerifyReleaseError> for CommandError {
    fn from(error: VerifyReleaseError) -> Self {
        match error {
            VerifyReleaseError::Quarantined { .. } => Self::from_error(ExitKind::Refused, &error)
                .hint("restore the tag to lift the quarantine, or freeze a new version"),
            VerifyReleaseError::Unknown { ref version, .. } => Self::from_error(ExitKind::Config, &error).hint(
                format!("`sluice freeze {version}` makes it of the commit that is checked out"),
            ),
            VerifyReleaseError::Manifest(error) => error.into(),
            VerifyReleaseError::Store(error) => error.into(),
            VerifyReleaseError::Git(error) => error.into(),
        }
    }
}

impl From<ConnectError> for CommandError {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Configuration { ref source, .. } => {
                let shown = Self::from_error(ExitKind::Config, &error);
                match profile_hint(source) {
                    Some(hint) => shown.hint(hint),
                    None => shown,
                }
            }
            ConnectError::Client(error) => error.into(),
        }
    }
}

impl From<PreparationError> for CommandError {
    fn from(error: PreparationError) -> Self {
        let kind = error
            .client_error()
            .map_or(ExitKind::Config, |client: &ClientError| client_kind(client));
        match error {
            PreparationError::Export(error) => error.into(),
            PreparationError::Document(document) if !document.diagnostics().is_empty() => {
                Self::config(document.diagnostics().to_vec())
            }
            PreparationError::Document(_) | PreparationError::Lock(_) => Self::from_error(kind, &error),
            PreparationError::Stamp { ref source, .. } => match source.as_ref() {
                StampError::OtherLedger { .. } | StampError::Unreadable { .. } => {
                    Self::from_error(ExitKind::Refused, &error)
                }
                StampError::Client { .. } => Self::from_error(kind, &error),
            },
            PreparationError::Load { environment, source } => match *source {
                LoadError::Refused(diagnostics) => Self {
                    message: format!("the bundle has errors for environment `{environment}`"),
                    ..Self::config(diagnostics)
                },
                source => Self {
                    kind,
                    ..Self::from(source)
                },
            },
        }
    }
}

impl From<ExportError> for CommandError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Manifest(error) => error.into(),
            ExportError::Git(error) => error.into(),
            ExportError::Write { .. } => Self::from_error(ExitKind::Internal, &error),
            ExportError::Differs { .. } => Self::from_error(ExitKind::Refused, &error),
        }
    }
}

impl From<LeaseError> for CommandError {
    fn from(error: LeaseError) -> Self {
        match error {
            LeaseError::Store(error) => error.into(),
        }
    }
}

impl From<ExecutionError> for CommandError {
    fn from(error: ExecutionError) -> Self {
        match error {
            ExecutionError::Store(error) => error.into(),
            ExecutionError::Illegal(_) => Self::from_error(ExitKind::Refused, &error),
            ExecutionError::Journal(_) => {
                Self::from_error(ExitKind::HalfWay, &error).hint("the same command again goes on from what is recorded")
            }
        }
    }
}

impl From<ResolveError> for CommandError {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::Missing { .. } => {
                Self::from_error(ExitKind::Config, &error).hint("`sluice history` shows the deployments of a product")
            }
            ResolveError::NotOpen { .. } => Self::from_error(ExitKind::Refused, &error),
            ResolveError::Lease(error) => error.into(),
            ResolveError::Execution(error) => error.into(),
            ResolveError::Store(error) => error.into(),
        }
    }
}

impl From<VerifyError> for CommandError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Dirty { .. } => {
                Self::from_error(ExitKind::Refused, &error).hint("commit or remove them first")
            }
            VerifyError::Platform(error) => error.into(),
            VerifyError::Preparation(error) => error.into(),
            VerifyError::Lease(error) => error.into(),
            VerifyError::Execution(error) => error.into(),
            VerifyError::Store(error) => error.into(),
            VerifyError::Git(error) => error.into(),
        }
    }
}

impl From<PromoteError> for CommandError {
    fn from(error: PromoteError) -> Self {
        match error {
            PromoteError::Platform(error) => error.into(),
            PromoteError::Release(error) => error.into(),
            PromoteError::NotRecorded { .. } => Self::from_error(ExitKind::Config, &error),
            PromoteError::Lease(error) => error.into(),
            PromoteError::Preparation(error) => error.into(),
            PromoteError::Execution(error) => error.into(),
            PromoteError::Illegal(_) | PromoteError::Unapproved { .. } => Self::from_error(ExitKind::Refused, &error),
            PromoteError::HalfWayBack { ref deployment, .. } => {
                let hints = [
                    format!("`sluice deployment resume {deployment}` goes on"),
                    format!(
                        "`sluice deployment resolve {deployment} --reason TEXT` says that somebody put it right by hand"
                    ),
                ];
                let refusal = Self::from_error(ExitKind::Refused, &error);
                hints.into_iter().fold(refusal, Self::hint)
            }
            PromoteError::Connect(error) => error.into(),
            PromoteError::People(error) => error.into(),
            PromoteError::Git(error) => error.into(),
            PromoteError::Policy(error) => error.into(),
            PromoteError::Store(error) => error.into(),
        }
    }
}
