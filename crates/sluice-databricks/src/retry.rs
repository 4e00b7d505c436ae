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

/// Repeats attempts until one is final or the budget is used up.
pub(crate) async fn repeat<T>(policy: RetryPolicy, mut attempt: impl AsyncFnMut() -> Attempt<T>) -> T {
    let end = Instant::now() + policy.budget;
    let mut backoff = policy.first_pause;
    loop {
        match attempt().await {
            Attempt::Final(outcome) => return outcome,
            Attempt::Transient { outcome, pause } => {
                let pause = pause.unwrap_or(backoff).min(policy.longest_pause);
                if Instant::now() + pause >= end {
                    return outcome;
                }
                tokio::time::sleep(pause).await;
                backoff = (backoff * 2).min(policy.longest_pause);
            }
        }
    }
}
