//! What was measured, as a table.

use std::fmt;
use std::time::Duration;

/// Rows in the order in which they were measured.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    rows: Vec<(String, String)>,
}

impl Figures {
    /// One more row; it is also shown at once, since a whole run takes minutes.
    pub(crate) fn add(&mut self, what: impl Into<String>, figure: impl Into<String>) {
        let (what, figure) = (what.into(), figure.into());
        eprintln!("{what}: {figure}");
        self.rows.push((what, figure));
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "| what | figure |\n|---|---|")?;
        for (what, figure) in &self.rows {
            writeln!(formatter, "| {what} | {figure} |")?;
        }
        Ok(())
    }
}

/// The value in the middle.
pub(crate) fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations[durations.len() / 2]
}

/// The value that this share of the values does not exceed.
pub(crate) fn quantile(durations: &mut [Duration], share: f64) -> Duration {
    durations.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into some thousands of values"
    )]
    let index = (durations.len() as f64 * share) as usize;
    durations[index.min(durations.len() - 1)]
}

/// Milliseconds with one digit.
pub(crate) fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}
