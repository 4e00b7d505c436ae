//! Every route of the control plane with every kind of principal: who gets what status.
//!
//! The columns are a principal without any grant (analyst), one that may read (steward), the owner (engineer) and an administrator.
//! `{p}` in a row stands for the principal, so that a row that makes or removes something has an object per principal.

mod authentication;
mod rows;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sluice_wire::Method;
use sluice_workspace::route::Router;

use crate::catalog::{make_schema, make_table};
use crate::support::Environment;

const PRINCIPALS: [&str; 4] = ["analyst", "steward", "engineer", "admin"];
/// Modules whose routes are other suites' business.
const ELSEWHERE: [&str; 6] = ["sql", "compute", "jobs", "records", "pipelines", "mlflow"];

const D: &str = "/Users/engineer@sluice.test/d";

type Row = (&'static str, String, Value, [u16; 4]);

const READ: [u16; 4] = [403, 200, 200, 200];
const MANAGE: [u16; 4] = [403, 403, 200, 200];
const ADMINISTER: [u16; 4] = [403, 403, 403, 200];
const EVERYBODY: [u16; 4] = [200; 4];

struct Ids {
    directory: i64,
    file: i64,
    warehouse: String,
    analyst: String,
    group: String,
    service_principal: String,
    metastore: String,
}

fn catalog_rows(ids: &Ids) -> Vec<Row> {
    let comment = json!({"comment": "c"});
    let named = |name: &str| json!({"name": name, "catalog_name": "dev", "schema_name": "s", "volume_type": "MANAGED"});
    let external = json!({"name": "x", "catalog_name": "dev", "schema_name": "s", "table_type": "EXTERNAL",
        "data_source_format": "DELTA", "storage_location": "file:///nowhere"});
    let change = json!({"changes": [{"principal": "stewards", "add": ["SELECT"]}]});
    let metastore = format!("metastores/{}", ids.metastore);
    let rows = [
        ("GET", "metastore_summary", Value::Null, EVERYBODY),
        ("GET", "current-metastore-assignment", Value::Null, EVERYBODY),
        ("GET", "metastores", Value::Null, ADMINISTER),
        ("GET", &metastore, Value::Null, ADMINISTER),
        ("GET", "catalogs", Value::Null, EVERYBODY),
        ("GET", "catalogs/dev", Value::Null, EVERYBODY),
        ("POST", "catalogs", json!({"name": "c_{p}"}), ADMINISTER),
        ("PATCH", "catalogs/dev", comment.clone(), ADMINISTER),
        ("DELETE", "catalogs/gone", Value::Null, ADMINISTER),
        ("GET", "bindings/catalog/dev", Value::Null, ADMINISTER),
        ("PATCH", "bindings/catalog/dev", json!({}), ADMINISTER),
        ("GET", "workspace-bindings/catalogs/dev", Value::Null, ADMINISTER),
        ("PATCH", "workspace-bindings/catalogs/dev", json!({}), ADMINISTER),
        ("GET", "schemas?catalog_name=dev", Value::Null, EVERYBODY),
        ("GET", "schemas/dev.s", Value::Null, READ),
        (
            "POST",
            "schemas",
            json!({"name": "n_{p}", "catalog_name": "dev"}),
            MANAGE,
        ),
        ("PATCH", "schemas/dev.s", comment.clone(), MANAGE),
        ("DELETE", "schemas/dev.d_{p}", Value::Null, MANAGE),
        ("GET", "tables?catalog_name=dev&schema_name=s", Value::Null, EVERYBODY),
        ("GET", "table-summaries?catalog_name=dev", Value::Null, EVERYBODY),
        ("GET", "tables/dev.s.t", Value::Null, READ),
        ("GET", "tables/dev.s.t/exists", Value::Null, READ),
        ("POST", "tables", external, [403, 403, 403, 400]),
        ("PATCH", "tables/dev.s.t", comment.clone(), MANAGE),
        ("DELETE", "tables/dev.s.d_{p}", Value::Null, MANAGE),
        ("GET", "volumes?catalog_name=dev&schema_name=s", Value::Null, EVERYBODY),
        ("GET", "volumes/dev.s.v", Value::Null, READ),
        ("POST", "volumes", named("n_{p}"), [403, 403, 200, 403]),
        ("PATCH", "volumes/dev.s.v", comment, MANAGE),
        ("DELETE", "volumes/dev.s.d_{p}", Value::Null, MANAGE),
        ("GET", "permissions/schema/dev.s", Value::Null, READ),
        ("PATCH", "permissions/schema/dev.s", change, MANAGE),
        ("GET", "effective-permissions/table/dev.s.t", Value::Null, READ),
    ];
    rows.map(|(method, path, body, expected)| (method, format!("/api/2.1/unity-catalog/{path}"), body, expected))
        .into()
}

fn file_rows() -> Vec<Row> {
    let data = [403, 200, 200, 403];
    let write = [403, 403, 204, 403];
    let volume = "/api/2.0/fs";
    let files = format!("{volume}/files/Volumes/dev/s/v");
    let directories = format!("{volume}/directories/Volumes/dev/s/v");
    let workspace = |rest: &str| format!("/api/2.0/workspace/{rest}");
    let path = |name: &str| json!({"path": format!("{D}/{name}")});
    let import = json!({"path": format!("{D}/i_{{p}}"), "format": "RAW", "content": ""});
    vec![
        ("GET", format!("{files}/f"), Value::Null, data),
        ("HEAD", format!("{files}/f"), Value::Null, data),
        ("PUT", format!("{files}/w_{{p}}"), Value::Null, write),
        ("DELETE", format!("{files}/w_{{p}}"), Value::Null, write),
        ("GET", directories.clone(), Value::Null, data),
        ("HEAD", directories.clone(), Value::Null, data),
        ("PUT", format!("{directories}/n_{{p}}"), Value::Null, write),
        ("DELETE", format!("{directories}/n_{{p}}"), Value::Null, write),
        ("GET", workspace(&format!("get-status?path={D}/f")), Value::Null, READ),
        ("GET", workspace(&format!("export?path={D}/f")), Value::Null, READ),
        ("GET", workspace(&format!("list?path={D}")), Value::Null, READ),
        ("GET", format!("/api/2.0/workspace-files{D}/f"), Value::Null, READ),
        (
            "POST",
            format!("/api/2.0/workspace-files/import-file{D}/w_{{p}}"),
            Value::Null,
            MANAGE,
        ),
        ("POST", workspace("import"), import, MANAGE),
        ("POST", workspace("mkdirs"), path("m_{p}"), MANAGE),
        ("POST", workspace("delete"), path("d_{p}"), MANAGE),
    ]
}

fn permission_rows(ids: &Ids) -> Vec<Row> {
    let list =
        |group: &str, level: &str| json!({"access_control_list": [{"group_name": group, "permission_level": level}]});
    let read = list("stewards", "CAN_READ");
    let owner = json!({"access_control_list": [{"user_name": "admin@sluice.test", "permission_level": "IS_OWNER"},
        {"group_name": "users", "permission_level": "CAN_USE"}]});
    let mut rows = Vec::new();
    for (object, seen, changed, body) in [
        (format!("directories/{}", ids.directory), READ, MANAGE, read.clone()),
        (format!("files/{}", ids.file), READ, MANAGE, read),
        (
            format!("sql/warehouses/{}", ids.warehouse),
            EVERYBODY,
            ADMINISTER,
            owner,
        ),
    ] {
        let path = format!("/api/2.0/permissions/{object}");
        rows.push(("GET", path.clone(), Value::Null, seen));
        rows.push(("GET", format!("{path}/permissionLevels"), Value::Null, seen));
        rows.push(("PATCH", path.clone(), body.clone(), changed));
        rows.push(("PUT", path, body, changed));
    }
    rows
}

fn identity_rows(ids: &Ids) -> Vec<Row> {
    let created = [403, 403, 403, 201];
    let deleted = [403, 403, 403, 204];
    let scim = |rest: &str| format!("/api/2.0/preview/scim/v2/{rest}");
    let patch = json!({"Operations": [{"op": "replace", "path": "active", "value": true}]});
    let members = json!({"Operations": [{"op": "remove", "path": "members"}]});
    let mut rows: Vec<Row> = vec![("GET", scim("Me"), Value::Null, EVERYBODY)];
    for (family, id, new, patch) in [
        (
            "Users",
            &ids.analyst,
            json!({"userName": "{p}@new.test"}),
            patch.clone(),
        ),
        ("Groups", &ids.group, json!({"displayName": "of {p}"}), members),
        (
            "ServicePrincipals",
            &ids.service_principal,
            json!({"displayName": "of {p}"}),
            patch,
        ),
    ] {
        let one = scim(&format!("{family}/{id}"));
        rows.push(("GET", scim(family), Value::Null, EVERYBODY));
        rows.push(("POST", scim(family), new, created));
        rows.push(("GET", one.clone(), Value::Null, EVERYBODY));
        rows.push(("PUT", one.clone(), json!({}), ADMINISTER));
        rows.push(("PATCH", one.clone(), patch, ADMINISTER));
        if family != "Users" {
            rows.push(("DELETE", one, Value::Null, deleted));
        }
    }
    rows.push(("DELETE", scim("Users/{deleted}"), Value::Null, deleted));
    rows
}

fn warehouse_rows(ids: &Ids) -> Vec<Row> {
    let path = "/api/2.0/sql/warehouses";
    let one = format!("{path}/{}", ids.warehouse);
    vec![
        ("GET", path.to_owned(), Value::Null, EVERYBODY),
        ("POST", path.to_owned(), json!({"name": "of {p}"}), ADMINISTER),
        ("GET", one.clone(), Value::Null, EVERYBODY),
        ("POST", format!("{one}/edit"), json!({"auto_stop_mins": 9}), ADMINISTER),
        ("POST", format!("{one}/stop"), json!({}), ADMINISTER),
        ("POST", format!("{one}/start"), json!({}), EVERYBODY),
        ("DELETE", one, Value::Null, ADMINISTER),
    ]
}

/// Makes what the rows are about.
async fn prepare(environment: &Environment) -> Ids {
    let (engineer, admin) = (environment.client("engineer"), environment.client("admin"));
    let uc = "/api/2.1/unity-catalog";
    make_schema(&engineer, "s").await;
    make_table(environment, "engineer", "dev.s.t").await;
    let volume =
        |name: &str| json!({"name": name, "catalog_name": "dev", "schema_name": "s", "volume_type": "MANAGED"});
    engineer.post(&format!("{uc}/volumes"), volume("v")).await.ok();
    engineer.put_bytes("/api/2.0/fs/files/Volumes/dev/s/v/f", "x").await;
    admin
        .post(&format!("{uc}/catalogs"), json!({"name": "gone"}))
        .await
        .ok();
    engineer
        .post("/api/2.0/workspace/mkdirs", json!({"path": D}))
        .await
        .ok();
    engineer
        .send(engineer.request("POST", &format!("/api/2.0/workspace-files/import-file{D}/f")))
        .await
        .ok();
    for principal in PRINCIPALS {
        make_schema(&engineer, &format!("d_{principal}")).await;
        make_table(environment, "engineer", &format!("dev.s.d_{principal}")).await;
        engineer
            .post(&format!("{uc}/volumes"), volume(&format!("d_{principal}")))
            .await
            .ok();
        let file = format!("/api/2.0/workspace-files/import-file{D}/d_{principal}");
        engineer.send(engineer.request("POST", &file)).await.ok();
    }
    let read =
        json!({"changes": [{"principal": "stewards", "add": ["USE_SCHEMA", "SELECT", "READ_VOLUME", "EXECUTE"]}]});
    engineer
        .patch(&format!("{uc}/permissions/schema/dev.s"), read)
        .await
        .ok();
    let object = async |path: String| {
        let status = engineer
            .get(&format!("/api/2.0/workspace/get-status?path={path}"))
            .await
            .ok();
        status["object_id"].as_i64().unwrap()
    };
    let directory = object(D.to_owned()).await;
    let read = json!({"access_control_list": [{"group_name": "stewards", "permission_level": "CAN_READ"}]});
    engineer
        .patch(&format!("/api/2.0/permissions/directories/{directory}"), read)
        .await
        .ok();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let new = async |family: &str, body: Value| {
        text(
            &admin
                .post(&format!("/api/2.0/preview/scim/v2/{family}"), body)
                .await
                .json()["id"],
        )
    };
    Ids {
        directory,
        file: object(format!("{D}/f")).await,
        warehouse: text(&admin.get("/api/2.0/sql/warehouses").await.ok()["warehouses"][0]["id"]),
        analyst: text(
            &environment
                .client("analyst")
                .get("/api/2.0/preview/scim/v2/Me")
                .await
                .ok()["id"],
        ),
        group: new("Groups", json!({"displayName": "temporary"})).await,
        service_principal: new("ServicePrincipals", json!({"displayName": "temporary"})).await,
        metastore: text(&admin.get(&format!("{uc}/metastore_summary")).await.ok()["metastore_id"]),
    }
}

#[tokio::test]
async fn every_route_answers_each_principal_as_the_table_says() {
    let environment = Environment::start_with_faults().await;
    let ids = prepare(&environment).await;
    let objects = rows::prepare(&environment, &ids.warehouse).await;
    let deleted = environment
        .client("admin")
        .post("/api/2.0/preview/scim/v2/Users", json!({"userName": "gone@x.test"}))
        .await;
    let deleted = deleted.json()["id"].as_str().unwrap().to_owned();
    let modules = sluice_workspace::modules();
    let routes = modules
        .iter()
        .filter(|module| !ELSEWHERE.contains(&module.migrations.module));
    let router = Router::new(routes.flat_map(|module| (module.routes)()).collect());
    let mut uncovered: BTreeSet<_> = router
        .routes()
        .iter()
        .map(|route| (route.method, route.template))
        .collect();
    for public in router
        .routes()
        .iter()
        .filter(|route| route.access == sluice_workspace::Access::Public)
    {
        uncovered.remove(&(public.method, public.template));
    }
    let rows = [
        rows::secret_rows(),
        rows::governance_rows(),
        rows::object_rows(&objects, &ids.warehouse),
        rows::fault_rows(),
        authentication::git_rows(),
        authentication::rows(&authentication::prepare(&environment).await),
        catalog_rows(&ids),
        file_rows(),
        permission_rows(&ids),
        identity_rows(&ids),
        warehouse_rows(&ids),
    ]
    .concat();
    let mut wrong = Vec::new();
    for (method, path, body, expected) in rows {
        let path = path.replace("{deleted}", &deleted);
        for (principal, expected) in PRINCIPALS.into_iter().zip(expected) {
            let mut path = path.replace("{p}", principal);
            for (placeholder, id) in &objects.removed {
                path = path.replace(placeholder, id);
            }
            let client = environment.client(principal);
            let request = client.request(method, &path);
            let request = match &body {
                Value::Null => request,
                body => request.body(body.to_string().replace("{p}", principal)),
            };
            let answer = client.send(request).await;
            if answer.status != expected {
                let text = String::from_utf8_lossy(&answer.bytes).into_owned();
                wrong.push(format!(
                    "{method} {path} as {principal}: {} instead of {expected} {text}",
                    answer.status
                ));
            }
            let known = [
                Method::Get,
                Method::Head,
                Method::Post,
                Method::Put,
                Method::Patch,
                Method::Delete,
            ];
            let method = known.into_iter().find(|known| known.as_str() == method).unwrap();
            let (route, _) = router.find(method, path.split('?').next().unwrap()).unwrap();
            uncovered.remove(&(method, route.template));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(uncovered.is_empty(), "no row for {uncovered:?}");
}
