//! The audit of authorisation decisions: which rule decided.

use serde_json::{Value, json};

use crate::catalog::{make_schema, make_table};
use crate::support::{Client, Environment};

/// The newest decisions that the query finds, as allowed, rule, held, holder and where it stands.
async fn decisions(admin: &Client, query: &str) -> Vec<(bool, String, String, String, String)> {
    let found = admin.get(&format!("/_sluice/audit?{query}")).await.ok();
    let text = |decision: &Value, field: &str| decision[field].as_str().unwrap_or_default().to_owned();
    found["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|decision| {
            (
                decision["allowed"].as_bool().unwrap(),
                text(decision, "rule"),
                text(decision, "held"),
                text(decision, "holder"),
                text(decision, "stands_on"),
            )
        })
        .collect()
}

fn decided(allowed: bool, rule: &str, held: &str, holder: &str, on: &str) -> (bool, String, String, String, String) {
    (
        allowed,
        rule.to_owned(),
        held.to_owned(),
        holder.to_owned(),
        on.to_owned(),
    )
}

#[tokio::test]
async fn each_decision_says_which_rule_it_was() {
    let environment = Environment::start().await;
    let (admin, engineer, analyst) = (
        environment.client("admin"),
        environment.client("engineer"),
        environment.client("analyst"),
    );
    make_schema(&engineer, "s").await;
    make_table(&environment, "engineer", "dev.s.t").await;
    let table = "/api/2.1/unity-catalog/tables/dev.s.t";
    let about = |principal: &str| format!("principal={principal}&object=dev.s.t%27&action=see&limit=1");
    assert_eq!(analyst.get(table).await.status, 403);
    assert_eq!(
        decisions(&admin, &about("analyst")).await,
        [decided(false, "none", "any privilege", "", "Table 'dev.s.t'")]
    );
    let grant = json!({"changes": [{"principal": "analysts", "add": ["USE_SCHEMA", "SELECT"]}]});
    engineer
        .patch("/api/2.1/unity-catalog/permissions/schema/dev.s", grant)
        .await
        .ok();
    analyst.get(table).await.ok();
    assert_eq!(
        decisions(&admin, &about("analyst")).await,
        [decided(true, "grant", "SELECT", "analysts", "Schema 'dev.s'")]
    );
    engineer.get(table).await.ok();
    assert_eq!(
        decisions(&admin, &about("engineer")).await,
        [decided(true, "owner", "", "engineer@sluice.test", "Table 'dev.s.t'")]
    );
    admin.get(table).await.ok();
    assert_eq!(
        decisions(&admin, &about("admin")).await,
        [decided(true, "administrator", "", "admins", "")]
    );
}

#[tokio::test]
async fn an_entry_says_where_it_stands() {
    let environment = Environment::start().await;
    let (admin, engineer, steward) = (
        environment.client("admin"),
        environment.client("engineer"),
        environment.client("steward"),
    );
    let path = "/Users/engineer@sluice.test/d";
    engineer
        .post("/api/2.0/workspace/mkdirs", json!({"path": path}))
        .await
        .ok();
    let import = engineer.request("POST", &format!("/api/2.0/workspace-files/import-file{path}/f"));
    engineer.send(import).await.ok();
    let status = engineer
        .get(&format!("/api/2.0/workspace/get-status?path={path}"))
        .await
        .ok();
    let directory = format!("/directories/{}", status["object_id"]);
    let read = json!({"access_control_list": [{"group_name": "stewards", "permission_level": "CAN_READ"}]});
    engineer
        .patch(&format!("/api/2.0/permissions{directory}"), read)
        .await
        .ok();
    let file = format!("/api/2.0/workspace-files{path}/f");
    let about = format!("principal=steward&object={path}/f&limit=1");
    let answer = steward.get(&file).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        decisions(&admin, &about).await,
        [decided(true, "entry", "CAN_READ", "stewards", &directory)]
    );
    let request = answer.header("x-request-id").to_owned();
    let of_request = admin.get(&format!("/_sluice/audit?request_id={request}")).await.ok();
    assert_eq!(of_request["decisions"][0]["object"], format!("{path}/f"));
    let delete = json!({"path": format!("{path}/f")});
    assert_eq!(steward.post("/api/2.0/workspace/delete", delete).await.status, 403);
    assert_eq!(
        decisions(&admin, &format!("{about}&allowed=false&rule=none")).await[0].2,
        "CAN_MANAGE"
    );
}

#[tokio::test]
async fn what_was_decided_survives_a_stop_and_is_for_administrators() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    assert_eq!(engineer.get("/_sluice/audit").await.status, 403);
    for number in 0..300 {
        let missing = format!("/api/2.0/permissions/jobs/{number}");
        assert_eq!(engineer.get(&missing).await.status, 403);
    }
    let environment = environment.restart().await;
    let admin = environment.client("admin");
    let found = decisions(&admin, "principal=engineer&object=/jobs/&limit=1000").await;
    assert_eq!(found.len(), 300, "none is lost at a clean stop");
    let refused = decisions(&admin, "principal=engineer&object=workspace&allowed=false").await;
    assert_eq!(refused, [decided(false, "none", "membership", "", "`admins`")]);
    let page = admin
        .get("/_sluice/audit?principal=engineer&object=/jobs/&limit=7")
        .await
        .ok();
    let before = page["before"].as_i64().unwrap();
    let next = format!("/_sluice/audit?principal=engineer&object=/jobs/&limit=1&before={before}");
    let next = admin.get(&next).await.ok();
    assert_eq!(next["decisions"][0]["object"], "/jobs/292");
    for wrong in ["limit=0", "limit=x", "rule=why", "allowed=maybe"] {
        assert_eq!(
            admin.get(&format!("/_sluice/audit?{wrong}")).await.status,
            400,
            "{wrong}"
        );
    }
}
