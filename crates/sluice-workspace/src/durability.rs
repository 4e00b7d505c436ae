//! What an acknowledged write survives: the death of the process, or the loss of power too.
//!
//! With [`Durability::PowerLoss`] SQLite writes its log to the disk at each commit, and what the workspace itself writes as files (blobs, files of
//! volumes, Delta commits) is on the disk before the answer leaves. Files that the engine writes are brought there with [`Disk::everything`].

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Json;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteSynchronous;

use crate::call::Call;
use crate::error::ApiError;
use crate::module::Module;
use crate::route::Route;
use crate::store::Migrations;

/// What an acknowledged write survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Durability {
    /// The death of the process: what was written is with the operating system.
    #[default]
    Process,
    /// The loss of power too: what was written is on the disk.
    PowerLoss,
}

impl Durability {
    /// As options and files write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::PowerLoss => "power-loss",
        }
    }

    /// SQLite's setting: in the mode WAL, `NORMAL` writes the log to the disk at checkpoints alone, `FULL` at each commit
    /// (sqlite.org/pragma.html#pragma_synchronous).
    pub(crate) fn synchronous(self) -> SqliteSynchronous {
        match self {
            Self::Process => SqliteSynchronous::Normal,
            Self::PowerLoss => SqliteSynchronous::Full,
        }
    }
}

/// Brings files to the disk, or leaves that to the operating system.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    durability: Durability,
    written: Arc<AtomicU64>,
}

impl Disk {
    pub(crate) fn new(durability: Durability) -> Self {
        Self {
            durability,
            written: Arc::default(),
        }
    }

    /// The content of a file that has no reader yet.
    pub(crate) async fn file(&self, path: &Path) -> io::Result<()> {
        self.sync(vec![path.to_owned()]).await
    }

    /// The name that a file was given: its directory, and those above it down to `root`, which may be new.
    pub(crate) async fn name(&self, path: &Path, root: &Path) -> io::Result<()> {
        let above = path
            .ancestors()
            .skip(1)
            .take_while(|directory| directory.starts_with(root));
        self.sync(above.map(Path::to_owned).collect()).await
    }

    /// Everything below this directory that other processes have written: the whole file system that it stands on.
    pub(crate) async fn everything(&self, directory: &Path) -> io::Result<()> {
        if self.durability == Durability::Process {
            return Ok(());
        }
        let directory = directory.to_owned();
        let sync = move || -> io::Result<()> { Ok(rustix::fs::syncfs(File::open(directory)?)?) };
        let synced = tokio::task::spawn_blocking(sync);
        synced.await.map_err(io::Error::other)??;
        self.written.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn sync(&self, paths: Vec<PathBuf>) -> io::Result<()> {
        if self.durability == Durability::Process {
            return Ok(());
        }
        let count = u64::try_from(paths.len()).unwrap_or(u64::MAX);
        let synced = tokio::task::spawn_blocking(move || {
            let mut all = paths.iter();
            all.try_for_each(|path| File::open(path)?.sync_all())
        });
        synced.await.map_err(io::Error::other)??;
        self.written.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }
}

/// The path of the control plane.
const DURABILITY_PATH: &str = "/_sluice/durability";

/// The routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "durability",
            steps: &[],
        },
        routes: || vec![Route::get(DURABILITY_PATH, show)],
    }
}

/// What holds in this workspace.
#[derive(Serialize)]
struct Shown {
    durability: Durability,
    /// SQLite's setting as the connection that writes has it: 1 is NORMAL, 2 is FULL.
    synchronous: i64,
    /// How many files, directories and file systems were brought to the disk since the workspace was started.
    brought_to_disk: u64,
}

async fn show(call: Call) -> Result<Json<Shown>, ApiError> {
    call.principal.require_admin("read how the workspace stores")?;
    let store = &call.workspace.store;
    let disk = store.disk();
    Ok(Json(Shown {
        durability: disk.durability,
        synchronous: store.synchronous().await?,
        brought_to_disk: disk.written.load(Ordering::Relaxed),
    }))
}
