//! The process of the local workspaces, and requests to its workspace `dev`.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A serving process; ended when dropped.
pub(crate) struct Served {
    child: Child,
    host: String,
    token: String,
    http: reqwest::Client,
}

impl Served {
    /// Serves the workspaces of a directory, and waits for the first answer.
    pub(crate) async fn start(directory: &Path) -> Self {
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
        let host = announced["ready"]["hosts"][0]["host"].as_str().unwrap().to_owned();
        let served = Self {
            child,
            host,
            token: token(directory),
            http: reqwest::Client::builder().build().unwrap(),
        };
        served.get("/api/2.0/preview/scim/v2/Me").await;
        served
    }

    /// A request whose answer has to be a success.
    pub(crate) async fn send(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> Value {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.host))
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let bytes = response.bytes().await.unwrap();
        assert!(
            status.is_success(),
            "{path}: {status} {}",
            String::from_utf8_lossy(&bytes)
        );
        serde_json::from_slice(&bytes).unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.send(reqwest::Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        self.send(reqwest::Method::POST, path, Some(body)).await
    }

    /// Runs a statement to its end; its answer.
    pub(crate) async fn statement(&self, warehouse: &str, text: &str) -> Value {
        let body = serde_json::json!({"statement": text, "warehouse_id": warehouse, "wait_timeout": "50s"});
        let answer = self.post("/api/2.0/sql/statements", &body).await;
        assert_eq!(answer["status"]["state"], "SUCCEEDED", "{text}: {answer}");
        answer
    }

    /// Resident memory of the process, in MiB.
    pub(crate) fn resident(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        let kibibytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kibibytes / 1024.0
    }
}

impl Drop for Served {
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
