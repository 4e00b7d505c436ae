//! Errors of documents, contracts and metadata.

use sluice_bundle::editing::EditError;
use sluice_lifecycle::documents::DocumentError;
use sluice_lifecycle::metadata::MetadataError;

use super::{CommandError, ExitKind};

impl From<DocumentError> for CommandError {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Faults { diagnostics } => Self::config(diagnostics),
            DocumentError::Read { .. } => Self::from_error(ExitKind::Config, &error),
        }
    }
}

impl From<EditError> for CommandError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Unreadable { diagnostics, .. } => Self::config(diagnostics),
            EditError::Shared { .. } => {
                Self::from_error(ExitKind::Config, &error).hint("edit this place by hand; nothing was changed")
            }
        }
    }
}

impl From<MetadataError> for CommandError {
    fn from(error: MetadataError) -> Self {
        match error {
            MetadataError::Document(error) => error.into(),
            MetadataError::Edit(error) => error.into(),
            MetadataError::Git(error) => error.into(),
            MetadataError::UnknownPort { ref help, .. } => {
                let refused = Self::from_error(ExitKind::Config, &error);
                match help {
                    Some(help) => refused.hint(help.clone()),
                    None => refused,
                }
            }
            MetadataError::PortWithout { ref port, what } => {
                let hint = if what == "contract" {
                    format!("`sluice metadata init-contract {port}` begins one from its table")
                } else {
                    format!("`sluice metadata set ports.{port}.table catalog.tables.KEY` binds it to one")
                };
                Self::from_error(ExitKind::Config, &error).hint(hint)
            }
            MetadataError::ContractExists { .. } | MetadataError::Write { .. } => {
                Self::from_error(ExitKind::Config, &error)
            }
            MetadataError::NoGlossary => Self::from_error(ExitKind::Config, &error)
                .hint("name glossary files by the key `glossary` of `platform.yaml`, or the platform by --platform"),
            MetadataError::Dirty { .. } => Self::from_error(ExitKind::Refused, &error)
                .hint("commit or undo them first, or leave this edit uncommitted too with --no-commit"),
        }
    }
}
