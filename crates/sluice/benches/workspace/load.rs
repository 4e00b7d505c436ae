//! Requests, some always in flight, for a time.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

use crate::figures::{Figures, milliseconds, quantile};

/// Requests that are under way at any moment; bundle deployments have about as many.
const IN_FLIGHT: usize = 8;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(4);

/// Sends requests for three rounds and adds the round in the middle; `request` gets a number that never comes twice.
pub(crate) async fn measure<F>(figures: &mut Figures, what: &str, mut request: impl FnMut(usize) -> F)
where
    F: Future<Output = ()>,
{
    let mut number = 0;
    let mut next = || {
        number += 1;
        let sent = request(number);
        async move {
            let begun = Instant::now();
            sent.await;
            begun.elapsed()
        }
    };
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let mut taken = Vec::new();
        let mut under_way: FuturesUnordered<_> = std::iter::repeat_with(&mut next).take(IN_FLIGHT).collect();
        while let Some(duration) = under_way.next().await {
            taken.push(duration);
            if begun.elapsed() < ROUND {
                under_way.push(next());
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let rate = taken.len() as f64 / begun.elapsed().as_secs_f64();
        rounds.push((rate, quantile(&mut taken, 0.5), quantile(&mut taken, 0.99)));
    }
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (rate, half, most) = rounds[ROUNDS / 2];
    let figure = format!(
        "{rate:.0} a second; half within {}, 99 % within {}",
        milliseconds(half),
        milliseconds(most)
    );
    figures.add(what, figure);
}
