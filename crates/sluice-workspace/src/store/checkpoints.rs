//! Folds SQLite's write-ahead log into its file, beside the requests.
//!
//! Left to itself the connection that writes does it after a commit, every thousand pages: it waits for the disk twice, and everybody who wants to
//! write waits with it. Here another connection does it (a passive checkpoint hinders neither readers nor the writer, sqlite.org/wal.html), and
//! the writer does it itself only when the log has grown large all the same.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};

/// After so many writes the log is folded.
const WRITES: u32 = 128;

/// Pages (4 KiB) in the log with which the writer folds it itself, and can begin it anew.
pub(crate) const LARGEST: &str = "16384";

/// The checkpoints of one store.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoints(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    connection: SqlitePool,
    writes: AtomicU32,
    under_way: AtomicBool,
}

impl Checkpoints {
    /// The log of the file at `path`, which `options` connect to. Nothing is opened yet.
    pub(crate) fn of(path: PathBuf, options: SqliteConnectOptions) -> Self {
        let connection = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .connect_lazy_with(options);
        Self(Arc::new(Inner {
            path,
            connection,
            writes: AtomicU32::new(0),
            under_way: AtomicBool::new(false),
        }))
    }

    /// Notes a write, and has the log folded when there were many since the last time. Does not wait.
    pub(crate) fn written(&self) {
        let log = &self.0;
        let many = log.writes.fetch_add(1, Ordering::Relaxed) >= WRITES;
        if !many || log.connection.is_closed() || log.under_way.swap(true, Ordering::AcqRel) {
            return;
        }
        log.writes.store(0, Ordering::Relaxed);
        let log = Arc::clone(log);
        tokio::spawn(async move {
            // Nothing is lost when it fails: what was written stands in the log, and the next time folds it.
            let checkpoint = sqlx::raw_sql("PRAGMA wal_checkpoint(PASSIVE)");
            match checkpoint.execute(&log.connection).await {
                // The last connection that is closed folds all of it.
                Ok(_) | Err(sqlx::Error::PoolClosed) => {}
                Err(error) => crate::log::line(&format!(
                    "the log of `{}` was not folded into it: {error}",
                    log.path.display()
                )),
            }
            log.under_way.store(false, Ordering::Release);
        });
    }

    /// Ends after what is under way.
    pub(crate) async fn close(&self) {
        self.0.connection.close().await;
    }
}
