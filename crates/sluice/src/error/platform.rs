//! Errors of `platform.yaml`.

use sluice_lifecycle::platform::PlatformError;

use super::{CommandError, ExitKind};

impl From<PlatformError> for CommandError {
    fn from(error: PlatformError) -> Self {
        let diagnostics = error.diagnostics().to_vec();
        match &error {
            PlatformError::Missing => Self::from_error(ExitKind::Config, &error).hint(
                "it names the environments and their hosts; docs/getting-started.md has a complete one, and `sluice demo` writes one",
            ),
            PlatformError::Gated { environment } => Self::from_error(ExitKind::Refused, &error)
                .hint(format!("freeze a verified commit, then `sluice promote VERSION --to {environment}`")),
            PlatformError::Document(_) | PlatformError::UnknownEnvironment { .. } if diagnostics.is_empty() => {
                Self::from_error(ExitKind::Config, &error)
            }
            PlatformError::Document(_) | PlatformError::UnknownEnvironment { .. } => Self::config(diagnostics),
        }
    }
}
