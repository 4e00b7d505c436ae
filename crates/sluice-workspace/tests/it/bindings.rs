//! Isolated objects and their bindings to workspaces, over HTTP.

use serde_json::{Value, json};

use crate::catalog::{make_schema, make_table};
use crate::support::{Client, Environment};

const UC: &str = "/api/2.1/unity-catalog";

async fn isolate(client: &Client, mode: &str) -> Value {
    client
        .patch(&format!("{UC}/catalogs/dev"), json!({ "isolation_mode": mode }))
        .await
        .ok()
}

async fn bind(client: &Client, change: Value) -> Value {
    client.patch(&format!("{UC}/bindings/catalog/dev"), change).await.ok()["bindings"].clone()
}

fn org_id(environment: &Environment, workspace: &str) -> u64 {
    environment.workspaces.workspace(workspace).unwrap().org_id
}

#[tokio::test]
async fn a_catalog_that_is_isolated_is_bound_here_and_shut_once_it_is_not() {
    let environment = Environment::start().await;
    let (admin, engineer) = (environment.client("admin"), environment.client("engineer"));
    make_schema(&engineer, "s").await;
    make_table(&environment, "engineer", "dev.s.t").await;
    let (here, there) = (org_id(&environment, "dev"), org_id(&environment, "prod"));
    assert_ne!(here, there, "each workspace has an id of its own");
    assert_eq!(
        admin.get(&format!("{UC}/catalogs/dev")).await.ok()["isolation_mode"],
        "OPEN"
    );
    assert_eq!(isolate(&admin, "ISOLATED").await["isolation_mode"], "ISOLATED");
    let bindings = admin.get(&format!("{UC}/bindings/catalog/dev")).await.ok();
    assert_eq!(
        bindings["bindings"],
        json!([{"workspace_id": here, "binding_type": "BINDING_TYPE_READ_WRITE"}])
    );
    let table = format!("{UC}/tables/dev.s.t");
    engineer.get(&table).await.ok();

    let moved = json!({"add": [{"workspace_id": there}], "remove": [{"workspace_id": here}]});
    assert_eq!(
        bind(&admin, moved).await,
        json!([{"workspace_id": there, "binding_type": "BINDING_TYPE_READ_WRITE"}])
    );
    for client in [&engineer, &admin] {
        for path in [&table, &format!("{UC}/schemas/dev.s"), &format!("{UC}/catalogs/dev")] {
            let answer = client.get(path).await;
            assert_eq!(answer.error(), (403, "PERMISSION_DENIED".to_owned()), "{path}");
            let message = answer.json()["message"].as_str().unwrap().to_owned();
            assert!(
                message.contains("Catalog 'dev' is not accessible in this workspace"),
                "{message}"
            );
        }
    }
    let names = async |query: &str| {
        let listed = admin.get(&format!("{UC}/catalogs{query}")).await.ok();
        let names = listed["catalogs"].as_array().unwrap().iter();
        names
            .map(|each| each["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(!names("").await.contains(&"dev".to_owned()));
    assert!(names("?include_unbound=true").await.contains(&"dev".to_owned()));
    let refused = engineer.get(&format!("{UC}/bindings/catalog/dev")).await;
    assert_eq!(refused.error(), (403, "PERMISSION_DENIED".to_owned()));

    let environment = environment.restart().await;
    let (admin, engineer) = (environment.client("admin"), environment.client("engineer"));
    assert_eq!(
        engineer.get(&table).await.status,
        403,
        "a restart changes nothing about it"
    );
    bind(
        &admin,
        json!({"add": [{"workspace_id": here, "binding_type": "BINDING_TYPE_READ_ONLY"}]}),
    )
    .await;
    engineer.get(&table).await.ok();
    let schema = json!({"catalog_name": "dev", "name": "more"});
    let refused = engineer.post(&format!("{UC}/schemas"), schema.clone()).await;
    assert_eq!(refused.error(), (403, "PERMISSION_DENIED".to_owned()));
    assert!(
        refused.json()["message"]
            .as_str()
            .unwrap()
            .contains("for reading alone")
    );
    bind(&admin, json!({"add": [{"workspace_id": here}]})).await;
    engineer.post(&format!("{UC}/schemas"), schema).await.ok();
    bind(
        &admin,
        json!({"remove": [{"workspace_id": here}, {"workspace_id": there}]}),
    )
    .await;
    assert_eq!(engineer.get(&table).await.status, 403);
    let older = json!({"assign_workspaces": [here]});
    let assigned = admin
        .patch(&format!("{UC}/workspace-bindings/catalogs/dev"), older)
        .await
        .ok();
    assert_eq!(assigned["workspaces"], json!([here]));
    isolate(&admin, "OPEN").await;
    bind(&admin, json!({"remove": [{"workspace_id": here}]})).await;
    engineer.get(&table).await.ok();
}

#[tokio::test]
async fn an_isolated_credential_makes_no_location_where_it_is_not_bound() {
    let environment = Environment::start().await;
    let admin = environment.client("admin");
    let here = org_id(&environment, "dev");
    let credentials = format!("{UC}/storage-credentials");
    admin.post(&credentials, json!({"name": "k"})).await.ok();
    let isolated = json!({"isolation_mode": "ISOLATION_MODE_ISOLATED"});
    admin.patch(&format!("{credentials}/k"), isolated).await.ok();
    let bindings = format!("{UC}/bindings/storage_credential/k");
    assert_eq!(admin.get(&bindings).await.ok()["bindings"][0]["workspace_id"], here);
    admin
        .patch(&bindings, json!({"remove": [{"workspace_id": here}]}))
        .await
        .ok();
    let location = json!({"name": "l", "url": "s3://b/l", "credential_name": "k"});
    let refused = admin.post(&format!("{UC}/external-locations"), location.clone()).await;
    assert_eq!(refused.error(), (403, "PERMISSION_DENIED".to_owned()));
    admin
        .patch(&bindings, json!({"add": [{"workspace_id": here}]}))
        .await
        .ok();
    admin.post(&format!("{UC}/external-locations"), location).await.ok();
    for (path, change) in [
        ("bindings/schema/dev.default", json!({"add": [{"workspace_id": 1}]})),
        ("bindings/storage_credential/k", json!({"add": [{"workspace_id": 0}]})),
        (
            "bindings/storage_credential/k",
            json!({"add": [{"workspace_id": 1}], "remove": [{"workspace_id": 1}]}),
        ),
    ] {
        let refused = admin.patch(&format!("{UC}/{path}"), change).await;
        assert_eq!(refused.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()), "{path}");
    }
}
