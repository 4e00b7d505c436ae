//! Errors of the server of the page.

use sluice_server::ServerError;

use super::{CommandError, ExitKind};

impl From<ServerError> for CommandError {
    fn from(error: ServerError) -> Self {
        match error {
            ServerError::Listen { .. } => Self::from_error(ExitKind::Config, &error)
                .hint("another program has the port: `--port` names another one, `--port 0` takes a free one"),
            ServerError::Serve(_) => Self::from_error(ExitKind::Internal, &error),
        }
    }
}
