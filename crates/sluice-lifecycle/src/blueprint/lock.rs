//! `blueprint.lock`: what a product was made of, so that a later upgrade can merge three ways.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sluice_model::Digest;

use super::answers::Answers;
use super::source::Blueprint;
use super::template::Rendered;

/// Name of the file.
pub const FILE_NAME: &str = "blueprint.lock";
/// Version of the format.
pub const FORMAT_VERSION: u32 = 1;

/// Content of the file: JSON with sorted keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlueprintLock {
    /// Version of this format.
    pub version: u32,
    /// Name of the blueprint.
    pub blueprint: String,
    /// Version of the blueprint.
    pub release: semver::Version,
    /// Where it came from: `shipped` or a directory.
    pub origin: String,
    /// Kinds of resources that the product may have; empty for all.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Environments that the product may go through; empty for all.
    #[serde(default)]
    pub environments: Vec<String>,
    /// Answers, defaults included.
    pub answers: BTreeMap<String, serde_json::Value>,
    /// Digest of the rendered files.
    pub digest: Digest,
}

/// The lock cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The file cannot be read.
    #[error("cannot read `{FILE_NAME}`")]
    Read(#[source] std::io::Error),
    /// It is not what `sluice new` writes.
    #[error("`{FILE_NAME}` is not what `sluice new` writes; restore it from Git")]
    Format(#[source] serde_json::Error),
}

impl BlueprintLock {
    /// What is kept of a rendering.
    #[must_use]
    pub fn of(blueprint: &Blueprint, answers: &Answers, rendered: &Rendered) -> Self {
        Self {
            version: FORMAT_VERSION,
            blueprint: blueprint.name.clone(),
            release: blueprint.release.clone(),
            origin: blueprint.origin.clone(),
            kinds: blueprint.kinds.clone(),
            environments: blueprint.environments.clone(),
            answers: answers
                .iter()
                .map(|(name, tree)| (name.clone(), tree.to_json()))
                .collect(),
            digest: rendered.digest(),
        }
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("invariant: a lock has a JSON form");
        text.push('\n');
        text
    }

    /// Reads the lock of a product; none when it was made without a blueprint.
    ///
    /// # Errors
    /// When the file is there and cannot be used.
    pub fn read(product: &Path) -> Result<Option<Self>, LockError> {
        match std::fs::read(product.join(FILE_NAME)) {
            Ok(content) => serde_json::from_slice(&content).map(Some).map_err(LockError::Format),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LockError::Read(error)),
        }
    }
}
