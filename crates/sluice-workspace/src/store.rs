//! What a workspace remembers: one SQLite file, and blobs beside it.
//!
//! A write that was acknowledged survives the death of the process: transactions are in the write-ahead log before the answer
//! leaves, and a blob has its final name before the row that mentions it. Whether it survives the loss of power is [`Durability`]'s matter. One connection writes, others read. Each module brings
//! its own tables as a list of migrations; a store written by a newer program is refused.

mod checkpoints;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use sqlx::{Sqlite, Transaction};

use self::checkpoints::{Checkpoints, LARGEST};
use crate::blobs::Blobs;
use crate::durability::{Disk, Durability};

/// A store that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory cannot be made.
    #[error("could not create the directory `{}`", path.display())]
    Directory {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite refuses the file or a statement.
    #[error("could not open the store `{}`", path.display())]
    Open {
        /// Where.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// A module's tables cannot be made.
    #[error("could not bring the tables of `{module}` to version {version}")]
    Migrate {
        /// Which module.
        module: &'static str,
        /// The version that failed.
        version: i64,
        /// Why.
        source: sqlx::Error,
    },
    /// The file was written by a newer program.
    #[error(
        "the tables of `{module}` have version {found}, this program knows {known}: use the newer `sluice`, or `sluice workspace reset`"
    )]
    Newer {
        /// Which module.
        module: &'static str,
        /// Version in the file.
        found: i64,
        /// Newest known version.
        known: i64,
    },
}

/// The tables of one module: the SQL that leads from version n to n + 1, in order. Entries are never changed once released.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    /// The module's name.
    pub module: &'static str,
    /// SQL scripts.
    pub steps: &'static [&'static str],
}

/// An open store.
#[derive(Clone, Debug)]
pub struct Store {
    readers: SqlitePool,
    /// One connection that goes on seeing what [`Store::remember`] was called for.
    past: SqlitePool,
    writer: SqlitePool,
    checkpoints: Checkpoints,
    blobs: Blobs,
    disk: Disk,
}

impl Store {
    /// Opens or creates the store in this directory, to last as it is told, and brings every module's tables up to date.
    ///
    /// # Errors
    /// When the directory or the file cannot be used, or was written by a newer program.
    pub async fn open(directory: &Path, migrations: &[Migrations], durability: Durability) -> Result<Self, StoreError> {
        let disk = Disk::new(durability);
        let blobs = Blobs::open(&directory.join("blobs"), disk.clone()).map_err(|source| StoreError::Directory {
            path: directory.to_owned(),
            source,
        })?;
        let path = directory.join("store.sqlite");
        let opened = |source| StoreError::Open {
            path: path.clone(),
            source,
        };
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(durability.synchronous())
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30));
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .connect_with(options.clone().pragma("wal_autocheckpoint", LARGEST))
            .await
            .map_err(opened)?;
        let checkpoints = Checkpoints::of(path.clone(), options.clone());
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .test_before_acquire(false)
            .connect_lazy_with(options.clone().pragma("query_only", "on"));
        let past = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(options.pragma("query_only", "on"));
        let store = Self {
            readers,
            past,
            writer,
            checkpoints,
            blobs,
            disk,
        };
        sqlx::raw_sql(
            "CREATE TABLE IF NOT EXISTS module_version (module TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT",
        )
        .execute(&store.writer)
        .await
        .map_err(opened)?;
        for each in migrations {
            store.migrate(each).await?;
        }
        Ok(store)
    }

    async fn migrate(&self, migrations: &Migrations) -> Result<(), StoreError> {
        let module = migrations.module;
        let known = i64::try_from(migrations.steps.len()).expect("invariant: few migrations");
        let failed = |version| {
            move |source| StoreError::Migrate {
                module,
                version,
                source,
            }
        };
        let found: Option<(i64,)> = sqlx::query_as("SELECT version FROM module_version WHERE module = ?")
            .bind(module)
            .fetch_optional(&self.writer)
            .await
            .map_err(failed(0))?;
        let found = found.map_or(0, |row| row.0);
        if found > known {
            return Err(StoreError::Newer { module, found, known });
        }
        for (version, step) in (1..).zip(migrations.steps).filter(|(version, _)| *version > found) {
            let mut transaction = self.begin().await.map_err(failed(version))?;
            sqlx::raw_sql(*step)
                .execute(&mut *transaction)
                .await
                .map_err(failed(version))?;
            sqlx::query(
                "INSERT INTO module_version (module, version) VALUES (?1, ?2) \
                 ON CONFLICT (module) DO UPDATE SET version = ?2",
            )
            .bind(module)
            .bind(version)
            .execute(&mut *transaction)
            .await
            .map_err(failed(version))?;
            transaction.commit().await.map_err(failed(version))?;
        }
        Ok(())
    }

    /// Connections for reading alone; a statement that writes fails on them.
    #[must_use]
    pub fn reader(&self) -> &SqlitePool {
        if crate::faults::reading_the_past() {
            &self.past
        } else {
            &self.readers
        }
    }

    /// From now on, who reads the past sees what the store holds at this moment.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub(crate) async fn remember(&self) -> Result<(), sqlx::Error> {
        let mut connection = self.past.acquire().await?;
        // Outside a transaction there is nothing to end, which SQLite calls an error.
        drop(sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await);
        // The view begins with the first reading.
        sqlx::raw_sql("BEGIN; SELECT count(*) FROM module_version")
            .execute(&mut *connection)
            .await?;
        Ok(())
    }

    /// Ends what [`Self::remember`] began, so that the log can be folded into the file again.
    ///
    /// # Errors
    /// When SQLite refuses a connection.
    pub(crate) async fn forget(&self) -> Result<(), sqlx::Error> {
        let mut connection = self.past.acquire().await?;
        // Outside a transaction there is nothing to end, which SQLite calls an error.
        drop(sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await);
        Ok(())
    }

    /// Starts a write: waits for the one writer, then owns the store until commit. What is not committed never happened.
    ///
    /// A caller that goes away while it waits (a client that hung up) leaves nothing behind: the beginning is a task of its own.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub async fn begin(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.checkpoints.written();
        match tokio::spawn(begin(self.writer.clone())).await {
            Ok(begun) => begun,
            Err(ended) => std::panic::resume_unwind(ended.into_panic()),
        }
    }

    /// Contents by digest.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Brings files to the disk, as far as the workspace was told to.
    pub(crate) fn disk(&self) -> &Disk {
        &self.disk
    }

    /// SQLite's setting `synchronous`, as the connection that writes has it.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub(crate) async fn synchronous(&self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("PRAGMA synchronous").fetch_one(&self.writer).await
    }

    /// Closes the connections after the last answer.
    pub async fn close(&self) {
        self.readers.close().await;
        self.past.close().await;
        self.checkpoints.close().await;
        self.writer.close().await;
    }
}

/// SQLite ends a transaction by itself when the disk is full, and the pool goes on counting it; such a connection is given up.
async fn begin(writer: SqlitePool) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    match writer.begin_with("BEGIN IMMEDIATE").await {
        Err(sqlx::Error::InvalidSavePointStatement) => {
            writer.acquire().await?.close().await?;
            writer.begin_with("BEGIN IMMEDIATE").await
        }
        begun => begun,
    }
}
