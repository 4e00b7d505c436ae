//! Proving that a release is still what was frozen: the tag, the commit, the tree and every byte, computed again from Git.

use std::path::Path;

use serde::Serialize;
use sluice_model::{Digest, ProductName, ReleaseVersion};
use sluice_store::record::{Release, ReleaseState};
use sluice_store::{Change, StoreError};

use super::manifest::{ManifestError, Snapshot};
use super::tag::{TagState, read_tag, tag_name};
use crate::bundle_files::GitError;
use crate::context::UseCase;
use crate::machines::release::{self, ReleaseEvent};

/// What a verification of a release found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReleaseVerification {
    /// Product.
    pub product: ProductName,
    /// Version.
    pub version: ReleaseVersion,
    /// Tag.
    pub tag: String,
    /// Commit that the tag names.
    pub commit: String,
    /// Digest, computed from the commit.
    pub digest: Digest,
    /// Number of files.
    pub files: usize,
    /// Whether the ledger has this release; otherwise Git alone vouches for it.
    pub recorded: bool,
}

/// A release cannot be relied on.
#[derive(Debug, thiserror::Error)]
pub enum VerifyReleaseError {
    /// It does not exist.
    #[error("`{product}` has no release {version}; `sluice release list` shows what it has")]
    Unknown {
        /// Product.
        product: ProductName,
        /// Version.
        version: ReleaseVersion,
    },
    /// It is not what was frozen.
    #[error("release {version} of `{product}` is quarantined: {reason}; nothing is deployed from it")]
    Quarantined {
        /// Product.
        product: ProductName,
        /// Version.
        version: ReleaseVersion,
        /// What differs.
        reason: String,
    },
    /// The commit cannot be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The ledger failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Computes a release again from its tag. A difference quarantines the release in the ledger; a restored tag lifts that.
///
/// # Errors
/// When there is no such release, or it is not what was frozen.
pub async fn verify_release(
    use_case: UseCase<'_>,
    repository: &Path,
    product: &ProductName,
    version: &ReleaseVersion,
) -> Result<ReleaseVerification, VerifyReleaseError> {
    let recorded = use_case.store.release(product, version).await?;
    let found = look_at(recorded.as_ref(), repository, product, version).await;
    if let Some(release) = recorded {
        match &found {
            Ok(_) => follow(use_case, release, ReleaseEvent::TagRestored, None).await?,
            Err(VerifyReleaseError::Quarantined { reason, .. }) => {
                follow(use_case, release, ReleaseEvent::TagMoved, Some(reason.clone())).await?;
            }
            Err(
                VerifyReleaseError::Unknown { .. }
                | VerifyReleaseError::Manifest(_)
                | VerifyReleaseError::Store(_)
                | VerifyReleaseError::Git(_),
            ) => {}
        }
    }
    found
}

/// As [`verify_release`], without leaving a trace in the ledger.
///
/// # Errors
/// As [`verify_release`].
pub(crate) async fn look_at(
    recorded: Option<&Release>,
    repository: &Path,
    product: &ProductName,
    version: &ReleaseVersion,
) -> Result<ReleaseVerification, VerifyReleaseError> {
    let tag = tag_name(product, version);
    let quarantined = |reason: String| VerifyReleaseError::Quarantined {
        product: product.clone(),
        version: version.clone(),
        reason,
    };
    let found = match read_tag(repository, &tag).await? {
        TagState::Absent if recorded.is_none() => {
            return Err(VerifyReleaseError::Unknown {
                product: product.clone(),
                version: version.clone(),
            });
        }
        TagState::Absent => return Err(quarantined(format!("tag `{tag}` is gone"))),
        TagState::Foreign { reason } => {
            return Err(quarantined(format!("tag `{tag}` is not what was frozen: {reason}")));
        }
        TagState::Release(found) => found,
    };
    let snapshot = Snapshot::of(repository, &found.commit).await?;
    let manifest = snapshot.manifest(version.clone(), found.head.toolchain.clone());
    let digest = manifest.head.digest();
    if let Some(recorded) = recorded.filter(|recorded| recorded.commit != found.commit) {
        return Err(quarantined(format!(
            "tag `{tag}` was moved from commit {} to {}",
            recorded.commit, found.commit
        )));
    }
    if let Some(recorded) = recorded.filter(|recorded| recorded.digest != digest) {
        return Err(quarantined(format!(
            "its content has digest {digest}, {} was frozen",
            recorded.digest
        )));
    }
    if manifest.head != found.head || digest != found.digest {
        return Err(quarantined(format!(
            "tag `{tag}` holds another manifest than that of its commit"
        )));
    }
    Ok(ReleaseVerification {
        product: product.clone(),
        version: version.clone(),
        tag,
        commit: found.commit,
        digest,
        files: manifest.files.len(),
        recorded: recorded.is_some(),
    })
}

/// Records a change of state; an event that changes nothing leaves no trace.
async fn follow(
    use_case: UseCase<'_>,
    release: Release,
    event: ReleaseEvent,
    reason: Option<String>,
) -> Result<(), StoreError> {
    let Ok(state) = release::step(Some(release.state), event) else {
        return Ok(());
    };
    let row = Release {
        state,
        reason,
        row_version: release.row_version + 1,
        ..release
    };
    use_case.record(Change::Release(row)).await?;
    Ok(())
}

/// A release in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReleaseReport {
    /// Product.
    pub product: ProductName,
    /// Version.
    pub version: ReleaseVersion,
    /// State.
    pub state: ReleaseState,
    /// Digest.
    pub digest: Digest,
    /// Commit.
    pub commit: String,
    /// Tag.
    pub tag: String,
    /// When it was frozen.
    pub frozen_at: sluice_model::Timestamp,
    /// Who froze it.
    pub frozen_by: String,
    /// The verification that it rests on.
    pub verification: Option<String>,
    /// Environments in which it is active.
    pub active_in: Vec<String>,
    /// Why it is quarantined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The releases of a product, oldest version first.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn release_list(
    store: &sluice_store::Store,
    product: Option<&ProductName>,
) -> Result<Vec<ReleaseReport>, StoreError> {
    let deployments = store.deployments(product).await?;
    let releases = store.releases(product).await?;
    Ok(releases
        .into_iter()
        .map(|release| ReleaseReport {
            active_in: deployments
                .iter()
                .filter(|row| {
                    row.state == sluice_store::record::DeploymentState::Active
                        && row.product == release.product
                        && row.version.as_ref() == Some(&release.version)
                })
                .map(|row| row.environment.to_string())
                .collect(),
            product: release.product,
            version: release.version,
            state: release.state,
            digest: release.digest,
            commit: release.commit,
            tag: release.tag,
            frozen_at: release.frozen_at,
            frozen_by: release.frozen_by,
            verification: release.verification,
            reason: release.reason,
        })
        .collect())
}
