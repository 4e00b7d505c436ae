//! Every kind that is a plain REST object: made, planned again with nothing to do, each changed field named alone and changed, deleted
//! once, and nothing left.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sluice_wire::Method;

use crate::capture::{send, sql};
use crate::place::Place;

/// One kind: the resource `it`, what it stands on, and changes one after the other.
struct Case {
    kind: &'static str,
    body: Value,
    /// Other resources, by kind and name.
    beside: Value,
    /// A field, its new value, and what the plan does to the resource.
    changes: Vec<(&'static str, Value, &'static str)>,
}

fn case(kind: &'static str, body: Value, changes: Vec<(&'static str, Value, &'static str)>) -> Case {
    beside(kind, json!({}), body, changes)
}

fn beside(kind: &'static str, beside: Value, body: Value, changes: Vec<(&'static str, Value, &'static str)>) -> Case {
    Case {
        kind,
        body,
        beside,
        changes,
    }
}

fn branch() -> Value {
    json!({
        "postgres_projects": {"project": {"project_id": "p1"}},
        "postgres_branches": {"branch": {"branch_id": "b1", "parent": "${resources.postgres_projects.project.id}", "no_expiry": true}},
    })
}

const BRANCH: &str = "${resources.postgres_branches.branch.id}";
const USERS_VIEW: &str = "users";

fn permissions(level: &str) -> Value {
    json!([{"level": level, "group_name": USERS_VIEW}])
}

fn cases(warehouse: &str) -> Vec<Case> {
    let mut cases = compute();
    cases.extend(unity_catalog());
    cases.extend(lakebase());
    cases.extend(machine_learning());
    cases.push(case(
        "alerts",
        json!({
            "display_name": "late flights", "query_text": "SELECT 1 AS one", "warehouse_id": warehouse,
            "evaluation": {"comparison_operator": "GREATER_THAN", "source": {"name": "one"}, "threshold": {"value": {"double_value": 5}}},
            "schedule": {"quartz_cron_schedule": "0 0 8 * * ?", "timezone_id": "UTC", "pause_status": "PAUSED"},
            "permissions": permissions("CAN_READ"),
        }),
        vec![
            ("query_text", json!("SELECT 2 AS one"), "update"),
            ("custom_summary", json!("look"), "update"),
            ("custom_summary", Value::Null, "update"),
        ],
    ));
    cases
}

fn compute() -> Vec<Case> {
    vec![
        case(
            "instance_pools",
            json!({"instance_pool_name": "pool", "node_type_id": "i3.xlarge", "permissions": permissions("CAN_ATTACH_TO")}),
            vec![
                ("min_idle_instances", json!(1), "update"),
                ("preloaded_spark_versions", json!(["16.4.x-scala2.12"]), "recreate"),
            ],
        ),
        case(
            "sql_warehouses",
            json!({"name": "small", "cluster_size": "2X-Small", "permissions": permissions("CAN_USE")}),
            vec![
                ("auto_stop_mins", json!(20), "update"),
                ("name", json!("other"), "update"),
                ("lifecycle", json!({"started": false}), "update"),
                ("lifecycle", json!({"started": true}), "update"),
                ("lifecycle", Value::Null, "update"),
            ],
        ),
        case(
            "apps",
            json!({"name": "portal", "source_code_path": "./app", "permissions": permissions("CAN_USE")}),
            vec![
                ("description", json!("of the shop"), "update"),
                ("user_api_scopes", json!(["sql"]), "update"),
                ("compute_size", json!("LARGE"), "update"),
                ("name", json!("shop"), "recreate"),
            ],
        ),
        beside(
            "job_runs",
            json!({"jobs": {"job": {
                "name": "asks", "parameters": [{"name": "p", "default": "x"}],
                "tasks": [{"task_key": "t", "condition_task": {"op": "EQUAL_TO", "left": "1", "right": "1"}}],
            }}}),
            json!({"job_id": "${resources.jobs.job.id}"}),
            vec![
                ("job_parameters", json!({"p": "y"}), "recreate"),
                ("job_parameters", json!({"p": "z"}), "recreate"),
            ],
        ),
        case(
            "pipelines",
            json!({
                "name": "flow", "catalog": "dev", "schema": "flow", "serverless": true,
                "libraries": [{"file": {"path": "./p.sql"}}], "permissions": permissions("CAN_VIEW"),
            }),
            vec![
                ("configuration", json!({"a": "b"}), "update"),
                ("configuration", Value::Null, "update"),
                ("name", json!("other flow"), "update"),
            ],
        ),
    ]
}

fn unity_catalog() -> Vec<Case> {
    let grants = |privilege: &str| json!([{"principal": "users", "privileges": [privilege]}]);
    vec![
        case(
            "catalogs",
            json!({"name": "sales", "comment": "What is sold", "properties": {"team": "shop"}, "grants": grants("BROWSE")}),
            vec![
                ("comment", json!("other"), "update"),
                ("comment", Value::Null, "update"),
                ("properties", json!({"team": "others"}), "update"),
                ("name", json!("sold"), "update_id"),
            ],
        ),
        case(
            "external_locations",
            json!({"name": "lake", "credential_name": "key", "url": "s3://bucket/lake", "skip_validation": true, "comment": "c"}),
            vec![
                ("comment", Value::Null, "update"),
                ("read_only", json!(true), "update"),
                ("name", json!("sea"), "update_id"),
            ],
        ),
        beside(
            "registered_models",
            json!({"schemas": {"place": {"catalog_name": "dev", "name": "models"}}}),
            json!({"catalog_name": "dev", "schema_name": "models", "name": "delay", "comment": "c", "grants": grants("EXECUTE")}),
            vec![("comment", Value::Null, "update"), ("name", json!("late"), "recreate")],
        ),
        beside(
            "secrets",
            json!({"schemas": {"place": {"catalog_name": "dev", "name": "vault"}}}),
            json!({"catalog_name": "dev", "schema_name": "vault", "name": "key", "value": "${var.secret}", "comment": "c", "grants": grants("MANAGE")}),
            vec![
                ("comment", json!("d"), "update"),
                ("comment", Value::Null, "update"),
                ("name", json!("other"), "recreate"),
            ],
        ),
        case(
            "quality_monitors",
            json!({
                "table_name": "dev.watch.watched", "assets_dir": "/Users/admin@sluice.test/m", "output_schema_name": "dev.watch",
                "snapshot": {}, "schedule": {"quartz_cron_expression": "0 0 8 * * ?", "timezone_id": "UTC"},
            }),
            vec![
                ("slicing_exprs", json!(["id"]), "update"),
                ("assets_dir", json!("/Users/admin@sluice.test/n"), "recreate"),
            ],
        ),
    ]
}

fn lakebase() -> Vec<Case> {
    vec![
        case(
            "postgres_projects",
            json!({"project_id": "alone", "permissions": permissions("CAN_USE")}),
            vec![
                ("display_name", json!("Alone"), "update"),
                ("pg_version", json!(16), "recreate"),
            ],
        ),
        beside(
            "postgres_endpoints",
            branch(),
            json!({"endpoint_id": "e1", "parent": BRANCH, "endpoint_type": "ENDPOINT_TYPE_READ_ONLY"}),
            vec![("disabled", json!(true), "update")],
        ),
        beside(
            "postgres_roles",
            branch(),
            json!({"role_id": "r1", "parent": BRANCH, "postgres_role": "r"}),
            vec![
                ("attributes", json!({"createdb": true}), "update"),
                ("postgres_role", json!("z"), "recreate"),
            ],
        ),
        beside(
            "postgres_catalogs",
            branch(),
            json!({"catalog_id": "pgcat", "postgres_database": "d", "branch": BRANCH}),
            vec![("postgres_database", json!("e"), "recreate")],
        ),
        case(
            "database_instances",
            json!({"name": "first", "capacity": "CU_1", "stopped": true}),
            vec![("capacity", json!("CU_2"), "update")],
        ),
    ]
}

fn machine_learning() -> Vec<Case> {
    vec![
        case(
            "experiments",
            json!({"name": "/Users/admin@sluice.test/trial", "permissions": permissions("CAN_READ")}),
            vec![("name", json!("/Users/admin@sluice.test/trial2"), "update")],
        ),
        case(
            "models",
            json!({"name": "old", "description": "d", "permissions": permissions("CAN_READ")}),
            vec![
                ("description", Value::Null, "update"),
                ("name", json!("older"), "recreate"),
            ],
        ),
        case(
            "model_serving_endpoints",
            json!({
                "name": "serve", "tags": [{"key": "a", "value": "b"}], "permissions": permissions("CAN_QUERY"),
                "config": {"served_entities": [{"entity_name": "system.ai.llama", "entity_version": "1", "workload_size": "Small", "scale_to_zero_enabled": true}]},
            }),
            vec![
                (
                    "tags",
                    json!([{"key": "a", "value": "c"}, {"key": "d", "value": ""}]),
                    "update",
                ),
                (
                    "ai_gateway",
                    json!({"usage_tracking_config": {"enabled": true}}),
                    "update",
                ),
                ("description", json!("served"), "recreate"),
            ],
        ),
    ]
}

fn write(place: &Place, case: &Case, body: Option<&Value>) {
    let mut resources = case.beside.clone();
    if let Some(body) = body {
        resources[case.kind]["it"] = body.clone();
    }
    let bundle = json!({
        "bundle": {"name": "kinds"},
        "variables": {"secret": {"description": "the value of a secret"}},
        "targets": {"dev": {"default": true, "workspace": {"host": place.host, "root_path": format!("/Workspace/Shared/.bundle/{}", case.kind)}}},
        "resources": resources,
    });
    place.write("databricks.yml", &serde_json::to_string_pretty(&bundle).unwrap());
}

fn command(place: &Place, arguments: &[&str]) -> Value {
    let token = place.configuration("admin").token.expose().to_owned();
    let variables = [("DATABRICKS_TOKEN", token.as_str()), ("BUNDLE_VAR_secret", "hidden")];
    place.sluice_with(arguments, &variables).json(0)
}

/// What a plan does, without what it leaves alone: actions by key, and the changed fields of the resource.
fn planned(place: &Place, kind: &str) -> (BTreeMap<String, String>, Vec<String>) {
    let plan = command(place, &["plan", "-o", "json"]);
    let acts = |entry: &Value| entry["action"] != "skip";
    let entries = plan["plan"].as_object().unwrap();
    let actions = entries.iter().filter(|(_, entry)| acts(entry));
    let actions = actions.map(|(key, entry)| (key.clone(), entry["action"].as_str().unwrap().to_owned()));
    let changes = entries
        .get(&format!("resources.{kind}.it"))
        .and_then(|entry| entry["changes"].as_object());
    let changed = changes.into_iter().flatten().filter(|(_, change)| acts(change));
    let mut fields: Vec<String> = changed
        .map(|(path, _)| path.split(['.', '[']).next().unwrap().to_owned())
        .collect();
    fields.dedup();
    (actions.collect(), fields)
}

fn assert_nothing_to_do(place: &Place, case: &Case, when: &str) {
    let (actions, fields) = planned(place, case.kind);
    assert_eq!(actions, BTreeMap::new(), "{} {when}: {fields:?}", case.kind);
}

const DEPLOY: [&str; 4] = ["deploy", "--auto-approve", "-o", "json"];

fn live(place: &Place, case: &Case) {
    let own = format!("resources.{}.it", case.kind);
    let mut body = case.body.clone();
    write(place, case, Some(&body));
    command(place, &DEPLOY);
    assert_nothing_to_do(place, case, "after it was made");
    for (field, value, action) in &case.changes {
        match value {
            Value::Null => drop(body.as_object_mut().unwrap().remove(*field)),
            value => body[*field] = value.clone(),
        }
        write(place, case, Some(&body));
        let (actions, fields) = planned(place, case.kind);
        assert_eq!(
            (actions.get(&own).map(String::as_str), fields),
            (Some(*action), vec![(*field).to_owned()]),
            "{own}: {field} becomes {value}"
        );
        command(place, &DEPLOY);
        assert_nothing_to_do(place, case, &format!("after {field} became {value}"));
    }
    write(place, case, None);
    let (actions, _) = planned(place, case.kind);
    assert_eq!(actions.get(&own).map(String::as_str), Some("delete"), "{actions:?}");
    command(place, &DEPLOY);
    assert_nothing_to_do(place, case, "after it was deleted");
    if case.kind == "experiments" {
        // The service keeps a deleted experiment, and its name with it.
        body["name"] = json!("/Users/admin@sluice.test/trial3");
    }
    write(place, case, Some(&body));
    let (actions, _) = planned(place, case.kind);
    assert_eq!(actions.get(&own).map(String::as_str), Some("create"), "{actions:?}");
    command(place, &DEPLOY);
    command(place, &["destroy", "--auto-approve", "-o", "json"]);
    let (actions, _) = planned(place, case.kind);
    assert!(actions.values().all(|action| action == "create"), "{actions:?}");
}

#[test]
fn every_kind_is_made_changed_field_by_field_and_deleted() {
    let place = Place::new();
    place.write("app/app.py", "print(1)\n");
    place.write("p.sql", "CREATE OR REFRESH MATERIALIZED VIEW one AS SELECT 1 AS one;\n");
    sql(&place, "CREATE SCHEMA dev.watch");
    sql(&place, "CREATE TABLE dev.watch.watched (id BIGINT NOT NULL)");
    let credential = json!({"name": "key", "aws_iam_role": {"role_arn": "arn:aws:iam::123456789012:role/r"}, "skip_validation": true});
    let as_admin = place.client("admin");
    let request =
        sluice_wire::Request::new(Method::Post, "/api/2.1/unity-catalog/storage-credentials").json(credential);
    let made = place
        .runtime
        .block_on(async { as_admin.exchange(&request, false).await });
    assert!(made.unwrap().status < 300);
    let grant = json!({"changes": [{"principal": "admin@sluice.test", "add": ["ALL_PRIVILEGES"]}]});
    send(
        &place,
        Method::Patch,
        "/api/2.1/unity-catalog/permissions/schema/dev.watch",
        grant,
    );
    let warehouses = place.get("/api/2.0/sql/warehouses", &[]);
    let warehouse = warehouses["warehouses"][0]["id"].as_str().unwrap().to_owned();
    for case in cases(&warehouse) {
        live(&place, &case);
    }
}
