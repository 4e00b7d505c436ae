//! The maintenance worker: Delta operations that the engine does not have, done by `deltalake` in a process of its own.

use std::path::Path;
use std::process::Stdio;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::ComputeError;
use super::environment::Environment;
use super::messages::StatementError;

/// A request to the worker.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Maintenance {
    /// Version and number of rows.
    Facts,
    /// The newest commits.
    History {
        /// How many; all without.
        limit: Option<u32>,
    },
    /// Files, bytes, protocol.
    Detail,
    /// Brings a version back.
    Restore {
        /// Which.
        version: i64,
    },
    /// Compacts small files.
    Optimize,
    /// Deletes files that nobody needs.
    Vacuum {
        /// Age of the files to keep; the table's own setting without.
        retention_hours: Option<u64>,
        /// Whether files are only listed.
        dry_run: bool,
    },
    /// All rows, read without the engine.
    Rows {
        /// Which columns; all without.
        columns: Option<Vec<String>>,
        /// How many.
        limit: Option<usize>,
    },
}

/// What a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct TableFacts {
    /// The newest version of the Delta log.
    #[serde(rename = "version")]
    pub delta_version: i64,
    /// Exact number of rows.
    pub rows: u64,
}

#[derive(Serialize)]
struct Request<'a> {
    id: u64,
    location: &'a str,
    #[serde(flatten)]
    operation: &'a Maintenance,
}

#[derive(Deserialize)]
struct Answer {
    result: Option<serde_json::Value>,
    error: Option<StatementError>,
}

/// A running worker.
pub(super) struct Worker {
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    number: u64,
    _child: Child,
}

impl Worker {
    /// Starts the process.
    pub(super) fn start(environment: &Environment, directory: &Path) -> Result<Self, ComputeError> {
        let log_path = directory.join("maintenance.log");
        let failed = |source| ComputeError::Spawn {
            log: log_path.clone(),
            source,
        };
        let log = std::fs::File::create(&log_path).map_err(failed)?;
        let mut child = Command::new(&environment.python)
            .arg("-B")
            .arg(environment.sources.join("maintenance.py"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("TZ", "UTC")
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(log))
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let input = child.stdin.take().expect("invariant: standard input was piped");
        let output = child.stdout.take().expect("invariant: standard output was piped");
        Ok(Self {
            input,
            output: BufReader::new(output).lines(),
            number: 0,
            _child: child,
        })
    }

    /// Does one operation.
    pub(super) async fn run<T: DeserializeOwned>(
        &mut self,
        location: &str,
        operation: &Maintenance,
    ) -> Result<T, ComputeError> {
        self.number += 1;
        let request = Request {
            id: self.number,
            location,
            operation,
        };
        let mut line = serde_json::to_string(&request).expect("invariant: requests have string keys only");
        line.push('\n');
        let sent = async {
            self.input.write_all(line.as_bytes()).await?;
            self.input.flush().await
        };
        sent.await.map_err(|_broken_pipe| ComputeError::Ended)?;
        let received = self
            .output
            .next_line()
            .await
            .map_err(|_broken_pipe| ComputeError::Ended)?;
        let text = received.ok_or(ComputeError::Ended)?;
        let unreadable = |error: serde_json::Error| ComputeError::Unreadable {
            reason: error.to_string(),
        };
        let answer: Answer = serde_json::from_str(&text).map_err(unreadable)?;
        match (answer.result, answer.error) {
            (_, Some(error)) => Err(ComputeError::Statement(error)),
            (Some(result), None) => serde_json::from_value(result).map_err(unreadable),
            (None, None) => Err(ComputeError::Unreadable {
                reason: "neither a result nor an error".to_owned(),
            }),
        }
    }
}
