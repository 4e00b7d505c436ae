//! What contracts say, in a plan, in Unity Catalog and in a Genie space.

use serde_json::{Value, json};

use crate::place::Place;

const CONTRACT: &str = r#"apiVersion: v3.2.0
kind: DataContract
id: shop-orders
version: 1.0.0
description: {purpose: Know what was sold., limitations: Test data alone.}
context:
  verifiedStatements:
    - question: What was sold today?
    - question: How much was sold?
      customProperties: [{vendor: databricks, property: sql, value: "SELECT sum(amount) FROM ${table}"}]
schema:
  - name: orders
    description: Orders by day.
    properties:
      - {name: day, logicalType: date, description: Day of the order}
      - name: buyer
        logicalType: string
        description: Who bought
        classification: restricted
        criticalDataElement: true
        tags: [pii:name]
        authoritativeDefinitions: [{type: businessDefinition, url: "glossary://sales/buyer"}]
      - {name: amount, logicalType: number, description: Sum, synonyms: [{synonym: revenue}]}
"#;

fn place() -> Place {
    let place = Place::new();
    place.write_bundle("shop", &place.host);
    let bundle = std::fs::read_to_string(place.bundle.join("databricks.yml")).unwrap();
    let bundle = bundle.replace(
        "variables:\n",
        "variables:\n  warehouse_id: {lookup: {warehouse: Sluice Starter Warehouse}}\n",
    );
    let space = "  genie_spaces:\n    ask:\n      title: Ask\n      warehouse_id: ${var.warehouse_id}\n      serialized_space:\n        version: 2\n        data_sources: {tables: [{identifier: dev.shop.orders}]}\n";
    place.write("databricks.yml", &format!("{bundle}{space}"));
    place.write(
        "product.yaml",
        "version: 1\nname: shop\ndomain: sales\nkind: consumer-aligned\nowner: o\nsteward: s\nsupport: x\ncriticality: low\nclassification: internal\n\
         ports: [{name: orders, kind: output, table: catalog.tables.orders, contract: contracts/orders.odcs.yaml}]\n",
    );
    place.write("contracts/orders.odcs.yaml", CONTRACT);
    place.write(
        "catalog/tables.yml",
        "version: 1\nwarehouse_id: ${var.warehouse_id}\ntables:\n  orders:\n    name: dev.${resources.schemas.sales.name}.orders\n    columns:\n      \
         - {name: day, type: date, nullable: false}\n      - {name: buyer, type: string}\n      - {name: amount, type: \"decimal(10,2)\"}\n",
    );
    place
}

fn tags(place: &Place, entity: &str, name: &str) -> Value {
    let path = format!("/api/2.1/unity-catalog/entity-tag-assignments/{entity}/{name}/tags");
    let answer = place.get(&path, &[]);
    let pairs = answer["tag_assignments"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"));
    let pairs = pairs.iter().map(|tag| {
        let value = tag["tag_value"].as_str().unwrap_or_default();
        (tag["tag_key"].as_str().unwrap().to_owned(), Value::from(value))
    });
    Value::Object(pairs.collect())
}

#[test]
fn contracts_reach_unity_catalog_and_genie_and_the_second_plan_is_empty() {
    let place = place();
    let _deployed = place.sluice(&["deploy", "-o", "json"]).json(0);
    let table = place.get("/api/2.1/unity-catalog/tables/dev.shop.orders", &[]);
    assert_eq!(table["comment"], "Orders by day. Limitations: Test data alone.");
    let comments: Vec<&Value> = table["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| &column["comment"])
        .collect();
    assert_eq!(comments, ["Day of the order", "Who bought", "Sum"]);
    assert_eq!(
        tags(&place, "tables", "dev.shop.orders"),
        json!({"data_product": "shop", "domain": "sales", "classification": "internal"})
    );
    assert_eq!(
        tags(&place, "columns", "dev.shop.orders.buyer"),
        json!({"pii": "name", "classification": "restricted", "cde": "true", "term": "sales/buyer"})
    );
    let spaces = place.get("/api/2.0/genie/spaces", &[]);
    let id = spaces["spaces"][0]["space_id"].as_str();
    let id = id.unwrap_or_else(|| panic!("{spaces}")).to_owned();
    let space = place.get(
        &format!("/api/2.0/genie/spaces/{id}"),
        &[("include_serialized_space", "true")],
    );
    let space: Value = serde_json::from_str(space["serialized_space"].as_str().unwrap()).unwrap();
    let source = &space["data_sources"]["tables"][0];
    let column = |name: &str| {
        let columns = source["column_configs"].as_array().unwrap();
        columns
            .iter()
            .find(|column| column["column_name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(column("buyer")["exclude"], true);
    assert_eq!(column("amount")["synonyms"], json!(["revenue"]));
    assert_eq!(
        space["instructions"]["example_question_sqls"][0]["sql"],
        json!(["SELECT sum(amount) FROM dev.shop.orders"])
    );
    assert_eq!(
        space["config"]["sample_questions"][0]["question"],
        json!(["What was sold today?"])
    );

    let plan = place.sluice(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(0), "{plan:?}");

    // What the contract says now is a change of the plan.
    place.write(
        "contracts/orders.odcs.yaml",
        &CONTRACT.replace("Who bought", "The buyer"),
    );
    let plan = place.sluice(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(1), "{plan:?}");
}

#[test]
fn a_malformed_contract_stops_every_command_before_anything_is_changed() {
    let place = place();
    place.write(
        "contracts/orders.odcs.yaml",
        &CONTRACT.replace("version: 1.0.0", "version: 1.0"),
    );
    for command in ["validate", "plan", "deploy"] {
        let refused = place.sluice(&[command]);
        assert_eq!(
            refused.refusal(2),
            "error: `version` must be a text, not number\n  at version\n  in contracts/orders.odcs.yaml:4:10\n  help: put it between quotes\n",
            "{command}"
        );
    }
    let schema = place.get("/api/2.1/unity-catalog/schemas/dev.shop", &[]);
    assert_eq!(schema["error_code"], "SCHEMA_DOES_NOT_EXIST");
}
