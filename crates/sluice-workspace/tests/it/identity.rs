//! Who somebody is, and SCIM.

use serde_json::{Value, json};

use crate::support::Environment;

const SCIM: &str = "/api/2.0/preview/scim/v2";

#[tokio::test]
async fn discovery_needs_no_token_and_names_the_issuer() {
    let environment = Environment::start().await;
    let found = environment
        .with_token("dev", None)
        .get("/.well-known/databricks-config")
        .await
        .ok();
    let dev = environment.workspaces.workspace("dev").unwrap();
    let account = sluice_workspace::oauth::ACCOUNT_ID;
    assert_eq!(
        found,
        json!({"oidc_endpoint": format!("{}/oidc", dev.host()), "account_id": account, "workspace_id": dev.org_id.to_string(),
            "cloud": "AWS", "host_type": "workspace", "token_federation_default_oidc_audiences": [account]})
    );
}

#[tokio::test]
async fn me_is_whose_token_it_is() {
    let environment = Environment::start().await;
    let me = environment.client("engineer").get(&format!("{SCIM}/Me")).await.ok();
    assert_eq!(
        (&me["userName"], &me["displayName"]),
        (&json!("engineer@sluice.test"), &json!("engineer"))
    );
    let groups: Vec<_> = me["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["display"].clone())
        .collect();
    assert_eq!(groups, ["engineers", "users"]);
    let deployer = environment.client("deployer").get(&format!("{SCIM}/Me")).await.ok();
    assert_eq!(deployer["userName"], deployer["applicationId"]);
    assert_eq!(deployer["userName"], sluice_workspace::seed::DEPLOYER.1);
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let environment = Environment::start().await;
    let analyst = environment.client("analyst");
    let list = async |query: &str| analyst.get(&format!("{SCIM}/{query}")).await.ok();
    let one = list("Users?filter=userName%20eq%20%22Steward%40sluice.test%22").await;
    assert_eq!(
        (&one["totalResults"], &one["Resources"][0]["displayName"]),
        (&json!(1), &json!("steward"))
    );
    assert_eq!(
        list("Users?filter=userName%20eq%20%22x%22").await["Resources"],
        json!([])
    );
    let page = list("Users?startIndex=2&count=2").await;
    let names: Vec<_> = page["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["displayName"].clone())
        .collect();
    assert_eq!(
        (&page["totalResults"], names),
        (&json!(8), vec![json!("analyst"), json!("business")])
    );
    let members = list("Groups?filter=displayName%20eq%20%22admins%22").await;
    assert_eq!(members["Resources"][0]["members"][0]["display"], "admin");
    let bad = analyst
        .get(&format!("{SCIM}/Users?filter=userName%20co%20%22a%22"))
        .await;
    assert_eq!(
        (bad.status, &bad.json()["status"]),
        (400, &json!("400")),
        "errors have the form of SCIM here"
    );
}

#[tokio::test]
async fn administrators_make_change_and_delete_principals() {
    let environment = Environment::start().await;
    let admin = environment.client("admin");
    let body = json!({"userName": "new@sluice.test", "emails": [{"value": "new@sluice.test", "primary": true}]});
    assert_eq!(
        environment
            .client("engineer")
            .post(&format!("{SCIM}/Users"), body.clone())
            .await
            .status,
        403
    );
    let made = admin.post(&format!("{SCIM}/Users"), body.clone()).await;
    assert_eq!(made.status, 201);
    let user = made.json();
    assert_eq!(user["emails"], body["emails"], "what was written comes back");
    assert_eq!(admin.post(&format!("{SCIM}/Users"), body).await.status, 409);
    let home = admin
        .get("/api/2.0/workspace/get-status?path=/Users/new@sluice.test")
        .await
        .ok();
    assert_eq!(home["object_type"], "DIRECTORY");
    let id = user["id"].as_str().unwrap();
    let group = admin
        .post(&format!("{SCIM}/Groups"), json!({"displayName": "team"}))
        .await
        .json();
    let group = format!("{SCIM}/Groups/{}", group["id"].as_str().unwrap());
    let patch = async |operation: Value| admin.patch(&group, json!({"Operations": [operation]})).await;
    let added = patch(json!({"op": "add", "path": "members", "value": [{"value": id}]}))
        .await
        .ok();
    assert_eq!(added["members"][0]["value"], id);
    let removed = patch(json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")}))
        .await
        .ok();
    assert_eq!(removed.get("members"), None);
    let added = patch(json!({"op": "add", "value": {"members": [{"value": id}]}}))
        .await
        .ok();
    assert_eq!(added["members"][0]["value"], id);
    assert_eq!(
        patch(json!({"op": "add", "path": "members", "value": [{"value": "1"}]}))
            .await
            .status,
        400
    );
    assert_eq!(
        patch(json!({"op": "replace", "path": "displayName", "value": "other"}))
            .await
            .status,
        501
    );
    let shown = admin.get(&format!("{SCIM}/Users/{id}")).await.ok();
    assert_eq!(shown["groups"][0]["display"], "team");
    assert_eq!(admin.delete(&format!("{SCIM}/Users/{id}")).await.status, 204);
    assert_eq!(admin.get(&format!("{SCIM}/Users/{id}")).await.status, 404);
    assert_eq!(admin.get(&group).await.ok().get("members"), None);
}

#[tokio::test]
async fn membership_counts_at_once_and_inactive_principals_are_refused() {
    let environment = Environment::start().await;
    let (admin, steward) = (environment.client("admin"), environment.client("steward"));
    let me = steward.get(&format!("{SCIM}/Me")).await.ok();
    let id = me["id"].as_str().unwrap();
    assert_eq!(
        steward
            .post(&format!("{SCIM}/Groups"), json!({"displayName": "g"}))
            .await
            .status,
        403
    );
    let admins = admin
        .get(&format!("{SCIM}/Groups?filter=displayName%20eq%20admins"))
        .await
        .ok();
    let admins = format!("{SCIM}/Groups/{}", admins["Resources"][0]["id"].as_str().unwrap());
    let add = json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": id}]}]});
    admin.patch(&admins, add).await.ok();
    assert_eq!(
        steward
            .post(&format!("{SCIM}/Groups"), json!({"displayName": "g"}))
            .await
            .status,
        201
    );
    let off = json!({"Operations": [{"op": "replace", "path": "active", "value": false}]});
    admin.patch(&format!("{SCIM}/Users/{id}"), off).await.ok();
    assert_eq!(steward.get(&format!("{SCIM}/Me")).await.status, 401);
}
