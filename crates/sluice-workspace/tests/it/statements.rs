//! Statements over time: links that end, results that go, sessions of drivers.
#![expect(clippy::unwrap_used, reason = "a step of a test that fails is a failing test")]

use std::time::Duration;

use serde_json::{Value, json};
use sluice_workspace::clock::ManualClock;

use crate::runs::warehouse;
use crate::support::{Client, Environment};

const STATEMENTS: &str = "/api/2.0/sql/statements";
const NOON: i64 = 1_772_366_400_000;

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

async fn execute(client: &Client, text: &str, more: Value) -> Value {
    let mut body = json!({"statement": text, "warehouse_id": warehouse(client).await, "wait_timeout": "50s"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client.post(STATEMENTS, body).await.ok()
}

/// The path of a link, for a client of the same host.
fn path(link: &Value) -> String {
    let address = link["external_link"].as_str().unwrap();
    address[address.find("/_sluice/").unwrap()..].to_owned()
}

#[tokio::test]
async fn a_link_needs_no_token_refuses_one_and_ends() {
    let clock = ManualClock::new(NOON);
    let environment = Environment::start_with_clock(&clock).await;
    let engineer = environment.client("engineer");
    let nobody = environment.with_token("dev", None);
    let answer = execute(&engineer, "SHOW CATALOGS", json!({"disposition": "EXTERNAL_LINKS"})).await;
    let link = &answer["result"]["external_links"][0];
    assert_eq!(link["expiration"], "2026-03-01T12:15:00Z");
    let fetched = nobody.get(&path(link)).await;
    assert_eq!((fetched.status, fetched.json()), (200, json!([["dev"]])));
    let with_token = engineer.get(&path(link)).await;
    assert_eq!(with_token.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()));
    let changed = path(link).replace("expires=1", "expires=2");
    assert_eq!(nobody.get(&changed).await.error().0, 403, "a link of one's own making");
    clock.advance(minutes(15));
    assert_eq!(nobody.get(&path(link)).await.error().0, 403, "it has ended");
    let id = answer["statement_id"].as_str().unwrap();
    let chunk = engineer.get(&format!("{STATEMENTS}/{id}/result/chunks/0")).await.ok();
    let again = nobody.get(&path(&chunk["external_links"][0])).await;
    assert_eq!(again.status, 200, "a new link to the same rows");
}

#[tokio::test]
async fn a_result_goes_after_an_hour_and_the_statement_after_twelve() {
    let clock = ManualClock::new(NOON);
    let environment = Environment::start_with_clock(&clock).await;
    let engineer = environment.client("engineer");
    let state = async |id: &str| engineer.get(&format!("{STATEMENTS}/{id}")).await.ok()["status"]["state"].clone();
    let kept = execute(&engineer, "SHOW CATALOGS", json!({})).await;
    let closed = execute(&engineer, "SHOW CATALOGS", json!({})).await;
    let failed = execute(&engineer, "SHOW TABLES IN nowhere", json!({})).await;
    let id = |answer: &Value| answer["statement_id"].as_str().unwrap().to_owned();
    let (kept, closed, failed) = (id(&kept), id(&closed), id(&failed));
    engineer.delete(&format!("{STATEMENTS}/{closed}")).await.ok();
    assert_eq!(
        (state(&kept).await, state(&closed).await),
        (json!("SUCCEEDED"), json!("CLOSED"))
    );
    clock.advance(minutes(60));
    assert_eq!(
        (state(&kept).await, state(&failed).await),
        (json!("CLOSED"), json!("FAILED"))
    );
    let gone = engineer.get(&format!("{STATEMENTS}/{kept}/result/chunks/0")).await;
    assert_eq!(gone.error().0, 404);
    clock.advance(minutes(11 * 60));
    assert_eq!(engineer.get(&format!("{STATEMENTS}/{kept}")).await.error().0, 404);
}

#[tokio::test]
async fn a_session_keeps_its_catalog_and_schema() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let opening = json!({"warehouse_id": warehouse(&engineer).await});
    let session = engineer.post("/api/2.0/sql/sessions", opening).await.ok()["session_id"].clone();
    let in_session = json!({"session_id": session});
    execute(&engineer, "CREATE SCHEMA dev.of_a_session", json!({})).await;
    execute(&engineer, "USE dev.of_a_session", in_session.clone()).await;
    execute(&engineer, "CREATE VOLUME kept", in_session.clone()).await;
    let shown = execute(&engineer, "SHOW VOLUMES IN dev.of_a_session", json!({})).await;
    assert!(shown["result"]["data_array"].to_string().contains("kept"), "{shown}");
    let stranger = environment.client("admin");
    let path = format!("/api/2.0/sql/sessions/{}", session.as_str().unwrap());
    assert_eq!(stranger.delete(&path).await.error().0, 404, "somebody else's session");
    engineer.delete(&path).await.ok();
    let mut body = json!({"statement": "SHOW CATALOGS", "warehouse_id": warehouse(&engineer).await});
    body["session_id"] = session;
    assert_eq!(engineer.post(STATEMENTS, body).await.error().0, 404, "a closed session");
}
