//! Decisions about promotions, and attempts that were refused.

use serde::{Deserialize, Serialize};
use sluice_model::{Digest, EnvironmentName, ProductName, ReleaseVersion, ResourceKey, Timestamp};

states! {
    /// State of an approval.
    ApprovalState {
        /// Asked for; not enough people have agreed yet.
        Open = "open",
        /// Enough people agreed; not used yet.
        Granted = "granted",
        /// Somebody said no.
        Denied = "denied",
        /// Its time passed before it was used.
        Expired = "expired",
        /// What it was about is no longer what would be done.
        Voided = "voided",
        /// A deployment used it.
        Consumed = "consumed",
    }
}

/// What exactly is decided about. An approval holds for these digests alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Digest of the release.
    pub release: Digest,
    /// Digest of the environment's values.
    pub binding: Digest,
    /// Digest of the plan's effects.
    pub effect: Digest,
    /// Digest of what the gate `policy` looked at; none when the environment has no such gate.
    pub policy: Option<Digest>,
}

/// One person's decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Who: the subject of the presented token.
    pub subject: String,
    /// What to call them.
    pub display_name: String,
    /// Which workspace vouched for them.
    pub issuer: String,
    /// Yes or no.
    pub granted: bool,
    /// What they said.
    pub comment: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A request to the holders of one role to decide about a promotion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Identity.
    pub id: String,
    /// The promotion.
    pub promotion: String,
    /// Product.
    pub product: ProductName,
    /// Target environment.
    pub environment: EnvironmentName,
    /// Version of the release.
    pub version: ReleaseVersion,
    /// What is decided about.
    pub statement: Statement,
    /// What the plan does, by resource: what those who decide are shown.
    pub effects: Vec<(ResourceKey, String)>,
    /// Who may decide.
    pub role: String,
    /// How many different people must agree.
    pub count: u32,
    /// State.
    pub state: ApprovalState,
    /// What was decided, oldest first.
    pub decisions: Vec<Decision>,
    /// The deployment that used it.
    pub deployment: Option<String>,
    /// Why it is denied, expired or void.
    pub reasons: Vec<String>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it ends unless it was used.
    pub expires_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// Rises by one with each change.
    pub row_version: u64,
}

impl Approval {
    /// The word of the event that made this row.
    pub(super) fn event(&self) -> &'static str {
        match self.state {
            ApprovalState::Open if self.decisions.is_empty() => "requested",
            ApprovalState::Open => "agreed",
            state => state.as_str(),
        }
    }
}

states! {
    /// What was attempted.
    Attempt {
        /// To approve.
        Approve = "approve",
        /// To reject.
        Reject = "reject",
        /// To execute with an approval.
        Execute = "execute",
        /// To sign off a criterion.
        SignOff = "sign_off",
    }
}

/// An attempt that was refused. Nothing else changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Identity.
    pub id: String,
    /// Product.
    pub product: ProductName,
    /// Environment.
    pub environment: EnvironmentName,
    /// Version of the release.
    pub version: ReleaseVersion,
    /// The promotion, when it was about one.
    pub promotion: Option<String>,
    /// The approval, when it was about one.
    pub approval: Option<String>,
    /// What was attempted.
    pub attempt: Attempt,
    /// Who tried: the subject of the presented token.
    pub subject: String,
    /// Why not, one line each.
    pub reasons: Vec<String>,
    /// When.
    pub at: Timestamp,
}

impl Refusal {
    /// The word of the event that carries this.
    pub(super) fn kind(&self) -> &'static str {
        match self.attempt {
            Attempt::Approve | Attempt::Reject | Attempt::Execute => "approval.refused",
            Attempt::SignOff => "signoff.refused",
        }
    }
}
