//! What our own crates log goes to the terminal as warnings; other crates stay silent.

use log::{LevelFilter, Log, Metadata, Record};

use super::Terminal;

struct ToTerminal(Terminal);

impl Log for ToTerminal {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("sluice")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            self.0.warning(&record.args().to_string());
        }
    }

    fn flush(&self) {}
}

/// Installs it for the process.
pub(crate) fn install(terminal: &Terminal) {
    log::set_max_level(LevelFilter::Warn);
    // An error means that one is installed already.
    drop(log::set_boxed_logger(Box::new(ToTerminal(terminal.clone()))));
}
