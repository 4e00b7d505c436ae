//! Acceptance of a release by people, criterion by criterion.

use serde::{Deserialize, Serialize};
use sluice_model::{Digest, EnvironmentName, ProductName, ReleaseVersion, Timestamp};

states! {
    /// What somebody said about a criterion.
    SignoffVerdict {
        /// It is met.
        Accepted = "accepted",
        /// It is not; a change is wanted.
        Rejected = "rejected",
    }
}

/// What a sign-off rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Evidence {
    /// What somebody wrote.
    Text(String),
    /// An address.
    Url(String),
    /// A file that the person has: its name and the digest of its bytes.
    File {
        /// Name, without directories.
        name: String,
        /// Digest of its bytes.
        digest: Digest,
    },
}

/// What one person said about one criterion of one release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signoff {
    /// Identity.
    pub id: String,
    /// Product.
    pub product: ProductName,
    /// Where the release was looked at.
    pub environment: EnvironmentName,
    /// Version of the release.
    pub version: ReleaseVersion,
    /// Digest of the release.
    pub digest: Digest,
    /// The deployment that ran there.
    pub deployment: String,
    /// The criterion.
    pub criterion: String,
    /// The role that it was said in.
    pub role: String,
    /// Yes or no.
    pub verdict: SignoffVerdict,
    /// What it rests on.
    pub evidence: Evidence,
    /// Who: the subject of the presented token.
    pub subject: String,
    /// What to call them.
    pub display_name: String,
    /// Which workspace vouched for them.
    pub issuer: String,
    /// When.
    pub at: Timestamp,
}
