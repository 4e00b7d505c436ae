//! The one place that writes to the standard streams: data to standard output, everything else to standard error.

pub(crate) mod log;
pub(crate) mod panics;
mod terminal;

use std::fmt;

use serde::Serialize;

pub(crate) use terminal::Terminal;

/// What a command answers: one value, shown to people by [`Answer::text`] and to programs as its JSON form.
pub(crate) trait Answer: Serialize {
    /// Writes the answer for people, with a line end after its last line.
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result;
}
