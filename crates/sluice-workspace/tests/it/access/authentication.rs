//! Tokens, OAuth secrets, federation policies and the audit.

use serde_json::{Value, json};
use sluice_workspace::oauth::ACCOUNT_ID;
use sluice_workspace::seed::DEPLOYER;

use super::{ADMINISTER, EVERYBODY, Row};
use crate::support::Environment;

pub(super) struct Made {
    service_principal: String,
    token: String,
    secrets: [String; 2],
}

/// Makes what the rows are about.
pub(super) async fn prepare(environment: &Environment) -> Made {
    let (admin, steward) = (environment.client("admin"), environment.client("steward"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let found = admin
        .get("/api/2.0/preview/scim/v2/ServicePrincipals?filter=displayName%20eq%20deployer")
        .await
        .ok();
    let service_principal = text(&found["Resources"][0]["id"]);
    let path = format!("/api/2.0/accounts/servicePrincipals/{service_principal}/credentials/secrets");
    let secret = async || text(&admin.post(&path, json!({})).await.ok()["id"]);
    Made {
        secrets: [secret().await, secret().await],
        token: text(&steward.post("/api/2.0/token/create", json!({})).await.ok()["token_info"]["token_id"]),
        service_principal,
    }
}

pub(super) fn rows(made: &Made) -> Vec<Row> {
    let Made {
        service_principal: id,
        token,
        secrets,
    } = made;
    let deleted = [403, 403, 403, 204];
    let use_tokens = json!({"access_control_list": [{"group_name": "users", "permission_level": "CAN_USE"}]});
    let permissions = "/api/2.0/permissions/authorization/tokens".to_owned();
    let managed = format!("/api/2.0/token-management/tokens/{token}");
    let comment = json!({"token": {"comment": "c"}, "update_mask": "comment"});
    let on_behalf = json!({"application_id": DEPLOYER.1});
    // The token is the steward's: others do not learn that it exists.
    let own = [404, 200, 404, 404];
    let mut rows: Vec<Row> = vec![
        ("POST", "/api/2.0/token/create".to_owned(), json!({}), EVERYBODY),
        ("GET", "/api/2.0/token/list".to_owned(), Value::Null, EVERYBODY),
        ("PATCH", format!("/api/2.0/token/{token}"), comment.clone(), own),
        (
            "GET",
            "/api/2.0/token-management/tokens".to_owned(),
            Value::Null,
            ADMINISTER,
        ),
        ("GET", managed.clone(), Value::Null, ADMINISTER),
        ("PATCH", managed.clone(), comment, ADMINISTER),
        (
            "POST",
            "/api/2.0/token-management/on-behalf-of/tokens".to_owned(),
            on_behalf,
            ADMINISTER,
        ),
        ("GET", permissions.clone(), Value::Null, ADMINISTER),
        (
            "GET",
            format!("{permissions}/permissionLevels"),
            Value::Null,
            ADMINISTER,
        ),
        ("PUT", permissions.clone(), use_tokens.clone(), ADMINISTER),
        ("PATCH", permissions, use_tokens, ADMINISTER),
        ("GET", "/_sluice/audit".to_owned(), Value::Null, ADMINISTER),
        ("GET", "/_sluice/durability".to_owned(), Value::Null, ADMINISTER),
        ("GET", "/_sluice/ignored-fields".to_owned(), Value::Null, ADMINISTER),
        (
            "POST",
            "/api/2.0/token/delete".to_owned(),
            json!({"token_id": token}),
            own,
        ),
        ("DELETE", managed, Value::Null, [403, 403, 403, 404]),
    ];
    let account = format!("/api/2.0/accounts/{ACCOUNT_ID}/servicePrincipals/{id}");
    for (base, secret) in [format!("/api/2.0/accounts/servicePrincipals/{id}"), account.clone()]
        .iter()
        .zip(secrets)
    {
        let all = format!("{base}/credentials/secrets");
        rows.push(("GET", all.clone(), Value::Null, ADMINISTER));
        rows.push(("POST", all.clone(), json!({}), ADMINISTER));
        rows.push(("DELETE", format!("{all}/{secret}"), Value::Null, deleted));
    }
    let policies = format!("{account}/federationPolicies");
    let keys = json!({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}).to_string();
    let policy = json!({"oidc_policy": {"issuer": "https://issuer.test", "subject": "s", "jwks_json": keys}});
    let one = format!("{policies}/p");
    rows.push(("POST", format!("{policies}?policy_id=p"), policy.clone(), ADMINISTER));
    rows.push(("GET", policies, Value::Null, ADMINISTER));
    rows.push(("GET", one.clone(), Value::Null, ADMINISTER));
    rows.push(("PATCH", one.clone(), policy, ADMINISTER));
    rows.push(("DELETE", one, Value::Null, deleted));
    rows
}

/// What nobody has is the same for everybody; who may do what with a Git folder that is there stands in `git_folders.rs`.
pub(super) fn git_rows() -> Vec<Row> {
    let nobody = [404; 4];
    let one = "/api/2.0/repos/1".to_owned();
    let credential = "/api/2.0/git-credentials/1".to_owned();
    let permissions = "/api/2.0/permissions/repos/1".to_owned();
    let unseen = [403, 403, 403, 404];
    let outside = json!({"url": "file:///etc", "provider": "gitHub", "path": "/Shared/x"});
    let new = json!({"git_provider": "gitHub", "personal_access_token": "x"});
    let list = json!({"access_control_list": []});
    vec![
        ("GET", "/api/2.0/repos".to_owned(), Value::Null, EVERYBODY),
        ("POST", "/api/2.0/repos".to_owned(), outside, [403; 4]),
        ("GET", one.clone(), Value::Null, nobody),
        ("PATCH", one.clone(), json!({}), nobody),
        ("DELETE", one, Value::Null, nobody),
        ("GET", "/api/2.0/git-credentials".to_owned(), Value::Null, EVERYBODY),
        ("POST", "/api/2.0/git-credentials".to_owned(), new.clone(), EVERYBODY),
        ("GET", credential.clone(), Value::Null, nobody),
        ("PATCH", credential.clone(), new, nobody),
        ("DELETE", credential, Value::Null, nobody),
        ("GET", permissions.clone(), Value::Null, unseen),
        ("GET", format!("{permissions}/permissionLevels"), Value::Null, unseen),
        ("PATCH", permissions.clone(), list.clone(), unseen),
        ("PUT", permissions, list, unseen),
    ]
}
