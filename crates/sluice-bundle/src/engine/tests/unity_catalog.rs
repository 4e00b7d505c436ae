//! Schemas, volumes and grants.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sluice_model::ResourceKey;

use super::deployment::{Deployment, assert_unchanged, bundle, changed, deployed};
use crate::engine::Action;

fn full() -> Value {
    json!({
        "schemas": {"gold": {
            "name": "Gold", "catalog_name": "dev", "comment": "for consumers", "storage_root": "s3://b/gold/",
            "properties": {"team": "flights"},
            "grants": [
                {"principal": "analysts", "privileges": ["USE_SCHEMA", "SELECT"]},
                {"principal": "stewards", "privileges": ["ALL PRIVILEGES", "SELECT"]},
            ],
        }},
        "volumes": {"files": {
            "name": "files", "catalog_name": "dev", "schema_name": "${resources.schemas.gold.name}", "comment": "received",
            "grants": [{"principal": "analysts", "privileges": ["READ_VOLUME"]}],
        }},
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut resources = full();
    *resources.pointer_mut(pointer).unwrap() = value;
    resources
}

#[test]
fn deployed_schemas_and_volumes_plan_to_nothing() {
    let minimal = json!({
        "schemas": {"gold": {"name": "gold", "catalog_name": "dev"}},
        "volumes": {"files": {"name": "files", "catalog_name": "dev", "schema_name": "gold"}},
    });
    for resources in [minimal, full()] {
        let deployment = deployed(&bundle(resources, json!({})));
        assert_eq!(deployment.workspace.securables.len(), 2);
        assert_eq!(
            deployment.states.resources.state[&"resources.schemas.gold".parse().unwrap()].id,
            "dev.gold"
        );
    }
}

#[test]
fn every_changed_field_is_the_only_one_that_the_plan_names() {
    let cases = [
        (
            "/schemas/gold/comment",
            json!("other"),
            "resources.schemas.gold",
            "update comment",
        ),
        (
            "/schemas/gold/properties/team",
            json!("other"),
            "resources.schemas.gold",
            "update properties.team",
        ),
        (
            "/volumes/files/comment",
            json!("other"),
            "resources.volumes.files",
            "update comment",
        ),
        (
            "/volumes/files/name",
            json!("papers"),
            "resources.volumes.files",
            "update_id name",
        ),
        (
            "/schemas/gold/grants/0/privileges",
            json!(["SELECT"]),
            "resources.schemas.gold.grants",
            "update __embed__[principal='analysts'].privileges",
        ),
        (
            "/schemas/gold/grants/0/principal",
            json!("engineers"),
            "resources.schemas.gold.grants",
            "update __embed__[principal='engineers']",
        ),
    ];
    for (pointer, value, key, expected) in cases {
        let mut deployment = deployed(&bundle(full(), json!({})));
        let bundle = bundle(with(pointer, value), json!({}));
        let plan = deployment.plan(&bundle).unwrap();
        assert!(
            changed(&plan, key).contains(&expected.to_owned()),
            "{:?}",
            changed(&plan, key)
        );
        assert!(plan.destructive().is_empty());
        deployment.apply(&plan);
        assert_unchanged(&mut deployment, &bundle);
    }
}

#[test]
fn a_schema_at_another_place_takes_what_it_holds_with_it() {
    for (pointer, value) in [
        ("/schemas/gold/storage_root", json!("s3://b/other")),
        ("/schemas/gold/name", json!("gold2")),
    ] {
        let mut deployment = deployed(&bundle(full(), json!({})));
        let bundle = bundle(with(pointer, value), json!({}));
        let plan = deployment.plan(&bundle).unwrap();
        let actions: Vec<Action> = plan.plan.values().map(|entry| entry.action).collect();
        assert_eq!(
            actions,
            [Action::Recreate, Action::Create, Action::Create, Action::Create]
        );
        assert_eq!(plan.destructive().len(), 1);
        deployment.apply(&plan);
        assert_unchanged(&mut deployment, &bundle);
        assert_eq!(deployment.workspace.grants.len(), 2);
    }
}

#[test]
fn principals_that_are_not_listed_any_more_lose_what_they_have_and_strangers_keep_it() {
    let mut deployment = deployed(&bundle(full(), json!({})));
    let stranger = BTreeSet::from(["MODIFY".to_owned()]);
    let schema = deployment.workspace.grants.get_mut("schema/dev.gold").unwrap();
    schema.insert("stranger".to_owned(), stranger.clone());
    schema.insert(
        "analysts".to_owned(),
        BTreeSet::from(["MODIFY".to_owned(), "SELECT".to_owned()]),
    );
    assert_eq!(deployment.plan(&bundle(full(), json!({}))).unwrap().summary().change, 1);
    let without = bundle(with("/schemas/gold/grants", json!([])), json!({}));
    deployment.deploy(&without);
    assert_unchanged(&mut deployment, &without);
    let left = &deployment.workspace.grants["schema/dev.gold"];
    assert_eq!(left.iter().collect::<Vec<_>>(), [(&"stranger".to_owned(), &stranger)]);
}

#[test]
fn an_object_that_exists_is_taken_over_only_when_it_is_known_to_be_ours() {
    let bundle = bundle(full(), json!({}));
    let mut deployment = deployed(&bundle);
    deployment.states = Default::default();
    let faults = deployment.plan(&bundle).unwrap_err();
    assert!(
        faults[0]
            .summary
            .contains("`resources.schemas.gold` is to make `dev.gold`, which exists already"),
        "{faults:?}"
    );
    deployment.options.interrupted = [
        ResourceKey::bundle("schemas", "gold"),
        ResourceKey::bundle("volumes", "files"),
    ]
    .into();
    let plan = deployment.plan(&bundle).unwrap();
    assert!(plan.plan[&ResourceKey::bundle("schemas", "gold")].adopted);
    deployment.apply(&plan);
    deployment.options.interrupted.clear();
    assert_unchanged(&mut deployment, &bundle);
    assert_eq!(deployment.workspace.securables.len(), 2);
}

#[test]
fn destroying_deletes_children_first_and_leaves_nothing() {
    let bundle = bundle(full(), json!({}));
    let mut deployment: Deployment = deployed(&bundle);
    deployment.options.destroy = true;
    deployment.workspace.changes.clear();
    deployment.deploy(&bundle);
    let paths: Vec<&str> = deployment
        .workspace
        .changes
        .iter()
        .map(|(_, path)| path.as_str())
        .collect();
    assert_eq!(
        paths,
        [
            "/api/2.1/unity-catalog/volumes/dev.gold.files",
            "/api/2.1/unity-catalog/schemas/dev.gold"
        ]
    );
    assert!(deployment.workspace.securables.is_empty() && deployment.states.resources.state.is_empty());
    assert_unchanged(&mut deployment, &bundle);
}

#[test]
fn a_stranger_at_the_new_name_of_a_lost_volume_is_not_taken_over() {
    let mut deployment = deployed(&bundle(full(), json!({})));
    let mut stranger = deployment.workspace.securables.remove("dev.gold.files").unwrap();
    stranger["full_name"] = json!("dev.gold.papers");
    deployment
        .workspace
        .securables
        .insert("dev.gold.papers".to_owned(), stranger);
    let faults = deployment
        .plan(&bundle(with("/volumes/files/name", json!("papers")), json!({})))
        .unwrap_err();
    assert!(
        faults[0]
            .summary
            .contains("`dev.gold.papers`, which exists already and does not belong"),
        "{faults:?}"
    );
}
