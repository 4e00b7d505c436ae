//! What every command gets: the global options, the terminal and the interrupt switch.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use sluice_lifecycle::ports::Progress;

use crate::cli::{GlobalOptions, OutputFormat};
use crate::error::{CommandError, ExitKind};
use crate::interrupt::Interrupt;
use crate::render::{Answer, Terminal};

/// The surroundings of one command.
#[derive(Debug)]
pub(crate) struct Context {
    /// What to write to standard output.
    pub(crate) output: OutputFormat,
    /// `--platform`, when given.
    pub(crate) platform: Option<PathBuf>,
    /// The process environment; variables that are not UTF-8 are left out.
    pub(crate) environment: BTreeMap<String, String>,
    /// Where messages go.
    pub(crate) terminal: Terminal,
    /// Whether Ctrl-C was pressed, and whether a step is under way.
    pub(crate) interrupt: Interrupt,
}

impl Context {
    /// The context for these options, on the process's own standard streams.
    pub(crate) fn new(options: &GlobalOptions) -> Self {
        Self {
            output: options.output,
            platform: options.platform.clone(),
            environment: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            terminal: Terminal::of_process(),
            interrupt: Interrupt::default(),
        }
    }

    /// The directory in which the command was started.
    ///
    /// # Errors
    /// When it does not exist any more.
    pub(crate) fn current_directory(&self) -> Result<PathBuf, CommandError> {
        std::env::current_dir()
            .map_err(|error| CommandError::new(ExitKind::Config, format!("cannot find the current directory: {error}")))
    }

    /// Writes an answer to standard output in the chosen format.
    ///
    /// # Errors
    /// When standard output cannot be written, for example because the disk behind it is full.
    pub(crate) fn answer<A: Answer>(&self, answer: &A) -> Result<(), CommandError> {
        match self.output {
            OutputFormat::Text => {
                let mut text = String::new();
                answer
                    .text(&mut text)
                    .map_err(|_formatting| CommandError::new(ExitKind::Internal, "cannot render the answer as text"))?;
                self.write(&text)
            }
            OutputFormat::Json => self.write_json(answer),
        }
    }

    /// Writes what is known of a failure to standard output, in JSON alone: people read the message.
    ///
    /// # Errors
    /// As [`Context::answer`].
    pub(crate) fn answer_for_programs<T: Serialize>(&self, answer: &T) -> Result<(), CommandError> {
        match self.output {
            OutputFormat::Text => Ok(()),
            OutputFormat::Json => self.write_json(answer),
        }
    }

    /// Writes a document in a form of its own, such as SARIF, to standard output.
    ///
    /// # Errors
    /// As [`Context::answer`].
    pub(crate) fn document(&self, text: &str) -> Result<(), CommandError> {
        self.write(text)
    }

    fn write_json<T: Serialize>(&self, value: &T) -> Result<(), CommandError> {
        let mut text = serde_json::to_string_pretty(value).map_err(|error| {
            CommandError::new(ExitKind::Internal, format!("cannot render the answer as JSON: {error}"))
        })?;
        text.push('\n');
        self.write(&text)
    }

    fn write(&self, text: &str) -> Result<(), CommandError> {
        self.terminal
            .data(text)
            .map_err(|error| CommandError::new(ExitKind::Internal, format!("cannot write to standard output: {error}")))
    }

    /// This program, for processes that are to be started by it.
    ///
    /// # Errors
    /// When the system does not say where it is.
    pub(crate) fn program(&self) -> Result<PathBuf, CommandError> {
        std::env::current_exe()
            .map_err(|error| CommandError::new(ExitKind::Internal, format!("cannot find this program: {error}")))
    }

    /// Asks a yes-or-no question on the terminal.
    ///
    /// # Errors
    /// Refused when nobody can answer: standard input or standard error is not a terminal. `instead` says what to do then.
    pub(crate) async fn confirm(&self, question: &str, instead: &str) -> Result<bool, CommandError> {
        if !self.terminal.interactive {
            return Err(CommandError::new(ExitKind::Refused, format!("not confirmed: {question}")).hint(instead));
        }
        let terminal = self.terminal.clone();
        let question = question.to_owned();
        tokio::task::spawn_blocking(move || terminal.ask(&question))
            .await
            .map_err(|error| CommandError::new(ExitKind::Internal, format!("cannot wait for an answer: {error}")))?
            .map_err(|error| CommandError::new(ExitKind::Internal, format!("cannot read the answer: {error}")))
    }
}

/// Reports progress on standard error, and stops at the next step when Ctrl-C was pressed.
impl Progress for Context {
    fn say(&self, message: &str) {
        self.terminal.progress(message);
    }

    fn warn(&self, message: &str) {
        self.terminal.warning(message);
    }

    fn stop_requested(&self) -> bool {
        self.interrupt.requested()
    }
}
