//! The process of the local workspaces: it may be killed at any moment, the disk may be full, a port may be taken.
#![expect(
    clippy::unwrap_used,
    reason = "a failed set-up ends the test; the lint exempts test functions alone"
)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

const SLUICE: &str = env!("CARGO_BIN_EXE_sluice");
const HOME: &str = "/Users/engineer@sluice.test";

/// A serving process, killed with SIGKILL when it goes out of scope.
struct Served {
    child: Child,
    host: String,
    token: String,
    http: reqwest::Client,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Served {
    /// Makes room: the process may write files of any size again.
    fn lift_limit(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let resource = rustix::process::Resource::Fsize;
        let maximum = rustix::process::getrlimit(resource).maximum;
        let unlimited = rustix::process::Rlimit {
            current: maximum,
            maximum,
        };
        rustix::process::prlimit(Some(pid), resource, unlimited).unwrap();
    }

    /// Serves the workspaces of a directory; `limit` is the largest file that the process may write, in KiB.
    fn start(directory: &Path, limit: Option<u32>) -> Self {
        let limit = limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string());
        let mut child = Command::new("bash")
            .args([
                "-c",
                "ulimit -S -f $1 && shift && exec \"$@\"",
                "-",
                &limit,
                SLUICE,
                "workspace",
                "serve",
                "--base-port",
                "0",
            ])
            .arg("--directory")
            .arg(directory)
            .arg("--cache-directory")
            .arg(directory.join("cache"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let announced: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let host = announced["ready"]["hosts"][0]["host"]
            .as_str()
            .unwrap_or_else(|| panic!("{line}"))
            .to_owned();
        let profiles = std::fs::read_to_string(directory.join("databrickscfg")).unwrap();
        let section = profiles.split("[dev-engineer]").nth(1).unwrap();
        let token = section
            .split("token = ")
            .nth(1)
            .unwrap()
            .lines()
            .next()
            .unwrap()
            .to_owned();
        // Another test of this process may have installed it already.
        drop(rustls::crypto::ring::default_provider().install_default());
        Self {
            child,
            host,
            token,
            http: reqwest::Client::builder().build().unwrap(),
        }
    }

    async fn send(&self, method: &str, path: &str, body: Vec<u8>) -> Result<(u16, Vec<u8>), reqwest::Error> {
        let request = self
            .http
            .request(method.parse().unwrap(), format!("{}{path}", self.host));
        let response = request.bearer_auth(&self.token).body(body).send().await?;
        Ok((response.status().as_u16(), response.bytes().await?.to_vec()))
    }

    async fn json(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (status, bytes) = self.send(method, path, body.to_string().into_bytes()).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Names of the files in the engineer's home.
    async fn listed(&self) -> Vec<String> {
        let (status, list) = self
            .json("GET", &format!("/api/2.0/workspace/list?path={HOME}"), &Value::Null)
            .await;
        assert_eq!(status, 200);
        let objects = list["objects"].as_array().cloned().unwrap_or_default();
        objects
            .iter()
            .map(|object| object["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
            .collect()
    }
}

fn content(number: usize) -> Vec<u8> {
    format!("{number}-").repeat(20_000).into_bytes()
}

fn import(number: usize) -> String {
    format!("/api/2.0/workspace-files/import-file{HOME}/f{number}?overwrite=false")
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9_and_the_rest_is_whole_or_absent() {
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..4 {
        let mut served = Served::start(directory.path(), None);
        let before = served.listed().await;
        assert!(
            acknowledged.iter().all(|number| before.contains(&format!("f{number}"))),
            "round {round}"
        );
        for name in &before {
            let number = name[1..].parse().unwrap();
            let (status, bytes) = served
                .send("GET", &format!("/api/2.0/workspace-files{HOME}/{name}"), Vec::new())
                .await
                .unwrap();
            assert_eq!((status, bytes == content(number)), (200, true), "{name} is whole");
        }
        // Requests of this round run side by side; the process is killed when some of them are acknowledged.
        let first = round * 100;
        let requests: Vec<_> = (first..first + 40)
            .map(|number| {
                let request = served
                    .http
                    .post(format!("{}{}", served.host, import(number)))
                    .bearer_auth(&served.token);
                let request = request.body(content(number));
                tokio::spawn(async move {
                    request
                        .send()
                        .await
                        .is_ok_and(|answer| answer.status() == 200)
                        .then_some(number)
                })
            })
            .collect();
        for (index, request) in requests.into_iter().enumerate() {
            acknowledged.extend(request.await.unwrap());
            if index == 5 + round * 3 {
                served.child.kill().unwrap();
            }
        }
    }
    assert!(
        acknowledged.len() >= 20,
        "{} writes were acknowledged",
        acknowledged.len()
    );
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_half_written() {
    let directory = tempfile::tempdir().unwrap();
    drop(Served::start(directory.path(), None));
    let served = Served::start(directory.path(), Some(2_000));
    let too_large = vec![b'x'; 3_000_000];
    let (status, body) = served.send("POST", &import(1), too_large.clone()).await.unwrap();
    let error: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, &error["error_code"]), (507, &json!("INSUFFICIENT_STORAGE")));
    assert_eq!(served.listed().await, Vec::<String>::new());

    let schema = json!({"catalog_name": "dev", "name": "s"});
    assert_eq!(
        served.json("POST", "/api/2.1/unity-catalog/schemas", &schema).await.0,
        200
    );
    let volume = json!({"catalog_name": "dev", "schema_name": "s", "name": "v", "volume_type": "MANAGED"});
    assert_eq!(
        served.json("POST", "/api/2.1/unity-catalog/volumes", &volume).await.0,
        200
    );
    let (status, _) = served
        .send("PUT", "/api/2.0/fs/files/Volumes/dev/s/v/f", too_large)
        .await
        .unwrap();
    assert_eq!(status, 507);
    let (_, list) = served
        .json("GET", "/api/2.0/fs/directories/Volumes/dev/s/v", &Value::Null)
        .await;
    assert_eq!(list["contents"], json!([]));
    let uploads = std::fs::read_dir(directory.path().join("dev/managed/uploads")).unwrap();
    assert_eq!(uploads.count(), 0, "the unfinished upload is gone");

    let mut acknowledged = Vec::new();
    let refused = loop {
        let number = acknowledged.len();
        let body = json!({"catalog_name": "dev", "name": format!("s{number}"), "comment": "x".repeat(60_000)});
        match served.json("POST", "/api/2.1/unity-catalog/schemas", &body).await {
            (200, _) => acknowledged.push(format!("dev.s{number}")),
            refused => break refused,
        }
        assert!(acknowledged.len() < 200, "the limit is reached before that");
    };
    assert_eq!(
        (refused.0, &refused.1["error_code"]),
        (507, &json!("INSUFFICIENT_STORAGE"))
    );
    served.lift_limit();
    let small = json!({"catalog_name": "dev", "name": "after"});
    let (status, answer) = served.json("POST", "/api/2.1/unity-catalog/schemas", &small).await;
    assert_eq!(status, 200, "there is room again: {answer}");
    drop(served);
    let served = Served::start(directory.path(), None);
    for name in &acknowledged {
        let (status, _) = served
            .json("GET", &format!("/api/2.1/unity-catalog/schemas/{name}"), &Value::Null)
            .await;
        assert_eq!(status, 200, "{name}");
    }
    let next = format!("/api/2.1/unity-catalog/schemas/dev.s{}", acknowledged.len());
    assert_eq!(
        served.json("GET", &next, &Value::Null).await.0,
        404,
        "what was refused is not there"
    );
}

/// `sluice workspace …` with its own data directory and an empty environment.
fn sluice(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(SLUICE);
    command
        .arg("workspace")
        .args(arguments)
        .env_clear()
        .current_dir(directory);
    command
        .env("SLUICE_DATA_DIR", directory.join("data"))
        .env("SLUICE_CACHE_DIR", directory.join("cache"));
    command.output().unwrap()
}

fn stdout(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error} in {output:?}"))
}

/// Ends the process of a directory also when an assertion fails.
struct Down<'a>(&'a Path);

impl Drop for Down<'_> {
    fn drop(&mut self) {
        sluice(self.0, &["down"]);
    }
}

#[test]
fn up_status_down_and_reset_tell_what_they_did() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let _down = Down(directory);
    let absent = sluice(directory, &["status", "-o", "json"]);
    assert_eq!(
        (absent.status.code(), &stdout(&absent)["running"]),
        (Some(1), &json!(false))
    );
    let up = sluice(directory, &["up", "--base-port", "0", "-o", "json"]);
    assert_eq!(up.status.code(), Some(0), "{up:?}");
    let again = sluice(directory, &["up", "-o", "json"]);
    assert_eq!(stdout(&again), stdout(&up), "a second start finds the first");
    let status = sluice(directory, &["status", "-o", "json"]);
    assert_eq!((status.status.code(), stdout(&status)), (Some(0), stdout(&up)));
    let elsewhere = sluice(directory, &["up", "--base-port", "1"]);
    assert_eq!(elsewhere.status.code(), Some(3), "{elsewhere:?}");

    let pid = stdout(&up)["pid"].as_i64().unwrap().to_string();
    assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    // Its state file stays, and for a moment a process that does not answer any more: neither is believed.
    let after = sluice(directory, &["up", "--base-port", "0", "-o", "json"]);
    assert_eq!(after.status.code(), Some(0), "{after:?}");

    assert_eq!(
        sluice(directory, &["reset"]).status.code(),
        Some(3),
        "nobody can confirm"
    );
    let down = stdout(&sluice(directory, &["down", "-o", "json"]));
    assert_eq!((&down["was_running"], &down["forced"]), (&json!(true), &json!(false)));
    let workspaces = directory.join("data/local/workspaces");
    assert!(
        workspaces.join("dev/store.sqlite").is_file(),
        "what the workspaces hold stays"
    );
    assert_eq!(sluice(directory, &["reset", "--yes"]).status.code(), Some(0));
    assert!(!workspaces.join("dev").exists() && !workspaces.join("databrickscfg").exists());
}

#[test]
fn a_taken_port_is_named_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = sluice(directory.path(), &["up", "--base-port", &port.to_string()]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains(&format!("port {port} of 127.0.0.1, needed for the workspace `dev`")),
        "{message}"
    );
    assert!(message.contains("--base-port"), "{message}");
    assert_eq!(sluice(directory.path(), &["status"]).status.code(), Some(1));
}

/// `sluice workspace fault …` in JSON.
fn fault(directory: &Path, arguments: &[&str]) -> Output {
    sluice(directory, &[&["fault"], arguments, &["-o", "json"]].concat())
}

#[track_caller]
fn check_refusal(output: &Output, code: i32, message: &str) {
    assert_eq!(
        (output.status.code(), output.stdout.len()),
        (Some(code), 0),
        "{output:?}"
    );
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(said.contains(message), "{said}");
}

#[test]
fn faults_are_for_workspaces_that_were_started_with_them() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let _down = Down(directory);
    let list = ["list", "--environment", "dev"];
    check_refusal(&fault(directory, &list), 4, "sluice workspace up --allow-faults");
    let up = sluice(directory, &["up", "--base-port", "0", "-o", "json"]);
    assert_eq!(stdout(&up)["faults_allowed"], json!(false));
    check_refusal(
        &fault(directory, &list),
        3,
        "the workspace `dev` was started without faults",
    );
    let late = sluice(directory, &["up", "--allow-faults"]);
    check_refusal(&late, 3, "run `sluice workspace down` first");
    assert_eq!(sluice(directory, &["down"]).status.code(), Some(0));
    let up = sluice(directory, &["up", "--base-port", "0", "--allow-faults", "-o", "json"]);
    assert_eq!(stdout(&up)["faults_allowed"], json!(true));
    assert_eq!(stdout(&fault(directory, &list))["faults"], json!([]));
}

#[test]
fn faults_are_added_listed_and_cleared() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let _down = Down(directory);
    let up = sluice(directory, &["up", "--base-port", "0", "--allow-faults"]);
    assert_eq!(up.status.code(), Some(0), "{up:?}");
    let add = |arguments: &[&str]| fault(directory, &[&["add", "--environment", "dev"], arguments].concat());

    let options =
        "--operation iam.CurrentUserAPI.me --principal engineer --nth 2 --times 3 --status 429 --error-code SLOW";
    let mut options: Vec<&str> = options.split(' ').collect();
    options.extend(["--header", "Retry-After: 1"]);
    let added = add(&options);
    let planned = json!({
        "match": {"operation": "iam.CurrentUserAPI.me", "principal": "engineer@sluice.test", "requests": "any"},
        "nth": 2,
        "times": 3,
        "action": {"kind": "status", "status": 429, "error_code": "SLOW", "headers": {"Retry-After": "1"}},
    });
    let armed = json!({"id": "f1", "fault": planned, "counted": 0, "fired": 0, "hits": []});
    let expected = json!({"version": 1, "workspace": "dev", "added": armed});
    assert_eq!((added.status.code(), stdout(&added)), (Some(0), expected));
    let more: [&[&str]; 4] = [
        &["--requests", "writing", "--commit-then-fail", "503"],
        &["--method", "put", "--path", "/api/**", "--drop"],
        &["--body-contains", "ALTER TABLE", "--commit-then-drop"],
        &["--until-cleared", "--latency", "20"],
    ];
    for arguments in more {
        let added = add(arguments);
        assert_eq!(added.status.code(), Some(0), "{added:?}");
    }

    let listed = stdout(&fault(directory, &["list", "--environment", "dev"]));
    let faults = listed["faults"].as_array().unwrap();
    let kinds: Vec<_> = faults
        .iter()
        .map(|armed| armed["fault"]["action"]["kind"].clone())
        .collect();
    assert_eq!(
        kinds,
        ["status", "commit_then_fail", "drop", "commit_then_drop", "latency"]
    );
    assert_eq!((&listed["workspace"], &faults[0]), (&json!("dev"), &armed));
    let shown = sluice(directory, &["fault", "list", "--environment", "dev"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    let third = "f3 request 1 of those by PUT, to /api/**: connection closed, without effect\n   counted 0, fired 0\n";
    assert!(shown.contains(third), "{shown}");
    let elsewhere = stdout(&fault(directory, &["list", "--environment", "prod"]));
    assert_eq!(elsewhere, json!({"version": 1, "workspace": "prod", "faults": []}));

    let one = stdout(&fault(directory, &["clear", "--environment", "dev", "f2"]));
    assert_eq!(one, json!({"version": 1, "workspace": "dev", "removed": 1}));
    let rest = stdout(&fault(directory, &["clear", "--environment", "dev"]));
    assert_eq!(rest["removed"], json!(4));
}

#[test]
fn a_fault_that_cannot_be_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let _down = Down(directory);
    let up = sluice(directory, &["up", "--base-port", "0", "--allow-faults"]);
    assert_eq!(up.status.code(), Some(0), "{up:?}");
    for (arguments, code, message) in [
        (
            "add --environment dev",
            2,
            "the following required arguments were not provided",
        ),
        ("add --environment dev --drop --latency 1", 2, "cannot be used with"),
        ("add --environment dev --drop --message x", 2, "cannot be used with"),
        (
            "add --environment uat --drop",
            2,
            "there is no environment and no local workspace `uat`",
        ),
        ("add --environment dev --status 200", 2, "`action.status` is 200"),
        (
            "add --environment dev --drop --principal nobody",
            4,
            "no user or service principal `nobody`",
        ),
        (
            "clear --environment dev f99",
            4,
            "the workspace `dev` has no fault `f99`",
        ),
        ("clear --environment dev ../faults", 2, "expected an id such as `f1`"),
    ] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        check_refusal(&fault(directory, &arguments), code, message);
    }
    let listed = stdout(&fault(directory, &["list", "--environment", "dev"]));
    assert_eq!(listed["faults"], json!([]));
}

#[test]
fn an_environment_of_the_platform_is_found_by_its_address() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let _down = Down(directory);
    let platform = |host: &str| {
        let text = format!("version: 1\nid: trial\nenvironments:\n  - {{name: uat, target: qa, host: \"{host}\"}}\n");
        std::fs::write(directory.join("platform.yaml"), text).unwrap();
    };
    platform("https://uat.example.test");
    let up = sluice(directory, &["up", "--base-port", "0", "--allow-faults", "-o", "json"]);
    let qa = stdout(&up)["workspaces"][1]["host"].as_str().unwrap().to_owned();
    let list = ["list", "--environment", "uat"];
    check_refusal(
        &fault(directory, &list),
        2,
        "the environment `uat` is at https://uat.example.test, where no local workspace of this platform answers",
    );
    platform(&qa);
    let listed = stdout(&fault(directory, &list));
    assert_eq!(listed, json!({"version": 1, "workspace": "qa", "faults": []}));
}
