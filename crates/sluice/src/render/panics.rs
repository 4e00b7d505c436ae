//! The message of a panic: it is our fault, and says so.

use std::panic;

use super::Terminal;

/// Replaces the default report of a panic (a back trace for programmers) by a message for the person who meets it.
pub(crate) fn install() {
    panic::set_hook(Box::new(|info| {
        let cause = info.payload_as_str().unwrap_or("a panic without a message");
        let place = info
            .location()
            .map(|location| format!(" at {}:{}", location.file(), location.line()))
            .unwrap_or_default();
        Terminal::of_process().lines(&[
            format!("error: sluice has a fault{place}: {cause}"),
            "hint: this is not your mistake; please report it with the command line that you used".to_owned(),
            "hint: what was deployed stays recorded; the same command continues from there".to_owned(),
        ]);
    }));
}
