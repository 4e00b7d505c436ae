//! How often something that takes its time is asked whether it is done: jobs, statements, calls that go on after their answer.
//!
//! The pause is a tenth of the time that has passed, so that a wait is at most a tenth longer than what it waits for, and a long one
//! asks seldom.

use std::time::{Duration, Instant};

/// The shortest and the longest pause; nobody who pressed Ctrl-C waits longer.
const LIMITS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// One wait.
#[derive(Debug)]
pub(crate) struct Polling {
    began: Instant,
}

impl Polling {
    /// Begins to wait.
    pub(crate) fn begin() -> Self {
        Self { began: Instant::now() }
    }

    /// Waits until it is time to ask again.
    pub(crate) async fn pause(&self) {
        tokio::time::sleep(pause(self.began.elapsed())).await;
    }
}

fn pause(passed: Duration) -> Duration {
    (passed / 10).clamp(LIMITS.0, LIMITS.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_a_tenth_longer_at_most_and_asks_seldom_when_it_is_long() {
        let mut passed = Duration::ZERO;
        let mut asked = 0;
        while passed < Duration::from_secs(3600) {
            let next = pause(passed);
            assert!(
                next >= LIMITS.0 && next <= LIMITS.1.min(passed / 10).max(LIMITS.0),
                "{passed:?}"
            );
            passed += next;
            asked += 1;
        }
        assert!(asked < 800, "{asked} questions in an hour");
    }
}
