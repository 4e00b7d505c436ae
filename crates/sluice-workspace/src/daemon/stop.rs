//! Ending the process: asked first, then forced.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{Daemon, FileError, Place, process, remove_file};

/// How long the process may take to end by itself; it gives requests and tasks under way less than that.
const PATIENCE: Duration = Duration::from_secs(15);
const GLANCE: Duration = Duration::from_millis(20);

/// The process could not be ended.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The system refuses the signal.
    #[error("could not end process {pid}")]
    Signal {
        /// Which process.
        pid: i32,
        /// Why.
        source: std::io::Error,
    },
    /// It is still there after it was killed.
    #[error("process {pid} does not end")]
    Stuck {
        /// Which process.
        pid: i32,
    },
    /// A directory cannot be removed.
    #[error("could not remove `{}`", path.display())]
    Remove {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// How the process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It did not run.
    Absent,
    /// It ended when it was asked.
    Gracefully,
    /// It had to be killed.
    Forced,
}

/// Ends the process of a directory, when one runs.
///
/// # Errors
/// When it cannot be ended.
pub async fn stop(place: &Place) -> Result<Stopped, StopError> {
    let Some(daemon) = place.running()? else {
        return Ok(Stopped::Absent);
    };
    send(&daemon, Signal::TERM)?;
    if gone(&daemon).await {
        return Ok(Stopped::Gracefully);
    }
    send(&daemon, Signal::KILL)?;
    if !gone(&daemon).await {
        return Err(StopError::Stuck { pid: daemon.pid });
    }
    let path = place.state_file();
    remove_file(&path).map_err(|source| FileError { path, source })?;
    Ok(Stopped::Forced)
}

/// Ends the process and removes everything that its workspaces keep, tokens included.
///
/// # Errors
/// When the process cannot be ended or a file cannot be removed.
pub async fn reset(place: &Place, names: &[&str]) -> Result<Stopped, StopError> {
    let stopped = stop(place).await?;
    for name in names {
        let path = place.directory.join(name);
        match tokio::fs::remove_dir_all(&path).await {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(StopError::Remove { path, source });
            }
            _ => {}
        }
    }
    for path in [place.profile_file(), place.state_file()] {
        remove_file(&path).map_err(|source| StopError::Remove { path, source })?;
    }
    Ok(stopped)
}

fn send(daemon: &Daemon, signal: Signal) -> Result<(), StopError> {
    let Some(pid) = Pid::from_raw(daemon.pid) else {
        return Ok(());
    };
    match kill_process(pid, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(StopError::Signal {
            pid: daemon.pid,
            source: error.into(),
        }),
    }
}

/// Waits until the process has ended; false when it does not in time.
async fn gone(daemon: &Daemon) -> bool {
    let waited = async {
        while process::start_time(daemon.pid) == Some(daemon.start_time) {
            tokio::time::sleep(GLANCE).await;
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.is_ok()
}
