//! Snapshots of the local workspaces: kept while they run, compared, brought back, made into workspaces of their own.

use serde_json::{Value, json};
use sluice_databricks::{Client, ConfigurationSources};
use sluice_testkit::Environment;
use sluice_wire::{Method, Request};

/// The binary's answer to a command that must succeed.
fn done(environment: &Environment, folder: &str, arguments: &[&str]) -> Value {
    let finished = environment.sluice_in(folder, arguments.iter().copied().chain(["-o", "json"]));
    serde_json::from_str(finished.success()).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

fn refused(environment: &Environment, arguments: &[&str], code: i32, reason: &str) {
    let finished = environment.sluice_in(".", arguments);
    assert!(finished.failure(code).contains(reason), "{arguments:?}: {finished:?}");
}

/// The engineer of a workspace of a platform.
struct Engineer {
    client: Client,
    runtime: tokio::runtime::Runtime,
}

impl Engineer {
    fn of(environment: &Environment, platform: &str) -> Self {
        let file = environment.data().join(platform).join("workspaces/databrickscfg");
        let sources = ConfigurationSources {
            profile: Some("dev-engineer".to_owned()),
            environment: [("DATABRICKS_CONFIG_FILE".to_owned(), file.display().to_string())].into(),
            ..ConfigurationSources::default()
        };
        Self {
            client: Client::new(&sources.resolve().unwrap()).unwrap(),
            runtime: tokio::runtime::Runtime::new().unwrap(),
        }
    }

    fn send(&self, request: &Request) -> Value {
        let response = self.runtime.block_on(self.client.send(request)).unwrap();
        serde_json::from_slice(&response.body).unwrap()
    }

    /// Rows of a statement that must succeed.
    fn sql(&self, statement: &str) -> Value {
        let warehouses = self.send(&Request::new(Method::Get, "/api/2.0/sql/warehouses"));
        let body = json!({
            "warehouse_id": warehouses["warehouses"][0]["id"],
            "statement": statement,
            "wait_timeout": "50s",
        });
        let answer = self.send(&Request::new(Method::Post, "/api/2.0/sql/statements").json(body));
        assert_eq!(answer["status"]["state"], "SUCCEEDED", "{statement}: {answer}");
        answer["result"]["data_array"].clone()
    }

    fn make_folder(&self, path: &str) {
        let body = json!({ "path": path });
        self.send(&Request::new(Method::Post, "/api/2.0/workspace/mkdirs").json(body));
    }

    fn folders(&self) -> Vec<String> {
        let home = "/Users/engineer@sluice.test";
        let listed = self.send(&Request::new(Method::Get, "/api/2.0/workspace/list").query("path", home));
        let objects = listed["objects"].as_array().cloned().unwrap_or_default();
        objects
            .iter()
            .map(|object| object["path"].as_str().unwrap().to_owned())
            .collect()
    }
}

const ROWS: &str = "SELECT * FROM dev.kept.sales ORDER BY 1";
const HOME: &str = "/Users/engineer@sluice.test";

#[test]
fn what_was_kept_comes_back_with_rows_files_and_tokens_and_can_live_on_elsewhere() {
    let environment = Environment::new(env!("CARGO_BIN_EXE_sluice"));
    environment.write("platform.yaml", "version: 1\nid: trial\nenvironments: []\n");
    environment.write("other/platform.yaml", "version: 1\nid: other\nenvironments: []\n");
    refused(
        &environment,
        &["workspace", "snapshot", "save", "early"],
        3,
        "there is no workspace in ",
    );
    let running = environment.workspaces().unwrap();
    let engineer = Engineer::of(&environment, "trial");
    engineer.sql("CREATE SCHEMA dev.kept");
    engineer.sql("CREATE TABLE dev.kept.sales (id INT)");
    engineer.sql("INSERT INTO dev.kept.sales VALUES (1)");
    engineer.make_folder(&format!("{HOME}/first"));

    let saved = done(&environment, ".", &["workspace", "snapshot", "save", "before"]);
    assert_eq!(saved["snapshot"]["workspaces"], json!(["dev", "qa", "prod"]));
    assert!(saved["snapshot"]["bytes"].as_u64().unwrap() > 10_000, "{saved}");
    refused(&environment, &["workspace", "snapshot", "save", "before"], 3, "already");
    refused(
        &environment,
        &["workspace", "snapshot", "save", "../x"],
        2,
        "is no name of a snapshot",
    );
    refused(
        &environment,
        &["workspace", "snapshot", "load", "nothing", "--yes"],
        3,
        "there is no snapshot `nothing`; there are before",
    );
    refused(
        &environment,
        &["workspace", "snapshot", "load", "before", "--yes"],
        3,
        "`sluice workspace down` first",
    );

    engineer.sql("INSERT INTO dev.kept.sales VALUES (2)");
    engineer.sql("CREATE TABLE dev.kept.more (id INT)");
    engineer.make_folder(&format!("{HOME}/second"));
    let diff = done(&environment, ".", &["workspace", "snapshot", "diff", "before"]);
    let of = |table: &str| {
        let changes = diff["changes"].as_array().unwrap();
        changes
            .iter()
            .find(|change| change["table"] == table)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(of("securable")["added"], json!(["dev.kept.more"]), "{diff}");
    assert_eq!(
        of("workspace_object")["added"],
        json!([format!("{HOME}/second")]),
        "{diff}"
    );
    let sales = json!({"workspace": "dev", "table": "dev.kept.sales", "before": 1, "after": 2});
    assert!(diff["tables"].as_array().unwrap().contains(&sales), "{diff}");

    drop(running);
    done(&environment, ".", &["workspace", "snapshot", "load", "before", "--yes"]);
    let running = environment.workspaces().unwrap();
    // The token that was issued before still opens it; its port is another one.
    let engineer = Engineer::of(&environment, "trial");
    assert_eq!(engineer.sql(ROWS), json!([["1"]]));
    assert_eq!(engineer.folders(), [format!("{HOME}/first")]);
    let diff = done(&environment, ".", &["workspace", "snapshot", "diff", "before"]);
    assert_eq!(diff["tables"], json!([]), "{diff}");

    done(
        &environment,
        ".",
        &["workspace", "snapshot", "fork", "before", "--to", "other"],
    );
    refused(
        &environment,
        &["workspace", "snapshot", "fork", "before", "--to", "other"],
        3,
        "a fork never replaces any",
    );
    done(&environment, "other", &["workspace", "up", "--base-port", "0"]);
    let fork = Engineer::of(&environment, "other");
    assert_eq!(fork.sql(ROWS), json!([["1"]]));
    fork.sql("INSERT INTO dev.kept.sales VALUES (7)");
    assert_eq!(fork.sql(ROWS), json!([["1"], ["7"]]));
    assert_eq!(engineer.sql(ROWS), json!([["1"]]));
    done(&environment, "other", &["workspace", "down"]);

    done(&environment, ".", &["workspace", "snapshot", "remove", "before"]);
    let listed = done(&environment, ".", &["workspace", "snapshot", "list"]);
    assert_eq!(listed["snapshots"], json!([]));
    drop(running);
}
