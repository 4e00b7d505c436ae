//! Opening the store and writing one change with its event.

use std::path::Path;
use std::time::Duration;

use sluice_model::{Actor, Digest, Timestamp};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row as _, SqlSafeStr as _, SqliteConnection};

use crate::error::StoreError;
use crate::event::{Event, canonical_text, genesis};
use crate::record::Change;
use crate::rows;

/// Version, name and text of a migration.
pub(crate) type MigrationSource = (i64, &'static str, &'static str);

pub(crate) const MIGRATIONS: &[MigrationSource] = &[
    (1, "initial", include_str!("../migrations/0001_initial.sql")),
    (2, "approval", include_str!("../migrations/0002_approval.sql")),
    (
        3,
        "policy_reports",
        include_str!("../migrations/0003_policy_reports.sql"),
    ),
    (4, "rollback", include_str!("../migrations/0004_rollback.sql")),
];

/// How long a writer waits for another one before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// The ledger and the state that it proves. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: SqlitePool,
}

impl Store {
    /// Opens the ledger at a path; makes it, with its directory and a new ledger id, when there is none.
    ///
    /// # Errors
    /// When the file cannot be made or opened, or was written by a newer version.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, MIGRATIONS).await
    }

    /// As [`Self::open`], with these migrations alone: a test of a migration begins with those before it.
    pub(crate) async fn open_with(path: &Path, migrations: &[MigrationSource]) -> Result<Self, StoreError> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(|source| StoreError::Directory {
                path: directory.to_owned(),
                source,
            })?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await
            .map_err(|source| StoreError::Open {
                path: path.to_owned(),
                source,
            })?;
        migrator(migrations)
            .run(&pool)
            .await
            .map_err(|source| StoreError::Migrate {
                path: path.to_owned(),
                source,
            })?;
        let store = Self { pool };
        store.found().await?;
        Ok(store)
    }

    /// Gives a new ledger its id; does nothing to one that has it.
    async fn found(&self) -> Result<(), StoreError> {
        let id = uuid::Uuid::new_v4().to_string();
        sqlx::query(
            "INSERT INTO ledger_head (only_row, ledger_id, seq, entry_hash) VALUES (1, $1, 0, $2) ON CONFLICT (only_row) DO NOTHING",
        )
        .bind(&id)
        .bind(genesis(&id).to_string())
        .execute(&self.pool)
        .await
        .map_err(StoreError::query("write the id of a new ledger"))?;
        Ok(())
    }

    /// Writes a change and its event in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the row is not the one that the change was made from, or when the lease that the writer relies on
    /// has passed to somebody else; [`StoreError::Conflict`] when a rule of the store forbids the row. Nothing is written then.
    pub async fn record(&self, at: Timestamp, actor: &Actor, change: Change) -> Result<Event, StoreError> {
        let mut events = self.record_all(at, actor, vec![change]).await?;
        Ok(events.remove(0))
    }

    /// Writes several changes, each with its event, in one transaction: all or none.
    ///
    /// # Errors
    /// As [`Self::record`].
    pub async fn record_all(
        &self,
        at: Timestamp,
        actor: &Actor,
        changes: Vec<Change>,
    ) -> Result<Vec<Event>, StoreError> {
        let mut transaction = self
            .pool
            .begin()
            .await
            .map_err(StoreError::query("begin a transaction"))?;
        let mut events = Vec::with_capacity(changes.len());
        for change in changes {
            events.push(append(&mut transaction, at, actor, &change).await?);
            rows::write(&mut transaction, &change).await?;
        }
        transaction
            .commit()
            .await
            .map_err(StoreError::query("commit a transaction"))?;
        Ok(events)
    }

    /// Closes every connection, so that all of it is in the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Adds an event at the end. The update of the one head row comes first: it makes writers queue up in both databases.
pub(crate) async fn append(
    connection: &mut SqliteConnection,
    at: Timestamp,
    actor: &Actor,
    change: &Change,
) -> Result<Event, StoreError> {
    let head = sqlx::query("UPDATE ledger_head SET seq = seq + 1 WHERE only_row = 1 RETURNING seq, entry_hash")
        .fetch_one(&mut *connection)
        .await
        .map_err(StoreError::query("lock the head of the ledger"))?;
    let seq: i64 = head.get("seq");
    let prev_hash: Digest = head
        .get::<String, _>("entry_hash")
        .parse()
        .map_err(|source| StoreError::Query {
            operation: "read the head of the ledger",
            source: sqlx::Error::Decode(Box::new(source)),
        })?;
    let event = Event::seal(seq.unsigned_abs(), prev_hash, at, actor, change)?;
    let columns = event.columns()?;
    sqlx::query(
        "INSERT INTO events (seq, prev_hash, entry_hash, at, actor, kind, subject, payload_digest, payload) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(seq)
    .bind(columns.prev_hash)
    .bind(&columns.entry_hash)
    .bind(columns.at)
    .bind(columns.actor)
    .bind(columns.kind)
    .bind(columns.subject)
    .bind(columns.payload_digest)
    .bind(columns.payload)
    .execute(&mut *connection)
    .await
    .map_err(StoreError::query("append an event"))?;
    sqlx::query("UPDATE ledger_head SET entry_hash = $1 WHERE only_row = 1")
        .bind(columns.entry_hash)
        .execute(&mut *connection)
        .await
        .map_err(StoreError::query("move the head of the ledger"))?;
    Ok(event)
}

/// The canonical text of a row's record.
pub(crate) fn record_text<T: serde::Serialize>(row: &T) -> Result<String, StoreError> {
    Ok(canonical_text(row)?)
}

fn migrator(migrations: &[MigrationSource]) -> Migrator {
    Migrator::with_migrations(
        migrations
            .iter()
            .map(|(version, name, sql)| {
                Migration::new(
                    *version,
                    (*name).into(),
                    MigrationType::Simple,
                    sql.into_sql_str(),
                    false,
                )
            })
            .collect(),
    )
}
