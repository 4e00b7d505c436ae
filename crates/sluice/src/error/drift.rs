//! Errors of comparing an environment with what was deployed there.

use sluice_lifecycle::drift::DriftError;

use super::{CommandError, ExitKind};

impl From<DriftError> for CommandError {
    fn from(error: DriftError) -> Self {
        match error {
            DriftError::Platform(error) => error.into(),
            DriftError::Store(error) => error.into(),
            DriftError::NothingDeployed { .. } => Self::from_error(ExitKind::Config, &error),
            DriftError::Preparation(error) => error.into(),
            DriftError::Resources(error) => error.into(),
            DriftError::UnderWay { .. } => Self::from_error(ExitKind::Remote, &error)
                .hint("let it end, or finish it with the command that began it; then ask again"),
            DriftError::Moved => Self::from_error(ExitKind::Remote, &error).hint("ask again when it has ended"),
            DriftError::StateGone { .. } => {
                Self::from_error(ExitKind::Remote, &error).hint("deploy again, or restore the folder from the trash")
            }
            DriftError::State(_) | DriftError::Identities(_) | DriftError::Live { .. } => {
                Self::from_error(ExitKind::Remote, &error)
            }
        }
    }
}
