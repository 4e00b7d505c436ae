//! A change that somebody asked for, and the release that answers it.

use serde::{Deserialize, Serialize};
use sluice_model::{Digest, EnvironmentName, ProductName, ReleaseVersion, Timestamp};

states! {
    /// State of a requested change.
    ChangeRequestState {
        /// Recorded with its commit.
        Requested = "requested",
        /// The commit was verified.
        Verified = "verified",
        /// The commit is a release.
        Frozen = "frozen",
        /// The release runs where it was asked for.
        Delivered = "delivered",
    }
}

/// A requested change on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRequest {
    /// Identity.
    pub id: String,
    /// Product.
    pub product: ProductName,
    /// What is asked for.
    pub request: String,
    /// The sign-off that asked for it, when one did.
    pub signoff: Option<String>,
    /// The version that answers it.
    pub version: ReleaseVersion,
    /// Where it is to arrive.
    pub environment: EnvironmentName,
    /// State.
    pub state: ChangeRequestState,
    /// The commit that answers it.
    pub commit: String,
    /// The verification of that commit.
    pub verification: Option<String>,
    /// Digest of the release.
    pub digest: Option<Digest>,
    /// Promotions of the release, in order.
    pub promotions: Vec<String>,
    /// When it was recorded.
    pub requested_at: Timestamp,
    /// Who took it up.
    pub requested_by: String,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// Rises by one with each change.
    pub row_version: u64,
}
