//! Standard output and standard error of the process.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use sluice_model::{Diagnostic, Severity};

use crate::error::CommandError;

/// Where messages and data go, and whether a person is there.
#[derive(Clone, Debug)]
pub(crate) struct Terminal {
    /// Whether standard error shows colours: it is a terminal and `NO_COLOR` is not set (no-color.org).
    colours: bool,
    /// Whether a person can answer a question.
    pub(crate) interactive: bool,
}

const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const CYAN: &str = "1;36";

impl Terminal {
    /// The standard streams of this process.
    pub(crate) fn of_process() -> Self {
        let terminal = io::stderr().is_terminal();
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self {
            colours: terminal && !refused && !dumb,
            interactive: terminal && io::stdin().is_terminal(),
        }
    }

    /// Writes data to standard output. A reader that went away (`sluice plan | head -1`) is not an error.
    pub(crate) fn data(&self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Writes lines to standard error. When even that fails, nobody is left to tell.
    pub(crate) fn lines(&self, lines: &[String]) {
        let mut stderr = io::stderr().lock();
        for line in lines {
            if writeln!(stderr, "{line}").is_err() {
                return;
            }
        }
    }

    /// Writes one line about what is happening.
    pub(crate) fn progress(&self, message: &str) {
        self.lines(&[message.to_owned()]);
    }

    /// Writes a warning.
    pub(crate) fn warning(&self, message: &str) {
        self.lines(&[format!("{}: {message}", self.painted(YELLOW, "warning"))]);
    }

    /// Writes findings about input.
    pub(crate) fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        for diagnostic in diagnostics {
            let (colour, word) = match diagnostic.severity {
                Severity::Error => (RED, "error"),
                Severity::Warning => (YELLOW, "warning"),
                Severity::Recommendation => (CYAN, "recommendation"),
            };
            let text = diagnostic.to_string();
            let rest = text.strip_prefix(word).unwrap_or(&text);
            self.lines(&[format!("{}{rest}", self.painted(colour, word))]);
        }
    }

    /// Writes an error with its findings and hints.
    pub(crate) fn error(&self, error: &CommandError) {
        self.diagnostics(&error.diagnostics);
        if !error.message.is_empty() {
            self.lines(&[format!("{}: {}", self.painted(RED, "error"), error.message)]);
        }
        for hint in &error.hints {
            self.lines(&[format!("{}: {hint}", self.painted(CYAN, "hint"))]);
        }
    }

    /// Asks a question and waits for the answer; only `y` and `yes` agree.
    pub(crate) fn ask(&self, question: &str) -> io::Result<bool> {
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question} [y/N] ")?;
        stderr.flush()?;
        drop(stderr);
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes" | "YES"))
    }

    fn painted(&self, colour: &str, word: &str) -> String {
        if self.colours {
            format!("\u{1b}[{colour}m{word}\u{1b}[0m")
        } else {
            word.to_owned()
        }
    }
}
