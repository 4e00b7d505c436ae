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
    begun: Instant,
    end: Instant,
    backoff: Duration,
}

/// After this time somebody who waits is told why.
const QUIET: Duration = Duration::from_secs(5);

impl Pauses {
    /// Begins to count the budget; there is none for a workspace that gave no answer the last time.
    pub(crate) fn new(policy: RetryPolicy, silent: bool) -> Self {
        let begun = Instant::now();
        let budget = if silent { Duration::ZERO } else { policy.budget };
        Self {
            policy,
            begun,
            end: begun + budget,
            backoff: policy.first_pause,
        }
    }

    /// Waits before the next attempt: as long as the workspace asked for, else longer each time. `false` when no time is left.
    /// Who waits long is told how much time is left.
    pub(crate) async fn wait(&mut self, asked: Option<Duration>, tell: impl Fn(Duration)) -> bool {
        let pause = asked.unwrap_or(self.backoff).min(self.policy.longest_pause);
        if Instant::now() + pause >= self.end {
            return false;
        }
        if self.begun.elapsed() + pause >= QUIET {
            tell(self.end.saturating_duration_since(Instant::now()));
        }
        tokio::time::sleep(pause).await;
        self.backoff = (self.backoff * 2).min(self.policy.longest_pause);
        true
    }
}
