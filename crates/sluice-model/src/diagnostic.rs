//! One message about input: what is wrong, where, and what would be right.

use std::fmt;

use serde::Serialize;

use crate::tree::{Location, TreePath};

/// How much a diagnostic weighs. `Error` stops the command; the others do not, unless `--strict` asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Could be better; never a failure.
    Recommendation,
    /// Probably not what was meant.
    Warning,
    /// The input cannot be used.
    Error,
}

/// One finding about input. Functions collect them (`Vec<Diagnostic>`) instead of stopping at the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Diagnostic {
    /// Weight.
    pub severity: Severity,
    /// What is wrong, one line, lower-case start, no full stop.
    pub summary: String,
    /// What would be right, or more about the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Places in the document, such as `resources.jobs.load.tasks[0]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<TreePath>,
    /// Places in files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Location>,
}

impl Diagnostic {
    /// An error with a summary and nothing else.
    pub fn error(summary: impl Into<String>) -> Self {
        Self::new(Severity::Error, summary)
    }

    /// A warning with a summary and nothing else.
    pub fn warning(summary: impl Into<String>) -> Self {
        Self::new(Severity::Warning, summary)
    }

    /// A recommendation with a summary and nothing else.
    pub fn recommendation(summary: impl Into<String>) -> Self {
        Self::new(Severity::Recommendation, summary)
    }

    fn new(severity: Severity, summary: impl Into<String>) -> Self {
        Self {
            severity,
            summary: summary.into(),
            help: None,
            paths: Vec::new(),
            locations: Vec::new(),
        }
    }

    /// Adds what would be right.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a place in the document.
    pub fn path(mut self, path: TreePath) -> Self {
        self.paths.push(path);
        self
    }

    /// Adds a place in a file, when it is known.
    pub fn location(mut self, location: impl Into<Option<Location>>) -> Self {
        self.locations.extend(location.into());
        self
    }

    /// Whether this stops the command.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Renders `error: summary`, then `  at path`, `  in file:line:column` and `  help: …` lines, without colour.
impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Recommendation => "recommendation",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(formatter, "{severity}: {}", self.summary)?;
        for path in &self.paths {
            write!(formatter, "\n  at {path}")?;
        }
        for location in &self.locations {
            write!(formatter, "\n  in {location}")?;
        }
        match &self.help {
            Some(help) => write!(formatter, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}
