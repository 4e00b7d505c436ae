//! The rows that events change, as plain values. A [`Change`] is the whole new row, so that replaying the events in order gives the
//! tables again without deciding anything.
//!
//! Which state may follow which is decided by the state machines of `sluice-lifecycle`, never here. Start with [`Change`].

use serde::{Deserialize, Serialize};
use sluice_model::{Digest, EnvironmentName, ProductName, ReleaseVersion, ResourceKey, Timestamp};

macro_rules! states {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $type { $($(#[$variant_doc])* $variant,)+ }

        impl $type {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in the store, in JSON and for people.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

mod approval;
mod change_request;
mod notification;
mod rollback;
mod signoff;

pub use approval::{Approval, ApprovalState, Attempt, Decision, Refusal, Statement};
pub use change_request::{ChangeRequest, ChangeRequestState};
pub use notification::{Notification, NotificationState};
pub use rollback::{Pins, Rollback, TablePin};
pub use signoff::{Evidence, Signoff, SignoffVerdict};

states! {
    /// State of a release.
    ReleaseState {
        /// May be promoted.
        Frozen = "frozen",
        /// Its tag no longer says what was frozen; nothing may be deployed from it.
        Quarantined = "quarantined",
    }
}

states! {
    /// State of a promotion.
    PromotionState {
        /// Asked for.
        Requested = "requested",
        /// The plan is being made.
        Planning = "planning",
        /// The gates are being evaluated.
        Gating = "gating",
        /// Every gate passed but the approval, which somebody has to give.
        AwaitingApproval = "awaiting_approval",
        /// Every gate passed for the recorded plan.
        Ready = "ready",
        /// A deployment carries it out.
        Executing = "executing",
        /// The release is active in the environment, or already was.
        Completed = "completed",
        /// No plan could be made.
        PlanFailed = "plan_failed",
        /// A gate failed.
        Blocked = "blocked",
        /// Somebody whose approval is needed said no.
        Rejected = "rejected",
        /// Nobody decided, or nobody went on, in time.
        Expired = "expired",
        /// Who asked for it took it back.
        Withdrawn = "withdrawn",
        /// Its deployment failed.
        Failed = "failed",
        /// Another release was promoted over it.
        Superseded = "superseded",
    }
}

states! {
    /// State of a deployment.
    DeploymentState {
        /// Recorded, holds nothing yet.
        Queued = "queued",
        /// Holds the lease of its environment.
        Locked = "locked",
        /// Checks once more that release and plan are what was decided about.
        Preflight = "preflight",
        /// Knows what it would go back to; nothing is changed yet.
        Pinned = "pinned",
        /// Changes the workspace.
        Applying = "applying",
        /// Reads back what it did and runs the product's own checks.
        Verifying = "verifying",
        /// What runs in the environment.
        Active = "active",
        /// Brings back what ran before.
        Compensating = "compensating",
        /// Stopped half-way; the same command goes on from there.
        NeedsAttention = "needs_attention",
        /// Was active until a newer deployment took its place.
        Superseded = "superseded",
        /// Failed, and what ran before runs again.
        RolledBack = "rolled_back",
        /// Ended without becoming active.
        Failed = "failed",
    }
}

states! {
    /// State of one step of the journal.
    StepState {
        /// About to be done; after a crash nobody knows whether it was.
        Intended = "intended",
        /// Done.
        Done = "done",
        /// Refused by the other side, with no effect.
        Failed = "failed",
        /// Sent, never answered.
        Unknown = "unknown",
    }
}

states! {
    /// What a gate says.
    Verdict {
        /// The condition holds.
        Pass = "pass",
        /// It does not.
        Fail = "fail",
        /// It waits for somebody.
        Pending = "pending",
    }
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Product.
    pub product: ProductName,
    /// Version.
    pub version: ReleaseVersion,
    /// State.
    pub state: ReleaseState,
    /// Digest of the manifest.
    pub digest: Digest,
    /// Git commit.
    pub commit: String,
    /// Git tree of that commit.
    pub tree: String,
    /// Name of the annotated tag.
    pub tag: String,
    /// When it was frozen.
    pub frozen_at: Timestamp,
    /// Who froze it.
    pub frozen_by: String,
    /// The canonical manifest, from which the digest is computed.
    pub manifest: serde_json::Value,
    /// The verification that it rests on: its id, when the commit had been verified before the freeze.
    pub verification: Option<String>,
    /// Why it is quarantined.
    pub reason: Option<String>,
    /// Rises by one with each change.
    pub row_version: u64,
}

/// A promotion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// Identity.
    pub id: String,
    /// Product.
    pub product: ProductName,
    /// Target environment.
    pub environment: EnvironmentName,
    /// Version of the release.
    pub version: ReleaseVersion,
    /// Digest of the release.
    pub digest: Digest,
    /// State.
    pub state: PromotionState,
    /// Digest of the environment's values at the time of planning.
    pub binding_digest: Option<Digest>,
    /// Digest of the plan's effects.
    pub effect_digest: Option<Digest>,
    /// Keys of the resources that the plan changes, with what it does to them.
    pub effects: Vec<(ResourceKey, String)>,
    /// The deployment that carries it out.
    pub deployment: Option<String>,
    /// How often the plan had to be made again because it moved.
    pub replanned: u32,
    /// Why it is blocked or failed.
    pub reasons: Vec<String>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Who asked.
    pub requested_by: String,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// Rises by one with each change.
    pub row_version: u64,
}

/// What one gate of a promotion said last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// The promotion.
    pub promotion: String,
    /// Which condition: `upstream-verified`, `plan-unchanged`, …
    pub kind: String,
    /// Digest of everything it looked at.
    pub inputs_digest: Digest,
    /// What it says.
    pub verdict: Verdict,
    /// Why, one line each.
    pub reasons: Vec<String>,
    /// What proves it: ids of deployments, verifications, events.
    pub evidence: Vec<String>,
    /// When.
    pub evaluated_at: Timestamp,
    /// Rises by one with each evaluation.
    pub row_version: u64,
}

/// A deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Identity.
    pub id: String,
    /// Product.
    pub product: ProductName,
    /// Environment.
    pub environment: EnvironmentName,
    /// The promotion it carries out; none for a deployment of a checkout.
    pub promotion: Option<String>,
    /// The release; none for a deployment of a checkout.
    pub version: Option<ReleaseVersion>,
    /// What is deployed: the release's digest, or that of the checkout's manifest.
    pub digest: Digest,
    /// Git commit.
    pub commit: String,
    /// Digest of the environment's values.
    pub binding_digest: Digest,
    /// Digest of the plan's effects; none before the plan.
    pub effect_digest: Option<Digest>,
    /// State.
    pub state: DeploymentState,
    /// Fencing number of the lease it holds or held; 0 before the first.
    pub epoch: u64,
    /// Why it failed or needs attention.
    pub reasons: Vec<String>,
    /// What the environment held before anything was changed; none before that was looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pins: Option<Pins>,
    /// The way back, once it is taken; it is never left again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
    /// When it was recorded.
    pub started_at: Timestamp,
    /// When it became active.
    pub active_at: Option<Timestamp>,
    /// Who started it.
    pub started_by: String,
    /// Rises by one with each change.
    pub row_version: u64,
}

/// The outcome of one verification of a product in an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// Identity.
    pub id: String,
    /// Product.
    pub product: ProductName,
    /// Environment.
    pub environment: EnvironmentName,
    /// What was verified: digest of the content (manifest) of the commit.
    pub content: Digest,
    /// Git commit.
    pub commit: String,
    /// Whether every check passed.
    pub passed: bool,
    /// The deployment that was verified.
    pub deployment: Option<String>,
    /// The checks.
    pub checks: Vec<Check>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
}

/// One check of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What was checked: `job`, `table`, `quality`, `metadata`, `genie`, `access`, `second plan`, `replica`.
    pub kind: String,
    /// The object.
    pub subject: String,
    /// Whether it lets the verification pass.
    pub passed: bool,
    /// What was found.
    pub found: String,
    /// What a quality rule came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<QualityResult>,
}

/// What one quality rule of a contract came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityResult {
    /// Id of the rule.
    pub rule: String,
    /// Full name of the table.
    pub table: String,
    /// The column that it is about.
    pub column: Option<String>,
    /// Whether it could be measured.
    pub measured: bool,
    /// The measured value with its unit.
    pub observed: Option<String>,
    /// What it must be; none for a rule that no query can check.
    pub expected: Option<String>,
    /// Whether it holds.
    pub passed: bool,
    /// `error` or `warning`.
    pub severity: String,
}

/// One step of a deployment's journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The deployment.
    pub deployment: String,
    /// Position, from 1, rising over all attempts.
    pub number: u64,
    /// The resource.
    pub key: String,
    /// What is done to it.
    pub action: String,
    /// State.
    pub state: StepState,
    /// Fencing number that it was done under.
    pub epoch: u64,
    /// When it was about to be done.
    pub intended_at: Timestamp,
    /// When the outcome was known.
    pub finished_at: Option<Timestamp>,
    /// Remote id, or why it failed.
    pub outcome: Option<String>,
    /// 1 with the intent, 2 with the outcome.
    pub row_version: u64,
}

/// Who may change an environment of a product. When the lease ends is kept beside it and is no part of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// Product.
    pub product: ProductName,
    /// Environment.
    pub environment: EnvironmentName,
    /// Who holds it; none when it is free.
    pub holder: Option<String>,
    /// Fencing number: rises by one with each new holder.
    pub epoch: u64,
    /// Rises by one with each change.
    pub row_version: u64,
}

states! {
    /// Whether policies let a promotion go on.
    PolicyDecision {
        /// Nothing blocks.
        Allow = "allow",
        /// Something does.
        Deny = "deny",
    }
}

/// What the policies said about a release that was to go to an environment. It never changes; a new evaluation is a new row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyReport {
    /// Identity.
    pub id: String,
    /// Product.
    pub product: ProductName,
    /// Environment.
    pub environment: EnvironmentName,
    /// The promotion that it was made for.
    pub promotion: String,
    /// Version of the release.
    pub version: ReleaseVersion,
    /// Digest of the release.
    pub digest: Digest,
    /// Digest of the rules with their parameters.
    pub pack_digest: Digest,
    /// Digest of everything that the rules saw, without the time.
    pub input_digest: Digest,
    /// The decision.
    pub decision: PolicyDecision,
    /// The whole report, as `sluice check -o json` prints it.
    pub report: serde_json::Value,
    /// When.
    pub at: Timestamp,
    /// Always 1.
    pub row_version: u64,
}

/// A new row. One event carries one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A release.
    Release(Release),
    /// A promotion.
    Promotion(Promotion),
    /// A gate.
    Gate(Gate),
    /// A deployment.
    Deployment(Deployment),
    /// A verification.
    Verification(Verification),
    /// A step of the journal.
    Step(Step),
    /// A lease.
    Lease(Lease),
    /// An approval.
    Approval(Approval),
    /// An attempt that was refused.
    Refusal(Refusal),
    /// A sign-off.
    Signoff(Signoff),
    /// A requested change.
    ChangeRequest(ChangeRequest),
    /// A notification.
    Notification(Notification),
    /// A report of the policies.
    PolicyReport(Box<PolicyReport>),
}

impl Change {
    /// The word of the event that carries this: `release.frozen`, `deployment.applying`, `step.intended`.
    #[must_use]
    pub fn kind(&self) -> String {
        match self {
            Self::Release(row) => format!("release.{}", row.state),
            Self::Promotion(row) => format!("promotion.{}", row.state),
            Self::Gate(row) => format!("gate.{}", row.verdict),
            Self::Deployment(row) => format!("deployment.{}", row.state),
            Self::Verification(row) => format!("verification.{}", if row.passed { "passed" } else { "failed" }),
            Self::Step(row) => format!("step.{}", row.state),
            Self::Lease(row) => format!("lease.{}", if row.holder.is_some() { "taken" } else { "released" }),
            Self::Approval(row) => format!("approval.{}", row.event()),
            Self::Refusal(row) => row.kind().to_owned(),
            Self::Signoff(row) => format!("signoff.{}", row.verdict),
            Self::ChangeRequest(row) => format!("change.{}", row.state),
            Self::Notification(row) => format!("notification.{}", row.state),
            Self::PolicyReport(row) => format!("policy_report.{}", row.decision),
        }
    }

    /// Table and primary key, as one text: what replay files the row under.
    #[must_use]
    pub fn row_key(&self) -> String {
        match self {
            Self::Release(row) => format!("releases {} {}", row.product, row.version),
            Self::Promotion(row) => format!("promotions {}", row.id),
            Self::Gate(row) => format!("gates {} {}", row.promotion, row.kind),
            Self::Deployment(row) => format!("deployments {}", row.id),
            Self::Verification(row) => format!("verifications {}", row.id),
            Self::Step(row) => format!("steps {} {}", row.deployment, row.number),
            Self::Lease(row) => format!("leases {} {}", row.product, row.environment),
            Self::Approval(row) => format!("approvals {}", row.id),
            Self::Refusal(row) => format!("refusals {}", row.id),
            Self::Signoff(row) => format!("signoffs {}", row.id),
            Self::ChangeRequest(row) => format!("change_requests {}", row.id),
            Self::Notification(row) => format!("notifications {}", row.id),
            Self::PolicyReport(row) => format!("policy_reports {}", row.id),
        }
    }
}
