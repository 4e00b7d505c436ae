//! Freezing: the commit that is checked out becomes a release.

use std::path::Path;

use serde::Serialize;
use sluice_model::{Digest, ProductName, ReleaseVersion};
use sluice_store::record::{Release, ReleaseState};
use sluice_store::{Change, StoreError};

use super::manifest::{Manifest, ManifestError, Snapshot, Toolchain};
use super::tag::{ReleaseTag, TagState, make_tag, read_tag, tag_name};
use crate::bundle_files::GitError;
use crate::context::UseCase;
use crate::git::{Signature, git};
use crate::machines::release::{self, ReleaseEvent};
use crate::product::Product;

/// A release that was frozen, now or before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Frozen {
    /// Product.
    pub product: ProductName,
    /// Version.
    pub version: ReleaseVersion,
    /// Digest.
    pub digest: Digest,
    /// Commit.
    pub commit: String,
    /// Tag.
    pub tag: String,
    /// Number of files.
    pub files: usize,
    /// The verification that it rests on; none when this content was never verified.
    pub verification: Option<String>,
    /// Whether it had been frozen before.
    pub existed: bool,
}

/// Nothing was frozen.
#[derive(Debug, thiserror::Error)]
pub enum FreezeError {
    /// The checkout has changes.
    #[error("the checkout has changes that are not committed: {}; commit or remove them first", paths.join(", "))]
    Dirty {
        /// Changed paths, at most ten.
        paths: Vec<String>,
    },
    /// The version names another commit.
    #[error("version {version} of `{product}` is taken: {reason}; a release never changes, choose a new version")]
    VersionTaken {
        /// Product.
        product: ProductName,
        /// Version.
        version: ReleaseVersion,
        /// By what.
        reason: String,
    },
    /// The commit cannot become a release.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The ledger failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Freezes the commit that is checked out. The same commit and version again is no change.
///
/// # Errors
/// When the checkout has changes, the version is taken by something else, or the commit is no product. Nothing is frozen then.
pub async fn freeze(
    use_case: UseCase<'_>,
    product: &Product,
    version: &ReleaseVersion,
    signature: Option<Signature>,
) -> Result<Frozen, FreezeError> {
    let paths = changed_paths(&product.root).await?;
    if !paths.is_empty() {
        return Err(FreezeError::Dirty { paths });
    }
    let snapshot = Snapshot::of(&product.root, "HEAD").await?;
    let (commit, name) = (snapshot.commit.clone(), snapshot.descriptor.name.clone());
    let taken = |reason: String| FreezeError::VersionTaken {
        product: name.clone(),
        version: version.clone(),
        reason,
    };
    let recorded = use_case.store.release(&name, version).await?;
    if let Some(recorded) = &recorded
        && recorded.commit != commit
    {
        return Err(taken(format!("it was frozen from commit {}", recorded.commit)));
    }
    let tag = tag_name(&name, version);
    let manifest = match read_tag(&product.root, &tag).await? {
        TagState::Absent => {
            // A tag that was deleted after the freeze comes back as it was: the recorded manifest has the toolchain of then.
            let toolchain = match &recorded {
                Some(recorded) => recorded_toolchain(recorded),
                None => Toolchain::current(),
            };
            let manifest = snapshot.manifest(version.clone(), toolchain);
            let signature = match signature {
                Some(signature) => signature,
                None => Signature::of_directory(&product.root).await?,
            };
            make_tag(&product.root, &commit, &manifest.head, &signature).await?;
            manifest
        }
        TagState::Foreign { reason } => {
            return Err(taken(format!("tag `{tag}` exists and is not a release: {reason}")));
        }
        TagState::Release(found) => existing(snapshot, version, &found).map_err(taken)?,
    };
    let digest = manifest.head.digest();
    let (verification, existed) = match recorded {
        Some(recorded) if recorded.digest == digest => (recorded.verification, true),
        Some(recorded) => return Err(taken(format!("it was frozen with digest {}", recorded.digest))),
        None => (record(use_case, &commit, &tag, &manifest).await?, false),
    };
    Ok(Frozen {
        product: name,
        version: version.clone(),
        digest,
        commit,
        tag,
        files: manifest.files.len(),
        verification,
        existed,
    })
}

/// Paths that differ from the commit that is checked out, at most ten.
pub(crate) async fn changed_paths(root: &Path) -> Result<Vec<String>, GitError> {
    let status = git(root, &["status", "--porcelain", "-z", "--untracked-files=normal"]).await?;
    Ok(status
        .split(|byte| *byte == 0)
        .filter(|entry| entry.len() > 3)
        .take(10)
        .map(|entry| String::from_utf8_lossy(&entry[3..]).into_owned())
        .collect())
}

fn recorded_toolchain(recorded: &Release) -> Toolchain {
    serde_json::from_value::<Manifest>(recorded.manifest.clone())
        .map_or_else(|_other_format| Toolchain::current(), |manifest| manifest.head.toolchain)
}

/// A tag that a freeze made before it could be recorded, or another machine made, is taken over when it says the same.
fn existing(snapshot: Snapshot, version: &ReleaseVersion, found: &ReleaseTag) -> Result<Manifest, String> {
    if found.commit != snapshot.commit {
        return Err(format!("its tag names commit {}", found.commit));
    }
    let manifest = snapshot.manifest(version.clone(), found.head.toolchain.clone());
    if manifest.head == found.head && manifest.head.digest() == found.digest {
        Ok(manifest)
    } else {
        Err("the manifest in its tag is not that of its commit".to_owned())
    }
}

async fn record(
    use_case: UseCase<'_>,
    commit: &str,
    tag: &str,
    manifest: &Manifest,
) -> Result<Option<String>, FreezeError> {
    let head = &manifest.head;
    let verification = use_case
        .store
        .verifications(Some(&head.product))
        .await?
        .into_iter()
        .rev()
        .find(|row| row.passed && row.content == head.content)
        .map(|row| row.id);
    let state = release::step(None, ReleaseEvent::Freeze).expect("invariant: what is absent can be frozen");
    let row = Release {
        product: head.product.clone(),
        version: head.version.clone(),
        state,
        digest: head.digest(),
        commit: commit.to_owned(),
        tree: head.tree.clone(),
        tag: tag.to_owned(),
        frozen_at: use_case.clock.now(),
        frozen_by: use_case.actor.subject.clone(),
        manifest: serde_json::to_value(manifest).map_err(StoreError::Encode)?,
        verification: verification.clone(),
        reason: None,
        row_version: 1,
    };
    debug_assert_eq!(row.state, ReleaseState::Frozen);
    use_case.record(Change::Release(row)).await?;
    Ok(verification)
}
