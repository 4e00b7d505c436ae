//! Genie spaces, dashboards and secret scopes.

use serde_json::{Value, json};

use super::deployment::{Deployment, assert_unchanged, bundle, changed, deployed};
use crate::engine::Action;

const FOLDER: &str = "/Workspace/Users/deployer/.bundle/flights/dev/resources";

pub(super) fn full() -> Value {
    json!({
        "schemas": {"gold": {"name": "gold", "catalog_name": "dev"}},
        "genie_spaces": {"ask": {
            "title": "Ask", "description": "About flights", "warehouse_id": "w1", "parent_path": FOLDER,
            "serialized_space": {
                "config": {"sample_questions": [{"question": ["Which carrier?"]}, {"question": ["How far?"]}]},
                "data_sources": {"tables": [
                    {"identifier": "dev.${resources.schemas.gold.name}.flights", "description": ["All of them"],
                     "column_configs": [{"column_name": "tailnum"}, {"column_name": "carrier", "synonyms": ["airline"]}]},
                    {"identifier": "dev.gold.airports"},
                ]},
                "instructions": {"text_instructions": [{"content": ["Be brief.\n"]}],
                    "example_question_sqls": [{"question": ["How far?"], "sql": ["SELECT 1"]}]},
            },
            "permissions": [{"level": "CAN_RUN", "group_name": "analysts"}],
        }},
        "dashboards": {"overview": {
            "display_name": "Overview", "warehouse_id": "w1", "parent_path": FOLDER,
            "serialized_dashboard": {"pages": [{"name": "p", "displayName": "One"}], "datasets": [{"name": "d", "queryLines": ["SELECT 1"]}]},
            "embed_credentials": false, "dataset_catalog": "dev", "dataset_schema": "gold",
            "permissions": [{"level": "CAN_READ", "group_name": "analysts"}],
        }},
        "secret_scopes": {"keys": {
            "name": "keys", "backend_type": "DATABRICKS",
            "permissions": [{"level": "READ", "group_name": "analysts"}, {"level": "WRITE", "group_name": "analysts"}],
        }},
        "jobs": {"load": {"name": "load", "tasks": [{"task_key": "a",
            "spark_python_task": {"python_file": "/Workspace/a.py", "parameters": ["${resources.secret_scopes.keys.name}"]}}]}},
    })
}

fn tables() -> Value {
    let table = |name: &str| json!({"name": format!("dev.gold.{name}"), "columns": [{"name": "a", "type": "int"}]});
    json!({"warehouse_id": "w1", "tables": {"flights": table("flights"), "airports": table("airports")}})
}

fn with(pointer: &str, value: Value) -> Value {
    let mut resources = full();
    *resources.pointer_mut(pointer).unwrap() = value;
    resources
}

fn deploy_full() -> Deployment {
    deployed(&bundle(full(), tables()))
}

#[test]
fn the_least_and_the_most_plan_to_nothing_a_second_time() {
    let least = json!({
        "genie_spaces": {"a": {"title": "A", "warehouse_id": "w1", "parent_path": FOLDER, "serialized_space": "{\"version\":2}"}},
        "dashboards": {"a": {"display_name": "A", "parent_path": FOLDER, "serialized_dashboard": {}}},
        "secret_scopes": {"a": {"name": "a"}},
    });
    deployed(&bundle(least, json!({})));
    let deployment = deploy_full();
    let lists = &deployment.workspace.permissions;
    let level = |object: &str| {
        let list = lists
            .iter()
            .find(|(key, _)| key.starts_with(object))
            .map(|(_, list)| list.clone());
        let list = list.unwrap_or_default();
        list.iter()
            .map(|entry| entry["permission_level"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(level("/genie/"), ["CAN_RUN", "CAN_MANAGE"]);
    assert_eq!(level("/dashboards/"), ["CAN_READ", "CAN_MANAGE"]);
    let acls: Vec<String> = deployment.workspace.scopes["keys"]
        .iter()
        .map(|(who, level)| format!("{who} {level}"))
        .collect();
    assert_eq!(acls, ["analysts WRITE", "deployer MANAGE"]);
    let task = &deployment.workspace.jobs.values().next().unwrap()["tasks"][0];
    assert_eq!(task["spark_python_task"]["parameters"], json!(["keys"]));
}

#[test]
fn the_state_is_that_of_the_databricks_cli() {
    let deployment = deploy_full();
    let state = |key: &str| deployment.states.get(&key.parse().unwrap()).unwrap().clone();
    let space = state("resources.genie_spaces.ask");
    let held = &deployment.workspace.objects[&space.id];
    assert_eq!(space.state["etag"], held["etag"]);
    assert_eq!(
        space.state["serialized_space"]
            .as_str()
            .map(|text| text.contains("dev.gold.flights")),
        Some(true)
    );
    assert!(
        space.depends_on.iter().all(|dependency| !dependency.node.catalog),
        "{:?}",
        space.depends_on
    );
    let dashboard = state("resources.dashboards.overview");
    assert_eq!(
        (&dashboard.state["published"], dashboard.state.get("etag").is_some()),
        (&json!(true), true)
    );
}

#[test]
fn a_space_is_made_after_what_it_speaks_about_with_ids_in_order() {
    let deployment = deploy_full();
    let paths: Vec<&str> = deployment
        .workspace
        .changes
        .iter()
        .map(|(_, path)| path.as_str())
        .collect();
    let space = paths.iter().position(|path| *path == "/api/2.0/genie/spaces").unwrap();
    let last = paths
        .iter()
        .rposition(|path| *path == "/api/2.0/sql/statements")
        .unwrap();
    assert!(last < space, "{paths:?}");
    let held = deployment
        .workspace
        .objects
        .values()
        .find(|object| object["title"] == "Ask")
        .unwrap();
    let content: Value = serde_json::from_str(held["serialized_space"].as_str().unwrap()).unwrap();
    assert_eq!(content["version"], 2);
    assert_eq!(content["data_sources"]["tables"][0]["identifier"], "dev.gold.airports");
    // The first 32 digits of the SHA-256 digest of `flights/config.sample_questions/["How far?"]`.
    let ids: Vec<&str> = content["config"]["sample_questions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    let expected = sluice_model::Digest::of(br#"flights/config.sample_questions/["How far?"]"#).hex()[..32].to_owned();
    assert!(ids.contains(&expected.as_str()), "{ids:?}");
}

#[test]
fn every_changed_field_is_the_only_one_that_the_plan_names() {
    let content = "/genie_spaces/ask/serialized_space";
    let cases = [
        (
            "/genie_spaces/ask/title".to_owned(),
            json!("Ask me"),
            "resources.genie_spaces.ask",
            "title",
        ),
        (
            "/genie_spaces/ask/description".to_owned(),
            Value::Null,
            "resources.genie_spaces.ask",
            "description",
        ),
        (
            format!("{content}/data_sources/tables/0/column_configs/1/synonyms"),
            json!(["airline", "company"]),
            "resources.genie_spaces.ask",
            "serialized_space.data_sources.tables[identifier='dev.gold.flights'].column_configs[column_name='carrier'].synonyms",
        ),
        (
            "/dashboards/overview/display_name".to_owned(),
            json!("All"),
            "resources.dashboards.overview",
            "display_name",
        ),
        (
            "/dashboards/overview/embed_credentials".to_owned(),
            json!(true),
            "resources.dashboards.overview",
            "embed_credentials",
        ),
        (
            "/dashboards/overview/dataset_schema".to_owned(),
            json!("silver"),
            "resources.dashboards.overview",
            "dataset_schema",
        ),
        (
            "/dashboards/overview/serialized_dashboard/pages/0/displayName".to_owned(),
            json!("Two"),
            "resources.dashboards.overview",
            "serialized_dashboard.pages[name='p'].displayName",
        ),
        (
            "/secret_scopes/keys/permissions".to_owned(),
            json!([{"level": "READ", "group_name": "analysts"}]),
            "resources.secret_scopes.keys.permissions",
            "acls[principal='analysts'].permission",
        ),
        (
            "/genie_spaces/ask/permissions/0/level".to_owned(),
            json!("CAN_EDIT"),
            "resources.genie_spaces.ask.permissions",
            "[group_name='analysts'].level",
        ),
    ];
    for (pointer, value, key, path) in cases {
        let mut deployment = deploy_full();
        let bundle = bundle(with(&pointer, value), tables());
        let plan = deployment.plan(&bundle).unwrap();
        let path = path.to_owned();
        let named: Vec<String> = changed(&plan, key)
            .iter()
            .map(|change| change.replace("update __embed__", "update "))
            .collect();
        assert_eq!(named, [format!("update {path}")], "{pointer}");
        assert_eq!(plan.summary().change, 1, "{pointer}: {:?}", plan.lines());
        deployment.apply(&plan);
        assert_unchanged(&mut deployment, &bundle);
    }
}

#[test]
fn what_somebody_changed_in_the_workspace_is_seen_and_put_back() {
    let mut deployment = deploy_full();
    let id = deployment
        .states
        .get(&"resources.genie_spaces.ask".parse().unwrap())
        .unwrap()
        .id
        .clone();
    let held = deployment.workspace.objects.get_mut(&id).unwrap();
    let text = held["serialized_space"]
        .as_str()
        .unwrap()
        .replace("Be brief.", "Be long.");
    held["serialized_space"] = json!(text);
    held["etag"] = json!("somebody");
    let bundle = bundle(full(), tables());
    let plan = deployment.plan(&bundle).unwrap();
    let changes = changed(&plan, "resources.genie_spaces.ask");
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert!(
        changes[0].starts_with("update serialized_space.instructions.text_instructions[id='"),
        "{changes:?}"
    );
    deployment.apply(&plan);
    assert_unchanged(&mut deployment, &bundle);
}

#[test]
fn a_dashboard_that_was_not_published_after_its_last_change_is_published() {
    let mut deployment = deploy_full();
    let id = deployment
        .states
        .get(&"resources.dashboards.overview".parse().unwrap())
        .unwrap()
        .id
        .clone();
    deployment.workspace.objects.get_mut(&id).unwrap()["published"]["revision_create_time"] =
        json!("2025-12-31T00:00:00Z");
    let bundle = bundle(full(), tables());
    let plan = deployment.plan(&bundle).unwrap();
    assert_eq!(changed(&plan, "resources.dashboards.overview"), ["update published"]);
    deployment.apply(&plan);
    assert_unchanged(&mut deployment, &bundle);
}

#[test]
fn what_is_removed_is_deleted_once_and_asked_about() {
    let mut deployment = deploy_full();
    let mut without = full();
    for kind in ["genie_spaces", "dashboards", "secret_scopes", "jobs"] {
        without[kind] = json!({});
    }
    let without = bundle(without, tables());
    let plan = deployment.plan(&without).unwrap();
    let asked: Vec<String> = plan
        .destructive()
        .iter()
        .map(|(key, action)| format!("{key} {}", action.as_str()))
        .collect();
    assert_eq!(
        asked,
        [
            "resources.dashboards.overview delete",
            "resources.genie_spaces.ask delete",
            "resources.secret_scopes.keys delete"
        ]
    );
    deployment.apply(&plan);
    assert!(deployment.workspace.objects.is_empty() && deployment.workspace.scopes.is_empty());
    assert_unchanged(&mut deployment, &without);
}

#[test]
fn a_dashboard_in_the_trash_counts_as_gone() {
    let mut deployment = deploy_full();
    let id = deployment
        .states
        .get(&"resources.dashboards.overview".parse().unwrap())
        .unwrap()
        .id
        .clone();
    deployment.workspace.objects.get_mut(&id).unwrap()["lifecycle_state"] = json!("TRASHED");
    let plan = deployment.plan(&bundle(full(), tables())).unwrap();
    assert_eq!(
        plan.plan[&"resources.dashboards.overview".parse().unwrap()].action,
        Action::Create
    );
}

#[test]
fn a_space_of_the_same_title_elsewhere_is_nobodys_of_ours() {
    let elsewhere = |folder: &str| with("/genie_spaces/ask/parent_path", json!(folder));
    let mut deployment = deploy_full();
    deployment.states = Default::default();
    deployment.options.adopt = true;
    let plan = deployment.plan(&bundle(full(), tables())).unwrap();
    assert!(plan.plan[&"resources.genie_spaces.ask".parse().unwrap()].adopted);
    // A title is nobody's own in a folder that is not the deployment's.
    let shared = elsewhere("/Workspace/Shared");
    let shared = bundle(
        json!({"schemas": shared["schemas"], "genie_spaces": shared["genie_spaces"]}),
        json!({}),
    );
    let mut deployment = deployed(&shared);
    deployment
        .states
        .resources
        .state
        .retain(|key, _| key.kind != "genie_spaces");
    let plan = deployment.plan(&shared).unwrap();
    assert_eq!(
        plan.plan[&"resources.genie_spaces.ask".parse().unwrap()].action,
        Action::Create
    );
}

#[test]
fn faults_are_all_named() {
    let resources = json!({
        "genie_spaces": {"a": {"title": "A", "warehouse_id": "w1", "serialized_space": "[]"}, "b": {"title": "B", "serialized_space": {}}},
        "dashboards": {"a": {"display_name": "A", "serialized_dashboard": "x"}, "b": {"serialized_dashboard": {}}},
        "secret_scopes": {"a": {"name": "s", "permissions": [{"level": "CAN_MANAGE", "user_name": "x"}, {"level": "READ"}]}, "b": {"name": "s"}},
    });
    let faults = Deployment::default().plan(&bundle(resources, json!({}))).unwrap_err();
    let summaries: Vec<&str> = faults.iter().map(|fault| fault.summary.as_str()).collect();
    assert_eq!(
        summaries,
        [
            "`resources.genie_spaces.a` has a `serialized_space` that is not a JSON object",
            "`resources.genie_spaces.b` has no `warehouse_id`",
            "`resources.dashboards.a` has a `serialized_dashboard` that is not a JSON object",
            "`resources.dashboards.b` has no `display_name`",
            "`resources.secret_scopes.a.permissions` has a permission whose level is none of `READ`, `WRITE`, `MANAGE`",
            "`resources.secret_scopes.a.permissions` has a permission without a principal",
            "`resources.secret_scopes.a` and `resources.secret_scopes.b` both declare the secret scope `s`",
        ]
    );
}
