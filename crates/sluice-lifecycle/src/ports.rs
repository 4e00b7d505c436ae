//! What the use cases need from the program around them: a journal of effects, a place to report to.

use std::fmt;
use std::future::Future;

use serde::{Deserialize, Serialize};
use sluice_model::{Digest, ResourceKey, Timestamp};

/// What is about to be done in the workspace, recorded before the call is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Number of the step in its deployment, from 1.
    pub step: u32,
    /// The resource.
    pub key: ResourceKey,
    /// What is done to it, for people: `create job`.
    pub description: String,
    /// Method and path of the call.
    pub call: String,
    /// What tells the service that a call is the same one again, for calls that have such a thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
}

/// A token by which a service does a call once, however often it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The token.
    pub value: String,
    /// Digest of what the call asks for, without the token.
    pub asks: Digest,
}

/// What came of an intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum StepOutcome {
    /// It took effect.
    Done {
        /// Remote id, when the resource has one.
        id: Option<String>,
    },
    /// It did not take effect.
    Failed {
        /// Why.
        message: String,
    },
    /// Whether it took effect is not known; the next deployment looks it up first.
    Unknown {
        /// Why.
        message: String,
    },
}

/// Which deployment a journal records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentHeader {
    /// UUID of the deployment.
    pub deployment: String,
    /// Name of the bundle.
    pub bundle: String,
    /// The target.
    pub target: String,
    /// The workspace.
    pub host: String,
    /// Who deploys.
    pub actor: String,
    /// Digest of the plan's effects.
    pub effect_digest: Digest,
    /// When it began.
    pub started_at: Timestamp,
}

/// The journal of a deployment: an intent is durable before its call is sent, an outcome before the next intent.
///
/// The local deployment state (what is recovered from after a crash) is kept beside this by [`crate::deploy`] itself; a journal
/// that fails stops the deployment before the next call.
pub trait DeploymentJournal: Send {
    /// Opens the record of a deployment.
    fn begin(&mut self, header: &DeploymentHeader) -> impl Future<Output = Result<(), JournalError>> + Send;
    /// Records that a call is about to be sent.
    fn intent(&mut self, intent: &Intent) -> impl Future<Output = Result<(), JournalError>> + Send;
    /// Records what came of the intent with this step number.
    fn outcome(&mut self, step: u32, outcome: &StepOutcome) -> impl Future<Output = Result<(), JournalError>> + Send;
    /// Closes the record: every step has an outcome and the state was pushed.
    fn finish(&mut self) -> impl Future<Output = Result<(), JournalError>> + Send;
}

/// An entry could not be made durable.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the journal {place}")]
pub struct JournalError {
    /// Which journal: a path or a store.
    pub place: String,
    /// Why.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl JournalError {
    /// An error of the journal at this place.
    pub fn new(place: impl fmt::Display, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            place: place.to_string(),
            source: source.into(),
        }
    }
}

/// Where a use case reports what it is doing, and asks whether to go on.
pub trait Progress: Sync {
    /// Says what is being done, one line.
    fn say(&self, message: &str);
    /// Says what deserves attention, one line.
    fn warn(&self, message: &str);
    /// Whether the person asked to stop: a use case ends between two steps then.
    fn stop_requested(&self) -> bool;
}

/// Reports to nobody and never stops.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn say(&self, _message: &str) {}
    fn warn(&self, _message: &str) {}
    fn stop_requested(&self) -> bool {
        false
    }
}
