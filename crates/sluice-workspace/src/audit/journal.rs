//! Decisions on their way to the store: gathered in memory, written together by one task.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::QueryBuilder;
use tokio::sync::Notify;

use super::record::Decision;
use crate::error::ApiError;
use crate::store::Store;
use crate::workspace::Workspace;

/// How many decisions the table keeps.
pub(super) const KEPT: i64 = 100_000;
/// So long decisions gather before they are written together.
const GATHERING: Duration = Duration::from_millis(250);
/// With so many they are written at once.
const ENOUGH: usize = 1024;
/// With more than these, requests write before they answer, so that memory stays bounded without losing any.
const MANY: usize = 32_768;
/// So many go into the store at a time: whoever else wants to write has its turn in between.
const AT_A_TIME: usize = 256;

/// The decisions that wait to be written.
#[derive(Default)]
pub(crate) struct Journal {
    waiting: Mutex<Vec<Decision>>,
    arrived: Notify,
    enough: Notify,
    stopped: AtomicBool,
    /// Held while a batch is written, so that batches keep their order and a stop waits for the one under way.
    writing: tokio::sync::Mutex<()>,
}

impl Journal {
    pub(super) fn note(&self, decision: Decision) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(decision);
        match waiting.len() {
            1 => self.arrived.notify_one(),
            ENOUGH => self.enough.notify_one(),
            _ => {}
        }
    }

    /// Starts the task that writes; it ends with [`Self::close`].
    pub(crate) fn start(workspace: &Arc<Workspace>) {
        let workspace = Arc::clone(workspace);
        tokio::spawn(async move {
            let journal = &workspace.audit;
            while !journal.stopped.load(Ordering::Acquire) {
                journal.arrived.notified().await;
                // Over at once when there are enough; either way they are written.
                drop(tokio::time::timeout(GATHERING, journal.enough.notified()).await);
                journal.write_or_log(&workspace).await;
            }
        });
    }

    /// Writes what waits when there is too much of it.
    pub(crate) async fn relieve(&self, workspace: &Workspace) {
        let many = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).len() > MANY;
        if many {
            self.write_or_log(workspace).await;
        }
    }

    /// Writes what is left. Called after the last answer, before the store closes.
    pub(crate) async fn close(&self, workspace: &Workspace) {
        self.stopped.store(true, Ordering::Release);
        self.write_or_log(workspace).await;
        self.arrived.notify_one();
    }

    async fn write_or_log(&self, workspace: &Workspace) {
        if let Err(error) = self.write(&workspace.store).await {
            crate::log::line(&format!("{}: decisions could not be written: {error}", workspace.name));
        }
    }

    /// Writes what waits; what the store does not take waits on.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn write(&self, store: &Store) -> Result<(), ApiError> {
        let _turn = self.writing.lock().await;
        let mut batch = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if batch.is_empty() {
            return Ok(());
        }
        let (mut written, mut count) = (Ok(()), 0);
        for some in batch.chunks(AT_A_TIME) {
            written = insert(store, some).await;
            if written.is_err() {
                break;
            }
            count += some.len();
        }
        if written.is_err() {
            batch.drain(..count);
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            batch.append(&mut waiting);
            // A store that takes nothing for long must not take all memory: what the table would not keep goes.
            let surplus = batch.len().saturating_sub(usize::try_from(KEPT).unwrap_or(usize::MAX));
            batch.drain(..surplus);
            *waiting = batch;
        }
        Ok(written?)
    }
}

async fn insert(store: &Store, decisions: &[Decision]) -> Result<(), sqlx::Error> {
    let mut statement = QueryBuilder::new(
        "INSERT INTO audit_decision (at, request_id, principal, action, object, allowed, rule, held, holder, stands_on) ",
    );
    // One statement for all of them: a list of objects decides once for each.
    statement.push_values(decisions, |mut row, decision| {
        row.push_bind(decision.at)
            .push_bind(decision.request_id.as_deref())
            .push_bind(decision.principal.as_str())
            .push_bind(decision.action.as_str())
            .push_bind(decision.object.as_str())
            .push_bind(decision.allowed)
            .push_bind(decision.rule.kind.as_str())
            .push_bind(decision.rule.held.as_deref())
            .push_bind(decision.rule.holder.as_deref())
            .push_bind(decision.rule.stands_on.as_deref());
    });
    let mut transaction = store.begin().await?;
    // Only the statement for a full number of rows comes again and again.
    let full = decisions.len() == AT_A_TIME;
    statement.build().persistent(full).execute(&mut *transaction).await?;
    sqlx::query("DELETE FROM audit_decision WHERE sequence <= (SELECT max(sequence) FROM audit_decision) - ?")
        .bind(KEPT)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::record::Rule;
    use crate::durability::Durability;

    fn decision(number: i64) -> Decision {
        Decision {
            sequence: 0,
            at: number,
            request_id: None,
            principal: "ann".to_owned(),
            action: "SELECT".to_owned(),
            object: "Table 'c.s.t'".to_owned(),
            allowed: true,
            rule: Rule::everybody(),
        }
    }

    async fn kept(store: &Store) -> (i64, i64, i64) {
        sqlx::query_as("SELECT count(*), min(at), max(at) FROM audit_decision")
            .fetch_one(store.reader())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn the_newest_are_kept_and_none_is_lost_when_the_store_fails() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(
            directory.path(),
            &[super::super::module().migrations],
            Durability::Process,
        )
        .await
        .unwrap();
        let journal = Journal::default();
        for number in 0..KEPT + 10 {
            journal.note(decision(number));
        }
        journal.write(&store).await.unwrap();
        assert_eq!(kept(&store).await, (KEPT, 10, KEPT + 9));
        let mut transaction = store.begin().await.unwrap();
        sqlx::query("ALTER TABLE audit_decision RENAME TO away")
            .execute(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        journal.note(decision(KEPT + 10));
        assert!(journal.write(&store).await.is_err());
        journal.note(decision(KEPT + 11));
        let mut transaction = store.begin().await.unwrap();
        sqlx::query("ALTER TABLE away RENAME TO audit_decision")
            .execute(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        journal.write(&store).await.unwrap();
        assert_eq!(kept(&store).await, (KEPT, 12, KEPT + 11));
    }
}
