//! Secrets: who reads them, how they are stored, and that no run shows them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Client, Environment};

const SECRETS: &str = "/api/2.0/secrets";
const CANARY: &str = "canary-5f1e";

async fn post(client: &Client, what: &str, body: Value) -> crate::support::Answer {
    client.post(&format!("{SECRETS}/{what}"), body).await
}

/// A scope of the engineer with the canary under the key `k`.
async fn with_canary(environment: &Environment) -> Client {
    let engineer = environment.client("engineer");
    post(&engineer, "scopes/create", json!({"scope": "s"})).await.ok();
    put(&engineer, "k", CANARY).await;
    engineer
}

async fn put(client: &Client, key: &str, value: &str) {
    let body = json!({"scope": "s", "key": key, "string_value": value});
    post(client, "put", body).await.ok();
}

async fn get(client: &Client, key: &str) -> crate::support::Answer {
    client.get(&format!("{SECRETS}/get?scope=s&key={key}")).await
}

#[tokio::test]
async fn permissions_on_a_scope_decide_who_reads_writes_and_shares() {
    let environment = Environment::start().await;
    let engineer = with_canary(&environment).await;
    let analyst = environment.client("analyst");
    assert_eq!(get(&engineer, "k").await.ok()["value"], "Y2FuYXJ5LTVmMWU=");
    assert_eq!(get(&analyst, "k").await.error(), (403, "PERMISSION_DENIED".to_owned()));
    assert_eq!(
        analyst.get(&format!("{SECRETS}/scopes/list")).await.ok()["scopes"],
        json!([])
    );
    let give = async |permission: &str| {
        let body = json!({"scope": "s", "principal": "analysts", "permission": permission});
        post(&engineer, "acls/put", body).await.ok()
    };
    let entry = json!({"scope": "s", "principal": "analysts", "permission": "MANAGE"});
    let write = json!({"scope": "s", "key": "new", "string_value": "x"});
    give("READ").await;
    assert_eq!(get(&analyst, "k").await.status, 200);
    assert_eq!(post(&analyst, "put", write.clone()).await.status, 403);
    assert_eq!(
        post(&analyst, "delete", json!({"scope": "s", "key": "k"})).await.status,
        403
    );
    give("WRITE").await;
    post(&analyst, "put", write).await.ok();
    assert_eq!(post(&analyst, "acls/put", entry).await.status, 403);
    assert_eq!(analyst.get(&format!("{SECRETS}/acls/list?scope=s")).await.status, 403);
    assert_eq!(post(&analyst, "scopes/delete", json!({"scope": "s"})).await.status, 403);
    let items = engineer.get(&format!("{SECRETS}/acls/list?scope=s")).await.ok();
    assert_eq!(
        items["items"],
        json!([{"principal": "analysts", "permission": "WRITE"}, {"principal": "engineer@sluice.test", "permission": "MANAGE"}])
    );
    post(&engineer, "acls/delete", json!({"scope": "s", "principal": "analysts"}))
        .await
        .ok();
    assert_eq!(get(&analyst, "k").await.status, 403);
    let again = engineer
        .get(&format!("{SECRETS}/acls/get?scope=s&principal=analysts"))
        .await;
    assert_eq!(again.error(), (404, "RESOURCE_DOES_NOT_EXIST".to_owned()));
}

#[tokio::test]
async fn bad_requests_are_named_and_change_nothing() {
    let environment = Environment::start().await;
    let engineer = with_canary(&environment).await;
    let long = "x".repeat(129);
    for (what, body, expected) in [
        ("scopes/create", json!({"scope": "s"}), (400, "RESOURCE_ALREADY_EXISTS")),
        ("scopes/create", json!({}), (400, "INVALID_PARAMETER_VALUE")),
        (
            "scopes/create",
            json!({"scope": long}),
            (400, "INVALID_PARAMETER_VALUE"),
        ),
        (
            "scopes/create",
            json!({"scope": "a/b"}),
            (400, "INVALID_PARAMETER_VALUE"),
        ),
        (
            "scopes/create",
            json!({"scope": "t", "initial_manage_principal": "admins"}),
            (400, "INVALID_PARAMETER_VALUE"),
        ),
        (
            "scopes/create",
            json!({"scope": "t", "scope_backend_type": "AZURE_KEYVAULT"}),
            (501, "NOT_IMPLEMENTED"),
        ),
        ("scopes/delete", json!({"scope": "t"}), (404, "RESOURCE_DOES_NOT_EXIST")),
        (
            "put",
            json!({"scope": "t", "key": "k", "string_value": "x"}),
            (404, "RESOURCE_DOES_NOT_EXIST"),
        ),
        ("put", json!({"scope": "s", "key": "k"}), (400, "MALFORMED_REQUEST")),
        (
            "put",
            json!({"scope": "s", "key": "k", "string_value": "x", "bytes_value": "eA=="}),
            (400, "MALFORMED_REQUEST"),
        ),
        (
            "put",
            json!({"scope": "s", "key": "k", "bytes_value": "canary*"}),
            (400, "MALFORMED_REQUEST"),
        ),
        (
            "put",
            json!({"scope": "s", "key": "k k", "string_value": "x"}),
            (400, "INVALID_PARAMETER_VALUE"),
        ),
        (
            "put",
            json!({"scope": "s", "key": "k", "string_value": "x".repeat(128 * 1024 + 1)}),
            (400, "INVALID_PARAMETER_VALUE"),
        ),
        (
            "delete",
            json!({"scope": "s", "key": "t"}),
            (404, "RESOURCE_DOES_NOT_EXIST"),
        ),
        (
            "acls/put",
            json!({"scope": "s", "principal": "nobody", "permission": "READ"}),
            (400, "INVALID_PARAMETER_VALUE"),
        ),
        (
            "acls/put",
            json!({"scope": "s", "principal": "analysts", "permission": "CAN_READ"}),
            (400, "INVALID_PARAMETER_VALUE"),
        ),
    ] {
        let answer = post(&engineer, what, body.clone()).await;
        assert_eq!(answer.error(), (expected.0, expected.1.to_owned()), "{what} {body}");
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("canary"));
    }
    assert_eq!(get(&engineer, "k").await.ok()["value"], "Y2FuYXJ5LTVmMWU=");
}

#[tokio::test]
async fn secrets_survive_a_restart_and_stand_nowhere_in_the_clear() {
    let environment = Environment::start().await;
    with_canary(&environment).await;
    let environment = environment.restart().await;
    let engineer = environment.client("engineer");
    assert_eq!(get(&engineer, "k").await.ok()["value"], "Y2FuYXJ5LTVmMWU=");
    let listed = engineer.get(&format!("{SECRETS}/list?scope=s")).await.ok();
    assert_eq!(listed["secrets"][0]["key"], "k");
    let mut pending = vec![environment.directory.path().to_owned()];
    let mut files = 0;
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        files += 1;
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(CANARY.len()).any(|part| part == CANARY.as_bytes());
        assert!(!found, "{} holds the secret", path.display());
    }
    assert!(files > 3);
    post(&engineer, "scopes/delete", json!({"scope": "s"})).await.ok();
    post(&engineer, "scopes/create", json!({"scope": "s"})).await.ok();
    assert_eq!(
        get(&engineer, "k").await.status,
        404,
        "the secrets went with their scope"
    );
}

const NOTEBOOK: &str = r#"# Databricks notebook source
import base64, json, sys
secret = dbutils.secrets.get("s", "k")
assert secret == "canary-" + "5f1e" and dbutils.secrets.getBytes("s", "k") == secret.encode()
print([scope.name for scope in dbutils.secrets.listScopes()], [each.key for each in dbutils.secrets.list("s")])
print("plain", secret)
print("list", [secret], json.dumps({"a": secret}), base64.b64encode(secret.encode()).decode())
print("lines", dbutils.secrets.get("s", "lines").splitlines()[1])
print("error", secret, file=sys.stderr)
dbutils.jobs.taskValues.set("v", secret)
try:
    dbutils.secrets.get("s", "lost")
except Exception as error:
    print(error)

# COMMAND ----------

secret

# COMMAND ----------

if dbutils.widgets.get("fail") == "yes":
    raise ValueError(f"with {secret} in it")
dbutils.notebook.exit(f"result {secret}")
"#;

async fn run(client: &Client, tasks: Value, fail: &str) -> Value {
    let settings = json!({"name": "n", "tasks": tasks, "parameters": [{"name": "fail", "default": fail}]});
    let job = client.post("/api/2.2/jobs/create", settings).await.ok();
    let started = client
        .post("/api/2.2/jobs/run-now", json!({"job_id": job["job_id"]}))
        .await
        .ok();
    for _ in 0..600 {
        let run = client
            .get(&format!("/api/2.2/jobs/runs/get?run_id={}", started["run_id"]))
            .await
            .ok();
        if run["status"]["state"] == "TERMINATED" {
            return run;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the run does not end");
}

#[tokio::test]
async fn a_run_shows_no_secret_that_it_has_read() {
    let environment = Environment::start().await;
    let engineer = with_canary(&environment).await;
    put(&engineer, "lines", "-----BEGIN-----\nbm90IGEga2V5IGF0IGFsbA\n").await;
    for (name, text) in [
        ("reads.py", NOTEBOOK),
        (
            "after.py",
            "# Databricks notebook source\nprint(dbutils.widgets.get('v'))\n",
        ),
    ] {
        let path = format!("/api/2.0/workspace-files/import-file/Users/engineer@sluice.test/{name}");
        engineer.send(engineer.request("POST", &path).body(text)).await.ok();
    }
    let notebook = |key: &str, name: &str| json!({"task_key": key, "notebook_task": {"notebook_path": format!("/Users/engineer@sluice.test/{name}")}});
    let mut after = notebook("after", "after");
    after["depends_on"] = json!([{"task_key": "reads"}]);
    after["notebook_task"]["base_parameters"] = json!({"v": "got {{tasks.reads.values.v}}"});
    for (fail, state) in [("no", "SUCCESS"), ("yes", "FAILED")] {
        let run = run(&engineer, json!([notebook("reads", "reads"), after]), fail).await;
        let mut outputs = Vec::new();
        for task in run["tasks"].as_array().unwrap() {
            let output = engineer
                .get(&format!("/api/2.2/jobs/runs/get-output?run_id={}", task["run_id"]))
                .await;
            outputs.push(output.ok());
        }
        let shown = format!("{run} {outputs:?}");
        assert_eq!(run["state"]["result_state"], state, "{shown}");
        for hidden in [CANARY, "Y2FuYXJ5LTVmMWU=", "bm90IGEga2V5IGF0IGFsbA"] {
            assert!(!shown.contains(hidden), "{hidden} is in {shown}");
        }
        let logs = outputs[0]["logs"].as_str().unwrap();
        let expected = "['s'] ['k', 'lines']\nplain [REDACTED]\nlist ['[REDACTED]'] {\"a\": \"[REDACTED]\"} [REDACTED]\nlines [REDACTED]\n";
        assert!(logs.starts_with(expected), "{logs}");
        assert!(
            logs.contains("error [REDACTED]\n") && logs.contains("'[REDACTED]'\n"),
            "{logs}"
        );
        assert!(
            logs.contains("Secret does not exist with scope: s and key: lost"),
            "{logs}"
        );
        if fail == "yes" {
            assert_eq!(outputs[0]["error"], "ValueError: with [REDACTED] in it");
            assert!(
                outputs[0]["error_trace"]
                    .as_str()
                    .unwrap()
                    .contains("with [REDACTED] in it")
            );
        } else {
            assert_eq!(outputs[0]["notebook_output"]["result"], "result [REDACTED]");
            assert_eq!(
                run["tasks"][1]["resolved_values"]["notebook_task"]["base_parameters"]["v"],
                "got [REDACTED]"
            );
        }
    }
    let analyst = environment.client("analyst");
    let path = "/api/2.0/workspace-files/import-file/Users/analyst@sluice.test/reads.py";
    analyst.send(analyst.request("POST", path).body(NOTEBOOK)).await.ok();
    let task = json!({"task_key": "t", "notebook_task": {"notebook_path": "/Users/analyst@sluice.test/reads"}});
    let refused = self::run(&analyst, json!([task]), "no").await;
    assert_eq!(refused["state"]["result_state"], "FAILED");
    assert!(
        refused["state"]["state_message"]
            .as_str()
            .unwrap()
            .contains("does not have READ permission"),
        "{refused}"
    );
}
