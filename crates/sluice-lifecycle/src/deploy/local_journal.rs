//! The journal of one bundle's deployments on this machine: JSON lines, appended and synchronised, removed when all is done.
//!
//! It tells the next deployment which calls of an interrupted one have no known outcome.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sluice_model::ResourceKey;

use crate::ports::{DeploymentHeader, DeploymentJournal, Intent, JournalError, StepOutcome};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Begin(DeploymentHeader),
    Intent(Intent),
    Outcome { step: u32, outcome: StepOutcome },
}

/// The journal file `sluice-journal.jsonl` in the directory of the local state.
#[derive(Debug)]
pub struct LocalJournal {
    path: PathBuf,
    file: Option<File>,
}

impl LocalJournal {
    /// The journal in this directory. Nothing is written yet.
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        Self {
            path: directory.join("sluice-journal.jsonl"),
            file: None,
        }
    }

    /// The calls of interrupted deployments whose outcome is not known, by resource. A last line that was cut off was never acted
    /// on: its call is sent only after the line is complete.
    ///
    /// # Errors
    /// When the file exists and cannot be read.
    pub fn unresolved(&self) -> Result<BTreeMap<ResourceKey, Intent>, JournalError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(self.error(error)),
        };
        // Steps have numbers in their deployment.
        let mut deployment = 0;
        let mut open: BTreeMap<ResourceKey, (u32, Intent)> = BTreeMap::new();
        for line in text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
            match line {
                Line::Begin(_) => deployment += 1,
                Line::Intent(intent) => {
                    open.insert(intent.key.clone(), (deployment, intent));
                }
                Line::Outcome { step, outcome } => match outcome {
                    StepOutcome::Done { .. } | StepOutcome::Failed { .. } => {
                        open.retain(|_, (begun, intent)| (*begun, intent.step) != (deployment, step));
                    }
                    StepOutcome::Unknown { .. } => {}
                },
            }
        }
        Ok(open.into_iter().map(|(key, (_, intent))| (key, intent)).collect())
    }

    fn error(&self, source: std::io::Error) -> JournalError {
        JournalError::new(format!("`{}`", self.path.display()), source)
    }

    fn append(&mut self, line: &Line) -> Result<(), JournalError> {
        let mut text = serde_json::to_vec(line).map_err(|error| self.error(error.into()))?;
        text.push(b'\n');
        let file = match self.file.take() {
            Some(file) => file,
            None => self.open().map_err(|error| self.error(error))?,
        };
        let written = (&file).write_all(&text).and_then(|()| file.sync_data());
        self.file = Some(file);
        written.map_err(|error| self.error(error))
    }

    /// Opens the file for appending; a line that was cut off is ended first.
    fn open(&self) -> std::io::Result<File> {
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory)?;
        }
        let cut_off = fs::read(&self.path).is_ok_and(|content| content.last().is_some_and(|last| *last != b'\n'));
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        if cut_off {
            file.write_all(b"\n")?;
        }
        Ok(file)
    }
}

impl DeploymentJournal for LocalJournal {
    async fn begin(&mut self, header: &DeploymentHeader) -> Result<(), JournalError> {
        self.append(&Line::Begin(header.clone()))
    }

    async fn intent(&mut self, intent: &Intent) -> Result<(), JournalError> {
        self.append(&Line::Intent(intent.clone()))
    }

    async fn outcome(&mut self, step: u32, outcome: &StepOutcome) -> Result<(), JournalError> {
        self.append(&Line::Outcome {
            step,
            outcome: outcome.clone(),
        })
    }

    async fn finish(&mut self) -> Result<(), JournalError> {
        self.file = None;
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(self.error(error)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(step: u32, name: &str) -> Intent {
        Intent {
            step,
            key: ResourceKey::bundle("jobs", name),
            description: "create".to_owned(),
            call: "POST /x".to_owned(),
            token: None,
        }
    }

    #[tokio::test]
    async fn only_calls_without_known_outcome_are_left() {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = LocalJournal::new(directory.path());
        for (step, name, outcome) in [
            (1, "done", Some(StepOutcome::Done { id: None })),
            (2, "failed", Some(StepOutcome::Failed { message: String::new() })),
            (3, "unknown", Some(StepOutcome::Unknown { message: String::new() })),
            (4, "killed", None),
        ] {
            journal.intent(&intent(step, name)).await.unwrap();
            if let Some(outcome) = outcome {
                journal.outcome(step, &outcome).await.unwrap();
            }
        }
        drop(journal);
        let mut file = OpenOptions::new()
            .append(true)
            .open(directory.path().join("sluice-journal.jsonl"))
            .unwrap();
        file.write_all(b"{\"intent\": {\"st").unwrap();
        let mut journal = LocalJournal::new(directory.path());
        let left: Vec<String> = journal.unresolved().unwrap().into_keys().map(|key| key.name).collect();
        assert_eq!(left, ["killed", "unknown"]);
        // What is appended after the cut-off line is not lost with it.
        journal.intent(&intent(5, "next")).await.unwrap();
        assert_eq!(journal.unresolved().unwrap().len(), 3);
        journal.finish().await.unwrap();
        assert_eq!(journal.unresolved().unwrap().len(), 0);
    }
}
