//! Credentials by reference: where a token is, never the token itself.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where the token of a workspace is found. In YAML: `{env: NAME}`, `{file: PATH}` or `{profile: NAME}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialReference {
    /// An environment variable holds the token.
    Env(String),
    /// A file holds the token and nothing else; white space around it does not count.
    File(PathBuf),
    /// A profile of the Databricks configuration file holds it.
    Profile(String),
}

impl fmt::Display for CredentialReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(formatter, "environment variable `{name}`"),
            Self::File(path) => write!(formatter, "file `{}`", path.display()),
            Self::Profile(name) => write!(formatter, "profile `{name}`"),
        }
    }
}

/// A reference leads to no token.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// What it names is absent or empty.
    #[error("{reference} holds no token")]
    Absent {
        /// The reference.
        reference: CredentialReference,
    },
    /// The file cannot be read.
    #[error("cannot read the token in {reference}")]
    Unreadable {
        /// The reference.
        reference: CredentialReference,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}
