//! The process of the local workspaces, and requests to its workspace `dev`.

use std::path::Path;

use serde_json::Value;

use crate::serving::Serving;

/// A serving process; ended when dropped.
pub(crate) struct Served {
    process: Serving,
    http: reqwest::Client,
}

impl Served {
    /// Serves the workspaces of a directory, and waits for the first answer.
    pub(crate) async fn start(directory: &Path) -> Self {
        let served = Self {
            process: Serving::start(directory),
            http: reqwest::Client::builder().build().unwrap(),
        };
        served.get("/api/2.0/preview/scim/v2/Me").await;
        served
    }

    /// A request whose answer has to be a success.
    pub(crate) async fn send(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> Value {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.process.host))
            .bearer_auth(&self.process.token);
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
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        let kibibytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kibibytes / 1024.0
    }
}
