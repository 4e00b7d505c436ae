//! The one place that classifies: every error of the parts below becomes a [`CommandError`] with a kind, a message and hints.
//!
//! Each part has a file here with its `From` implementations, matching its errors exhaustively.

mod approval;
mod capture;
mod databricks;
mod deploy;
mod drift;
mod lifecycle;
mod metadata;
mod platform;
mod policy;
mod server;
mod workspace;

use sluice_model::Diagnostic;

/// How a command ended when nothing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Outcome {
    /// It did what it was asked.
    Done,
    /// It only looked, and the answer is no: findings, drift, changes with `--detailed-exitcode`.
    AnsweredNo,
}

impl Outcome {
    /// The process's exit code.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::AnsweredNo => 1,
        }
    }
}

/// What kind of failure this is. The exit codes are documented and stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitKind {
    /// The command line is wrong.
    Usage,
    /// Input cannot be used: a bundle, a platform file, a local file.
    Config,
    /// A change was refused: policy, gate, permission, a lock, a state that moved, a stale digest.
    Refused,
    /// The remote side failed or did not answer.
    Remote,
    /// Some steps are done and others are not.
    HalfWay,
    /// Stopped cleanly because the person asked for it.
    Interrupted,
    /// Our fault, or the machine's.
    Internal,
}

impl ExitKind {
    /// The process's exit code.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Usage | Self::Config => 2,
            Self::Refused => 3,
            Self::Remote => 4,
            Self::HalfWay => 5,
            Self::Interrupted => 130,
            Self::Internal => 70,
        }
    }
}

/// Why a command failed, in the form that people see.
#[derive(Debug)]
pub(crate) struct CommandError {
    /// Which exit code.
    pub(crate) kind: ExitKind,
    /// What happened, to which object; empty when the diagnostics say it all.
    pub(crate) message: String,
    /// What to do next.
    pub(crate) hints: Vec<String>,
    /// Findings about input, printed before the message.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl CommandError {
    /// An error of this kind.
    pub(crate) fn new(kind: ExitKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hints: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// An error of this kind whose message is the error's own and those of its sources, joined by `: `.
    pub(crate) fn from_error(kind: ExitKind, error: &dyn std::error::Error) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message.push_str(": ");
            message.push_str(&cause.to_string());
            source = cause.source();
        }
        Self::new(kind, message)
    }

    /// Findings about input that stop the command.
    pub(crate) fn config(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            diagnostics,
            ..Self::new(ExitKind::Config, "")
        }
    }

    /// The person pressed Ctrl-C between two steps.
    pub(crate) fn interrupted() -> Self {
        Self::new(ExitKind::Interrupted, "interrupted")
    }

    /// Adds what to do next.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}
