//! A process of local workspaces, for the benchmarks.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A serving process; ended when dropped.
pub(crate) struct Serving {
    pub(crate) child: Child,
    /// Of the workspace `dev`.
    pub(crate) host: String,
    /// Of the engineer there.
    pub(crate) token: String,
}

impl Serving {
    /// Serves the workspaces of a directory.
    pub(crate) fn start(directory: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sluice"))
            .args(["workspace", "serve", "--base-port", "0", "--directory"])
            .arg(directory)
            .arg("--cache-directory")
            .arg(sluice_testkit::shared_cache())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let announced: Value = serde_json::from_str(&line).unwrap();
        Self {
            child,
            host: announced["ready"]["hosts"][0]["host"].as_str().unwrap().to_owned(),
            token: token(directory),
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // A clean stop folds the log of SQLite into its file, so that the next start begins as after `workspace down`.
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap();
    }
}

fn token(directory: &Path) -> String {
    let profiles = std::fs::read_to_string(directory.join("databrickscfg")).unwrap();
    let section = profiles.split("[dev-engineer]").nth(1).unwrap();
    let value = section.split("token = ").nth(1).unwrap();
    value.lines().next().unwrap().to_owned()
}
