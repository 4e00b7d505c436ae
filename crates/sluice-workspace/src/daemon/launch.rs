//! Starting the process in the background and waiting until it answers.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::serve::{Announcement, Failure, FailureKind};
use super::{Daemon, FileError, Host, Place, Status};

/// How long a start may take, creation of three stores included, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a process that does not answer may take to end: after `kill -9` its ports close before it is gone.
const ENDING: Duration = Duration::from_secs(5);
/// How often a process that another command starts is looked at.
const GLANCE: Duration = Duration::from_millis(50);
/// A log larger than this is kept as `daemon.log.1` and begun anew.
const LARGEST_LOG: u64 = 10 * 1024 * 1024;

/// The process could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The program cannot be run.
    #[error("could not start `{}`", executable.display())]
    Spawn {
        /// Which program.
        executable: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It says why it does not serve.
    #[error("{}", failure.message)]
    Failed {
        /// Why.
        failure: Failure,
    },
    /// It ended without a word.
    #[error("the process ended before it answered; its log is `{}`", log.display())]
    Ended {
        /// The log.
        log: PathBuf,
    },
    /// It did not answer in time.
    #[error("the process does not answer; its log is `{}`", log.display())]
    Timeout {
        /// The log.
        log: PathBuf,
    },
    /// It runs, and a workspace does not answer.
    #[error("process {pid} runs, but the workspace `{}` does not answer at {}: end it with `sluice workspace down`", host.workspace, host.host)]
    Silent {
        /// The process.
        pid: i32,
        /// Which workspace.
        host: Host,
    },
}

/// Starts `executable arguments…` (which must call [`super::serve`] with `detach`) in the background and waits until every workspace
/// answers. A process that runs already is returned as it is.
///
/// # Errors
/// When the process cannot be started or does not serve.
pub async fn launch(place: &Place, executable: &Path, arguments: &[String]) -> Result<Daemon, LaunchError> {
    match settled(place).await? {
        Status::Answering(daemon) => return Ok(daemon),
        Status::Silent(daemon, host) => return Err(LaunchError::Silent { pid: daemon.pid, host }),
        Status::Absent => {}
    }
    let mut child = spawn(place, executable, arguments)?;
    let announced = tokio::time::timeout(PATIENCE, announcement(&mut child)).await;
    match announced {
        Ok(Some(Announcement::Ready(_))) => {}
        Ok(Some(Announcement::Failed(failure))) if failure.kind == FailureKind::AlreadyServed => {}
        Ok(Some(Announcement::Failed(failure))) => return Err(LaunchError::Failed { failure }),
        Ok(None) => return Err(LaunchError::Ended { log: place.log_file() }),
        Err(_elapsed) => return Err(LaunchError::Timeout { log: place.log_file() }),
    }
    let answering = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Status::Answering(daemon) = place.status().await? {
                return Ok(daemon);
            }
            tokio::time::sleep(GLANCE).await;
        }
    });
    answering
        .await
        .unwrap_or_else(|_elapsed| Err(LaunchError::Timeout { log: place.log_file() }))
}

/// The status once a process that does not answer has ended, answers after all, or was given enough time.
async fn settled(place: &Place) -> Result<Status, FileError> {
    let deadline = tokio::time::Instant::now() + ENDING;
    loop {
        let status = place.status().await?;
        if !matches!(status, Status::Silent(..)) || tokio::time::Instant::now() >= deadline {
            return Ok(status);
        }
        tokio::time::sleep(GLANCE).await;
    }
}

fn spawn(place: &Place, executable: &Path, arguments: &[String]) -> Result<Child, LaunchError> {
    let log = open_log(place)?;
    let mut command = Command::new(executable);
    command
        .args(arguments)
        .current_dir(&place.directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::from(log));
    // Credentials of the person who starts it are none of the process's business.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DATABRICKS_") {
            command.env_remove(name);
        }
    }
    command.spawn().map_err(|source| LaunchError::Spawn {
        executable: executable.to_owned(),
        source,
    })
}

fn open_log(place: &Place) -> Result<File, FileError> {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    let path = place.log_file();
    let opened = || {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&place.directory)?;
        if std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() > LARGEST_LOG) {
            std::fs::rename(&path, path.with_extension("log.1"))?;
        }
        File::options().create(true).append(true).mode(0o600).open(&path)
    };
    opened().map_err(|source| FileError {
        path: path.clone(),
        source,
    })
}

async fn announcement(child: &mut Child) -> Option<Announcement> {
    let output = child.stdout.take()?;
    let line = BufReader::new(output).lines().next_line().await.ok()??;
    serde_json::from_str(&line).ok()
}
