//! Telling work to end before its time, and why.

use tokio::sync::watch;

use crate::jobs::state::{ResultState, State};

/// What becomes of work that a stopped or killed workspace has left.
pub(crate) const LEFT_BEHIND: &str =
    "the workspace was stopped while this run was in flight: start it again with run-now";

/// Why a run ends before its tasks have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Somebody cancelled it.
    Canceled,
    /// It lasted longer than its `timeout_seconds`.
    TimedOut,
    /// The workspace is being stopped.
    Shutdown,
}

impl Stop {
    /// The state of what was stopped; `what` names it in the message.
    pub(crate) fn state(self, what: &str) -> State {
        match self {
            Self::Canceled => State::ended(ResultState::Canceled, format!("{what} was cancelled")),
            Self::TimedOut => State::ended(
                ResultState::TimedOut,
                format!("{what} lasted longer than its `timeout_seconds`"),
            ),
            Self::Shutdown => State::internal_error(LEFT_BEHIND),
        }
    }
}

/// The end that tells.
#[derive(Debug)]
pub(crate) struct StopSender(watch::Sender<Option<Stop>>);

/// The end that is told.
#[derive(Clone, Debug)]
pub(crate) struct StopSignal(watch::Receiver<Option<Stop>>);

/// A new pair.
pub(crate) fn channel() -> (StopSender, StopSignal) {
    let (sender, receiver) = watch::channel(None);
    (StopSender(sender), StopSignal(receiver))
}

impl StopSender {
    /// Tells everybody to end; the first reason counts.
    pub(crate) fn stop(&self, reason: Stop) {
        self.0.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(reason);
            }
            first
        });
    }
}

impl StopSignal {
    /// The reason, once there is one. A sender that is gone means that the workspace is.
    pub(crate) async fn told(&mut self) -> Stop {
        match self.0.wait_for(Option::is_some).await {
            Ok(reason) => reason.unwrap_or(Stop::Shutdown),
            Err(_sender_is_gone) => Stop::Shutdown,
        }
    }

    /// Whether there is a reason already.
    pub(crate) fn is_told(&self) -> bool {
        self.0.borrow().is_some()
    }
}
