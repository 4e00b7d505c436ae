//! The two programs, and how long and how much memory a command of theirs takes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::serving::Serving;

/// What is done with a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Validate,
    Plan,
    Deploy,
    Destroy,
}

/// A program that deploys bundles.
pub(crate) struct Program {
    path: PathBuf,
    /// What stands before a command of bundles.
    group: Option<&'static str>,
    /// For its files and as the name of its bundles.
    pub(crate) name: &'static str,
}

/// How a command went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) time: Duration,
    /// The most memory that was resident, in MiB; looked at every two milliseconds.
    pub(crate) memory: f64,
}

impl Program {
    pub(crate) fn sluice() -> Self {
        Self {
            path: env!("CARGO_BIN_EXE_sluice").into(),
            group: None,
            name: "sluice",
        }
    }

    /// The Databricks CLI, when the person who measures supplies one.
    pub(crate) fn databricks() -> Option<Self> {
        Some(Self {
            path: std::env::var_os("DATABRICKS_CLI")?.into(),
            group: Some("bundle"),
            name: "databricks",
        })
    }

    /// Runs a command in the directory of a bundle; nothing when it takes longer than `most`.
    #[expect(
        clippy::disallowed_methods,
        reason = "a process is watched; there is no event to wait for"
    )]
    pub(crate) fn run(
        &self,
        action: Action,
        directory: &Path,
        serving: &Serving,
        most: Option<Duration>,
    ) -> Option<Effort> {
        let arguments: &[&str] = match action {
            Action::Validate => &["validate", "--output", "json"],
            Action::Plan => &["plan", "--output", "json"],
            Action::Deploy => &["deploy", "--auto-approve"],
            Action::Destroy => &["destroy", "--auto-approve"],
        };
        let said = directory.with_extension("log");
        let started = Instant::now();
        let mut child = Command::new(&self.path)
            .args(self.group)
            .args(arguments)
            .current_dir(directory)
            .env("DATABRICKS_HOST", &serving.host)
            .env("DATABRICKS_TOKEN", &serving.token)
            .env("DATABRICKS_RATE_LIMIT", "1000000")
            .env("DATABRICKS_CLI_TELEMETRY_DISABLED", "true")
            .stdout(Stdio::null())
            .stderr(fs::File::create(&said).unwrap())
            .spawn()
            .unwrap();
        let status = format!("/proc/{}/status", child.id());
        let mut memory = 0.0;
        let ended = loop {
            if let Some(ended) = child.try_wait().unwrap() {
                break ended;
            }
            memory = peak(&status).unwrap_or(memory);
            if most.is_some_and(|most| started.elapsed() > most) {
                child.kill().unwrap();
                child.wait().unwrap();
                return None;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let time = started.elapsed();
        assert!(
            ended.success(),
            "{} {action:?}: {ended}\n{}",
            self.name,
            fs::read_to_string(said).unwrap()
        );
        Some(Effort { time, memory })
    }
}

/// `VmHWM` of a process, in MiB; nothing when it has ended.
fn peak(status: &str) -> Option<f64> {
    let status = fs::read_to_string(status).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes / 1024.0)
}
