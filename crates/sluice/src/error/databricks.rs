//! Errors of the client.

use sluice_databricks::{ApiErrorKind, ClientError, ConfigurationError};

use super::{CommandError, ExitKind};

impl From<ConfigurationError> for CommandError {
    fn from(error: ConfigurationError) -> Self {
        let shown = Self::from_error(ExitKind::Config, &error);
        match profile_hint(&error) {
            Some(hint) => shown.hint(hint),
            None => shown,
        }
    }
}

/// Where profiles of the local workspaces are, when none was found that fits.
pub(super) fn profile_hint(error: &ConfigurationError) -> Option<&'static str> {
    match error {
        ConfigurationError::NoHost | ConfigurationError::NoToken { .. } | ConfigurationError::UnknownProfile { .. } => {
            Some(
                "profiles of the local workspaces stand in the file that `sluice workspace status` shows: name it by DATABRICKS_CONFIG_FILE",
            )
        }
        ConfigurationError::SeveralProfiles { .. }
        | ConfigurationError::OtherHost { .. }
        | ConfigurationError::Host(_)
        | ConfigurationError::File(_)
        | ConfigurationError::Credential(_) => None,
    }
}

impl From<ClientError> for CommandError {
    fn from(error: ClientError) -> Self {
        let shown = Self::from_error(client_kind(&error), &error);
        match error.api().map(|api| api.kind) {
            Some(ApiErrorKind::Unauthenticated) => shown.hint(
                "check DATABRICKS_TOKEN, the profile that DATABRICKS_CONFIG_PROFILE names, or the credentials in `platform.yaml`",
            ),
            Some(ApiErrorKind::PermissionDenied) => shown.hint("ask for the permission, or use another identity"),
            _ => shown,
        }
    }
}

/// Which exit code an error of the client has.
pub(super) fn client_kind(error: &ClientError) -> ExitKind {
    match error {
        ClientError::Api(error) => match error.kind {
            ApiErrorKind::Unauthenticated | ApiErrorKind::PermissionDenied | ApiErrorKind::Conflict => {
                ExitKind::Refused
            }
            ApiErrorKind::NotFound
            | ApiErrorKind::TooManyRequests
            | ApiErrorKind::Invalid
            | ApiErrorKind::NotImplemented
            | ApiErrorKind::Unavailable
            | ApiErrorKind::Server => ExitKind::Remote,
        },
        ClientError::MalformedToken { .. } => ExitKind::Config,
        ClientError::Unreachable { .. }
        | ClientError::NotRunning { .. }
        | ClientError::Unanswered { .. }
        | ClientError::Unreadable { .. }
        | ClientError::EndlessPages { .. }
        | ClientError::Setup(_) => ExitKind::Remote,
    }
}
