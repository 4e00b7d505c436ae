//! Personal access tokens: made, used, seen, revoked.

use serde_json::{Value, json};
use sluice_workspace::clock::ManualClock;
use sluice_workspace::seed::DEPLOYER;

use crate::support::Environment;

const ME: &str = "/api/2.0/preview/scim/v2/Me";
const DAY: i64 = 24 * 60 * 60 * 1000;
/// A day, and some hours of it.
const START: i64 = 20_000 * DAY + 5_000_000;

async fn start() -> (Environment, ManualClock) {
    let moment = ManualClock::new(START);
    let environment = Environment::start_with_clock(&moment).await;
    (environment, moment)
}

fn comments(list: &Value) -> Vec<String> {
    let infos = list["token_infos"].as_array().cloned().unwrap_or_default();
    infos
        .iter()
        .map(|info| info["comment"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_token_is_shown_once_ends_in_time_and_can_be_taken_back() {
    let (environment, moment) = start().await;
    let engineer = environment.client("engineer");
    let body = json!({"comment": "ci", "lifetime_seconds": 60});
    let made = engineer.post("/api/2.0/token/create", body).await.ok();
    let value = made["token_value"].as_str().unwrap();
    assert_eq!(made["token_info"]["creation_time"], START);
    assert_eq!(made["token_info"]["expiry_time"], START + 60_000);
    let listed = engineer.get("/api/2.0/token/list").await.ok();
    assert_eq!(comments(&listed), ["profile file", "ci"]);
    assert!(!listed.to_string().contains(value), "shown once");
    let store = std::fs::read(environment.directory.path().join("workspaces/dev/store.sqlite-wal")).unwrap();
    let contains = |text: &str| store.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(contains("ci") && !contains(value), "kept as a hash");
    let client = environment.with_token("dev", Some(value));
    assert_eq!(client.get(ME).await.ok()["displayName"], "engineer");
    moment.advance(std::time::Duration::from_millis(60_000));
    assert_eq!(client.get(ME).await.status, 401);
    assert_eq!(
        comments(&engineer.get("/api/2.0/token/list").await.ok()),
        ["profile file"]
    );
    let made = engineer.post("/api/2.0/token/create", json!({})).await.ok();
    assert_eq!(
        made["token_info"]["expiry_time"],
        START + 60_000 + 730 * DAY,
        "two years when nobody says otherwise"
    );
    let id = &made["token_info"]["token_id"];
    let client = environment.with_token("dev", made["token_value"].as_str());
    client.get(ME).await.ok();
    let renamed = json!({"token": {"comment": "renamed"}, "update_mask": "comment"});
    engineer
        .patch(&format!("/api/2.0/token/{}", id.as_str().unwrap()), renamed)
        .await
        .ok();
    assert_eq!(
        comments(&engineer.get("/api/2.0/token/list").await.ok()),
        ["profile file", "renamed"]
    );
    let of_another = environment.client("steward");
    let delete = json!({"token_id": id});
    assert_eq!(
        of_another.post("/api/2.0/token/delete", delete.clone()).await.error(),
        (404, "RESOURCE_DOES_NOT_EXIST".to_owned())
    );
    engineer.post("/api/2.0/token/delete", delete.clone()).await.ok();
    assert_eq!(client.get(ME).await.status, 401);
    assert_eq!(engineer.post("/api/2.0/token/delete", delete).await.status, 404);
}

#[tokio::test]
async fn what_a_token_cannot_be_is_refused() {
    let (environment, _moment) = start().await;
    let engineer = environment.client("engineer");
    for (body, status) in [
        (json!({"lifetime_seconds": 0}), 400),
        (json!({"lifetime_seconds": -1}), 400),
        (json!({"lifetime_seconds": i64::MAX}), 400),
        (json!({"scopes": ["sql"]}), 501),
        (json!({"autoscope_enabled": true}), 501),
    ] {
        let answer = engineer.post("/api/2.0/token/create", body.clone()).await;
        assert_eq!(answer.status, status, "{body}");
    }
}

#[tokio::test]
async fn administrators_see_whose_tokens_there_are_when_they_were_used_and_revoke_them() {
    let (environment, moment) = start().await;
    let (admin, engineer) = (environment.client("admin"), environment.client("engineer"));
    let path = "/api/2.0/token-management/tokens";
    let made = engineer
        .post("/api/2.0/token/create", json!({"comment": "mine"}))
        .await
        .ok();
    let one = format!("{path}/{}", made["token_info"]["token_id"].as_str().unwrap());
    let info = admin.get(&one).await.ok()["token_info"].clone();
    assert_eq!(info["created_by_username"], "engineer@sluice.test");
    assert_eq!(info.get("last_used_day"), None);
    let client = environment.with_token("dev", made["token_value"].as_str());
    client.get(ME).await.ok();
    assert_eq!(admin.get(&one).await.ok()["token_info"]["last_used_day"], 20_000 * DAY);
    moment.advance(std::time::Duration::from_millis(DAY.unsigned_abs()));
    client.get(ME).await.ok();
    assert_eq!(admin.get(&one).await.ok()["token_info"]["last_used_day"], 20_001 * DAY);
    let of_engineer = admin
        .get(&format!("{path}?created_by_username=engineer@sluice.test"))
        .await
        .ok();
    assert_eq!(comments(&of_engineer), ["profile file", "mine"]);
    let id = info["created_by_id"].as_i64().unwrap();
    assert_eq!(admin.get(&format!("{path}?created_by_id={id}")).await.ok(), of_engineer);
    assert_eq!(comments(&admin.get(path).await.ok()).len(), 10);
    let change = json!({"token": {"comment": "seen"}, "update_mask": "comment"});
    assert_eq!(admin.patch(&one, change).await.ok()["comment"], "seen");
    assert_eq!(engineer.get(path).await.status, 403);
    assert_eq!(engineer.delete(&one).await.status, 403);
    admin.delete(&one).await.ok();
    assert_eq!(client.get(ME).await.status, 401);
    assert_eq!(admin.delete(&one).await.status, 404);
}

#[tokio::test]
async fn administrators_make_tokens_for_service_principals_alone() {
    let (environment, _moment) = start().await;
    let admin = environment.client("admin");
    let path = "/api/2.0/token-management/on-behalf-of/tokens";
    let body = |application: &str| json!({"application_id": application, "comment": "robot", "lifetime_seconds": 600});
    let made = admin.post(path, body(DEPLOYER.1)).await.ok();
    assert_eq!(made["token_info"]["created_by_username"], "admin@sluice.test");
    let client = environment.with_token("dev", made["token_value"].as_str());
    assert_eq!(client.get(ME).await.ok()["userName"], DEPLOYER.1);
    assert_eq!(admin.post(path, body("engineer@sluice.test")).await.status, 404);
    assert_eq!(
        environment.client("engineer").post(path, body(DEPLOYER.1)).await.status,
        403
    );
}

#[tokio::test]
async fn the_workspace_says_who_may_make_tokens() {
    let (environment, _moment) = start().await;
    let (admin, engineer) = (environment.client("admin"), environment.client("engineer"));
    let path = "/api/2.0/permissions/authorization/tokens";
    assert_eq!(engineer.get(path).await.status, 403);
    let list = |group: &str| json!({"access_control_list": [{"group_name": group, "permission_level": "CAN_USE"}]});
    let shown = admin.call("PUT", path, list("stewards")).await.ok();
    assert_eq!(shown["access_control_list"][0]["group_name"], "stewards");
    let create = async |client: &crate::support::Client| client.post("/api/2.0/token/create", json!({})).await.status;
    assert_eq!(create(&engineer).await, 403);
    assert_eq!(create(&environment.client("steward")).await, 200);
    assert_eq!(create(&admin).await, 200);
    assert_eq!(engineer.get(ME).await.status, 200, "tokens that are there go on");
    admin.patch(path, list("engineers")).await.ok();
    assert_eq!(create(&engineer).await, 200);
    assert_eq!(create(&environment.client("steward")).await, 200);
    assert_eq!(admin.call("PUT", path, list("nobody")).await.status, 404);
    let manage = json!({"access_control_list": [{"group_name": "users", "permission_level": "CAN_MANAGE"}]});
    assert_eq!(admin.call("PUT", path, manage).await.status, 400);
    let levels = admin.get(&format!("{path}/permissionLevels")).await.ok();
    assert_eq!(levels["permission_levels"][0]["permission_level"], "CAN_USE");
}
