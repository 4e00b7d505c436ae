//! A token bucket on the workspace's clock.

use super::fault::Rate;

/// Tokens, in thousandths, and when they were counted last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    rate: Rate,
    thousandths: u64,
    /// Milliseconds since 1970.
    counted_at: Option<i64>,
}

impl Bucket {
    /// A full bucket.
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            rate,
            thousandths: full(rate),
            counted_at: None,
        }
    }

    /// Takes a token at this moment; false when there is none.
    pub(super) fn take(&mut self, at: i64) -> bool {
        let passed = self.counted_at.map_or(0, |before| at.saturating_sub(before).max(0));
        self.counted_at = Some(at);
        // A token in a second is a thousandth in a millisecond.
        let back = u64::try_from(passed)
            .unwrap_or(0)
            .saturating_mul(u64::from(self.rate.per_second.get()));
        self.thousandths = self.thousandths.saturating_add(back).min(full(self.rate));
        match self.thousandths.checked_sub(1000) {
            Some(rest) => {
                self.thousandths = rest;
                true
            }
            None => false,
        }
    }
}

fn full(rate: Rate) -> u64 {
    u64::from(rate.burst.get()) * 1000
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn a_burst_passes_then_so_many_in_a_second() {
        let number = |number| NonZeroU32::new(number).unwrap();
        let mut bucket = Bucket::new(Rate {
            per_second: number(4),
            burst: number(2),
        });
        let taken: Vec<bool> = [0, 0, 0, 249, 250, 250, 500, 100_000, 100_000, 100_000]
            .into_iter()
            .map(|at| bucket.take(at))
            .collect();
        let expected = [true, true, false, false, true, false, true, true, true, false];
        assert_eq!(taken, expected);
    }
}
