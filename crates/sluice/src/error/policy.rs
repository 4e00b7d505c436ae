//! Errors of policies.

use sluice_lifecycle::policy::{CheckError, GatherError};

use super::CommandError;

impl From<GatherError> for CommandError {
    fn from(error: GatherError) -> Self {
        match error {
            GatherError::Document(error) => error.into(),
            GatherError::Store(error) => error.into(),
            GatherError::Git(error) => error.into(),
        }
    }
}

impl From<CheckError> for CommandError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Gather(error) => error.into(),
            CheckError::Preparation(error) => error.into(),
            CheckError::Release(error) => error.into(),
            CheckError::Export(error) => error.into(),
        }
    }
}
