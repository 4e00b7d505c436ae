//! What somebody is to be told: an outbox that is written with what it tells of.

use serde::{Deserialize, Serialize};
use sluice_model::{Digest, Timestamp};

use crate::event::Subject;

states! {
    /// State of a notification.
    NotificationState {
        /// To be delivered, now or later.
        Pending = "pending",
        /// The other side took it.
        Delivered = "delivered",
        /// Given up.
        Dead = "dead",
    }
}

/// One message to one receiver. The address is not here: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notification {
    /// Identity; the receiver sees it and can tell a repetition by it.
    pub id: String,
    /// The event: `approval.requested`, …
    pub event: String,
    /// What it is about.
    pub subject: Subject,
    /// The approval, sign-off or other row that it is about.
    pub about: String,
    /// What happened, for people.
    pub message: String,
    /// The command that acts on it, when somebody is asked to act.
    pub command: Option<String>,
    /// The receiver: digest of how `platform.yaml` names its address.
    pub receiver: Digest,
    /// State.
    pub state: NotificationState,
    /// How often it was tried.
    pub attempts: u32,
    /// Not before this time.
    pub next_at: Timestamp,
    /// Why the last attempt failed; never the address.
    pub failure: Option<String>,
    /// When it was made.
    pub made_at: Timestamp,
    /// Rises by one with each change.
    pub row_version: u64,
}
