//! The echo law, for every kind of record and every field that can be written: what was written comes back, after it was made, after it
//! was changed, and after a restart. Values come from the types of the REST API's description.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use sluice_wire::types::{FieldType, class, enumeration};
use sluice_workspace::records::{Kind, kinds};

use crate::catalog::make_table;
use crate::support::{Client, Environment};

type Document = Map<String, Value>;

/// How to reach the records of one kind.
#[derive(Clone)]
struct Face {
    kind: &'static str,
    create: String,
    /// The field of the body that holds the record.
    envelope: Option<&'static str>,
    /// Path of the record, with `{}` for its key.
    get: &'static str,
    /// Where the answer holds it.
    shown: &'static str,
    /// Method and path of a change, the field of its body that holds the key, and how it treats what it does not name.
    update: Option<(&'static str, &'static str, &'static str, Change)>,
    /// Fields that must have these values.
    fixed: Value,
    /// Fields that are tested elsewhere: what is written is not what comes back, by design.
    apart: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Replace,
    Merge,
    /// With `update_mask` in the query.
    Mask,
}

const UC: &str = "/api/2.1/unity-catalog";
const POSTGRES: &str = "/api/2.0/postgres";

fn face(kind: &'static str, create: &str, get: &'static str, fixed: Value) -> Face {
    Face {
        kind,
        create: create.to_owned(),
        envelope: None,
        get,
        shown: "",
        update: None,
        fixed,
        apart: &[],
    }
}

impl Face {
    fn update(mut self, method: &'static str, path: &'static str, key: &'static str, change: Change) -> Self {
        self.update = Some((method, path, key, change));
        self
    }

    fn shown(mut self, pointer: &'static str) -> Self {
        self.shown = pointer;
        self
    }

    fn envelope(mut self, field: &'static str) -> Self {
        self.envelope = Some(field);
        self
    }

    fn apart(mut self, fields: &'static [&'static str]) -> Self {
        self.apart = fields;
        self
    }
}

fn faces() -> Vec<Face> {
    [compute(), catalog(), served(), databases(), postgres()].concat()
}

fn compute() -> Vec<Face> {
    let definition = r#"{"spark_version": {"type": "fixed", "value": "15.4.x-scala2.12"}}"#;
    vec![
        face(
            "cluster_policy",
            "/api/2.0/policies/clusters/create",
            "/api/2.0/policies/clusters/get?policy_id={}",
            json!({"name": "p", "definition": definition, "policy_family_definition_overrides": "{}"}),
        )
        .update("POST", "/api/2.0/policies/clusters/edit", "policy_id", Change::Replace),
        face(
            "instance_pool",
            "/api/2.0/instance-pools/create",
            "/api/2.0/instance-pools/get?instance_pool_id={}",
            json!({"instance_pool_name": "p"}),
        )
        .update(
            "POST",
            "/api/2.0/instance-pools/edit",
            "instance_pool_id",
            Change::Replace,
        ),
        face(
            "cluster",
            "/api/2.1/clusters/create",
            "/api/2.1/clusters/get?cluster_id={}",
            json!({"spark_version": "15.4.x-scala2.12"}),
        )
        .update("POST", "/api/2.1/clusters/edit", "cluster_id", Change::Replace),
        face(
            "pipeline",
            "/api/2.0/pipelines",
            "/api/2.0/pipelines/{}",
            json!({"name": "p", "run_as": {"user_name": "analyst@sluice.test"}}),
        )
        .update("PUT", "/api/2.0/pipelines/{}", "", Change::Replace)
        .shown("/spec"),
        face(
            "experiment",
            "/api/2.0/mlflow/experiments/create",
            "/api/2.0/mlflow/experiments/get?experiment_id={}",
            json!({"name": "/Shared/e"}),
        )
        .shown("/experiment"),
        face(
            "registered_model",
            "/api/2.0/mlflow/registered-models/create",
            "/api/2.0/mlflow/databricks/registered-models/get?name={}",
            json!({"name": "m"}),
        )
        .update(
            "PATCH",
            "/api/2.0/mlflow/registered-models/update",
            "name",
            Change::Merge,
        )
        .shown("/registered_model_databricks"),
    ]
}

fn catalog() -> Vec<Face> {
    vec![
        face(
            "catalog_model",
            &format!("{UC}/models"),
            "/api/2.1/unity-catalog/models/dev.default.m",
            json!({"name": "m", "catalog_name": "dev", "schema_name": "default", "owner": "admin@sluice.test"}),
        )
        .update(
            "PATCH",
            "/api/2.1/unity-catalog/models/dev.default.m",
            "",
            Change::Merge,
        )
        .apart(&["new_name"]),
        face(
            "catalog_secret",
            &format!("{UC}/secrets"),
            "/api/2.1/unity-catalog/secrets/dev.default.s",
            json!({"name": "s", "catalog_name": "dev", "schema_name": "default", "value": "v", "owner": "admin@sluice.test"}),
        )
        .update("PATCH", "/api/2.1/unity-catalog/secrets/dev.default.s", "", Change::Merge),
        face(
            "storage_credential",
            &format!("{UC}/storage-credentials"),
            "/api/2.1/unity-catalog/storage-credentials/c",
            json!({"name": "c"}),
        )
        .update(
            "PATCH",
            "/api/2.1/unity-catalog/storage-credentials/c",
            "",
            Change::Merge,
        )
        .apart(&["new_name", "owner"]),
        face(
            "credential",
            &format!("{UC}/credentials"),
            "/api/2.1/unity-catalog/credentials/c",
            json!({"name": "c", "purpose": "SERVICE"}),
        )
        .update("PATCH", "/api/2.1/unity-catalog/credentials/c", "", Change::Merge)
        .apart(&["new_name", "owner"]),
        face(
            "external_location",
            &format!("{UC}/external-locations"),
            "/api/2.1/unity-catalog/external-locations/l",
            json!({"name": "l", "url": "s3://bucket/path", "credential_name": "c"}),
        )
        .update(
            "PATCH",
            "/api/2.1/unity-catalog/external-locations/l",
            "",
            Change::Merge,
        )
        .apart(&["new_name", "owner"]),
        face(
            "connection",
            &format!("{UC}/connections"),
            "/api/2.1/unity-catalog/connections/c",
            json!({"name": "c"}),
        )
        .update("PATCH", "/api/2.1/unity-catalog/connections/c", "", Change::Merge)
        .apart(&["new_name", "owner"]),
        face(
            "recipient",
            &format!("{UC}/recipients"),
            "/api/2.1/unity-catalog/recipients/r",
            json!({"name": "r", "owner": "admin@sluice.test"}),
        )
        .update("PATCH", "/api/2.1/unity-catalog/recipients/r", "", Change::Merge)
        .apart(&["new_name"]),
        face(
            "share",
            &format!("{UC}/shares"),
            "/api/2.1/unity-catalog/shares/s",
            json!({"name": "s"}),
        )
        .update("PATCH", "/api/2.1/unity-catalog/shares/s", "", Change::Merge)
        .apart(&["new_name", "owner"]),
    ]
}

fn served() -> Vec<Face> {
    vec![
        // A served model comes back as a served entity, and which is served is told by the workspace.
        face(
            "serving_endpoint",
            "/api/2.0/serving-endpoints",
            "/api/2.0/serving-endpoints/e",
            json!({"name": "e", "config": {"served_entities": [{"name": "a", "entity_name": "dev.default.m",
                "entity_version": "1", "workload_size": "Small", "environment_vars": {"K": "{{secrets/s/k}}"}}]}}),
        ),
        face(
            "app",
            "/api/2.0/apps",
            "/api/2.0/apps/app-one",
            json!({"name": "app-one"}),
        )
        .update("PATCH", "/api/2.0/apps/app-one", "", Change::Merge),
        face(
            "alert",
            "/api/2.0/alerts",
            "/api/2.0/alerts/{}",
            json!({"evaluation": {"comparison_operator": "EQUAL"}}),
        )
        .update("PATCH", "/api/2.0/alerts/{}", "", Change::Mask),
        face("query", "/api/2.0/sql/queries", "/api/2.0/sql/queries/{}", json!({}))
            .envelope("query")
            .update("PATCH", "/api/2.0/sql/queries/{}", "", Change::Merge),
        face(
            "legacy_alert",
            "/api/2.0/sql/alerts",
            "/api/2.0/sql/alerts/{}",
            json!({}),
        )
        .envelope("alert")
        .update("PATCH", "/api/2.0/sql/alerts/{}", "", Change::Merge),
    ]
}

fn databases() -> Vec<Face> {
    vec![
        face(
            "database_instance",
            "/api/2.0/database/instances",
            "/api/2.0/database/instances/i",
            json!({"name": "i", "stopped": true}),
        )
        .update("PATCH", "/api/2.0/database/instances/i", "", Change::Mask),
        face(
            "database_catalog",
            "/api/2.0/database/catalogs",
            "/api/2.0/database/catalogs/dc",
            json!({"name": "dc", "database_instance_name": "i"}),
        )
        .update("PATCH", "/api/2.0/database/catalogs/dc", "", Change::Mask),
        face(
            "synced_database_table",
            "/api/2.0/database/synced_tables",
            "/api/2.0/database/synced_tables/dev.default.st",
            json!({"name": "dev.default.st", "database_instance_name": "i"}),
        )
        .update(
            "PATCH",
            "/api/2.0/database/synced_tables/dev.default.st",
            "",
            Change::Mask,
        ),
    ]
}

fn postgres() -> Vec<Face> {
    vec![
        face(
            "postgres_project",
            &format!("{POSTGRES}/projects?project_id=p"),
            "/api/2.0/postgres/projects/p",
            json!({"project_id": "p"}),
        )
        .update("PATCH", "/api/2.0/postgres/projects/p", "", Change::Mask),
        face(
            "postgres_branch",
            &format!("{POSTGRES}/projects/p/branches?branch_id=b"),
            "/api/2.0/postgres/projects/p/branches/b",
            json!({"branch_id": "b"}),
        )
        .update("PATCH", "/api/2.0/postgres/projects/p/branches/b", "", Change::Mask),
        face(
            "postgres_endpoint",
            &format!("{POSTGRES}/projects/p/branches/b/endpoints?endpoint_id=e"),
            "/api/2.0/postgres/projects/p/branches/b/endpoints/e",
            json!({"endpoint_id": "e"}),
        )
        .update(
            "PATCH",
            "/api/2.0/postgres/projects/p/branches/b/endpoints/e",
            "",
            Change::Mask,
        ),
        face(
            "postgres_database",
            &format!("{POSTGRES}/projects/p/branches/b/databases?database_id=d"),
            "/api/2.0/postgres/projects/p/branches/b/databases/d",
            json!({"database_id": "d"}),
        )
        .update(
            "PATCH",
            "/api/2.0/postgres/projects/p/branches/b/databases/d",
            "",
            Change::Mask,
        ),
        face(
            "postgres_role",
            &format!("{POSTGRES}/projects/p/branches/b/roles?role_id=r"),
            "/api/2.0/postgres/projects/p/branches/b/roles/r",
            json!({"role_id": "r"}),
        )
        .update(
            "PATCH",
            "/api/2.0/postgres/projects/p/branches/b/roles/r",
            "",
            Change::Mask,
        ),
        face(
            "postgres_catalog",
            &format!("{POSTGRES}/catalogs?catalog_id=c"),
            "/api/2.0/postgres/catalogs/c",
            json!({"catalog_id": "c", "spec": {"postgres_database": "d", "branch": "projects/p/branches/b"}}),
        ),
        face(
            "postgres_synced_table",
            &format!("{POSTGRES}/synced_tables?synced_table_id=dev.default.s"),
            "/api/2.0/postgres/synced_tables/dev.default.s",
            json!({"synced_table_id": "dev.default.s",
                "spec": {"source_table_full_name": "dev.default.t", "branch": "projects/p/branches/b"}}),
        ),
        face(
            "vector_search_endpoint",
            "/api/2.0/vector-search/endpoints",
            "/api/2.0/vector-search/endpoints/v",
            json!({"name": "v", "endpoint_type": "STANDARD"}),
        )
        .update("PATCH", "/api/2.0/vector-search/endpoints/v", "", Change::Merge),
        face(
            "vector_search_index",
            "/api/2.0/vector-search/indexes",
            "/api/2.0/vector-search/indexes/dev.default.i",
            json!({"name": "dev.default.i", "endpoint_name": "v", "delta_sync_index_spec": {"pipeline_type": "TRIGGERED"}}),
        ),
        face(
            "quality_monitor",
            &format!("{UC}/tables/dev.default.t/monitor"),
            "/api/2.1/unity-catalog/tables/dev.default.t/monitor",
            json!({"output_schema_name": "dev.default"}),
        )
        .update(
            "PUT",
            "/api/2.1/unity-catalog/tables/dev.default.t/monitor",
            "",
            Change::Replace,
        ),
    ]
}

/// A value of a type of the REST API.
fn value(field_type: &FieldType, depth: u32) -> BoxedStrategy<Value> {
    match field_type {
        FieldType::String | FieldType::Any => "[a-z][a-z0-9]{0,8}".prop_map(Value::from).boxed(),
        FieldType::Integer => (0..100_000_i64).prop_map(Value::from).boxed(),
        FieldType::Float => (0..4000_i64).prop_map(|quarters| json!(quarters as f64 / 4.0)).boxed(),
        FieldType::Bool => any::<bool>().prop_map(Value::from).boxed(),
        FieldType::Enum(name) => match enumeration(name) {
            Some(values) if !values.is_empty() => {
                proptest::sample::select(values.to_vec()).prop_map(Value::from).boxed()
            }
            _ => Just(json!("A")).boxed(),
        },
        FieldType::List(item) => proptest::collection::vec(value(item, depth), 0..3)
            .prop_map(Value::from)
            .boxed(),
        FieldType::Map(item) => proptest::collection::btree_map("[a-z]{1,6}", value(item, depth), 0..3)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
            .boxed(),
        FieldType::Object(_) if depth == 0 => Just(json!({})).boxed(),
        FieldType::Object(name) => {
            let fields = class(name).unwrap_or_default();
            let fields = fields.iter().map(|field| {
                let name = field.name.clone();
                proptest::option::of(value(&field.field_type, depth - 1)).prop_map(move |value| (name.clone(), value))
            });
            let fields: Vec<_> = fields.collect();
            fields
                .prop_map(|fields| {
                    let present = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
                    Value::Object(present.collect())
                })
                .boxed()
        }
    }
}

/// Values for these fields, the fixed ones as they must be.
fn written(runner: &mut TestRunner, kind: &Kind, face: &Face, fields: &[&str]) -> Document {
    let mut document = Document::new();
    for field in fields.iter().filter(|field| !face.apart.contains(field)) {
        let value = match (face.fixed.get(*field), kind.field_type(field)) {
            (Some(fixed), _) => fixed.clone(),
            (None, Some(field_type)) => value(field_type, 3).new_tree(runner).unwrap().current(),
            (None, None) => json!("text"),
        };
        document.insert((*field).to_owned(), value);
    }
    document
}

/// Whether `shown` has all of `written`, but for secrets.
fn contains(kind: &Kind, shown: &Value, written: &Value) -> bool {
    match (shown, written) {
        (Value::Object(shown), Value::Object(written)) => written
            .iter()
            .filter(|(name, _)| !(kind.secret)(name))
            .all(|(name, value)| shown.get(name).is_some_and(|shown| contains(kind, shown, value))),
        (Value::Array(shown), Value::Array(written)) => {
            shown.len() == written.len()
                && shown
                    .iter()
                    .zip(written)
                    .all(|(shown, written)| contains(kind, shown, written))
        }
        _ => shown == written,
    }
}

async fn check_shown(admin: &Client, kind: &Kind, face: &Face, key: &str, written: &Document, when: &str) {
    let whole = admin.get(&face.get.replace("{}", key)).await.ok();
    let shown = whole.pointer(face.shown).unwrap_or(&whole);
    for (field, value) in written.iter().filter(|(name, _)| !(kind.secret)(name)) {
        let found = shown.get(field).or_else(|| whole.get(field));
        let same = found.is_some_and(|found| contains(kind, found, value));
        assert!(same, "{} {when}: `{field}` was {value} and is {found:?}", kind.name);
    }
    let text = whole.to_string();
    let hidden = secrets(kind, &Value::Object(written.clone()));
    assert!(
        hidden.iter().all(|field| !text.contains(&format!("\"{field}\""))),
        "{} {when} shows one of {hidden:?}",
        kind.name
    );
}

/// The names of the secret fields in a document.
fn secrets(kind: &Kind, value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| {
                if (kind.secret)(name) {
                    vec![name.clone()]
                } else {
                    secrets(kind, value)
                }
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(|item| secrets(kind, item)).collect(),
        _ => Vec::new(),
    }
}

/// Makes and changes a record of one kind; returns its key and what it must show from then on.
async fn round(admin: &Client, runner: &mut TestRunner, kind: &Kind, face: &Face) -> (String, Document) {
    let mut body = written(runner, kind, face, &kind.creatable());
    let wrap = |body: &Document| match face.envelope {
        Some(envelope) => json!({ envelope: body }),
        None => Value::Object(body.clone()),
    };
    // With what must be given and does not come back.
    let mut sent = face.fixed.as_object().unwrap().clone();
    sent.extend(body.clone());
    let made = admin.post(&face.create, wrap(&sent)).await;
    assert_eq!(made.status, 200, "{} {body:?}: {}", kind.name, made.json());
    let made = made.json();
    let key = made.get(kind.id_field).or(face.fixed.get(kind.id_field));
    let key = key.and_then(Value::as_str).unwrap_or_default().to_owned();
    check_shown(admin, kind, face, &key, &body, "made").await;
    let Some((method, path, key_field, change)) = face.update else {
        return (key, body);
    };
    let fields = kind.changeable();
    let given = written(runner, kind, face, &fields);
    let mut sent = wrap(&given);
    if !key_field.is_empty() {
        sent[key_field] = json!(key);
    }
    let mask = if change == Change::Mask {
        format!("?update_mask={}", fields.join(","))
    } else {
        String::new()
    };
    let changed = admin
        .call(method, &format!("{}{mask}", path.replace("{}", &key)), sent)
        .await;
    assert_eq!(changed.status, 200, "{} {given:?}: {}", kind.name, changed.json());
    body.extend(given);
    check_shown(admin, kind, face, &key, &body, "changed").await;
    (key, body)
}

#[test]
fn what_was_written_comes_back_after_changes_and_a_restart() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(Config::default());
    let faces = faces();
    for kind in kinds().iter().filter(|kind| !kind.creatable().is_empty()) {
        assert!(
            faces.iter().any(|face| face.kind == kind.name),
            "no test of {}",
            kind.name
        );
    }
    runtime.block_on(async {
        for _ in 0..3 {
            let environment = Environment::start().await;
            let admin = environment.client("admin");
            make_table(&environment, "admin", "dev.default.t").await;
            let mut made = Vec::new();
            for face in &faces {
                let kind = kinds().iter().find(|kind| kind.name == face.kind).unwrap();
                let (key, body) = round(&admin, &mut runner, kind, face).await;
                made.push((kind, face, key, body));
            }
            let environment = environment.restart().await;
            let admin = environment.client("admin");
            for (kind, face, key, body) in made {
                check_shown(&admin, kind, face, &key, &body, "after a restart").await;
            }
            environment.workspaces.stop().await.unwrap();
        }
    });
}

/// The path of a route with the values of a record in place of its parameters; none when no record fits.
fn about(template: &str, paths: &[String]) -> Option<String> {
    let segments: Vec<&str> = template.split('/').collect();
    let filled = |path: &String| {
        let values: Vec<&str> = path.split('?').next().unwrap_or_default().split('/').collect();
        let filled =
            segments
                .iter()
                .enumerate()
                .map(|(at, segment)| match (segment.starts_with('{'), values.get(at)) {
                    (false, value) if value.is_none_or(|value| value == segment) || at >= values.len() => {
                        Some(*segment)
                    }
                    (true, Some(value)) => Some(*value),
                    _ => None,
                });
        filled.collect::<Option<Vec<_>>>().map(|segments| segments.join("/"))
    };
    if template.contains("{*") {
        None
    } else if template.contains('{') {
        paths.iter().find_map(filled)
    } else {
        Some(template.to_owned())
    }
}

#[tokio::test]
async fn who_has_nothing_on_a_record_gets_nothing_of_it() {
    let environment = Environment::start().await;
    let (admin, analyst) = (environment.client("admin"), environment.client("analyst"));
    make_table(&environment, "admin", "dev.default.t").await;
    let mut runner = TestRunner::deterministic();
    let (mut paths, mut body) = (
        Vec::new(),
        json!({"key": "k", "value": "v", "new_name": "n", "spark_version": "v"}),
    );
    for face in faces() {
        let kind = kinds().iter().find(|kind| kind.name == face.kind).unwrap();
        let (key, _) = round(&admin, &mut runner, kind, &face).await;
        paths.push(face.get.replace("{}", &key));
        if face.get.contains('?') {
            body[kind.id_field] = json!(key);
        }
    }
    body["update_mask"] = json!("autotermination_minutes");
    let query: Vec<(String, String)> = body
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .chain([
            ("experiment_name".to_owned(), "/Shared/e".to_owned()),
            ("uid".to_owned(), "u".to_owned()),
        ])
        .collect();
    let creates: Vec<String> = faces()
        .iter()
        .map(|face| face.create.split('?').next().unwrap().to_owned())
        .collect();
    let names_one = [
        "get",
        "get-by-name",
        "monitor",
        "versions",
        "update",
        "deployments",
        "visualizations",
        "permissions",
        "share-permissions",
        "instances:findByUid",
    ];
    let module = sluice_workspace::modules()
        .into_iter()
        .find(|module| module.migrations.module == "records")
        .unwrap();
    let (mut checked, mut open) = (0, Vec::new());
    for route in (module.routes)() {
        let path = about(route.template, &paths)
            .unwrap_or_else(|| route.template.replace("{*name}", "projects/p/operations/o"));
        let last = path.rsplit('/').next().unwrap();
        let is_list =
            route.method == sluice_wire::Method::Get && !route.template.ends_with('}') && !names_one.contains(&last);
        if is_list || last == "search" || route.method == sluice_wire::Method::Post && creates.contains(&path) {
            continue;
        }
        let request = analyst.request(route.method.as_str(), &path).query(&query);
        let request = if route.method == sluice_wire::Method::Get {
            request
        } else {
            request.json(&body)
        };
        let answer = analyst.send(request).await;
        checked += 1;
        if ![403, 404, 501].contains(&answer.status) {
            open.push(format!(
                "{} {path}: {} {}",
                route.method,
                answer.status,
                String::from_utf8_lossy(&answer.bytes)
            ));
        }
    }
    assert!(checked > 90, "{checked}");
    assert!(open.is_empty(), "{}", open.join("\n"));
}
