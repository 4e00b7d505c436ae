//! Reading our own documents from disk into trees.

use std::path::{Path, PathBuf};

use sluice_model::{Diagnostic, Tree};

/// A document cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The file cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Its content has faults.
    #[error("{}", summary(diagnostics))]
    Faults {
        /// All of them.
        diagnostics: Vec<Diagnostic>,
    },
}

impl DocumentError {
    /// The faults, when it is about content.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Read { .. } => &[],
            Self::Faults { diagnostics } => diagnostics,
        }
    }
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    let texts: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    texts.join("\n")
}

/// Reads a YAML file; `shown` is its path in messages.
///
/// # Errors
/// When it cannot be read or is not YAML.
pub(crate) fn read_document(path: &Path, shown: &str) -> Result<Tree, DocumentError> {
    let text = std::fs::read_to_string(path).map_err(|source| DocumentError::Read {
        path: path.to_owned(),
        source,
    })?;
    parse_document(&text, shown)
}

/// Reads YAML text; `shown` is its path in messages.
///
/// # Errors
/// When it is not YAML.
pub(crate) fn parse_document(text: &str, shown: &str) -> Result<Tree, DocumentError> {
    sluice_bundle::language::parse_yaml(text, shown).map_err(|diagnostics| DocumentError::Faults { diagnostics })
}
