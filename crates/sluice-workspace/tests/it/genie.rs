//! Genie spaces: what is taken, who may touch them, and that they stay.

use serde_json::{Value, json};

use crate::catalog::{make_schema, make_table};
use crate::support::{Client, Environment};

const SPACES: &str = "/api/2.0/genie/spaces";
const HOME: &str = "/Users/engineer@sluice.test";
const QUESTION: &str = "00000000000000000000000000000001";

fn document(table: &str) -> Value {
    json!({
        "version": 2,
        "config": {"sample_questions": [{"id": QUESTION, "question": ["Which carrier is late?"]}]},
        "data_sources": {"tables": [{"identifier": table}]},
    })
}

/// An environment with the table `dev.s.t` of the engineer, and the id of the warehouse.
async fn prepared() -> (Environment, String) {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    make_schema(&engineer, "s").await;
    make_table(&environment, "engineer", "dev.s.t").await;
    let warehouses = engineer.get("/api/2.0/sql/warehouses").await.ok();
    let id = warehouses["warehouses"][0]["id"].as_str().unwrap().to_owned();
    (environment, id)
}

fn request(warehouse: &str, document: &Value) -> Value {
    json!({"title": "Flights", "description": "d", "warehouse_id": warehouse, "serialized_space": document.to_string(),
        "parent_path": format!("/Workspace{HOME}")})
}

async fn create(client: &Client, warehouse: &str) -> String {
    let created = client.post(SPACES, request(warehouse, &document("dev.s.t"))).await.ok();
    created["space_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_space_comes_back_as_it_was_written_also_after_a_restart() {
    let (environment, warehouse) = prepared().await;
    let id = create(&environment.client("engineer"), &warehouse).await;
    assert_eq!(id.len(), 32);
    let environment = environment.restart().await;
    let engineer = environment.client("engineer");
    let space = engineer
        .get(&format!("{SPACES}/{id}?include_serialized_space=true"))
        .await
        .ok();
    let stored: Value = serde_json::from_str(space["serialized_space"].as_str().unwrap()).unwrap();
    assert_eq!(stored, document("dev.s.t"));
    assert_eq!(
        (
            &space["title"],
            &space["description"],
            &space["warehouse_id"],
            &space["parent_path"]
        ),
        (&json!("Flights"), &json!("d"), &json!(warehouse), &json!(HOME))
    );
    assert_eq!(space["etag"], "1");
    let brief = engineer.get(&format!("{SPACES}/{id}")).await.ok();
    assert_eq!((brief.get("serialized_space"), brief.get("etag")), (None, None));
    let question = engineer
        .post(&format!("{SPACES}/{id}/start-conversation"), json!({"content": "why?"}))
        .await;
    assert_eq!(question.error(), (501, "NOT_IMPLEMENTED".to_owned()));
}

#[tokio::test]
async fn what_breaks_a_rule_or_is_not_there_is_refused_whole() {
    let (environment, warehouse) = prepared().await;
    let engineer = environment.client("engineer");
    let refused = async |change: Value| {
        let mut body = request(&warehouse, &document("dev.s.t"));
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = engineer.post(SPACES, body).await;
        (answer.status, answer.json()["message"].as_str().unwrap().to_owned())
    };
    let mut columns = document("dev.s.t");
    columns["data_sources"]["tables"][0]["column_configs"] = json!([{"column_name": "lost"}]);
    let mut sources = document("dev.s.lost");
    sources["data_sources"]["metric_views"] = json!([{"identifier": "dev.s.m"}]);
    for (change, status, expected) in [
        (json!({"serialized_space": "{}"}), 400, "version is required"),
        (json!({"serialized_space": ""}), 400, "`serialized_space` is required"),
        (
            json!({"serialized_space": columns.to_string()}),
            400,
            "`dev.s.t` has no column `lost`",
        ),
        (
            json!({"serialized_space": sources.to_string()}),
            400,
            "Table 'dev.s.lost' does not exist.; data_sources.metric_views[0]: Metric view 'dev.s.m'",
        ),
        (
            json!({"warehouse_id": "0000000000000000"}),
            404,
            "0000000000000000 does not exist",
        ),
        (json!({"parent_path": format!("{HOME}/lost")}), 404, "does not exist"),
        (json!({"parent_path": "/Users/steward@sluice.test"}), 403, "CAN_EDIT"),
    ] {
        let (found, message) = refused(change).await;
        assert!(found == status && message.contains(expected), "{found} {message}");
    }
    let steward = environment.client("steward");
    let mut body = request(&warehouse, &document("dev.s.t"));
    body["parent_path"] = json!("/Users/steward@sluice.test");
    let answer = steward.post(SPACES, body).await;
    assert_eq!(
        answer.error(),
        (403, "PERMISSION_DENIED".to_owned()),
        "no SELECT on the table"
    );
    assert_eq!(engineer.get(SPACES).await.ok()["spaces"], json!([]), "nothing was kept");
}

#[tokio::test]
async fn a_stale_etag_is_refused_and_a_move_changes_the_folder() {
    let (environment, warehouse) = prepared().await;
    let engineer = environment.client("engineer");
    let id = create(&engineer, &warehouse).await;
    let path = format!("{SPACES}/{id}");
    let changed = engineer
        .patch(&path, json!({"title": "Delays", "etag": "1"}))
        .await
        .ok();
    assert_eq!((&changed["title"], &changed["etag"]), (&json!("Delays"), &json!("2")));
    let stale = engineer.patch(&path, json!({"title": "Lost", "etag": "1"})).await;
    assert_eq!(stale.error(), (409, "ABORTED".to_owned()));
    let bad = engineer
        .patch(&path, json!({"title": "Lost", "serialized_space": "[]"}))
        .await;
    assert_eq!(bad.status, 400);
    let moved = engineer.patch(&path, json!({"parent_path": "/Shared"})).await.ok();
    assert_eq!(
        (&moved["title"], &moved["parent_path"], &moved["etag"]),
        (&json!("Delays"), &json!("/Shared"), &json!("3"))
    );
    let nowhere = engineer
        .patch(&path, json!({"title": "Lost", "parent_path": "/Shared/lost"}))
        .await;
    assert_eq!(nowhere.status, 404);
    assert_eq!(engineer.get(&path).await.ok()["title"], "Delays", "all or nothing");
}

#[tokio::test]
async fn levels_decide_who_sees_changes_and_trashes() {
    let (environment, warehouse) = prepared().await;
    let (engineer, analyst) = (environment.client("engineer"), environment.client("analyst"));
    let id = create(&engineer, &warehouse).await;
    let (path, list) = (format!("{SPACES}/{id}"), format!("/api/2.0/permissions/genie/{id}"));
    assert_eq!(analyst.get(&path).await.status, 403);
    assert_eq!(analyst.get(&list).await.status, 403);
    let give = async |level: &str| {
        let body = json!({"access_control_list": [{"group_name": "analysts", "permission_level": level}]});
        engineer.patch(&list, body).await.ok()
    };
    let given = give("CAN_RUN").await;
    assert_eq!(
        (&given["object_id"], &given["object_type"]),
        (&json!(format!("/genie/{id}")), &json!("genie"))
    );
    assert_eq!(analyst.get(SPACES).await.ok()["spaces"][0]["space_id"], json!(id));
    assert_eq!(analyst.get(&path).await.status, 200);
    let whole = format!("{path}?include_serialized_space=true");
    assert_eq!(analyst.get(&whole).await.status, 403, "the document takes CAN_EDIT");
    assert_eq!(analyst.patch(&path, json!({"title": "x"})).await.status, 403);
    give("CAN_EDIT").await;
    assert_eq!(analyst.get(&whole).await.status, 200);
    assert_eq!(analyst.patch(&path, json!({"title": "x"})).await.status, 200);
    let document = document("dev.s.t").to_string();
    let answer = analyst.patch(&path, json!({"serialized_space": document})).await;
    assert_eq!(answer.status, 403, "no SELECT on the table");
    assert_eq!(
        analyst.patch(&path, json!({"parent_path": "/Shared"})).await.status,
        403
    );
    assert_eq!(analyst.delete(&path).await.status, 403);
    engineer.delete(&path).await.ok();
    assert_eq!(
        engineer.get(&path).await.error(),
        (404, "RESOURCE_DOES_NOT_EXIST".to_owned())
    );
    assert_eq!(engineer.get(&list).await.status, 403, "nothing inherited is left");
    assert_eq!(engineer.get(SPACES).await.ok()["spaces"], json!([]));
}

#[tokio::test]
async fn a_space_is_in_its_folder_and_goes_with_it_but_the_workspace_api_does_not_show_it() {
    let (environment, warehouse) = prepared().await;
    let engineer = environment.client("engineer");
    let folder = format!("{HOME}/d");
    let files = "/api/2.0/workspace";
    engineer
        .post(&format!("{files}/mkdirs"), json!({"path": folder}))
        .await
        .ok();
    let mut body = request(&warehouse, &document("dev.s.t"));
    body["parent_path"] = json!(folder);
    let id = engineer.post(SPACES, body).await.ok()["space_id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        engineer.get(&format!("{files}/list?path={folder}")).await.ok(),
        json!({})
    );
    assert_eq!(
        engineer
            .get(&format!("{files}/get-status?path={folder}/{id}"))
            .await
            .status,
        404
    );
    let kept = engineer.post(&format!("{files}/delete"), json!({"path": folder})).await;
    assert_eq!(kept.error(), (400, "DIRECTORY_NOT_EMPTY".to_owned()));
    let all = json!({"path": folder, "recursive": true});
    engineer.post(&format!("{files}/delete"), all).await.ok();
    assert_eq!(engineer.get(&format!("{SPACES}/{id}")).await.status, 404);
}
