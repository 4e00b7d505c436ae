//! Errors of decisions, sign-offs and requested changes.

use sluice_lifecycle::approval::DecideError;
use sluice_lifecycle::change::ChangeError;
use sluice_lifecycle::signoff::SignoffError;

use super::{CommandError, ExitKind};

/// A refusal with what would help.
fn refused(error: &dyn std::error::Error, hints: &[String]) -> CommandError {
    hints
        .iter()
        .fold(CommandError::from_error(ExitKind::Refused, error), CommandError::hint)
}

impl From<DecideError> for CommandError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Unknown { .. } => {
                Self::from_error(ExitKind::Config, &error).hint("`sluice promotion list` shows what waits")
            }
            DecideError::Several { .. } => Self::from_error(ExitKind::Usage, &error),
            DecideError::OtherProduct { .. } => Self::from_error(ExitKind::Config, &error)
                .hint("decide in the directory of the product that it is about"),
            DecideError::Refused { ref hints, .. } => refused(&error, hints),
            DecideError::Promotion(error) => error.into(),
        }
    }
}

impl From<SignoffError> for CommandError {
    fn from(error: SignoffError) -> Self {
        match error {
            SignoffError::Unknown(_) => {
                Self::from_error(ExitKind::Config, &error).hint("`sluice release list` shows what it has")
            }
            SignoffError::UnknownCriterion { .. } => Self::from_error(ExitKind::Config, &error)
                .hint("criteria stand in platform.yaml, under `signoffs` of the environment that they open"),
            SignoffError::Several { .. } => Self::from_error(ExitKind::Usage, &error),
            SignoffError::Refused { ref hints, .. } => refused(&error, hints),
            SignoffError::Promotion(error) => error.into(),
        }
    }
}

impl From<ChangeError> for CommandError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NoRequest(_) | ChangeError::UnknownSignoff(_) | ChangeError::NoRoute(_) => {
                Self::from_error(ExitKind::Config, &error)
            }
            ChangeError::Dirty { .. } => Self::from_error(ExitKind::Refused, &error).hint("commit them first"),
            ChangeError::NothingNew { .. } => {
                Self::from_error(ExitKind::Refused, &error).hint("commit the change first")
            }
            ChangeError::OtherRequest { .. } | ChangeError::NotNewer { .. } => {
                Self::from_error(ExitKind::Refused, &error).hint("choose a new, higher version")
            }
            ChangeError::Accepted { .. } | ChangeError::Illegal(_) => Self::from_error(ExitKind::Refused, &error),
            ChangeError::Verify(error) => error.into(),
            ChangeError::Freeze(error) => error.into(),
            ChangeError::Promote(error) => error.into(),
            ChangeError::Git(error) => error.into(),
            ChangeError::Store(error) => error.into(),
        }
    }
}
