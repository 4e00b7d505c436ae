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
pub(crate) enum Attempt<T, E> {
    /// It is over.
    Final(Result<T, E>),
    /// It may be repeated; the error is the answer when there is no time left.
    Transient {
        /// What to answer in the end.
        error: E,
        /// The pause that the workspace asked for.
        pause: Option<Duration>,
    },
}

/// Repeats attempts until one is final or the budget is used up.
pub(crate) async fn repeat<T, E>(policy: RetryPolicy, mut attempt: impl AsyncFnMut() -> Attempt<T, E>) -> Result<T, E> {
    let end = Instant::now() + policy.budget;
    let mut backoff = policy.first_pause;
    loop {
        match attempt().await {
            Attempt::Final(result) => return result,
            Attempt::Transient { error, pause } => {
                let pause = pause.unwrap_or(backoff).min(policy.longest_pause);
                if Instant::now() + pause >= end {
                    return Err(error);
                }
                tokio::time::sleep(pause).await;
                backoff = (backoff * 2).min(policy.longest_pause);
            }
        }
    }
}
