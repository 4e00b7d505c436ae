//! Faults that concern a share of the requests, a rate, the past, long work, and changes by others.

use serde_json::{Value, json};
use sluice_workspace::faults::{Fault, scenarios};

use crate::support::{Client, Environment};

const PATH: &str = "/_sluice/faults";
const SCHEMAS: &str = "/api/2.1/unity-catalog/schemas";

async fn add(environment: &Environment, fault: Value) {
    environment.client("admin").post(PATH, fault).await.ok();
}

async fn create(client: &Client, name: &str) {
    let schema = json!({"catalog_name": "dev", "name": name, "comment": "old"});
    client.post(SCHEMAS, schema).await.ok();
}

/// Status and comment of a schema, in so many readings.
async fn readings(client: &Client, name: &str, times: usize) -> Vec<(u16, Value)> {
    let mut seen = Vec::new();
    for _ in 0..times {
        let answer = client.get(&format!("{SCHEMAS}/dev.{name}")).await;
        let comment = if answer.status == 200 {
            answer.json()["comment"].clone()
        } else {
            Value::Null
        };
        seen.push((answer.status, comment));
    }
    seen
}

#[tokio::test]
async fn after_a_write_the_first_readings_come_from_before_it() {
    let environment = Environment::start_with_faults().await;
    let engineer = environment.client("engineer");
    create(&engineer, "a").await;
    let fault =
        json!({"match": {"requests": "reading"}, "until_cleared": true, "action": {"kind": "stale", "reads": 2}});
    add(&environment, fault).await;
    let old = || (200, json!("old"));
    let absent = || (404, Value::Null);
    assert_eq!(
        readings(&engineer, "a", 2).await,
        [old(), old()],
        "nothing was written yet"
    );

    create(&engineer, "b").await;
    assert_eq!(readings(&engineer, "b", 3).await, [absent(), absent(), old()]);
    let listed = |answer: Value| {
        let names = answer["schemas"].as_array().unwrap().iter();
        names.filter(|schema| schema["name"] == "b").count()
    };
    for expected in [0, 0, 1] {
        let answer = engineer.get(&format!("{SCHEMAS}?catalog_name=dev")).await.ok();
        assert_eq!(listed(answer), expected, "a list lags by itself");
    }

    let change = json!({"comment": "new"});
    engineer.patch(&format!("{SCHEMAS}/dev.a"), change).await.ok();
    assert_eq!(readings(&engineer, "a", 3).await, [old(), old(), (200, json!("new"))]);

    engineer.delete(&format!("{SCHEMAS}/dev.b")).await.ok();
    assert_eq!(readings(&engineer, "b", 3).await, [old(), old(), absent()]);

    engineer
        .patch(&format!("{SCHEMAS}/dev.a"), json!({"comment": "last"}))
        .await
        .ok();
    environment.client("admin").delete(PATH).await.ok();
    assert_eq!(
        readings(&engineer, "a", 1).await,
        [(200, json!("last"))],
        "the fault has gone"
    );
}

#[tokio::test]
async fn fields_of_an_answer_are_replaced_and_nothing_else() {
    let environment = Environment::start_with_faults().await;
    let engineer = environment.client("engineer");
    create(&engineer, "a").await;
    let before = engineer.get(&format!("{SCHEMAS}/dev.a")).await.ok();
    let fields = json!({"comment": "stuck", "effective_predictive_optimization_flag.value": 7, "no.such": 1});
    add(
        &environment,
        json!({"match": {"method": "GET"}, "until_cleared": true, "action": {"kind": "set", "fields": fields}}),
    )
    .await;
    let mut expected = before.clone();
    expected["comment"] = json!("stuck");
    if expected["effective_predictive_optimization_flag"].is_object() {
        expected["effective_predictive_optimization_flag"]["value"] = json!(7);
    }
    assert_eq!(engineer.get(&format!("{SCHEMAS}/dev.a")).await.ok(), expected);
    environment.client("admin").delete(PATH).await.ok();
    assert_eq!(engineer.get(&format!("{SCHEMAS}/dev.a")).await.ok(), before);
}

#[tokio::test]
async fn somebody_else_changes_things_just_before() {
    let environment = Environment::start_with_faults().await;
    let engineer = environment.client("engineer");
    create(&engineer, "a").await;
    let change =
        json!({"kind": "before", "method": "PATCH", "path": format!("{SCHEMAS}/dev.a"), "body": {"comment": "theirs"}});
    add(&environment, json!({"nth": 2, "action": change})).await;
    let theirs = (200, json!("theirs"));
    assert_eq!(
        readings(&engineer, "a", 3).await,
        [(200, json!("old")), theirs.clone(), theirs]
    );
    let shown = environment.client("admin").get(PATH).await.ok();
    assert_eq!(shown["faults"][0]["hits"][0]["interference"], 200, "{shown}");
    assert_eq!(shown["faults"][0]["fired"], 1, "{shown}");

    let gone = json!({"kind": "before", "method": "DELETE", "path": format!("{SCHEMAS}/dev.nowhere")});
    add(&environment, json!({"action": gone})).await;
    assert_eq!(readings(&engineer, "a", 1).await[0].0, 200);
    let shown = environment.client("admin").get(PATH).await.ok();
    assert_eq!(shown["faults"][1]["hits"][0]["interference"], 404, "{shown}");
}

#[tokio::test]
async fn a_share_of_the_requests_goes_wrong_the_same_ones_for_a_seed() {
    let environment = Environment::start_with_faults().await;
    let engineer = environment.client("engineer");
    let text = json!({"until_cleared": true, "percent": 40, "seed": 5, "action": {"kind": "status", "status": 503}});
    add(&environment, text.clone()).await;
    let fault: Fault = serde_json::from_value(text).unwrap();
    let mut failed = 0;
    for number in 1..=50 {
        let status = engineer.get("/api/2.0/preview/scim/v2/Me").await.status;
        assert_eq!(status == 503, fault.concerns(number), "request {number}");
        failed += usize::from(status == 503);
    }
    assert!((5..45).contains(&failed), "{failed}");
}

#[tokio::test]
async fn what_comes_faster_than_the_rate_is_turned_away() {
    let environment = Environment::start_with_faults().await;
    let engineer = environment.client("engineer");
    let fault = json!({
        "until_cleared": true,
        "rate": {"per_second": 1, "burst": 2},
        "action": {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}},
    });
    add(&environment, fault).await;
    let mut statuses = Vec::new();
    for _ in 0..60 {
        statuses.push(engineer.get("/api/2.0/preview/scim/v2/Me").await.status);
    }
    assert_eq!(statuses[..2], [200, 200]);
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn every_scenario_can_be_added() {
    let environment = Environment::start_with_faults().await;
    let mut added = 0;
    for fault in scenarios().into_iter().flat_map(|scenario| scenario.faults) {
        add(&environment, serde_json::to_value(fault).unwrap()).await;
        added += 1;
    }
    let shown = environment.client("admin").get(PATH).await.ok();
    assert_eq!(shown["faults"].as_array().unwrap().len(), added);
    for (wrong, reason) in [
        (json!({"percent": 0, "action": {"kind": "drop"}}), "`percent`"),
        (json!({"seed": 3, "action": {"kind": "drop"}}), "`seed`"),
        (json!({"action": {"kind": "stale", "reads": 1}}), "`reading`"),
        (json!({"action": {"kind": "set", "fields": {}}}), "names no field"),
        (json!({"action": {"kind": "set", "fields": {"a..b": 1}}}), "`a..b`"),
        (
            json!({"action": {"kind": "before", "method": "POST", "path": "/api/2.0/nothing"}}),
            "/api/2.0/nothing",
        ),
    ] {
        let refused = environment.client("admin").post(PATH, wrong.clone()).await;
        assert_eq!(refused.status, 400, "{wrong}");
        assert!(refused.json()["message"].as_str().unwrap().contains(reason), "{wrong}");
    }
}
