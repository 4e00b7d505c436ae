//! The serving process itself: it announces on standard output whether it is ready, then works until it is told to stop.

use std::io::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Daemon, Host, Place, process};
use crate::workspaces::{ServeError, ServeOptions, Workspaces};

/// The longest that requests and tasks under way may take once the process is told to stop.
const PATIENCE: Duration = Duration::from_secs(8);

/// Sent to a process that writes past its file size limit (signal(7)); unhandled, it would end the process.
const FILE_SIZE_SIGNAL: i32 = 25;

/// Why the process does not serve, for who started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// A port is taken or does not exist.
    Port,
    /// Another process serves the directory.
    AlreadyServed,
    /// Anything else.
    Other,
}

/// Why the process does not serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of reason.
    pub kind: FailureKind,
    /// For people.
    pub message: String,
}

/// The one line that a serving process writes to standard output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Announcement {
    /// It answers.
    Ready(Daemon),
    /// It does not and ends.
    Failed(Failure),
}

impl From<&ServeError> for Failure {
    fn from(error: &ServeError) -> Self {
        let kind = match error {
            ServeError::PortTaken { .. } | ServeError::PortRange { .. } | ServeError::Listen { .. } => {
                FailureKind::Port
            }
            ServeError::AlreadyServed { .. } => FailureKind::AlreadyServed,
            ServeError::File { .. } | ServeError::Open(_) => FailureKind::Other,
        };
        let mut message = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            let text = cause.to_string();
            // Errors of the database repeat their cause in their own text.
            if !message.ends_with(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            source = cause.source();
        }
        Self { kind, message }
    }
}

/// Serves until SIGTERM or SIGINT, or refuses with a reason. With `detach` the process leaves the terminal's session first.
///
/// # Errors
/// The reason, which was also announced.
pub async fn serve(options: ServeOptions, detach: bool) -> Result<(), Failure> {
    let place = Place {
        directory: options.directory.clone(),
    };
    let started = start(options, detach, &place).await;
    let (workspaces, daemon, signals) = match started {
        Ok(started) => started,
        Err(failure) => {
            announce(&Announcement::Failed(failure.clone()));
            return Err(failure);
        }
    };
    crate::log::line(&format!("serving {:?}", workspaces.hosts()));
    announce(&Announcement::Ready(daemon));
    signals.wait().await;
    crate::log::line("stopping");
    let stopped = tokio::time::timeout(PATIENCE, workspaces.stop()).await;
    let removed = place.remove_state();
    let result = stopped.unwrap_or(Ok(())).and(removed);
    result.map_err(|error| Failure {
        kind: FailureKind::Other,
        message: format!("could not stop cleanly: {error}"),
    })
}

async fn start(options: ServeOptions, detach: bool, place: &Place) -> Result<(Workspaces, Daemon, Signals), Failure> {
    let other = |what: &str, error: &dyn std::error::Error| Failure {
        kind: FailureKind::Other,
        message: format!("could not {what}: {error}"),
    };
    if detach {
        rustix::process::setsid().map_err(|error| other("leave the session of the terminal", &error))?;
    }
    let signals = Signals::listen().map_err(|error| other("listen for signals", &error))?;
    let faults_allowed = options.allow_faults;
    let (strict, durability) = (options.strict, options.durability);
    let git_directories = options.git_directories.clone();
    let workspaces = Workspaces::start(options)
        .await
        .map_err(|error| Failure::from(&error))?;
    let pid = process::own_pid();
    let daemon = Daemon {
        pid,
        start_time: process::start_time(pid).unwrap_or_default(),
        hosts: workspaces
            .hosts()
            .into_iter()
            .map(|(workspace, host)| Host { workspace, host })
            .collect(),
        profile_file: workspaces.profile_file().to_owned(),
        faults_allowed,
        strict,
        durability,
        git_directories,
    };
    place
        .write_state(&daemon)
        .map_err(|error| other("write the state file", &error))?;
    Ok((workspaces, daemon, signals))
}

/// Who started the process may be gone already; then nobody waits for the line.
fn announce(announcement: &Announcement) {
    if let Ok(text) = serde_json::to_string(announcement) {
        let mut output = std::io::stdout().lock();
        let written = writeln!(output, "{text}").and_then(|()| output.flush());
        drop(written);
    }
}

/// The signals that end the process, and the one that must not.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    _file_size: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _file_size: signal(SignalKind::from_raw(FILE_SIZE_SIGNAL))?,
        })
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
