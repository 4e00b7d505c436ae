//! What can go wrong in the store.

use std::path::PathBuf;

use sluice_model::{EnvironmentName, ProductName};

/// A failed operation of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory of the ledger cannot be made.
    #[error("cannot create the directory `{path}` of the ledger")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database cannot be opened.
    #[error("cannot open the ledger `{path}`")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The tables cannot be made or belong to a newer version.
    #[error("cannot bring the ledger `{path}` to this version's tables")]
    Migrate {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// A query failed.
    #[error("the ledger could not {operation}")]
    Query {
        /// What was being done.
        operation: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A row does not hold what this version writes.
    #[error("row `{row}` of the ledger cannot be read; `sluice ledger verify` tells whether it was edited")]
    Decode {
        /// Table and key.
        row: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A value has no JSON form.
    #[error("an event could not be written as JSON")]
    Encode(#[from] serde_json::Error),
    /// Somebody else changed the row first, or the writer's lease is gone. Nothing was written.
    #[error("`{row}` was changed by another process in the meantime, or the lease was lost; nothing was written")]
    Stale {
        /// Table and key.
        row: String,
    },
    /// A rule of the store forbids the row: a second open promotion, unfinished or active deployment.
    #[error("`{row}` conflicts with another open one of the same product and environment; nothing was written")]
    Conflict {
        /// Table and key.
        row: String,
    },
    /// Another process may change the environment now.
    #[error("`{product}` in `{environment}` is locked by {holder} until {until}")]
    LeaseHeld {
        /// Product.
        product: ProductName,
        /// Environment.
        environment: EnvironmentName,
        /// Who holds it.
        holder: String,
        /// When the lease ends unless it is renewed.
        until: sluice_model::Timestamp,
    },
    /// The lease that a process relied on was taken over.
    #[error("the lease on `{product}` in `{environment}` was lost; another process took over")]
    LeaseLost {
        /// Product.
        product: ProductName,
        /// Environment.
        environment: EnvironmentName,
    },
    /// An exported line is not an entry.
    #[error("line {line} of the export is not a ledger entry")]
    ExportLine {
        /// Line, from 1.
        line: usize,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

impl StoreError {
    /// Whether another actor stands in the way (exit code 3), not a fault of the store.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        match self {
            Self::Stale { .. } | Self::Conflict { .. } | Self::LeaseHeld { .. } | Self::LeaseLost { .. } => true,
            Self::Directory { .. }
            | Self::Open { .. }
            | Self::Migrate { .. }
            | Self::Query { .. }
            | Self::Decode { .. }
            | Self::Encode(_)
            | Self::ExportLine { .. } => false,
        }
    }

    /// Whether this machine refused: disk full, no permission, a file that is no database. Nothing was written.
    #[must_use]
    pub fn is_machine_fault(&self) -> bool {
        match self {
            Self::Directory { .. } => true,
            Self::Open { source, .. } | Self::Query { source, .. } => {
                // Primary result codes of SQLite (sqlite.org/rescode.html), in the low byte of the extended code.
                const PERM: i64 = 3;
                const READONLY: i64 = 8;
                const IOERR: i64 = 10;
                const CORRUPT: i64 = 11;
                const FULL: i64 = 13;
                const CANTOPEN: i64 = 14;
                const NOTADB: i64 = 26;
                let code = source
                    .as_database_error()
                    .and_then(|error| error.code()?.parse::<i64>().ok());
                matches!(
                    code.map(|code| code & 0xff),
                    Some(PERM | READONLY | IOERR | CORRUPT | FULL | CANTOPEN | NOTADB)
                ) || matches!(source, sqlx::Error::Io(_))
            }
            Self::Migrate { .. }
            | Self::Decode { .. }
            | Self::Encode(_)
            | Self::Stale { .. }
            | Self::Conflict { .. }
            | Self::LeaseHeld { .. }
            | Self::LeaseLost { .. }
            | Self::ExportLine { .. } => false,
        }
    }

    pub(crate) fn query(operation: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Query { operation, source }
    }
}
