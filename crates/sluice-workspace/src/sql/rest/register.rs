//! The statements that were sent, by id, and how long they and their results are kept.
//!
//! Times are those of the workspace's clock. A result is there for an hour after the statement's end, or until results together weigh more than the workspace keeps
//! in memory, the oldest first; then the statement is CLOSED. It is forgotten after twelve hours.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::Serialize;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::stored::StoredResult;
use crate::compute::StatementError;
use crate::error::ApiError;
use crate::principal::Principal;

const HOUR_MS: i64 = 60 * 60 * 1000;
/// How long a result is kept.
const RESULT_KEPT_MS: i64 = HOUR_MS;
/// How long a statement is known.
const STATEMENT_KEPT_MS: i64 = 12 * HOUR_MS;
/// What all results together may weigh.
const RESULTS_BYTES: usize = 512 << 20;

/// Where a statement is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum State {
    Running,
    Succeeded,
    Failed,
    Canceled,
    /// It was successful, and its result is gone.
    Closed,
}

/// How far a statement is.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    pub(super) state: State,
    pub(super) stored: Option<Arc<StoredResult>>,
    pub(super) error: Option<StatementError>,
    ended_at: Option<i64>,
}

impl Progress {
    fn running() -> Self {
        Self {
            state: State::Running,
            stored: None,
            error: None,
            ended_at: None,
        }
    }

    /// An end with a result.
    pub(super) fn succeeded(result: StoredResult, now: i64) -> Self {
        Self {
            state: State::Succeeded,
            stored: Some(Arc::new(result)),
            error: None,
            ended_at: Some(now),
        }
    }

    /// An end with an error.
    pub(super) fn failed(error: StatementError, now: i64) -> Self {
        Self {
            state: State::Failed,
            stored: None,
            error: Some(error),
            ended_at: Some(now),
        }
    }

    /// The result, which must be there.
    ///
    /// # Errors
    /// 404 when it is gone, 400 when there never was one.
    pub(super) fn result(&self, id: &str) -> Result<&StoredResult, ApiError> {
        match (&self.stored, self.state) {
            (Some(result), _) => Ok(result),
            (None, State::Closed) => Err(ApiError::not_found(format!(
                "The result of the statement {id} is gone: execute the statement again."
            ))),
            (None, _) => Err(ApiError::invalid_state(format!("The statement {id} has no result."))),
        }
    }

    fn close(&mut self) {
        self.stored = None;
        self.state = State::Closed;
    }

    fn weight(&self) -> usize {
        self.stored.as_ref().map_or(0, |result| result.bytes)
    }
}

/// The end that a statement reports to.
pub(super) type Sender = Arc<watch::Sender<Progress>>;

/// A statement that runs, from both ends.
pub(super) fn channel() -> (Sender, watch::Receiver<Progress>) {
    let (sender, receiver) = watch::channel(Progress::running());
    (Arc::new(sender), receiver)
}

/// Writes an end down, unless the statement was cancelled before.
pub(super) fn end(sender: &Sender, ended: Progress) {
    sender.send_if_modified(|progress| {
        let running = progress.state == State::Running;
        if running {
            *progress = ended;
        }
        running
    });
}

struct Entry {
    principal: i64,
    progress: Sender,
    work: AbortHandle,
}

/// The statements of a workspace.
#[derive(Default)]
pub(crate) struct Statements {
    entries: Mutex<BTreeMap<String, Entry>>,
}

impl std::fmt::Debug for Statements {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Statements").finish_non_exhaustive()
    }
}

impl Statements {
    /// Adds a statement that runs.
    pub(super) fn add(&self, id: &str, principal: i64, progress: Sender, work: AbortHandle, now: i64) {
        let entry = Entry {
            principal,
            progress,
            work,
        };
        self.entries(now).insert(id.to_owned(), entry);
    }

    /// How far a statement of this principal is.
    ///
    /// # Errors
    /// 404; somebody else's statement looks like one that does not exist.
    pub(super) fn find(&self, principal: &Principal, id: &str, now: i64) -> Result<Progress, ApiError> {
        self.with(principal, id, now, |entry| entry.progress.borrow().clone())
    }

    /// How far a statement is, for whoever has a link to its result.
    pub(super) fn find_linked(&self, id: &str, now: i64) -> Option<Progress> {
        self.entries(now).get(id).map(|entry| entry.progress.borrow().clone())
    }

    /// Ends a statement that runs; one that has ended stays as it is.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub(super) fn cancel(&self, principal: &Principal, id: &str, now: i64) -> Result<(), ApiError> {
        self.with(principal, id, now, |entry| {
            entry.work.abort();
            let canceled = Progress {
                state: State::Canceled,
                ended_at: Some(now),
                ..Progress::running()
            };
            end(&entry.progress, canceled);
        })
    }

    /// Lets go of a result.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub(super) fn close(&self, principal: &Principal, id: &str, now: i64) -> Result<(), ApiError> {
        self.with(principal, id, now, |entry| {
            entry.progress.send_if_modified(|progress| {
                let succeeded = progress.state == State::Succeeded;
                if succeeded {
                    progress.close();
                }
                succeeded
            });
        })
    }

    /// Ends what runs.
    pub(crate) fn stop(&self) {
        let entries = self.entries.lock().expect("invariant: nobody panics with this lock");
        entries.values().for_each(|entry| entry.work.abort());
    }

    fn with<T>(
        &self,
        principal: &Principal,
        id: &str,
        now: i64,
        found: impl FnOnce(&Entry) -> T,
    ) -> Result<T, ApiError> {
        let entries = self.entries(now);
        let entry = entries
            .get(id)
            .filter(|entry| entry.principal == principal.id || principal.is_admin);
        entry
            .map(found)
            .ok_or_else(|| ApiError::not_found(format!("The statement {id} was not found.")))
    }

    /// The entries, after what is too old or too much has gone.
    fn entries(&self, now: i64) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        let mut entries = self.entries.lock().expect("invariant: nobody panics with this lock");
        let age = |entry: &Entry| entry.progress.borrow().ended_at.map(|ended| now - ended);
        entries.retain(|_, entry| age(entry).is_none_or(|age| age < STATEMENT_KEPT_MS));
        let mut kept: Vec<&Entry> = entries
            .values()
            .filter(|entry| entry.progress.borrow().stored.is_some())
            .collect();
        kept.sort_by_key(|entry| age(entry));
        let mut weight = 0;
        for entry in kept {
            weight += entry.progress.borrow().weight();
            if weight > RESULTS_BYTES || age(entry).is_some_and(|age| age >= RESULT_KEPT_MS) {
                entry.progress.send_modify(Progress::close);
            }
        }
        entries
    }
}
