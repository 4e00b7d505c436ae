//! Errors of the background process of the local workspaces.

use sluice_workspace::daemon::{FailureKind, FileError, LaunchError, StopError};

use super::{CommandError, ExitKind};

impl From<FileError> for CommandError {
    fn from(error: FileError) -> Self {
        Self::from_error(ExitKind::Config, &error)
    }
}

impl From<LaunchError> for CommandError {
    fn from(error: LaunchError) -> Self {
        let kind = match &error {
            LaunchError::File(_) => ExitKind::Config,
            LaunchError::Failed { failure } => match failure.kind {
                // The others are files of this machine that cannot be written or read.
                FailureKind::Port | FailureKind::Other => ExitKind::Config,
                FailureKind::AlreadyServed => ExitKind::Refused,
            },
            LaunchError::Spawn { .. } => ExitKind::Internal,
            LaunchError::Ended { .. } | LaunchError::Timeout { .. } | LaunchError::Silent { .. } => ExitKind::Remote,
        };
        Self::from_error(kind, &error)
    }
}

impl From<StopError> for CommandError {
    fn from(error: StopError) -> Self {
        let kind = match &error {
            StopError::File(_) | StopError::Remove { .. } => ExitKind::Config,
            StopError::Signal { .. } | StopError::Stuck { .. } => ExitKind::Remote,
        };
        Self::from_error(kind, &error)
    }
}
