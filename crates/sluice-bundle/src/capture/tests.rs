//! The law of capturing: what was observed becomes files, those resolve to what was observed, and a second capture finds nothing.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_model::Tree;

use super::normal::{normal, same};
use super::{
    CaptureDifference, CaptureInput, CaptureLock, Captured, CapturedKind, LOCK_FILE, Reading, capture, observe,
};
use crate::engine::States;
use crate::language::{Bundle, CurrentUser, Inputs, LocalPath, Need, Resolution, glob, resolve};

const USER: &str = "engineer@sluice.test";

const ROOT: &str = "bundle: {name: shop}
include: [resources/*.yml]
variables:
  catalog: {default: dev}
  warehouse_id: {default: w1}
targets:
  dev: {default: true, workspace: {host: 'http://127.0.0.1:1'}}
";

const SCHEMAS: &str = "resources:
  schemas:
    gold: {catalog_name: '${var.catalog}', name: shop_gold}
";

fn files() -> BTreeMap<String, String> {
    [("databricks.yml", ROOT), ("resources/schemas.yml", SCHEMAS)]
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into()
}

/// Resolves files as the shell does.
fn bundle(files: &BTreeMap<String, String>) -> Bundle {
    let mut inputs = Inputs {
        current_user: Some(CurrentUser {
            user_name: USER.to_owned(),
            display_name: "Engineer".to_owned(),
            service_principal: false,
            record: sluice_model::Tree::default(),
        }),
        git: Some(None),
        ..Inputs::default()
    };
    loop {
        let needs = match resolve(&inputs) {
            Resolution::Resolved(bundle, _) => return *bundle,
            Resolution::Refused(faults) => {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                panic!("refused: {}\n{files:#?}", faults.join("\n"))
            }
            Resolution::Needs(needs) => needs,
        };
        for need in needs {
            match need {
                Need::File(path) => {
                    let text = files.get(&path).cloned();
                    inputs.files.insert(path, text);
                }
                Need::Glob(pattern) => {
                    let found = files
                        .keys()
                        .filter(|path| glob::matches(&pattern, path))
                        .cloned()
                        .collect();
                    inputs.globs.insert(pattern, found);
                }
                Need::LocalPath(path) => {
                    let found = match files.get(&path) {
                        Some(text) if text.contains("Databricks notebook source") => LocalPath::Notebook,
                        Some(_) => LocalPath::File,
                        None => LocalPath::Missing,
                    };
                    inputs.local_paths.insert(path, found);
                }
                other => panic!("asks for {other:?}"),
            }
        }
    }
}

fn reading(kind: CapturedKind, id: &str, object: Value) -> Reading {
    Reading {
        kind,
        id: id.to_owned(),
        object: Tree::from_json(&object),
        grants: Vec::new(),
        tags: Vec::new(),
        permissions: Vec::new(),
    }
}

fn schema() -> Reading {
    let object = json!({"catalog_name": "dev", "name": "shop_gold", "full_name": "dev.shop_gold"});
    reading(CapturedKind::Schema, "dev.shop_gold", object)
}

/// Captures into files and gives what was captured with the files afterwards.
fn captured(
    files: &BTreeMap<String, String>,
    readings: &[Reading],
    lock: &CaptureLock,
) -> (Captured, BTreeMap<String, String>) {
    let bundle = bundle(files);
    let captured = capture(CaptureInput {
        bundle: &bundle,
        documents: files,
        readings,
        files: &[],
        states: &States::default(),
        lock,
    });
    let captured = captured.unwrap();
    let mut after = files.clone();
    for (path, content) in &captured.writes {
        after.insert(path.clone(), String::from_utf8(content.clone()).unwrap());
    }
    (captured, after)
}

/// The law for these objects in an otherwise empty product.
fn check(readings: &[Reading]) -> BTreeMap<String, String> {
    let (first, mut after) = captured(&files(), readings, &CaptureLock::default());
    assert_eq!(first.report.left_out, []);
    after.remove(LOCK_FILE);
    let resolved = bundle(&after);
    let declared = super::resolved::documents(&resolved, &BTreeMap::new()).declared;
    for reading in readings {
        let observed = observe(reading, USER).unwrap();
        let name = super::resolved::full_name(observed.kind, &observed.document);
        let document = declared
            .iter()
            .find(|one| one.kind == observed.kind && one.full_name() == name)
            .unwrap_or_else(|| panic!("{name:?} is not declared in {after:#?}"));
        let wanted = normal(observed.kind, &document.document, USER);
        assert!(
            same("", &wanted, &observed.document),
            "{}\n{}\n{after:#?}",
            wanted.to_json(),
            observed.document.to_json()
        );
    }
    // Without the lock, so that every object is compared and none is skipped because it was captured.
    let (second, again) = captured(&after, readings, &CaptureLock::default());
    assert_eq!(second.report.differences, []);
    assert_eq!(again.get("catalog/gold.yml"), after.get("catalog/gold.yml"));
    after
}

fn flights() -> Reading {
    let mut table = reading(
        CapturedKind::Table,
        "dev.shop_gold.flights",
        json!({
            "name": "flights", "full_name": "dev.shop_gold.flights", "table_type": "MANAGED", "data_source_format": "DELTA",
            "comment": "One row per flight.",
            "columns": [
                {"name": "fare", "type_text": "decimal(10,2)", "nullable": true, "position": 1},
                {"name": "carrier", "type_text": "string", "nullable": false, "position": 0, "comment": "IATA code"},
            ],
            "properties": {"team": "flights", "delta.minReaderVersion": "1", "sluice.product": "shop/dev"},
            "table_constraints": [{"primary_key_constraint": {"name": "flights_pk", "child_columns": ["carrier"]}}],
        }),
    );
    let grant = json!({"principal": "analysts", "privileges": ["SELECT"]});
    table.grants = vec![Tree::from_json(&grant)];
    table
}

fn hide() -> Reading {
    let object = json!({
        "name": "hide", "full_name": "dev.shop_gold.hide", "routine_body": "SQL", "full_data_type": "string", "is_deterministic": true,
        "routine_definition": "CASE WHEN is_account_group_member('analysts') THEN NULL ELSE x END", "comment": "Hides x.",
        "input_params": {"parameters": [
            {"name": "y", "type_text": "string", "position": 1, "comment": "unused"}, {"name": "x", "type_text": "STRING", "position": 0},
        ]},
    });
    reading(CapturedKind::Function, "dev.shop_gold.hide", object)
}

#[test]
fn a_function_says_that_it_is_not_deterministic_and_nothing_otherwise() {
    let mut unsure = hide();
    unsure.object.set("is_deterministic", false);
    let after = check(&[schema(), unsure]);
    assert!(after["catalog/gold.yml"].contains("deterministic: false"), "{after:?}");
    let after = check(&[schema(), hide()]);
    assert!(!after["catalog/gold.yml"].contains("deterministic"), "{after:?}");
}

#[test]
fn the_order_of_columns_in_a_space_makes_no_difference() {
    let space = |columns: [&str; 2]| {
        let configs: Vec<_> = columns.iter().map(|name| json!({"column_name": name})).collect();
        let tables = json!([{"identifier": "dev.gold.flights", "column_configs": configs}]);
        super::settings::normal_serialized(Tree::from_json(&json!({"data_sources": {"tables": tables}})))
    };
    assert_eq!(space(["year", "carrier"]), space(["carrier", "year"]));
}

fn busy() -> Reading {
    let object = json!({
        "name": "busy", "full_name": "dev.shop_gold.busy", "table_type": "VIEW",
        "view_definition": "SELECT carrier,\n  count(*) AS n\nFROM dev.shop_gold.flights\nGROUP BY carrier",
        "columns": [{"name": "carrier", "position": 0}, {"name": "n", "position": 1}],
    });
    reading(CapturedKind::View, "dev.shop_gold.busy", object)
}

#[test]
fn tables_and_views_become_catalog_files() {
    let after = check(&[schema(), flights(), busy()]);
    insta::assert_snapshot!(after["catalog/gold.yml"], @r#"
    version: 1
    warehouse_id: ${var.warehouse_id}
    tables:
      flights:
        name: ${var.catalog}.${resources.schemas.gold.name}.flights
        comment: One row per flight.
        columns:
          - {name: carrier, type: string, nullable: false, comment: IATA code}
          - {name: fare, type: "decimal(10,2)"}
        constraints:
          primary_key: [carrier]
        properties:
          team: flights
        grants:
          - {principal: analysts, privileges: [SELECT]}
    views:
      busy:
        name: ${var.catalog}.${resources.schemas.gold.name}.busy
        query: |-
          SELECT carrier,
            count(*) AS n
          FROM ${var.catalog}.${resources.schemas.gold.name}.flights
          GROUP BY carrier
    "#);
}

#[test]
fn a_change_touches_its_own_lines_and_keeps_what_people_wrote() {
    let mut files = check(&[schema(), flights(), busy()]);
    let written = files["catalog/gold.yml"]
        .replace("tables:\n", "# What consumers see.\ntables:\n")
        .replace(
            "comment: One row",
            "comment: One row # for now\n    # and more\n    lifecycle: {prevent_destroy: true}\n    #",
        );
    let written = written.replace("# for now", "# short");
    files.insert("catalog/gold.yml".to_owned(), written.clone());
    let mut changed = flights();
    changed.object.set("comment", "One row per leg.");
    let (captured, after) = self::captured(&files, &[schema(), changed, busy()], &CaptureLock::default());
    assert!(
        matches!(&captured.report.differences[..], [CaptureDifference::Changed { fields, .. }] if fields == &["comment"]),
        "{:?}",
        captured.report.differences
    );
    let same_lines = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| !line.trim_start().starts_with("comment: One row"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(same_lines(&after["catalog/gold.yml"]), same_lines(&written));
    assert!(
        after["catalog/gold.yml"].contains("comment: One row per leg. # short"),
        "{}",
        after["catalog/gold.yml"]
    );
}

#[test]
fn what_was_captured_and_enriched_since_is_not_undone() {
    let (first, mut after) = captured(&files(), &[schema(), flights()], &CaptureLock::default());
    let lock = CaptureLock::parse(std::str::from_utf8(&first.writes[LOCK_FILE]).unwrap()).unwrap();
    after.remove(LOCK_FILE);
    let enriched = after["catalog/gold.yml"].replace("One row per flight.", "One row per flight, with its fare.");
    after.insert("catalog/gold.yml".to_owned(), enriched);
    let (second, _) = captured(&after, &[schema(), flights()], &lock);
    assert_eq!((second.report.differences.len(), second.writes.len()), (0, 0));
}

#[test]
fn jobs_keep_their_meaning_and_lose_their_environment() {
    let mut job = reading(
        CapturedKind::Job,
        "17",
        json!({
            "job_id": 17, "creator_user_name": USER,
            "settings": {
                "name": "Shop (load)", "max_concurrent_runs": 1, "format": "MULTI_TASK", "timeout_seconds": 0,
                "email_notifications": {}, "tags": {"data_product": "shop"}, "queue": {"enabled": true},
                "parameters": [{"name": "target", "default": "dev.shop_gold"}, {"name": "note", "default": ""}],
                "schedule": {"quartz_cron_expression": "0 0 6 * * ?", "timezone_id": "UTC", "pause_status": "PAUSED"},
                "tasks": [
                    {"task_key": "b", "run_if": "ALL_SUCCESS", "depends_on": [{"task_key": "a"}],
                     "sql_task": {"warehouse_id": "w1", "query": {"query_id": "q"}}},
                    {"task_key": "a", "notebook_task": {"notebook_path": "/Users/engineer@sluice.test/load", "source": "WORKSPACE"}},
                ],
            },
        }),
    );
    let owner = json!({"user_name": USER, "all_permissions": [{"permission_level": "IS_OWNER", "inherited": false}]});
    let group =
        json!({"group_name": "analysts", "all_permissions": [{"permission_level": "CAN_VIEW", "inherited": false}]});
    let admins =
        json!({"group_name": "admins", "all_permissions": [{"permission_level": "CAN_MANAGE", "inherited": true}]});
    job.permissions = [owner, group, admins].iter().map(Tree::from_json).collect();
    let bundle = bundle(&files());
    let file = super::WorkspaceFile {
        remote: "/Users/engineer@sluice.test/load".to_owned(),
        local: "src/load.py".to_owned(),
        content: b"# Databricks notebook source\nspark.table('dev.shop_gold.flights')\n".to_vec(),
        deployed: None,
        here: None,
    };
    let captured = capture(CaptureInput {
        bundle: &bundle,
        documents: &files(),
        readings: &[job],
        files: &[file],
        states: &States::default(),
        lock: &CaptureLock::default(),
    });
    let captured = captured.unwrap();
    insta::assert_snapshot!(std::str::from_utf8(&captured.writes["resources/shop_load.job.yml"]).unwrap(), @r#"
    resources:
      jobs:
        shop_load:
          name: Shop (load)
          tags:
            data_product: shop
          parameters:
            - {name: target, default: "${var.catalog}.${resources.schemas.gold.name}"}
            - {name: note, default: ""}
          tasks:
            - task_key: a
              notebook_task:
                notebook_path: ../src/load.py
            - task_key: b
              depends_on:
                - {task_key: a}
              sql_task:
                query:
                  query_id: q
                warehouse_id: ${var.warehouse_id}
          schedule:
            pause_status: PAUSED
            quartz_cron_expression: '0 0 6 * * ?'
            timezone_id: UTC
          permissions:
            - {level: CAN_VIEW, group_name: analysts}
    "#);
    let findings: Vec<String> = captured.report.findings.iter().map(ToString::to_string).collect();
    assert!(
        findings[0].contains("the catalog `dev`") && findings[0].contains("src/load.py:2:1"),
        "{findings:?}"
    );
}

#[test]
fn what_no_file_can_hold_is_left_out_with_its_reason() {
    let external = json!({"name": "x", "full_name": "dev.shop_gold.x", "table_type": "EXTERNAL", "columns": []});
    let mut impossible = flights();
    impossible.object.set("comment", "costs ${var.catalog}");
    let readings = [
        schema(),
        reading(CapturedKind::Table, "dev.shop_gold.x", external),
        impossible,
    ];
    let (captured, after) = captured(&files(), &readings, &CaptureLock::default());
    let reasons: Vec<&str> = captured
        .report
        .left_out
        .iter()
        .map(|left| left.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "it holds the text `costs ${var.catalog}`, which a bundle would take for a reference",
            "it is of type EXTERNAL, and catalog files declare managed tables",
        ]
    );
    assert!(!after.contains_key("catalog/gold.yml"), "{after:?}");
}

fn plain_type() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "boolean",
        "tinyint",
        "smallint",
        "int",
        "bigint",
        "float",
        "double",
        "string",
        "binary",
        "date",
        "timestamp",
        "timestamp_ntz",
        "variant",
        "varchar(7)",
        "char(3)",
        "interval day to second",
        "decimal(38,18)",
        "decimal(5,0)",
    ])
    .prop_map(str::to_owned)
}

fn column_type() -> impl Strategy<Value = String> {
    plain_type().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|item| format!("array<{item}>")),
            (plain_type(), inner.clone()).prop_map(|(key, value)| format!("map<{key},{value}>")),
            prop::collection::btree_map("[a-z]{1,4}", inner, 1..4).prop_map(|fields| {
                let fields: Vec<String> = fields
                    .into_iter()
                    .map(|(name, kind)| format!("{name}:{kind}"))
                    .collect();
                format!("struct<{}>", fields.join(","))
            }),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    "[ -~é\n]{1,24}".prop_filter("a reference", |text| !text.contains("${"))
}

prop_compose! {
    fn table()(
        columns in prop::collection::btree_map("[a-z_][a-z0-9_]{0,6}", (column_type(), any::<bool>(), prop::option::of(text())), 1..6),
        comment in prop::option::of(text()),
        properties in prop::collection::btree_map("[a-z.]{1,8}", text(), 0..3),
        grants in prop::collection::btree_map("[a-z@.]{1,8}", prop::collection::btree_set(prop::sample::select(vec!["SELECT", "MODIFY"]), 1..3), 0..3),
        name in "[a-z_][a-z0-9_]{0,8}",
        key_name in "[a-z]{1,6}",
        rely in any::<bool>(),
        tags in prop::collection::btree_map("[a-z_]{1,6}", "[a-z0-9 ]{0,6}", 0..3),
        masked in any::<prop::sample::Index>(),
        filtered in any::<bool>(),
        check in prop::option::of("[a-z]{1,4}"),
    ) -> Reading {
        let key: Vec<&String> = columns.iter().filter(|(_, (_, nullable, _))| !nullable).map(|(name, _)| name).take(2).collect();
        let constraints = if key.is_empty() { json!([]) } else {
            json!([{"primary_key_constraint": {"name": if rely { key_name } else { format!("{name}_pk") }, "child_columns": key}}])
        };
        let masked = masked.index(columns.len() + 1);
        let first = columns.keys().next().unwrap().clone();
        let full = format!("dev.shop_gold.{name}");
        let listed: Vec<Value> = columns
            .iter()
            .enumerate()
            .map(|(position, (name, (kind, nullable, comment)))| {
                let mut column = json!({
                    "name": name, "type_text": kind, "nullable": nullable, "comment": comment, "position": position,
                });
                if position == masked {
                    column["mask"] = json!({"function_name": "dev.shop_gold.hide", "using_column_names": [first]});
                }
                column
            })
            .collect();
        let mut properties: BTreeMap<String, String> = properties;
        if let Some(check) = check {
            properties.insert(format!("delta.constraints.{check}"), format!("{first} IS NOT NULL"));
        }
        let mut object = json!({
            "name": name, "full_name": full, "table_type": "MANAGED", "data_source_format": "DELTA",
            "columns": listed, "comment": comment, "properties": properties, "table_constraints": constraints,
        });
        if filtered {
            object["row_filter"] = json!({"function_name": "dev.shop_gold.hide", "input_column_names": [first]});
        }
        let mut table = reading(CapturedKind::Table, &full, object);
        for (entity_type, entity) in [("tables", full.clone()), ("columns", format!("{full}.{first}"))] {
            for (tag, value) in &tags {
                let assignment = json!({"entity_type": entity_type, "entity_name": entity, "tag_key": tag, "tag_value": value});
                table.tags.push(Tree::from_json(&assignment));
            }
        }
        table.grants = grants
            .iter()
            .map(|(principal, privileges)| Tree::from_json(&json!({"principal": principal, "privileges": privileges})))
            .collect();
        table
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_captured_resolves_to_what_was_observed(table in table()) {
        check(&[schema(), hide(), table]);
    }
}
