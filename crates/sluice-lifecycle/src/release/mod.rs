//! Releases: immutable snapshots of a product in Git.
//!
//! - [`manifest`]: what a commit holds, as canonical values with digests; computed from Git alone.
//! - [`tag`]: the annotated tag that carries the manifest's head and digest.
//! - [`freeze`]: makes a release; [`verify`]: proves that it is still what was frozen; [`export`]: its files in a directory.
//! - [`compare`]: a release beside what runs in an environment.

pub mod compare;
pub mod export;
pub mod freeze;
pub mod manifest;
pub mod tag;
pub mod verify;

pub use compare::{CompareError, ReleaseDifference, ReleaseOverview, compare_release, release_overview};
pub use export::{Export, ExportError, export};
pub use freeze::{FreezeError, Frozen, freeze};
pub use manifest::{Manifest, ManifestError};
pub use verify::{ReleaseReport, ReleaseVerification, VerifyReleaseError, release_list, verify_release};

#[cfg(test)]
mod tests;
