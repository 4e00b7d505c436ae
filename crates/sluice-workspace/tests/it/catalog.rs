//! Unity Catalog over HTTP.

use serde_json::json;
use sluice_workspace::Principal;
use sluice_workspace::catalog::{Column, NewTable, TableKind, TableRecord};

use crate::support::{Client, Environment};

const UC: &str = "/api/2.1/unity-catalog";

pub(crate) async fn make_schema(client: &Client, name: &str) {
    let schema = client
        .post(&format!("{UC}/schemas"), json!({"catalog_name": "dev", "name": name}))
        .await
        .ok();
    assert_eq!(schema["full_name"], format!("dev.{}", name.to_lowercase()));
}

async fn grant(client: &Client, kind: &str, name: &str, principal: &str, privileges: &[&str]) {
    let changes = json!({"changes": [{"principal": principal, "add": privileges}]});
    client
        .patch(&format!("{UC}/permissions/{kind}/{name}"), changes)
        .await
        .ok();
}

pub(crate) async fn principal(environment: &Environment, short: &str) -> Principal {
    let workspace = environment.workspaces.workspace("dev").unwrap();
    let name = sluice_workspace::seed::principal_name(short);
    sluice_workspace::identity::by_name(workspace, &name)
        .await
        .unwrap()
        .unwrap()
}

/// A managed table with one file, recorded as a statement would.
pub(crate) async fn make_table(environment: &Environment, owner: &str, full_name: &str) -> TableRecord {
    let workspace = environment.workspaces.workspace("dev").unwrap();
    let location = workspace.catalog().new_table_location();
    std::fs::create_dir_all(location.directory.join("_delta_log")).unwrap();
    let column = Column {
        name: "id".to_owned(),
        type_text: "bigint".to_owned(),
        type_name: "LONG".to_owned(),
        nullable: false,
        ..Column::default()
    };
    let new = NewTable {
        full_name: full_name.to_owned(),
        table_id: Some(location.table_id),
        kind: TableKind::Managed,
        location: Some(location.directory),
        columns: vec![column],
        view_definition: None,
        comment: Some("c".to_owned()),
        properties: [("sluice.product".to_owned(), "p/dev".to_owned())].into(),
        row_filter: None,
        constraints: Vec::new(),
    };
    workspace
        .catalog()
        .create_table(&principal(environment, owner).await, new)
        .await
        .unwrap()
}

#[tokio::test]
async fn names_are_lower_case_and_what_was_written_comes_back() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let body = json!({"catalog_name": "DEV", "name": "Sales", "comment": "c", "properties": {"k": "v"}});
    let made = engineer.post(&format!("{UC}/schemas"), body).await.ok();
    assert_eq!(made["owner"], "engineer@sluice.test");
    for name in ["dev.sales", "Dev.SALES"] {
        assert_eq!(engineer.get(&format!("{UC}/schemas/{name}")).await.ok(), made);
    }
    assert_eq!((&made["comment"], &made["properties"]["k"]), (&json!("c"), &json!("v")));
    let again = engineer
        .post(
            &format!("{UC}/schemas"),
            json!({"catalog_name": "dev", "name": "SALES"}),
        )
        .await;
    assert_eq!(again.error(), (409, "SCHEMA_ALREADY_EXISTS".to_owned()));
    for name in ["", "a b", "a.b", "a/b"] {
        let bad = engineer
            .post(&format!("{UC}/schemas"), json!({"catalog_name": "dev", "name": name}))
            .await;
        assert_eq!(bad.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()), "{name}");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_named_with_its_kind() {
    let environment = Environment::start().await;
    let admin = environment.client("admin");
    for (path, code, name) in [
        ("catalogs/nope", "CATALOG_DOES_NOT_EXIST", "Catalog 'nope'"),
        ("schemas/dev.nope", "SCHEMA_DOES_NOT_EXIST", "Schema 'dev.nope'"),
        ("tables/dev.a.b", "TABLE_DOES_NOT_EXIST", "Table 'dev.a.b'"),
        ("volumes/dev.a.b", "VOLUME_DOES_NOT_EXIST", "Volume 'dev.a.b'"),
    ] {
        let answer = admin.get(&format!("{UC}/{path}")).await;
        assert_eq!(answer.error(), (404, code.to_owned()));
        assert_eq!(answer.json()["message"], format!("{name} does not exist."));
        assert_eq!(
            admin.delete(&format!("{UC}/{path}")).await.error(),
            (404, code.to_owned())
        );
    }
    let list = admin.get(&format!("{UC}/schemas?catalog_name=nope")).await;
    assert_eq!(list.error(), (404, "CATALOG_DOES_NOT_EXIST".to_owned()));
}

#[tokio::test]
async fn seeded_grants_decide_who_makes_schemas_where() {
    let environment = Environment::start().await;
    for (workspace, short, allowed) in [
        ("dev", "engineer", true),
        ("dev", "deployer", true),
        ("dev", "analyst", false),
        ("prod", "engineer", false),
        ("prod", "deployer", true),
    ] {
        let client = environment.client_of(workspace, short);
        let body = json!({"catalog_name": workspace, "name": format!("by_{short}")});
        let answer = client.post(&format!("{UC}/schemas"), body).await;
        assert_eq!(answer.status, if allowed { 200 } else { 403 }, "{workspace} {short}");
        if !allowed {
            let message = format!("User '{short}@sluice.test' does not have CREATE SCHEMA on Catalog '{workspace}'.");
            assert_eq!(answer.json()["message"], message);
        }
    }
}

#[tokio::test]
async fn lists_show_what_the_principal_may_see_in_pages() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    for name in ["b", "a", "c"] {
        make_schema(&engineer, name).await;
    }
    grant(&engineer, "schema", "dev.b", "analysts", &["USE_SCHEMA"]).await;
    let names = |list: serde_json::Value| {
        let schemas = list["schemas"].as_array().unwrap().clone();
        schemas
            .into_iter()
            .map(|schema| schema["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let path = format!("{UC}/schemas?catalog_name=dev");
    assert_eq!(names(environment.client("analyst").get(&path).await.ok()), ["b"]);
    assert_eq!(names(engineer.get(&path).await.ok()), ["a", "b", "c"]);
    let first = engineer.get(&format!("{path}&max_results=2")).await.ok();
    let token = first["next_page_token"].as_str().unwrap().to_owned();
    let second = engineer
        .get(&format!("{path}&max_results=2&page_token={token}"))
        .await
        .ok();
    assert_eq!(
        (names(first), names(second.clone())),
        (vec!["a".to_owned(), "b".to_owned()], vec!["c".to_owned()])
    );
    assert_eq!(second.get("next_page_token"), None);
    let stolen = engineer
        .get(&format!("{UC}/schemas?catalog_name=prod&page_token={token}"))
        .await;
    assert_eq!(stolen.status, 404, "another catalog");
    let other = engineer.get(&format!("{path}&max_results=1&page_token={token}")).await;
    assert_eq!(other.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()));
}

#[tokio::test]
async fn grants_are_changed_all_or_nothing_by_who_may_manage() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    make_schema(&engineer, "s").await;
    let path = format!("{UC}/permissions/schema/dev.s");
    let change = |changes| json!({ "changes": changes });
    let refused = [
        (
            json!([{"principal": "nobody", "add": ["SELECT"]}]),
            (404, "PRINCIPAL_DOES_NOT_EXIST"),
        ),
        (
            json!([{"principal": "analysts", "add": ["SELECT"]}, {"principal": "analysts", "add": ["USE_CATALOG"]}]),
            (400, "INVALID_PARAMETER_VALUE"),
        ),
        (
            json!([{"principal": "analysts", "add": ["SELECT"], "remove": ["SELECT"]}]),
            (400, "INVALID_PARAMETER_VALUE"),
        ),
        (
            json!([{"principal": "analysts", "add": ["FLY"]}]),
            (400, "INVALID_PARAMETER_VALUE"),
        ),
    ];
    for (changes, (status, code)) in refused {
        let answer = engineer.patch(&path, change(changes)).await;
        assert_eq!(answer.error(), (status, code.to_owned()));
        assert_eq!(engineer.get(&path).await.ok(), json!({}), "nothing was changed");
    }
    let wanted = json!([{"principal": "analysts", "add": ["SELECT", "USE_SCHEMA"]}]);
    assert_eq!(
        environment
            .client("analyst")
            .patch(&path, change(wanted.clone()))
            .await
            .status,
        403
    );
    let granted = engineer.patch(&path, change(wanted)).await.ok();
    let expected =
        json!({"privilege_assignments": [{"principal": "analysts", "privileges": ["SELECT", "USE_SCHEMA"]}]});
    assert_eq!(granted, expected);
    assert_eq!(
        environment.client("analyst").get(&path).await.ok(),
        expected,
        "visible now, so are its grants"
    );
    engineer
        .patch(
            &path,
            change(json!([{"principal": "analysts", "remove": ["ALL_PRIVILEGES"]}])),
        )
        .await
        .ok();
    assert_eq!(engineer.get(&path).await.ok(), json!({}));
}

#[tokio::test]
async fn effective_permissions_say_where_they_come_from() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    make_schema(&engineer, "s").await;
    make_table(&environment, "engineer", "dev.s.t").await;
    grant(&engineer, "schema", "dev.s", "analysts", &["SELECT", "USE_SCHEMA"]).await;
    grant(&engineer, "table", "dev.s.t", "stewards", &["MODIFY"]).await;
    let effective = engineer
        .get(&format!("{UC}/effective-permissions/table/dev.s.t"))
        .await
        .ok();
    assert_eq!(
        effective["privilege_assignments"],
        json!([
            {"principal": "analysts", "privileges": [
                {"privilege": "SELECT", "inherited_from_type": "SCHEMA", "inherited_from_name": "dev.s"}]},
            {"principal": "stewards", "privileges": [{"privilege": "MODIFY"}]},
        ])
    );
    let only = engineer
        .get(&format!("{UC}/effective-permissions/table/dev.s.t?principal=stewards"))
        .await
        .ok();
    assert_eq!(only["privilege_assignments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn tables_are_seen_by_who_may_read_them_and_their_files_go_with_them() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    make_schema(&engineer, "s").await;
    let table = make_table(&environment, "engineer", "dev.S.T").await;
    let path = format!("{UC}/tables/dev.s.t");
    let shown = engineer.get(&path).await.ok();
    assert_eq!(shown["table_type"], "MANAGED");
    assert_eq!(shown["properties"]["sluice.product"], "p/dev");
    assert_eq!(shown["columns"][0]["type_text"], "bigint");
    let directory = table.securable.location.clone().unwrap();
    assert_eq!(shown["storage_location"], format!("file://{}", directory.display()));
    let analyst = environment.client("analyst");
    assert_eq!(analyst.get(&path).await.error(), (403, "PERMISSION_DENIED".to_owned()));
    assert_eq!(analyst.get(&format!("{path}/exists")).await.status, 403);
    let list = format!("{UC}/tables?catalog_name=dev&schema_name=s");
    assert_eq!(analyst.get(&list).await.ok()["tables"], json!([]));
    assert_eq!(engineer.get(&list).await.ok()["tables"][0]["name"], "t");
    assert_eq!(
        engineer.get(&format!("{UC}/tables/dev.s.x/exists")).await.ok(),
        json!({"table_exists": false})
    );
    assert_eq!(
        engineer.get(&format!("{path}/exists")).await.ok(),
        json!({"table_exists": true})
    );

    assert_eq!(analyst.delete(&path).await.status, 403);
    assert_eq!(
        engineer.delete(&format!("{UC}/schemas/dev.s")).await.error(),
        (400, "SCHEMA_NOT_EMPTY".to_owned())
    );
    assert!(
        directory.join("_delta_log").is_dir(),
        "a refused deletion changes nothing"
    );
    engineer.delete(&format!("{UC}/schemas/dev.s?force=true")).await.ok();
    assert!(!directory.exists());
    assert_eq!(engineer.get(&path).await.status, 404);
}

#[tokio::test]
async fn owners_can_be_changed_and_then_others_manage() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    make_schema(&engineer, "s").await;
    let path = format!("{UC}/schemas/dev.s");
    let unknown = engineer.patch(&path, json!({"owner": "nobody"})).await;
    assert_eq!(unknown.error(), (404, "PRINCIPAL_DOES_NOT_EXIST".to_owned()));
    assert_eq!(
        environment
            .client("steward")
            .patch(&path, json!({"owner": "stewards"}))
            .await
            .status,
        403
    );
    engineer
        .patch(&path, json!({"owner": "stewards", "comment": "kept by stewards"}))
        .await
        .ok();
    assert_eq!(engineer.patch(&path, json!({"comment": "mine"})).await.status, 403);
    let renamed = environment
        .client("steward")
        .patch(&path, json!({"new_name": "R"}))
        .await
        .ok();
    assert_eq!(
        (&renamed["full_name"], &renamed["comment"]),
        (&json!("dev.r"), &json!("kept by stewards"))
    );
    assert_eq!(environment.client("steward").get(&path).await.status, 404);
}

#[tokio::test]
async fn what_the_local_workspace_cannot_store_is_refused() {
    let environment = Environment::start().await;
    let admin = environment.client("admin");
    let external = json!({"catalog_name": "dev", "schema_name": "default", "name": "v", "volume_type": "EXTERNAL",
        "storage_location": "s3://x"});
    assert_eq!(
        admin.post(&format!("{UC}/volumes"), external).await.error(),
        (501, "NOT_IMPLEMENTED".to_owned())
    );
    let managed = json!({"catalog_name": "dev", "schema_name": "default", "name": "t", "table_type": "MANAGED",
        "data_source_format": "DELTA"});
    let answer = admin.post(&format!("{UC}/tables"), managed).await;
    assert_eq!(answer.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()));
    let own = environment.workspaces.workspace("dev").unwrap().directory.clone();
    for location in [
        "s3://x".to_owned(),
        "file:///nowhere".to_owned(),
        format!("file://{}", own.display()),
    ] {
        let table = json!({"catalog_name": "dev", "schema_name": "default", "name": "t", "table_type": "EXTERNAL",
            "data_source_format": "DELTA", "storage_location": location});
        assert_eq!(
            admin.post(&format!("{UC}/tables"), table).await.status,
            400,
            "{location}"
        );
    }
}

#[tokio::test]
async fn a_field_that_nothing_acts_on_is_refused_by_name() {
    let environment = Environment::start().await;
    let (admin, engineer) = (environment.client("admin"), environment.client("engineer"));
    make_schema(&engineer, "s").await;
    let optimize = json!({"comment": "c", "enable_predictive_optimization": "ENABLE"});
    let refused = admin.patch(&format!("{UC}/catalogs/dev"), optimize).await;
    assert_eq!(refused.error(), (501, "NOT_IMPLEMENTED".to_owned()));
    let message = refused.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("`enable_predictive_optimization`"), "{message}");
    assert_eq!(
        refused.json()["details"][0]["metadata"]["operation_id"],
        "catalog.CatalogsAPI.update"
    );
    assert_eq!(
        admin.get(&format!("{UC}/catalogs/dev")).await.ok().get("comment"),
        None,
        "nothing was changed"
    );
    let root = json!({"catalog_name": "dev", "name": "r", "storage_root": "s3://x"});
    assert_eq!(engineer.post(&format!("{UC}/schemas"), root).await.status, 501);
    let same_name = json!({"name": "s", "full_name": "dev.s", "comment": "c", "owner": null});
    assert_eq!(
        engineer.patch(&format!("{UC}/schemas/dev.s"), same_name).await.ok()["comment"],
        "c"
    );
}
