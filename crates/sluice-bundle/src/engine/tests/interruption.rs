//! A deployment that is killed at any request, before or after the workspace carried it out, is finished by the same command.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::deployment::{Deployment, Stop, assert_unchanged, bundle};
use crate::language::Bundle;

const FOLDER: &str = "/Workspace/Users/deployer/.bundle/flights/dev/resources";

fn before() -> Bundle {
    let resources = json!({
        "schemas": {"gold": {"name": "gold", "catalog_name": "dev",
            "grants": [{"principal": "analysts", "privileges": ["SELECT", "USE_SCHEMA"]}]}},
        "volumes": {"files": {"name": "files", "catalog_name": "dev", "schema_name": "${resources.schemas.gold.name}",
            "grants": [{"principal": "analysts", "privileges": ["READ_VOLUME"]}]}},
        "jobs": {
            "load": {"name": "load", "tasks": [{"task_key": "a", "notebook_task": {"notebook_path": "/Workspace/a"}}],
                "permissions": [{"level": "CAN_VIEW", "group_name": "analysts"}]},
            "all": {"name": "all", "tasks": [{"task_key": "a", "run_job_task": {"job_id": "${resources.jobs.load.id}"}}]},
        },
        "genie_spaces": {"ask": {"title": "Ask", "warehouse_id": "w1", "parent_path": FOLDER,
            "serialized_space": {"data_sources": {"tables": [{"identifier": "dev.gold.flights"}]}},
            "permissions": [{"level": "CAN_RUN", "group_name": "analysts"}]}},
        "dashboards": {"all": {"display_name": "All", "parent_path": FOLDER, "serialized_dashboard": {"pages": []}}},
        "secret_scopes": {"keys": {"name": "keys", "permissions": [{"level": "READ", "group_name": "analysts"}]}},
    });
    let catalog = json!({
        "version": 1,
        "warehouse_id": "w1",
        "functions": {"hide": {"name": "dev.gold.hide", "returns": "int", "definition": "0",
            "parameters": [{"name": "a", "type": "int"}], "grants": [{"principal": "analysts", "privileges": ["EXECUTE"]}]}},
        "tables": {"flights": {"name": "dev.gold.flights",
            "columns": [{"name": "a", "type": "int", "tags": {"pii": ""},
                "mask": {"function": "${catalog.functions.hide.full_name}"}}],
            "constraints": {"checks": {"positive": "a > 0"},
                "foreign_keys": {"itself": {"columns": ["a"], "references": "dev.gold.flights"}}},
            "tags": {"layer": "gold"},
            "grants": [{"principal": "analysts", "privileges": ["SELECT"]}]}},
        "tags": {"gold": {"securable": "schema", "name": "dev.gold", "tags": {"layer": "gold"}}},
        "views": {"busy": {"name": "dev.gold.busy", "query": "SELECT * FROM dev.gold.flights"}},
    });
    bundle(resources, catalog)
}

/// Changes everything in place that can be, and makes the schema's neighbour, a job, go away.
fn after() -> Bundle {
    let resources = json!({
        "schemas": {"gold": {"name": "gold", "catalog_name": "dev", "comment": "new",
            "grants": [{"principal": "stewards", "privileges": ["SELECT"]}]}},
        "volumes": {"files": {"name": "papers", "catalog_name": "dev", "schema_name": "${resources.schemas.gold.name}",
            "comment": "new", "grants": [{"principal": "analysts", "privileges": ["READ_VOLUME"]}]}},
        "jobs": {"load": {"name": "load", "tasks": [{"task_key": "b", "notebook_task": {"notebook_path": "/Workspace/b"}}]}},
        "genie_spaces": {"ask": {"title": "Ask us", "description": "new", "warehouse_id": "w1", "parent_path": FOLDER,
            "serialized_space": {"config": {"sample_questions": [{"question": ["How far?"]}]},
                "data_sources": {"tables": [{"identifier": "dev.gold.flights"}]}},
            "permissions": [{"level": "CAN_EDIT", "group_name": "analysts"}]}},
        "dashboards": {"all": {"display_name": "Everything", "parent_path": FOLDER,
            "serialized_dashboard": {"pages": [{"name": "p"}]}, "embed_credentials": true}},
        "secret_scopes": {"keys": {"name": "keys", "permissions": [{"level": "WRITE", "group_name": "stewards"}]}},
    });
    let catalog = json!({
        "version": 1,
        "warehouse_id": "w1",
        "tables": {"flights": {"name": "dev.gold.flights", "comment": "new", "properties": {"team": "flights"},
            "columns": [{"name": "a", "type": "int", "comment": "new"}, {"name": "b", "type": "int", "tags": {"pii": ""}}],
            "constraints": {"checks": {"positive": "a >= 0"},
                "foreign_keys": {"itself": {"columns": ["b"], "references": "dev.gold.flights"}}},
            "row_filter": {"function": "dev.gold.hide", "columns": ["a"]},
            "tags": {"layer": "silver"}}},
        "functions": {"hide": {"name": "dev.gold.hide", "returns": "int", "definition": "1", "comment": "new",
            "parameters": [{"name": "a", "type": "int"}]}},
        "views": {"busy": {"name": "dev.gold.busy", "comment": "new", "query": "SELECT a FROM dev.gold.flights"}},
    });
    bundle(resources, catalog)
}

/// What a workspace holds, job ids apart: a call that was repeated would show as an object too many.
fn content(deployment: &Deployment) -> Value {
    let workspace = &deployment.workspace;
    let jobs: Vec<&Value> = workspace.jobs.values().map(|job| &job["name"]).collect();
    json!({"jobs": jobs, "securables": workspace.securables, "tables": workspace.tables, "grants": workspace.grants,
        "functions": workspace.functions, "tags": workspace.tags, "objects": without_times(&workspace.objects), "scopes": workspace.scopes})
}

/// What objects say; ids, etags and times differ with the number of requests.
fn without_times(objects: &BTreeMap<String, Value>) -> Vec<Value> {
    let mut said: Vec<Value> = objects
        .values()
        .map(|object| {
            let mut object = object.clone();
            let fields = object.as_object_mut().unwrap();
            fields.retain(|name, _| !matches!(name.as_str(), "etag" | "update_time" | "space_id" | "dashboard_id"));
            if let Some(Value::Object(version)) = fields.get_mut("published") {
                version.shift_remove("revision_create_time");
            }
            object
        })
        .collect();
    said.sort_by_key(Value::to_string);
    said
}

/// Kills the step from `start` to `wanted` at every request and finishes it each time.
fn sweep(start: &Deployment, wanted: &Bundle, destroy: bool) -> usize {
    let fresh = || Deployment {
        workspace: start.workspace.clone(),
        states: start.states.clone(),
        options: crate::engine::PlanOptions {
            destroy,
            ..Default::default()
        },
        stop_at: None,
    };
    let mut straight = fresh();
    straight.options.allow_destroy = true;
    straight.deploy(wanted);
    let mut stops = 0;
    for takes_effect in [false, true] {
        for request in 0.. {
            let mut deployment = fresh();
            deployment.options.allow_destroy = true;
            deployment.stop_at = Some(Stop { request, takes_effect });
            let plan = deployment.plan(wanted).unwrap();
            if deployment.apply(&plan) {
                break;
            }
            stops += 1;
            deployment.stop_at = None;
            deployment.deploy(wanted);
            assert_eq!(
                content(&deployment),
                content(&straight),
                "stopped at {request} ({takes_effect})"
            );
            let keys = |deployment: &Deployment| -> Vec<String> {
                deployment
                    .states
                    .entries()
                    .map(|(key, entry)| format!("{key} {}", entry.state))
                    .collect()
            };
            assert_eq!(keys(&deployment).len(), keys(&straight).len());
            assert_unchanged(&mut deployment, wanted);
        }
    }
    stops
}

#[test]
fn every_place_to_be_killed_leads_to_the_same_end() {
    let empty = Deployment::default();
    assert_eq!(sweep(&empty, &before(), false), 2 * 27);
    let mut first = Deployment::default();
    first.deploy(&before());
    assert_eq!(sweep(&first, &after(), false), 2 * 30);
    assert_eq!(sweep(&first, &before(), true), 2 * 11);
}
