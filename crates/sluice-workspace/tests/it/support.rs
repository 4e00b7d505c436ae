//! Real workspaces on free ports, and a small HTTP client with the token of a principal.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use sluice_workspace::clock::{Clock, ManualClock};
use sluice_workspace::profiles::{self, Profile};
use sluice_workspace::{Durability, ServeOptions, Workspaces};
use tempfile::TempDir;

/// Served workspaces in a directory of their own.
pub(crate) struct Environment {
    pub(crate) workspaces: Workspaces,
    pub(crate) directory: TempDir,
    profiles: BTreeMap<String, Profile>,
    http: reqwest::Client,
}

/// How to serve.
pub(crate) struct Settings {
    pub(crate) allow_faults: bool,
    pub(crate) strict: bool,
    pub(crate) durability: Durability,
    pub(crate) git_directories: Vec<PathBuf>,
    pub(crate) clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_faults: false,
            strict: false,
            durability: Durability::Process,
            git_directories: Vec::new(),
            clock: Clock::System,
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The JSON of an answer that must have status 200.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.bytes));
        self.json()
    }

    /// Status and error code.
    pub(crate) fn error(&self) -> (u16, String) {
        (
            self.status,
            self.json()["error_code"].as_str().unwrap_or_default().to_owned(),
        )
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A client with one token.
#[derive(Clone)]
pub(crate) struct Client {
    host: String,
    token: Option<String>,
    http: reqwest::Client,
}

impl Client {
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().unwrap();
        let request = self.http.request(method, format!("{}{path}", self.host));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response.bytes().await.unwrap().to_vec();
        Answer { status, headers, bytes }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        self.send(self.request(method, path).json(&body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call("PATCH", path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request("DELETE", path)).await
    }

    /// Sends a request as it is: an HTTP library would set its path right first.
    pub(crate) async fn raw(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let address = self.host.trim_start_matches("http://");
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let token = self.token.as_deref().unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let end = answer.windows(4).position(|part| part == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = reqwest::header::HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            let name: reqwest::header::HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        Answer {
            status,
            headers,
            bytes: answer[end + 4..].to_vec(),
        }
    }

    pub(crate) async fn put_bytes(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        self.send(self.request("PUT", path).body(body)).await
    }
}

impl Environment {
    pub(crate) async fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap()).await
    }

    pub(crate) async fn start_in(directory: TempDir) -> Self {
        Self::serve(directory, Settings::default()).await
    }

    /// Workspaces whose time is moved by the test.
    pub(crate) async fn start_with_clock(clock: &ManualClock) -> Self {
        Self::start_with(Settings {
            clock: Clock::Manual(clock.clone()),
            ..Settings::default()
        })
        .await
    }

    /// Workspaces that are served in a way of their own.
    pub(crate) async fn start_with(settings: Settings) -> Self {
        Self::serve(tempfile::tempdir().unwrap(), settings).await
    }

    /// Workspaces in which administrators may inject faults.
    pub(crate) async fn start_with_faults() -> Self {
        Self::start_in_with_faults(tempfile::tempdir().unwrap()).await
    }

    pub(crate) async fn start_in_with_faults(directory: TempDir) -> Self {
        let settings = Settings {
            allow_faults: true,
            ..Settings::default()
        };
        Self::serve(directory, settings).await
    }

    async fn serve(directory: TempDir, settings: Settings) -> Self {
        // Another test of this process may have installed it already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let options = ServeOptions {
            directory: directory.path().join("workspaces"),
            cache_directory: sluice_testkit::shared_cache(),
            base_port: 0,
            names: vec!["dev".to_owned(), "prod".to_owned()],
            task_launcher: vec![env!("CARGO_BIN_EXE_sluice-sandbox").into()],
            allow_faults: settings.allow_faults,
            strict: settings.strict,
            durability: settings.durability,
            git_directories: settings.git_directories,
            clock: settings.clock,
        };
        let workspaces = Workspaces::start(options).await.unwrap();
        let profiles = profiles::read(workspaces.profile_file()).unwrap();
        Self {
            workspaces,
            directory,
            profiles,
            http: reqwest::Client::builder().build().unwrap(),
        }
    }

    /// Stops and serves the same directory again.
    pub(crate) async fn restart(self) -> Self {
        self.workspaces.stop().await.unwrap();
        Self::start_in(self.directory).await
    }

    /// A client of the workspace `dev` as a seeded principal.
    pub(crate) fn client(&self, principal: &str) -> Client {
        self.client_of("dev", principal)
    }

    pub(crate) fn client_of(&self, workspace: &str, principal: &str) -> Client {
        let profile = &self.profiles[&format!("{workspace}-{principal}")];
        self.with_token(workspace, Some(profile.token.expose()))
    }

    pub(crate) fn with_token(&self, workspace: &str, token: Option<&str>) -> Client {
        let host = self
            .workspaces
            .hosts()
            .into_iter()
            .find(|(name, _)| name == workspace)
            .unwrap()
            .1;
        Client {
            host,
            token: token.map(str::to_owned),
            http: self.http.clone(),
        }
    }
}
