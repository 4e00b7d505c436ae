//! Errors of `platform.yaml`.

use sluice_lifecycle::platform::PlatformError;

use super::{CommandError, ExitKind};

impl From<PlatformError> for CommandError {
    fn from(error: PlatformError) -> Self {
        let diagnostics = error.diagnostics().to_vec();
        if diagnostics.is_empty() {
            Self::from_error(ExitKind::Config, &error)
        } else {
            Self::config(diagnostics)
        }
    }
}
