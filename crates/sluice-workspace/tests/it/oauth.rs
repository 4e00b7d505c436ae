//! OAuth: access tokens of the workspace's own issuer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sluice_workspace::clock::ManualClock;
use sluice_workspace::oauth::ACCOUNT_ID;
use sluice_workspace::seed::DEPLOYER;

use crate::support::{Answer, Client, Environment};

const NOON: i64 = 1_800_000_000_000;

/// Workspaces whose clock the test moves, and the number of the deployer.
async fn start() -> (Environment, ManualClock, String) {
    let moment = ManualClock::new(NOON);
    let environment = Environment::start_with_clock(&moment).await;
    let deployer = deployer(&environment.client("admin")).await;
    (environment, moment, deployer)
}

async fn deployer(admin: &Client) -> String {
    let found = admin
        .get("/api/2.0/preview/scim/v2/ServicePrincipals?filter=displayName%20eq%20deployer")
        .await
        .ok();
    found["Resources"][0]["id"].as_str().unwrap().to_owned()
}

fn secrets(id: &str) -> String {
    format!("/api/2.0/accounts/servicePrincipals/{id}/credentials/secrets")
}

fn policies(id: &str) -> String {
    format!("/api/2.0/accounts/{ACCOUNT_ID}/servicePrincipals/{id}/federationPolicies")
}

async fn ask(client: &Client, form: &str, basic: Option<(&str, &str)>) -> Answer {
    let request = client
        .request("POST", "/oidc/v1/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.to_owned());
    let request = match basic {
        Some((id, secret)) => request.basic_auth(id, Some(secret)),
        None => request,
    };
    client.send(request).await
}

fn refused(answer: &Answer) -> (u16, String) {
    (
        answer.status,
        answer.json()["error"].as_str().unwrap_or_default().to_owned(),
    )
}

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn clients_find_the_issuer_its_endpoints_and_its_key() {
    let environment = Environment::start().await;
    let anonymous = environment.with_token("dev", None);
    let config = anonymous.get("/.well-known/databricks-config").await.ok();
    let issuer = config["oidc_endpoint"].as_str().unwrap().to_owned();
    assert!(
        issuer.starts_with("http://127.0.0.1:") && issuer.ends_with("/oidc"),
        "{issuer}"
    );
    for document in ["oauth-authorization-server", "openid-configuration"] {
        let metadata = anonymous.get(&format!("/oidc/.well-known/{document}")).await.ok();
        assert_eq!(metadata["issuer"], issuer.as_str());
        assert_eq!(metadata["token_endpoint"], format!("{issuer}/v1/token"));
        assert_eq!(metadata["jwks_uri"], format!("{issuer}/jwks.json"));
    }
    let keys = anonymous.get("/oidc/jwks.json").await.ok();
    assert_eq!(
        (&keys["keys"][0]["kty"], &keys["keys"][0]["alg"]),
        (&json!("RSA"), &json!("RS256"))
    );
    assert!(keys["keys"][0].get("d").is_none(), "the private half stays here");
    let prod = environment.with_token("prod", None).get("/oidc/jwks.json").await.ok();
    assert_ne!(keys, prod, "each workspace has a key of its own");
    assert_eq!(
        anonymous.get("/oidc/v1/authorize").await.error(),
        (501, "NOT_IMPLEMENTED".to_owned())
    );
}

#[tokio::test]
async fn a_client_secret_gives_a_token_of_an_hour_that_is_its_service_principal() {
    let (environment, moment, id) = start().await;
    let (admin, anonymous) = (environment.client("admin"), environment.with_token("dev", None));
    let made = admin.post(&secrets(&id), json!({"lifetime": "7200s"})).await.ok();
    let secret = made["secret"].as_str().unwrap();
    let listed = admin.get(&secrets(&id)).await.ok();
    assert_eq!(listed["secrets"][0]["id"], made["id"]);
    assert_eq!(listed["secrets"][0].get("secret"), None, "shown once");
    assert!(!listed.to_string().contains(secret));
    let form = "grant_type=client_credentials&scope=all-apis";
    let granted = ask(&anonymous, form, Some((DEPLOYER.1, secret))).await;
    assert_eq!(granted.header("cache-control"), "no-store");
    let granted = granted.ok();
    assert_eq!(
        (&granted["token_type"], &granted["expires_in"]),
        (&json!("Bearer"), &json!(3600))
    );
    let in_body = format!("{form}&client_id={}&client_secret={secret}", DEPLOYER.1);
    ask(&anonymous, &in_body, None).await.ok();
    let token = granted["access_token"].as_str().unwrap();
    let claims = claims(token);
    let org_id = environment.workspaces.workspace("dev").unwrap().org_id.to_string();
    assert_eq!((&claims["sub"], &claims["aud"]), (&json!(DEPLOYER.1), &json!(org_id)));
    assert_eq!(
        (&claims["iat"], &claims["exp"]),
        (&json!(NOON / 1000), &json!(NOON / 1000 + 3600))
    );
    let client = environment.with_token("dev", Some(token));
    let me = client.get("/api/2.0/preview/scim/v2/Me").await.ok();
    assert_eq!(me["userName"], DEPLOYER.1);
    let elsewhere = environment.with_token("prod", Some(token));
    assert_eq!(elsewhere.get("/api/2.0/preview/scim/v2/Me").await.status, 401);
    let forged = format!("{}AAAA", &token[..token.len() - 4]);
    let forged = environment.with_token("dev", Some(&forged));
    assert_eq!(forged.get("/api/2.0/preview/scim/v2/Me").await.status, 401);
    moment.advance(std::time::Duration::from_millis(3_600_000));
    assert_eq!(
        client.get("/api/2.0/preview/scim/v2/Me").await.status,
        401,
        "over after an hour"
    );
    ask(&anonymous, form, Some((DEPLOYER.1, secret))).await.ok();
    moment.advance(std::time::Duration::from_millis(3_600_000));
    let over = ask(&anonymous, form, Some((DEPLOYER.1, secret))).await;
    assert_eq!(refused(&over), (401, "invalid_client".to_owned()), "the secret is over");
    let deleted = admin
        .delete(&format!("{}/{}", secrets(&id), made["id"].as_str().unwrap()))
        .await;
    assert_eq!(deleted.status, 204);
    assert_eq!(admin.get(&secrets(&id)).await.ok().get("secrets"), None);
}

#[tokio::test]
async fn who_is_no_client_gets_no_token() {
    let (environment, _moment, id) = start().await;
    let (admin, anonymous) = (environment.client("admin"), environment.with_token("dev", None));
    let made = admin.post(&secrets(&id), json!({})).await.ok();
    let secret = made["secret"].as_str().unwrap();
    let form = "grant_type=client_credentials";
    let client = Some((DEPLOYER.1, secret));
    for (form, basic, expected) in [
        (form, None, (401, "invalid_client")),
        (form, Some((DEPLOYER.1, "dose00")), (401, "invalid_client")),
        (form, Some(("admin@sluice.test", secret)), (401, "invalid_client")),
        (
            "grant_type=client_credentials&scope=sql",
            client,
            (400, "invalid_scope"),
        ),
        (
            "grant_type=client_credentials&assume_group=1",
            client,
            (400, "invalid_request"),
        ),
        (
            "grant_type=client_credentials&grant_type=x",
            client,
            (400, "invalid_request"),
        ),
        (
            "grant_type=authorization_code&code=x",
            client,
            (400, "unsupported_grant_type"),
        ),
        ("grant_type=refresh_token", client, (400, "unsupported_grant_type")),
        ("", client, (400, "invalid_request")),
        (
            "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=x&subject_token_type=y",
            client,
            (400, "invalid_request"),
        ),
    ] {
        let answer = ask(&anonymous, form, basic).await;
        assert_eq!(refused(&answer), (expected.0, expected.1.to_owned()), "{form}");
    }
    let document = anonymous
        .post("/oidc/v1/token", json!({"grant_type": "client_credentials"}))
        .await;
    assert_eq!(refused(&document), (400, "invalid_request".to_owned()));
    let off = json!({"Operations": [{"op": "replace", "path": "active", "value": false}]});
    let principal = format!("/api/2.0/preview/scim/v2/ServicePrincipals/{id}");
    let granted = ask(&anonymous, form, client).await.ok();
    admin.patch(&principal, off).await.ok();
    assert_eq!(
        refused(&ask(&anonymous, form, client).await),
        (401, "invalid_client".to_owned())
    );
    let token = environment.with_token("dev", granted["access_token"].as_str());
    assert_eq!(
        token.get("/api/2.0/preview/scim/v2/Me").await.status,
        401,
        "an inactive principal has no tokens"
    );
}

#[tokio::test]
async fn secrets_are_few_and_for_administrators() {
    let (environment, _moment, id) = start().await;
    let admin = environment.client("admin");
    for _ in 0..5 {
        admin.post(&secrets(&id), json!({})).await.ok();
    }
    assert_eq!(admin.post(&secrets(&id), json!({})).await.status, 400);
    let first = admin.get(&format!("{}?page_size=2", secrets(&id))).await.ok();
    assert_eq!(first["secrets"].as_array().unwrap().len(), 2);
    assert!(first["next_page_token"].is_string());
    for (body, status) in [
        (json!({"lifetime": "1h"}), 400),
        (json!({"lifetime": "0s"}), 400),
        (json!({"scopes": ["sql"]}), 501),
    ] {
        assert_eq!(admin.post(&secrets(&id), body.clone()).await.status, status, "{body}");
    }
    assert_eq!(admin.post(&secrets("1"), json!({})).await.status, 404);
    assert_eq!(
        environment
            .client("deployer")
            .post(&secrets(&id), json!({}))
            .await
            .status,
        403
    );
    let account = format!("/api/2.0/accounts/other/servicePrincipals/{id}/credentials/secrets");
    assert_eq!(admin.get(&account).await.status, 404);
}

/// A token that the workspace `prod` issued, which is a foreign issuer for `dev`, and what a policy of `dev` has to say about it.
async fn foreign(environment: &Environment) -> (String, Value) {
    let (admin, anonymous) = (
        environment.client_of("prod", "admin"),
        environment.with_token("prod", None),
    );
    let made = admin.post(&secrets(&deployer(&admin).await), json!({})).await.ok();
    let client = Some((DEPLOYER.1, made["secret"].as_str().unwrap()));
    let granted = ask(&anonymous, "grant_type=client_credentials", client).await.ok();
    let token = granted["access_token"].as_str().unwrap().to_owned();
    let keys = anonymous.get("/oidc/jwks.json").await.ok().to_string();
    let claims = claims(&token);
    let policy =
        json!({"issuer": claims["iss"], "subject": claims["sub"], "audiences": [claims["aud"]], "jwks_json": keys});
    (token, policy)
}

#[tokio::test]
async fn a_token_of_a_trusted_issuer_is_exchanged_and_the_new_one_lasts_no_longer() {
    let (environment, moment, id) = start().await;
    let (admin, anonymous) = (environment.client("admin"), environment.with_token("dev", None));
    let (subject_token, policy) = foreign(&environment).await;
    moment.advance(std::time::Duration::from_millis(600_000));
    let exchange = format!(
        "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token_type=urn:ietf:params:oauth:token-type:jwt\
         &subject_token={subject_token}&scope=all-apis"
    );
    let named = format!("{exchange}&client_id={}", DEPLOYER.1);
    let answer = ask(&anonymous, &named, None).await;
    assert_eq!(
        refused(&answer),
        (400, "invalid_grant".to_owned()),
        "nobody is trusted yet"
    );
    let made = admin
        .post(
            &format!("{}?policy_id=ci", policies(&id)),
            json!({"description": "CI", "oidc_policy": policy}),
        )
        .await
        .ok();
    assert_eq!((&made["policy_id"], &made["oidc_policy"]), (&json!("ci"), &policy));
    let granted = ask(&anonymous, &named, None).await.ok();
    assert_eq!(granted["expires_in"], 3000);
    let me = environment.with_token("dev", granted["access_token"].as_str());
    assert_eq!(me.get("/api/2.0/preview/scim/v2/Me").await.ok()["userName"], DEPLOYER.1);
    assert_eq!(
        refused(&ask(&anonymous, &exchange, None).await),
        (401, "invalid_client".to_owned())
    );
    let one = format!("{}/ci", policies(&id));
    let changed = admin
        .patch(
            &format!("{one}?update_mask=oidc_policy.subject"),
            json!({"oidc_policy": {"subject": "somebody else"}}),
        )
        .await
        .ok();
    assert_eq!(
        (&changed["description"], &changed["oidc_policy"]["issuer"]),
        (&json!("CI"), &policy["issuer"])
    );
    let answer = ask(&anonymous, &named, None).await;
    assert!(
        answer.json()["error_description"]
            .as_str()
            .unwrap()
            .contains("the subject (`sub`) is another")
    );
    assert_eq!(
        admin.get(&policies(&id)).await.ok()["policies"][0],
        admin.get(&one).await.ok()
    );
    assert_eq!(admin.delete(&one).await.status, 204);
    assert_eq!(admin.get(&one).await.status, 404);
}

#[tokio::test]
async fn a_policy_that_cannot_be_kept_is_refused() {
    let (environment, _moment, id) = start().await;
    let admin = environment.client("admin");
    let (_, policy) = foreign(&environment).await;
    let without = |field: &str| {
        let mut policy = policy.clone();
        policy.as_object_mut().unwrap().remove(field);
        json!({"oidc_policy": policy})
    };
    for (body, status) in [
        (json!({}), 400),
        (without("issuer"), 400),
        (without("subject"), 400),
        (without("jwks_json"), 501),
    ] {
        assert_eq!(admin.post(&policies(&id), body.clone()).await.status, status, "{body}");
    }
    let named = format!("{}?policy_id=a/b", policies(&id));
    assert_eq!(admin.post(&named, json!({"oidc_policy": policy})).await.status, 400);
    let named = format!("{}?policy_id=once", policies(&id));
    admin.post(&named, json!({"oidc_policy": policy})).await.ok();
    assert_eq!(admin.post(&named, json!({"oidc_policy": policy})).await.status, 409);
    let steward = environment.client("steward");
    assert_eq!(steward.get(&policies(&id)).await.status, 403);
}
