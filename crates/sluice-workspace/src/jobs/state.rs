//! The state of a run or task run, and its two forms on the wire: `state` (older) and `status`. Pure.

use serde::{Deserialize, Serialize};

/// Where a run is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum LifeCycle {
    /// Waits for another run of the job.
    Queued,
    /// Accepted, about to start.
    Pending,
    /// Waits for other tasks.
    Blocked,
    /// Waits for its next attempt.
    WaitingForRetry,
    /// Works.
    Running,
    /// Was told to end.
    Terminating,
    /// Has ended.
    Terminated,
    /// Never started.
    Skipped,
    /// Ended by a fault of the workspace.
    InternalError,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ResultState {
    Success,
    SuccessWithFailures,
    Failed,
    #[serde(rename = "TIMEDOUT")]
    TimedOut,
    Canceled,
    MaximumConcurrentRunsReached,
    Excluded,
    Disabled,
    UpstreamFailed,
    UpstreamCanceled,
}

impl ResultState {
    /// The word that `{{tasks.<name>.result_state}}` stands for.
    pub(crate) fn reference_name(self) -> &'static str {
        match self {
            Self::Success | Self::SuccessWithFailures => "success",
            Self::Failed => "failed",
            Self::TimedOut => "timedout",
            Self::Canceled => "canceled",
            Self::MaximumConcurrentRunsReached => "maximum_concurrent_runs_reached",
            Self::Excluded => "excluded",
            Self::Disabled => "disabled",
            Self::UpstreamFailed => "upstream_failed",
            Self::UpstreamCanceled => "upstream_canceled",
        }
    }
}

/// The state of a run or task run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) life_cycle: LifeCycle,
    pub(crate) result: Option<ResultState>,
    pub(crate) message: String,
}

impl State {
    /// A state without result.
    pub(crate) fn active(life_cycle: LifeCycle) -> Self {
        Self {
            life_cycle,
            result: None,
            message: String::new(),
        }
    }

    /// An end.
    pub(crate) fn ended(result: ResultState, message: impl Into<String>) -> Self {
        let life_cycle = match result {
            ResultState::MaximumConcurrentRunsReached => LifeCycle::Skipped,
            _ => LifeCycle::Terminated,
        };
        Self {
            life_cycle,
            result: Some(result),
            message: message.into(),
        }
    }

    /// An end by a fault of the workspace.
    pub(crate) fn internal_error(message: impl Into<String>) -> Self {
        Self {
            life_cycle: LifeCycle::InternalError,
            result: Some(ResultState::Failed),
            message: message.into(),
        }
    }

    /// Whether nothing more will happen.
    pub(crate) fn is_final(&self) -> bool {
        match self.life_cycle {
            LifeCycle::Terminated | LifeCycle::Skipped | LifeCycle::InternalError => true,
            LifeCycle::Queued
            | LifeCycle::Pending
            | LifeCycle::Blocked
            | LifeCycle::WaitingForRetry
            | LifeCycle::Running
            | LifeCycle::Terminating => false,
        }
    }

    /// The form that older clients read.
    pub(crate) fn as_state(&self) -> RunState<'_> {
        let user_cancelled_or_timedout = matches!(self.result, Some(ResultState::Canceled | ResultState::TimedOut));
        let queue_reason = (self.life_cycle == LifeCycle::Queued).then_some(QUEUE_REASON);
        RunState {
            life_cycle_state: self.life_cycle,
            result_state: self.result,
            state_message: &self.message,
            user_cancelled_or_timedout,
            queue_reason,
        }
    }

    /// The form of version 2.2.
    pub(crate) fn as_status(&self) -> RunStatus<'_> {
        RunStatus {
            state: self.status_state(),
            termination_details: self.is_final().then(|| self.termination()),
            queue_details: (self.life_cycle == LifeCycle::Queued).then_some(QueueDetails {
                code: "MAX_CONCURRENT_RUNS_REACHED",
                message: QUEUE_REASON,
            }),
        }
    }

    fn status_state(&self) -> &'static str {
        match self.life_cycle {
            LifeCycle::Queued => "QUEUED",
            LifeCycle::Pending => "PENDING",
            LifeCycle::Blocked => "BLOCKED",
            LifeCycle::WaitingForRetry => "WAITING",
            LifeCycle::Running => "RUNNING",
            LifeCycle::Terminating => "TERMINATING",
            LifeCycle::Terminated | LifeCycle::Skipped | LifeCycle::InternalError => "TERMINATED",
        }
    }

    fn termination(&self) -> Termination<'_> {
        use ResultState as R;
        let (code, kind) = match (self.life_cycle, self.result) {
            (LifeCycle::InternalError, _) => ("INTERNAL_ERROR", "INTERNAL_ERROR"),
            (_, Some(R::Success)) => ("SUCCESS", "SUCCESS"),
            (_, Some(R::SuccessWithFailures)) => ("SUCCESS_WITH_FAILURES", "SUCCESS"),
            // The platform calls a run that lasted too long canceled by itself.
            (_, Some(R::TimedOut)) => ("CANCELED", "CLIENT_ERROR"),
            (_, Some(R::Canceled)) => ("USER_CANCELED", "CLIENT_ERROR"),
            (_, Some(R::MaximumConcurrentRunsReached)) => ("MAX_CONCURRENT_RUNS_EXCEEDED", "CLIENT_ERROR"),
            (_, Some(R::Disabled)) => ("DISABLED", "CLIENT_ERROR"),
            (_, Some(R::Excluded | R::UpstreamFailed | R::UpstreamCanceled)) => ("SKIPPED", "CLIENT_ERROR"),
            (_, Some(R::Failed) | None) => ("RUN_EXECUTION_ERROR", "CLIENT_ERROR"),
        };
        Termination {
            code,
            kind,
            message: &self.message,
        }
    }
}

const QUEUE_REASON: &str = "the job has as many active runs as it may have";

/// `RunState` of the API.
#[derive(Debug, Serialize)]
pub(crate) struct RunState<'a> {
    life_cycle_state: LifeCycle,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_state: Option<ResultState>,
    state_message: &'a str,
    user_cancelled_or_timedout: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_reason: Option<&'static str>,
}

/// `RunStatus` of the API.
#[derive(Debug, Serialize)]
pub(crate) struct RunStatus<'a> {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    termination_details: Option<Termination<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_details: Option<QueueDetails>,
}

#[derive(Debug, Serialize)]
struct Termination<'a> {
    code: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    message: &'a str,
}

#[derive(Debug, Serialize)]
struct QueueDetails {
    code: &'static str,
    message: &'static str,
}
