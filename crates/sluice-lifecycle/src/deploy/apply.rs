//! Carries out a plan: for each entry in the engine's order, journal the intent, send ONE call, journal what came of it.
//!
//! An entry that fails stops those that need it; the others go on. Nothing is decided here: whether a call took effect, and what
//! it means for the state, the engine says.

use std::collections::{BTreeMap, BTreeSet};

use sluice_bundle::engine::{self, Action, Applied, Outcome, Plan, PlanEntry, ProbeVerdict, States, Step, Verdict};
use sluice_databricks::Client;
use sluice_model::{Digest, ResourceKey, Secret};
use sluice_wire::request::Body;
use sluice_wire::{Request, Response};

use crate::deploy::local_journal::LocalJournal;
use crate::deploy::local_state::{LocalStateError, StateLog};
use crate::deploy::planning;
use crate::polling::Polling;
use crate::ports::{DeploymentJournal, Intent, JournalError, Progress, StepOutcome, Token};

/// What became of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ApplyReport {
    /// Entries that are done.
    pub done: Vec<ResourceKey>,
    /// Entries that failed.
    pub failed: Vec<FailedEntry>,
    /// Entries that were not begun because another one failed.
    pub skipped: Vec<SkippedEntry>,
    /// Entries that were not begun because the deployment was stopped.
    pub remaining: Vec<ResourceKey>,
}

/// An entry that failed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FailedEntry {
    /// The resource.
    pub key: ResourceKey,
    /// Why.
    pub message: String,
    /// Whether it may have taken effect all the same; the next deployment looks it up first.
    pub outcome_unknown: bool,
}

/// An entry that was not begun.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SkippedEntry {
    /// The resource.
    pub key: ResourceKey,
    /// The entry that failed or was skipped before.
    pub because: ResourceKey,
}

impl ApplyReport {
    /// Whether every entry is done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty() && self.remaining.is_empty()
    }
}

/// Why applying had to end at once: what happens next could not be recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Halt {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    State(#[from] LocalStateError),
}

/// Why a step did not succeed.
struct StepFailure {
    message: String,
    outcome_unknown: bool,
}

/// How often a call that certainly did not take effect is sent again.
const ATTEMPTS: u32 = 3;

pub(crate) struct Apply<'a, J> {
    pub(crate) client: &'a Client,
    pub(crate) plan: &'a Plan,
    pub(crate) secrets: &'a BTreeMap<ResourceKey, Secret<String>>,
    pub(crate) states: &'a mut States,
    pub(crate) log: StateLog,
    pub(crate) local_journal: &'a mut LocalJournal,
    pub(crate) journal: &'a mut J,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) next_step: u32,
    /// Tokens of calls whose outcome an interrupted deployment did not learn.
    pub(crate) tokens: BTreeMap<ResourceKey, Token>,
}

/// The tokens of the calls that a journal leaves open.
pub(crate) fn open_tokens(journal: &LocalJournal) -> Result<BTreeMap<ResourceKey, Token>, JournalError> {
    let open = journal.unresolved()?.into_iter();
    Ok(open.filter_map(|(key, intent)| Some((key, intent.token?))).collect())
}

impl<J: DeploymentJournal> Apply<'_, J> {
    /// Applies every entry. On [`Halt`] the states hold everything that is known to have taken effect.
    pub(crate) async fn run(&mut self, report: &mut ApplyReport) -> Result<(), Halt> {
        let order = engine::order(self.plan);
        let mut applied = Applied::new(self.plan, self.states).with_secrets(self.secrets);
        let mut blocked: BTreeSet<ResourceKey> = BTreeSet::new();
        for (position, key) in order.iter().enumerate() {
            if self.progress.stop_requested() {
                report.remaining = order[position..].to_vec();
                return Ok(());
            }
            if let Some(because) = blocker(self.plan, key, &blocked) {
                blocked.insert(key.clone());
                report.skipped.push(SkippedEntry {
                    key: key.clone(),
                    because,
                });
                continue;
            }
            match self.entry(key, &mut applied).await {
                Ok(Ok(())) => report.done.push(key.clone()),
                Ok(Err(failure)) => {
                    self.progress.warn(&format!("{key}: {}", failure.message));
                    blocked.insert(key.clone());
                    report.failed.push(FailedEntry {
                        key: key.clone(),
                        message: failure.message,
                        outcome_unknown: failure.outcome_unknown,
                    });
                }
                Err(halt) => {
                    report.remaining = order[position..].to_vec();
                    return Err(halt);
                }
            }
        }
        Ok(())
    }

    async fn entry(&mut self, key: &ResourceKey, applied: &mut Applied) -> Result<Result<(), StepFailure>, Halt> {
        for read in engine::refreshes(self.plan, key, applied) {
            match planning::perform(self.client, &read).await {
                Ok(observation) => applied.observe(&read.key, observation),
                Err(error) => return Ok(Err(known(error.to_string()))),
            }
        }
        let steps = match engine::steps(self.plan, key, applied) {
            Ok(steps) => steps,
            Err(error) => return Ok(Err(known(error.to_string()))),
        };
        let mut before: Option<Outcome> = None;
        for step in &steps {
            let step = &before
                .as_ref()
                .map_or_else(|| step.clone(), |before| step.following(before));
            let outcome = match step.without_request() {
                Some(outcome) => outcome,
                None => {
                    self.progress.say(&format!("{} {key}", step.description));
                    match self.call(step).await? {
                        Ok(outcome) => outcome,
                        Err(failure) => return Ok(Err(failure)),
                    }
                }
            };
            let change = step.state_after(&outcome);
            applied.record(key, &change);
            self.states.record(key, change.clone());
            self.log.append(key, &change)?;
            if step.request.is_some() {
                let done = StepOutcome::Done {
                    id: Some(outcome.id.clone()).filter(|id| !id.is_empty()),
                };
                self.record_outcome(&done).await?;
            }
            before = Some(outcome);
        }
        Ok(Ok(()))
    }

    /// Journals and sends one call. A failure has its outcome in the journal already; a success gets it from the caller, after the
    /// state is saved.
    async fn call(&mut self, step: &Step) -> Result<Result<Outcome, StepFailure>, Halt> {
        let token = self.token(step);
        let step = &token
            .as_ref()
            .map_or_else(|| step.clone(), |token| step.with_token(&token.value));
        let Some(request) = &step.request else {
            return Ok(Err(known("the step has no call".to_owned())));
        };
        self.next_step += 1;
        let intent = Intent {
            step: self.next_step,
            key: step.key.clone(),
            description: step.description.clone(),
            call: format!("{} {}", request.method, request.path),
            token,
        };
        self.local_journal.intent(&intent).await?;
        self.journal.intent(&intent).await?;
        // What the workspace says of a value that it refuses may repeat it.
        let result = self.send(step, request).await.map_err(|failure| StepFailure {
            message: request.redacted(&failure.message),
            ..failure
        });
        if let Err(failure) = &result {
            let message = failure.message.clone();
            let outcome = if failure.outcome_unknown {
                StepOutcome::Unknown { message }
            } else {
                StepOutcome::Failed { message }
            };
            self.record_outcome(&outcome).await?;
        }
        Ok(result)
    }

    /// The token of a call that takes one: that of the same call of an interrupted deployment, or a new one.
    fn token(&mut self, step: &Step) -> Option<Token> {
        let Some(Body::Json(body)) = step
            .request
            .as_ref()
            .map(|request| &request.body)
            .filter(|_| step.needs_token())
        else {
            return None;
        };
        let asks = Digest::of_canonical_json(body).ok()?;
        let before = self.tokens.remove(&step.key).filter(|token| token.asks == asks);
        Some(before.unwrap_or_else(|| Token {
            value: uuid::Uuid::new_v4().to_string(),
            asks,
        }))
    }

    async fn record_outcome(&mut self, outcome: &StepOutcome) -> Result<(), Halt> {
        self.local_journal.outcome(self.next_step, outcome).await?;
        self.journal.outcome(self.next_step, outcome).await?;
        Ok(())
    }

    async fn send(&self, step: &Step, request: &Request) -> Result<Outcome, StepFailure> {
        let mut attempt = 1;
        loop {
            let uncertain = match self.client.exchange(request, step.idempotent).await {
                Ok(response) => match self.judge(step, response).await? {
                    Ok(outcome) => return Ok(outcome),
                    // The workspace failed while it worked on the call: it may have done it all the same.
                    Err((status, message)) if status >= 500 && status != 501 => message,
                    Err((_, message)) => return Err(known(message)),
                },
                Err(error) if error.outcome_unknown() => error.to_string(),
                Err(error) => return Err(known(error.to_string())),
            };
            match self.probe(step, &uncertain).await? {
                Some(outcome) => return Ok(outcome),
                None if attempt < ATTEMPTS => attempt += 1,
                None => return Err(known(uncertain)),
            }
        }
    }

    /// Reads an answer, and the answers to polls as long as the work is running. The inner error is what the workspace refused.
    async fn judge(&self, step: &Step, mut response: Response) -> Result<Result<Outcome, (u16, String)>, StepFailure> {
        let polling = Polling::begin();
        loop {
            match step.judge(&response) {
                Verdict::Done(outcome) => return Ok(Ok(outcome)),
                Verdict::Failed { code, message } => {
                    return Ok(Err((response.status, format!("{message} [{code}]"))));
                }
                Verdict::Poll(request) => {
                    polling.pause().await;
                    response = self
                        .client
                        .exchange(&request, true)
                        .await
                        .map_err(|error| StepFailure {
                            message: error.to_string(),
                            outcome_unknown: true,
                        })?;
                }
            }
        }
    }

    /// Looks up whether a call without a good answer took effect; none when it certainly did not.
    async fn probe(&self, step: &Step, cause: &str) -> Result<Option<Outcome>, StepFailure> {
        let unknown = |message: String| StepFailure {
            message,
            outcome_unknown: true,
        };
        let Some(probe) = &step.probe else {
            return Err(unknown(cause.to_owned()));
        };
        let response = self
            .client
            .exchange(probe, true)
            .await
            .map_err(|error| unknown(format!("{cause}; looking it up failed: {error}")))?;
        match step.judge_probe(&response) {
            ProbeVerdict::Happened(outcome) => Ok(Some(outcome)),
            ProbeVerdict::NotHappened => Ok(None),
            ProbeVerdict::Ambiguous(why) => Err(unknown(format!("{cause}; looking it up: {why}"))),
        }
    }
}

fn known(message: String) -> StepFailure {
    StepFailure {
        message,
        outcome_unknown: false,
    }
}

/// The entry that keeps this one from being begun: one that it needs (or, for a deletion, one that still needs it).
fn blocker(plan: &Plan, key: &ResourceKey, blocked: &BTreeSet<ResourceKey>) -> Option<ResourceKey> {
    let entry = plan.plan.get(key)?;
    let depends =
        |entry: &PlanEntry, on: &ResourceKey| entry.depends_on.iter().any(|dependency| dependency.node == *on);
    blocked
        .iter()
        .find(|other| {
            if entry.action == Action::Delete {
                plan.plan.get(*other).is_some_and(|entry| depends(entry, key))
            } else {
                depends(entry, other) || key.parent() == **other
            }
        })
        .cloned()
}
