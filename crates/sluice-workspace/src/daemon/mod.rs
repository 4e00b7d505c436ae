//! The background process that serves the workspaces: starting, finding, probing and ending it.
//!
//! The running process describes itself in `daemon.json` with its id and start time, so that a file left by a process that died is
//! recognised even when the id was given to another one. A directory has at most one such process: it holds the lock file.

mod launch;
mod probe;
mod process;
mod serve;
mod stop;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::durability::Durability;

pub use launch::{LaunchError, launch};
pub use serve::{Announcement, Failure, FailureKind, serve};
pub use stop::{StopError, Stopped, reset, stop};

/// Where one workspace answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Name.
    pub workspace: String,
    /// `http://127.0.0.1:<port>`.
    pub host: String,
}

/// What a running process says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Daemon {
    /// Process id.
    pub pid: i32,
    /// When the process started, in clock ticks since the machine did: tells processes with the same id apart.
    pub start_time: u64,
    /// Where the workspaces answer.
    pub hosts: Vec<Host>,
    /// The profile file.
    pub profile_file: PathBuf,
    /// Whether administrators may inject faults.
    #[serde(default)]
    pub faults_allowed: bool,
    /// Whether requests with parameters or fields that the API description does not know are refused.
    #[serde(default)]
    pub strict: bool,
    /// What acknowledged writes survive.
    #[serde(default)]
    pub durability: Durability,
    /// The directories of this machine whose Git repositories may be cloned.
    #[serde(default)]
    pub git_directories: Vec<PathBuf>,
}

/// The directory of the workspaces of one platform, and the files of their process.
#[derive(Clone, Debug)]
pub struct Place {
    /// `<data>/<platform id>/workspaces`.
    pub directory: PathBuf,
}

/// What is known about the process of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It runs and every workspace answers.
    Answering(Daemon),
    /// It runs, but this workspace does not answer.
    Silent(Daemon, Host),
    /// It does not run.
    Absent,
}

/// A file of the process cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("could not access `{}`", path.display())]
pub struct FileError {
    /// Which file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

impl Place {
    /// `daemon.json`.
    #[must_use]
    pub fn state_file(&self) -> PathBuf {
        self.directory.join("daemon.json")
    }

    /// Where the process writes its log.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.directory.join("daemon.log")
    }

    /// Where clients find hosts and tokens.
    #[must_use]
    pub fn profile_file(&self) -> PathBuf {
        self.directory.join("databrickscfg")
    }

    /// Where snapshots of the workspaces are kept.
    #[must_use]
    pub fn snapshots(&self) -> PathBuf {
        self.directory.join("snapshots")
    }

    /// The process that runs for this directory; none when there is none, whatever files an earlier one left.
    ///
    /// # Errors
    /// When the state file cannot be read.
    pub fn running(&self) -> Result<Option<Daemon>, FileError> {
        let path = self.state_file();
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(FileError { path, source }),
        };
        // A file of another version says nothing about a process that we could talk to; the lock still protects the store.
        let daemon: Option<Daemon> = serde_json::from_slice(&text).ok();
        Ok(daemon.filter(|daemon| process::start_time(daemon.pid) == Some(daemon.start_time)))
    }

    /// Whether the process runs and its workspaces really answer.
    ///
    /// # Errors
    /// When the state file cannot be read.
    pub async fn status(&self) -> Result<Status, FileError> {
        let Some(daemon) = self.running()? else {
            return Ok(Status::Absent);
        };
        for host in daemon.hosts.clone() {
            if !probe::answers(&host).await {
                return Ok(Status::Silent(daemon, host));
            }
        }
        Ok(Status::Answering(daemon))
    }

    fn write_state(&self, daemon: &Daemon) -> std::io::Result<()> {
        let text = serde_json::to_vec_pretty(daemon)?;
        crate::private_file::write(&self.state_file(), &text)
    }

    fn remove_state(&self) -> std::io::Result<()> {
        remove_file(&self.state_file())
    }
}

fn remove_file(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
