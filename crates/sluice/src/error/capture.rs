//! Errors of capturing.

use sluice_bundle::capture::CaptureFault;
use sluice_bundle::editing::EditError;
use sluice_lifecycle::capture::CaptureError;
use sluice_lifecycle::capture::live::LiveError;
use sluice_lifecycle::capture::write::WriteError;

use super::databricks::client_kind;
use super::{CommandError, ExitKind};

impl From<CaptureError> for CommandError {
    fn from(error: CaptureError) -> Self {
        match error {
            CaptureError::Live(error) => error.into(),
            CaptureError::State(error) => error.into(),
            CaptureError::Fault(CaptureFault::Edit(EditError::Unreadable { diagnostics, .. })) => {
                Self::config(diagnostics)
            }
            CaptureError::Fault(CaptureFault::Edit(EditError::Shared { .. })) => {
                Self::from_error(ExitKind::Config, &error)
                    .hint("write the value out at that place, then capture again; nothing was written")
            }
            CaptureError::Lock(_) | CaptureError::Read { .. } => Self::from_error(ExitKind::Config, &error),
            CaptureError::Write(WriteError { half_way: true, .. }) => Self::from_error(ExitKind::HalfWay, &error).hint(
                "put that right, then capture again: it goes on from there; until then nothing is done with the files",
            ),
            CaptureError::Write(_) => Self::from_error(ExitKind::Config, &error)
                .hint("make room or give access, then capture again: files are written together or not at all"),
        }
    }
}

impl From<LiveError> for CommandError {
    fn from(error: LiveError) -> Self {
        let kind = match &error {
            LiveError::Denied { .. } => ExitKind::Refused,
            LiveError::Vanished { .. } => ExitKind::Remote,
            LiveError::Client { source, .. } => client_kind(source),
        };
        let shown = Self::from_error(kind, &error);
        match error {
            LiveError::Denied { .. } => {
                shown.hint("ask the owner of the object for it, then capture again; nothing was written")
            }
            LiveError::Vanished { .. } => shown.hint("capture again; nothing was written"),
            LiveError::Client { .. } => shown,
        }
    }
}
