//! The workspace's log: one line per event on standard error, which the background process sends to its log file.

use std::io::Write as _;

/// Writes one line with the time in front. A log that cannot be written is not worth failing a request for.
pub(crate) fn line(text: &str) {
    let moment = sluice_model::Timestamp::now();
    let result = writeln!(std::io::stderr().lock(), "{moment:.3} {text}");
    drop(result);
}
