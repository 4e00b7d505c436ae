//! The one place that repeats requests.
//!
//! A request is repeated when it cannot have taken effect (it was never sent, or was turned away with 429), or when repeating it
//! changes nothing more. Everything else surfaces, and the caller looks up what happened.

use std::time::Duration;

use tokio::time::Instant;

/// How long a request is repeated.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Total time for one request, all attempts and pauses included.
    pub budget: Duration,
    /// First pause, doubled each time, when the workspace names none.
    pub first_pause: Duration,
    /// Longest pause.
    pub longest_pause: Duration,
}

impl Default for RetryPolicy {
    /// Five minutes, as the official clients; pauses from a half to thirty seconds.
    fn default() -> Self {
        Self {
            budget: Duration::from_secs(300),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
        }
    }
}

/// What one attempt came to.
#[derive(Debug)]
pub(crate) enum Attempt<T> {
    /// It is over.
    Final(T),
    /// It may be repeated.
    Transient {
        /// What it came to when there is no time left.
        outcome: T,
        /// The pause that the workspace asked for.
        pause: Option<Duration>,
    },
}

/// The pauses of one request.
#[derive(Debug)]
pub(crate) struct Pauses {
    policy: RetryPolicy,
    end: Instant,
    backoff: Duration,
}

impl Pauses {
    /// Begins to count the budget.
    pub(crate) fn new(policy: RetryPolicy) -> Self {
        Self {
            policy,
            end: Instant::now() + policy.budget,
            backoff: policy.first_pause,
        }
    }

    /// Waits before the next attempt: as long as the workspace asked for, else longer each time. `false` when no time is left.
    pub(crate) async fn wait(&mut self, asked: Option<Duration>) -> bool {
        let pause = asked.unwrap_or(self.backoff).min(self.policy.longest_pause);
        if Instant::now() + pause >= self.end {
            return false;
        }
        tokio::time::sleep(pause).await;
        self.backoff = (self.backoff * 2).min(self.policy.longest_pause);
        true
    }
}
