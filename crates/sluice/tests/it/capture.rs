//! Capture: what people built in a workspace becomes files, and the files make it again somewhere else.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use sluice_wire::{Method, Request};

use crate::place::Place;

pub(crate) const ROOT: &str = "bundle: {name: shop}
include: [resources/*.yml]
variables:
  catalog: {default: dev}
  warehouse_id: {lookup: {warehouse: Sluice Starter Warehouse}}
targets:
  dev:
    default: true
    workspace: {host: '@HOST@', root_path: '/Workspace/Shared/.bundle/${bundle.name}/${bundle.target}'}
";

pub(crate) const SCHEMAS: &str = "# The product's schemas.
resources:
  schemas:
    gold:
      catalog_name: ${var.catalog}
      name: shop_gold # for consumers
";

/// Every type of column that a table can have here.
const TYPES: [&str; 17] = [
    "boolean",
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "float",
    "double",
    "decimal(12,3)",
    "string",
    "binary",
    "date",
    "timestamp",
    "timestamp_ntz",
    "array<struct<a:int,b:string>>",
    "map<string,array<decimal(5,2)>>",
    "struct<x:double,y:struct<z:timestamp>>",
    "array<array<bigint>>",
];

pub(crate) fn product(place: &Place) {
    place.write("databricks.yml", &ROOT.replace("@HOST@", &place.host));
    place.write("resources/schemas.yml", SCHEMAS);
}

pub(crate) fn send(place: &Place, method: Method, path: &str, body: Value) -> Value {
    let client = place.client("engineer");
    let request = Request::new(method, path).json(body);
    let response = place
        .runtime
        .block_on(async { client.exchange(&request, false).await })
        .unwrap();
    assert!(
        response.status < 300,
        "{path}: {}",
        String::from_utf8_lossy(&response.body)
    );
    response.json().unwrap()
}

pub(crate) fn warehouse(place: &Place) -> String {
    let list = place.get("/api/2.0/sql/warehouses", &[]);
    list["warehouses"][0]["id"].as_str().unwrap().to_owned()
}

pub(crate) fn sql(place: &Place, statement: &str) {
    let body = json!({"warehouse_id": warehouse(place), "statement": statement, "wait_timeout": "50s"});
    let answer = send(place, Method::Post, "/api/2.0/sql/statements", body);
    assert_eq!(answer["status"]["state"], "SUCCEEDED", "{statement}: {answer}");
}

/// What an engineer builds by hand: tables, a view, grants, a notebook, a job.
fn build(place: &Place) -> String {
    let columns: Vec<String> = TYPES
        .iter()
        .enumerate()
        .map(|(number, kind)| format!("c{number} {kind} COMMENT 'a {number}th column, it''s {kind}'"))
        .collect();
    sql(
        place,
        &format!(
            "CREATE TABLE dev.shop_gold.everything (id BIGINT NOT NULL, {}) COMMENT 'All types'",
            columns.join(", ")
        ),
    );
    sql(
        place,
        "CREATE TABLE dev.shop_gold.orders (id BIGINT, item STRING) TBLPROPERTIES ('team' = 'shop')",
    );
    sql(
        place,
        "CREATE VIEW dev.shop_gold.items AS SELECT item, count(*) AS n FROM dev.shop_gold.orders GROUP BY item",
    );
    sql(place, "GRANT SELECT ON TABLE dev.shop_gold.orders TO `analysts`");
    let client = place.client("engineer");
    let upload = async {
        client
            .mkdirs("/Workspace/Users/engineer@sluice.test/work/jobs")
            .await
            .unwrap();
        let source = b"# Databricks notebook source\nprint('load')\n".to_vec();
        client
            .upload("/Workspace/Users/engineer@sluice.test/work/jobs/load.py", source)
            .await
            .unwrap();
    };
    place.runtime.block_on(upload);
    let job = json!({
        "name": "Shop load", "tags": {"data_product": "shop"},
        "parameters": [{"name": "target", "default": "dev.shop_gold"}],
        "tasks": [
            {"task_key": "load", "notebook_task": {"notebook_path": "/Workspace/Users/engineer@sluice.test/work/jobs/load"}},
            {"task_key": "check", "depends_on": [{"task_key": "load"}], "timeout_seconds": 60,
             "notebook_task": {"notebook_path": "/Workspace/Users/engineer@sluice.test/work/jobs/load", "warehouse_id": warehouse(place)}},
        ],
    });
    send(place, Method::Post, "/api/2.2/jobs/create", job)["job_id"].to_string()
}

/// Every file of the product, without local state and the lock, whose ids are those of one workspace.
pub(crate) fn files(root: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if name.starts_with('.') || name == "capture.lock" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(name, std::fs::read_to_string(path).unwrap());
            }
        }
    }
    files
}

#[test]
fn what_was_built_by_hand_is_captured_adopted_and_made_again_elsewhere() {
    let place = Place::new();
    product(&place);
    place.sluice(&["deploy", "-o", "json"]).json(0);
    assert_eq!(place.sluice(&["capture", "--check"]).code, Some(0));
    let job = build(&place);

    let checked = place.sluice(&["capture", "--check", "-o", "json"]).json(1);
    let names: Vec<&str> = checked["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|difference| difference["name"].as_str().or(difference["file"].as_str()).unwrap())
        .collect();
    let expected = [
        "dev.shop_gold.everything",
        "dev.shop_gold.orders",
        "dev.shop_gold.items",
        "Shop load",
        "src/load.py",
    ];
    assert_eq!(names, expected);
    assert_eq!(files(&place.bundle).len(), 2, "a check writes nothing");

    let captured = place.sluice(&["capture", "-o", "json"]).json(0);
    assert_eq!(captured["findings"], json!([]));
    let written = files(&place.bundle);
    assert_eq!(written["resources/schemas.yml"], SCHEMAS);
    assert_eq!(
        written["resources/shop_load.job.yml"],
        "resources:\n  jobs:\n    shop_load:\n      name: Shop load\n      tags:\n        data_product: shop\n      \
         parameters:\n        - {name: target, default: \"${var.catalog}.${resources.schemas.gold.name}\"}\n      tasks:\n        \
         - task_key: check\n          depends_on:\n            - {task_key: load}\n          notebook_task:\n            \
         notebook_path: ../src/load.py\n            warehouse_id: ${var.warehouse_id}\n          timeout_seconds: 60\n        \
         - task_key: load\n          notebook_task:\n            notebook_path: ../src/load.py\n"
    );
    assert_eq!(place.sluice(&["capture", "--check"]).code, Some(0));

    let deployed = place.sluice(&["deploy", "-o", "json"]).json(0);
    assert!(deployed["counts"]["delete"] == 0, "{deployed}");
    assert_eq!(place.jobs(), ["Shop load"], "the job was taken over, not made again");
    let status = place.get("/api/2.2/jobs/get", &[("job_id", &job)]);
    let path = "/Workspace/Shared/.bundle/shop/dev/files/src/load";
    assert_eq!(status["settings"]["tasks"][0]["notebook_task"]["notebook_path"], path);
    assert_eq!(place.sluice(&["plan", "--detailed-exitcode"]).code, Some(0));
    place.sluice(&["capture", "-o", "json"]).json(0);
    assert_eq!(files(&place.bundle), written, "nothing changed, so nothing is written");

    let elsewhere = Place::new();
    for (name, content) in &written {
        elsewhere.write(name, content);
    }
    elsewhere.write("databricks.yml", &ROOT.replace("@HOST@", &elsewhere.host));
    elsewhere.sluice(&["deploy", "-o", "json"]).json(0);
    let mut expected = written;
    expected.insert("databricks.yml".to_owned(), ROOT.replace("@HOST@", &elsewhere.host));
    assert_eq!(elsewhere.sluice(&["capture", "--check"]).code, Some(0));
    elsewhere.sluice(&["capture", "-o", "json"]).json(0);
    assert_eq!(files(&elsewhere.bundle), expected);
    // Without the files, the workspace alone gives the same ones.
    for name in ["catalog/gold.yml", "resources/shop_load.job.yml"] {
        std::fs::remove_file(elsewhere.bundle.join(name)).unwrap();
    }
    std::fs::remove_file(elsewhere.bundle.join("capture.lock")).unwrap();
    elsewhere.sluice(&["capture", "-o", "json"]).json(0);
    assert_eq!(files(&elsewhere.bundle), expected);
}

#[test]
fn work_that_was_not_captured_is_not_overwritten() {
    let place = Place::new();
    product(&place);
    place.write(
        "catalog/gold.yml",
        "version: 1\nwarehouse_id: ${var.warehouse_id}\ntables:\n  orders:\n    name: ${var.catalog}.${resources.schemas.gold.name}.orders\n    \
         comment: Orders # short\n    columns:\n      - {name: id, type: bigint}\n",
    );
    place.write("src/load.py", "# Databricks notebook source\nprint(1)\n");
    place.sluice(&["deploy", "-o", "json"]).json(0);

    sql(&place, "COMMENT ON TABLE dev.shop_gold.orders IS 'Orders of all shops'");
    let refused = place.sluice(&["deploy"]);
    let refused = refused.refusal(3);
    assert!(
        refused.contains("`catalog.tables.orders`") && refused.contains("since the last deployment: comment"),
        "{refused}"
    );
    assert!(
        refused.contains("hint: `sluice capture` brings it into the files"),
        "{refused}"
    );
    let table = place.get("/api/2.1/unity-catalog/tables/dev.shop_gold.orders", &[]);
    assert_eq!(table["comment"], "Orders of all shops");

    assert_eq!(place.sluice(&["capture"]).code, Some(0));
    let text = files(&place.bundle)["catalog/gold.yml"].clone();
    assert!(text.contains("    comment: Orders of all shops # short\n"), "{text}");
    // What was captured may be replaced: the files know it.
    place.write(
        "catalog/gold.yml",
        &text.replace("Orders of all shops", "Orders, all of them"),
    );
    place.sluice(&["deploy", "-o", "json"]).json(0);
    let table = place.get("/api/2.1/unity-catalog/tables/dev.shop_gold.orders", &[]);
    assert_eq!(table["comment"], "Orders, all of them");

    let client = place.client("engineer");
    let remote = "/Workspace/Shared/.bundle/shop/dev/files/src/load.py";
    let edited = b"# Databricks notebook source\nprint(2)\n".to_vec();
    place.runtime.block_on(client.upload(remote, edited)).unwrap();
    place.write("src/load.py", "# Databricks notebook source\nprint(3)\n");
    let refused = place.sluice(&["deploy"]);
    assert!(
        refused
            .refusal(3)
            .contains("files/src/load` was changed in the workspace"),
        "{refused:?}"
    );
    place
        .sluice(&["deploy", "--overwrite-uncaptured", "-o", "json"])
        .json(0);
    let now = place
        .runtime
        .block_on(client.download("/Workspace/Shared/.bundle/shop/dev/files/src/load"))
        .unwrap();
    assert_eq!(now.unwrap(), b"# Databricks notebook source\nprint(3)\n");
}

#[test]
fn captured_objects_that_changed_or_went_since_are_named() {
    let place = Place::new();
    product(&place);
    place.sluice(&["deploy", "-o", "json"]).json(0);
    build(&place);
    place.sluice(&["capture", "-o", "json"]).json(0);
    sql(&place, "COMMENT ON TABLE dev.shop_gold.everything IS 'changed since'");
    sql(&place, "DROP VIEW dev.shop_gold.items");
    let refused = place.sluice(&["deploy"]);
    let refused = refused.refusal(3);
    assert!(
        refused.contains(
            "`catalog.tables.everything` (dev.shop_gold.everything) was changed in the workspace since it was captured"
        ),
        "{refused}"
    );
    assert!(
        refused.contains("`catalog.views.items` (dev.shop_gold.items) was captured and deleted in the workspace since"),
        "{refused}"
    );
    assert!(!refused.contains("orders"), "{refused}");
    place
        .sluice(&["deploy", "--overwrite-uncaptured", "-o", "json"])
        .json(0);
    assert_eq!(place.sluice(&["plan", "--detailed-exitcode"]).code, Some(0));
}

#[test]
fn an_object_that_the_caller_may_not_see_stops_the_capture_before_anything_is_written() {
    let place = Place::new();
    product(&place);
    place.sluice(&["deploy", "-o", "json"]).json(0);
    build(&place);
    let token = place.configuration("analyst").token;
    let refused = place.sluice_with(&["capture"], &[("DATABRICKS_TOKEN", token.expose())]);
    let message = refused.refusal(3);
    assert!(
        message.contains("schema `dev.shop_gold` cannot be captured: USE SCHEMA"),
        "{message}"
    );
    assert_eq!(files(&place.bundle).len(), 2);
}

/// Governance that an engineer adds by hand: a function as a mask, tags, and a Genie space.
fn govern(place: &Place) {
    sql(
        place,
        "CREATE TABLE dev.shop_gold.orders (id BIGINT NOT NULL, item STRING)",
    );
    sql(
        place,
        "CREATE FUNCTION dev.shop_gold.hide(x STRING) RETURNS STRING COMMENT 'Hides x' \
         RETURN CASE WHEN is_account_group_member('analysts') THEN '***' ELSE x END",
    );
    sql(
        place,
        "ALTER TABLE dev.shop_gold.orders ALTER COLUMN item SET MASK dev.shop_gold.hide",
    );
    sql(place, "ALTER TABLE dev.shop_gold.orders SET TAGS ('domain' = 'shop')");
    sql(
        place,
        "ALTER TABLE dev.shop_gold.orders ALTER COLUMN item SET TAGS ('pii' = '')",
    );
    let space = json!({
        "version": 2,
        "data_sources": {"tables": [{"identifier": "dev.shop_gold.orders"}]},
        "instructions": {"example_question_sqls": [{
            "id": "0123456789abcdef0123456789abcdef", "question": ["How many orders?"],
            "sql": ["SELECT count(*)\n", "FROM dev.shop_gold.orders"],
        }]},
    });
    let body = json!({
        "title": "Shop", "description": "Questions about orders", "warehouse_id": warehouse(place),
        "parent_path": "/Workspace/Users/engineer@sluice.test", "serialized_space": space.to_string(),
    });
    send(place, Method::Post, "/api/2.0/genie/spaces", body);
}

#[test]
fn governance_and_a_space_are_captured_and_made_again() {
    let place = Place::new();
    product(&place);
    place.sluice(&["deploy", "-o", "json"]).json(0);
    govern(&place);
    let captured = place.sluice(&["capture", "-o", "json"]).json(0);
    assert_eq!(captured["findings"], json!([]), "{captured}");
    let written = files(&place.bundle);
    let catalog = &written["catalog/gold.yml"];
    for expected in [
        "  hide:\n    name: ${var.catalog}.${resources.schemas.gold.name}.hide\n",
        "          function: ${catalog.functions.hide.name}\n",
        "        tags:\n          pii: ",
        "    tags:\n      domain: shop\n",
    ] {
        assert!(catalog.contains(expected), "{expected}\n{catalog}");
    }
    let space = &written["resources/shop.genie_space.yml"];
    assert!(
        space.contains("identifier: \"${var.catalog}.${resources.schemas.gold.name}.orders\""),
        "{space}"
    );
    assert!(
        space.contains("FROM ${var.catalog}.${resources.schemas.gold.name}.orders"),
        "{space}"
    );

    place.sluice(&["deploy", "-o", "json"]).json(0);
    let spaces = place.get("/api/2.0/genie/spaces", &[]);
    assert_eq!(
        spaces["spaces"].as_array().unwrap().len(),
        1,
        "the space was taken over: {spaces}"
    );
    assert_eq!(place.sluice(&["plan", "--detailed-exitcode"]).code, Some(0));
    place.sluice(&["capture", "-o", "json"]).json(0);
    assert_eq!(files(&place.bundle), written);

    let elsewhere = Place::new();
    for (name, content) in &written {
        elsewhere.write(name, content);
    }
    elsewhere.write("databricks.yml", &ROOT.replace("@HOST@", &elsewhere.host));
    elsewhere.sluice(&["deploy", "-o", "json"]).json(0);
    elsewhere.sluice(&["capture", "-o", "json"]).json(0);
    let mut expected = written;
    expected.insert("databricks.yml".to_owned(), ROOT.replace("@HOST@", &elsewhere.host));
    assert_eq!(files(&elsewhere.bundle), expected);

    // Access that nobody declared is found, also on what was deployed.
    sql(&elsewhere, "GRANT SELECT ON TABLE dev.shop_gold.orders TO `analysts`");
    sql(
        &elsewhere,
        "ALTER TABLE dev.shop_gold.orders SET TAGS ('tier' = 'gold')",
    );
    let checked = elsewhere.sluice(&["capture", "--check", "-o", "json"]).json(1);
    let fields = &checked["differences"][0]["fields"];
    assert_eq!(fields, &json!(["tags.tier", "grants"]), "{checked}");
}
