//! `capture.lock`: which objects of a target were captured, and how they looked then. Committed beside the product, so that everybody's
//! deployment knows what may be taken over and replaced.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluice_model::{Digest, ResourceKey};

use super::reading::Observed;

/// Name of the file.
pub const LOCK_FILE: &str = "capture.lock";

/// Version of the format.
const VERSION: u32 = 1;

/// Content of the file: JSON with sorted keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptureLock {
    /// Version of this format.
    version: u32,
    /// By target.
    targets: BTreeMap<String, CapturedTarget>,
}

/// What was captured of one target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapturedTarget {
    /// Host of the workspace.
    pub host: String,
    /// Objects by key.
    pub objects: BTreeMap<ResourceKey, CapturedObject>,
    /// Digests of files by local path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, Digest>,
}

/// A captured object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapturedObject {
    /// Its id in the workspace: full name, job id, space id.
    pub id: String,
    /// Digest of what was read, as [`digest`] makes it.
    pub digest: Digest,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CaptureLockError {
    /// It is not what a capture writes.
    #[error("`{LOCK_FILE}` is not what `sluice capture` writes; restore it from Git, or remove it and capture again")]
    Malformed(#[source] serde_json::Error),
    /// A newer program wrote it.
    #[error("`{LOCK_FILE}` has version {version}, which this version of sluice cannot read; use a newer one")]
    TooNew {
        /// Its version.
        version: u32,
    },
}

impl CaptureLock {
    /// Reads the file.
    ///
    /// # Errors
    /// When it has another shape or a newer version.
    pub fn parse(text: &str) -> Result<Self, CaptureLockError> {
        let lock: Self = serde_json::from_str(text).map_err(CaptureLockError::Malformed)?;
        if lock.version > VERSION {
            return Err(CaptureLockError::TooNew { version: lock.version });
        }
        Ok(lock)
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("invariant: a lock has a JSON form");
        text.push('\n');
        text
    }

    /// What was captured of a target at this host; none of another workspace with the same name.
    #[must_use]
    pub fn target(&self, target: &str, host: &str) -> Option<&CapturedTarget> {
        self.targets.get(target).filter(|captured| captured.host == host)
    }

    /// Replaces what is known about a target.
    pub fn set(&mut self, target: &str, captured: CapturedTarget) {
        self.version = VERSION;
        self.targets.insert(target.to_owned(), captured);
    }
}

/// The digest of an object as it was read: of its document, with tags that stand elsewhere.
#[must_use]
pub fn digest(observed: &Observed) -> Digest {
    let loose: BTreeMap<_, _> = observed.loose_tags.iter().collect();
    let whole = (observed.kind.document_name(), &observed.document, loose);
    Digest::of_canonical_json(&whole).expect("invariant: a document has a JSON form")
}
