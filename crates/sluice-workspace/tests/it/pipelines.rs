//! Updates of pipelines: what is in flight when the workspaces stop, and who finds the rows of an update.
#![expect(clippy::unwrap_used, reason = "a step of a test that fails is a failing test")]

use std::time::Duration;

use serde_json::{Value, json};

use crate::runs::{HOME, upload};
use crate::support::{Client, Environment};

const SLOW: &str = "import dlt, time\n@dlt.view\ndef kept():\n    return spark.range(3)\n@dlt.table\ndef slow():\n    \
                    dlt.read('kept').count()\n    time.sleep(600)\n    return spark.range(1)\n";

async fn create(client: &Client, source: &str, text: &str) -> String {
    upload(client, source, text).await;
    let library = json!({"file": {"path": format!("{HOME}/{source}")}});
    let body = json!({"name": source, "catalog": "dev", "schema": "default", "libraries": [library]});
    let made = client.post("/api/2.0/pipelines", body).await.ok();
    made["pipeline_id"].as_str().unwrap().to_owned()
}

async fn start(client: &Client, pipeline: &str) -> String {
    let started = client
        .post(&format!("/api/2.0/pipelines/{pipeline}/updates"), json!({}))
        .await
        .ok();
    started["update_id"].as_str().unwrap().to_owned()
}

async fn events(client: &Client, pipeline: &str) -> Vec<Value> {
    let listed = client.get(&format!("/api/2.0/pipelines/{pipeline}/events")).await.ok();
    listed["events"].as_array().unwrap().clone()
}

/// Polls until an event says this; one that never comes fails the test.
async fn told(client: &Client, pipeline: &str, message: &str) {
    for _ in 0..1200 {
        let events = events(client, pipeline).await;
        if events.iter().any(|event| event["message"] == message) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no event says `{message}`: {:#?}", events(client, pipeline).await);
}

async fn query(client: &Client, text: &str) -> Value {
    let warehouses = client.get("/api/2.0/sql/warehouses").await.ok();
    let body = json!({"warehouse_id": warehouses["warehouses"][0]["id"], "statement": text, "wait_timeout": "50s"});
    client.post("/api/2.0/sql/statements", body).await.ok()["status"].clone()
}

async fn tables(client: &Client) -> Vec<String> {
    let path = "/api/2.1/unity-catalog/tables?catalog_name=dev&schema_name=default";
    let listed = client.get(path).await.ok();
    let all = listed["tables"].as_array().cloned().unwrap_or_default();
    all.iter()
        .map(|table| table["full_name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn an_update_in_flight_shows_its_rows_to_nobody_and_fails_when_the_workspace_stops() {
    let environment = Environment::start().await;
    let (engineer, admin) = (environment.client("engineer"), environment.client("admin"));
    let grants = json!({"changes": [{"principal": "engineer@sluice.test", "add": ["USE_SCHEMA", "CREATE_TABLE"]}]});
    admin
        .patch("/api/2.1/unity-catalog/permissions/schema/dev.default", grants)
        .await
        .ok();
    let pipeline = create(&engineer, "slow.py", SLOW).await;
    let update = start(&engineer, &pipeline).await;
    let again = engineer
        .post(&format!("/api/2.0/pipelines/{pipeline}/updates"), json!({}))
        .await;
    assert_eq!(again.error(), (409, "CONFLICT".to_owned()));
    told(&engineer, &pipeline, "Flow 'slow' is RUNNING.").await;
    let stages = tables(&admin).await;
    assert_eq!(stages.len(), 1, "{stages:?}");
    let status = query(&admin, &format!("SELECT * FROM {}", stages[0])).await;
    assert_eq!(status["error"]["error_code"], "BAD_REQUEST", "{status}");
    assert!(
        status["error"]["message"]
            .as_str()
            .unwrap()
            .contains("update that is under way")
    );

    let environment = environment.restart().await;
    let (engineer, admin) = (environment.client("engineer"), environment.client("admin"));
    let path = format!("/api/2.0/pipelines/{pipeline}/updates/{update}");
    assert_eq!(engineer.get(&path).await.ok()["update"]["state"], "FAILED");
    let read = engineer.get(&format!("/api/2.0/pipelines/{pipeline}")).await.ok();
    assert_eq!(
        (&read["state"], &read["health"]),
        (&json!("FAILED"), &json!("UNHEALTHY"))
    );
    assert!(
        read["cause"]
            .as_str()
            .unwrap()
            .contains("stopped while this update was in flight")
    );
    assert_eq!(tables(&admin).await, Vec::<String>::new());
    let last = &events(&engineer, &pipeline).await[0];
    assert_eq!(
        (&last["level"], &last["event_type"]),
        (&json!("ERROR"), &json!("update_progress"))
    );
}

#[tokio::test]
async fn a_channel_of_a_process_is_found_by_nobody_else() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let body = json!({"channel": "guessed", "message": {"kind": "computed"}});
    let answer = engineer.post("/_sluice/pipelines/commands", body).await;
    assert_eq!(answer.error(), (404, "RESOURCE_DOES_NOT_EXIST".to_owned()));
}

#[tokio::test]
async fn who_may_view_a_pipeline_reads_its_updates_and_who_may_run_it_starts_and_stops_them() {
    let environment = Environment::start().await;
    let (engineer, analyst) = (environment.client("engineer"), environment.client("analyst"));
    let pipeline = create(
        &engineer,
        "levels.sql",
        "CREATE TEMPORARY VIEW one AS SELECT 1 AS one;\n",
    )
    .await;
    let of_pipeline = |rest: &str| format!("/api/2.0/pipelines/{pipeline}/{rest}");
    let started = engineer
        .post(&of_pipeline("updates"), json!({"validate_only": true}))
        .await
        .ok();
    let update = started["update_id"].as_str().unwrap().to_owned();
    told(&engineer, &pipeline, &format!("Update {update} is COMPLETED.")).await;
    let reads = ["updates".to_owned(), format!("updates/{update}"), "events".to_owned()];
    for (level, reads_go, runs_go) in [("", false, false), ("CAN_VIEW", true, false), ("CAN_RUN", true, true)] {
        if !level.is_empty() {
            let entry = json!({"user_name": "analyst@sluice.test", "permission_level": level});
            let path = format!("/api/2.0/permissions/pipelines/{pipeline}");
            engineer
                .patch(&path, json!({"access_control_list": [entry]}))
                .await
                .ok();
        }
        for read in &reads {
            let status = analyst.get(&of_pipeline(read)).await.status;
            assert_eq!(status, if reads_go { 200 } else { 403 }, "{level}: {read}");
        }
        for (what, body) in [("updates", json!({"validate_only": true})), ("stop", json!({}))] {
            let status = analyst.post(&of_pipeline(what), body).await.status;
            assert_eq!(status, if runs_go { 200 } else { 403 }, "{level}: {what}");
        }
    }
}
