//! The checks of a governed product: quality, metadata, Genie, access. A job of the product plays who changes the workspace after the
//! deployment and before the checks.

use serde_json::Value;

use crate::world::{World, environment};

const CONTRACT: &str = r#"apiVersion: v3.2.0
kind: DataContract
id: flights-orders
version: 1.0.0
status: active
description: {purpose: Know what was sold.}
context:
  verifiedStatements:
    - question: What was sold today?
    - question: How much was sold?
      customProperties: [{vendor: databricks, property: sql, value: "SELECT sum(amount) FROM ${table}"}]
schema:
  - name: orders
    description: Orders by day.
    properties:
      - {name: day, logicalType: date, description: Day of the order, required: true, primaryKey: true}
      - name: buyer
        logicalType: string
        description: Who bought
        tags: [pii:name]
      - name: amount
        logicalType: integer
        description: Sum
        quality: [{id: filled, metric: nullValues, mustBe: 0}]
"#;

const CATALOG: &str = r"version: 1
functions:
  hide:
    name: ${var.catalog}.${resources.schemas.gold.name}.hide
    parameters: [{name: buyer, type: string}]
    returns: string
    definition: CASE WHEN is_account_group_member('analysts') THEN '***' ELSE buyer END
    grants: [{principal: analysts, privileges: [EXECUTE]}]
tables:
  orders:
    name: ${var.catalog}.${resources.schemas.gold.name}.orders
    columns:
      - {name: day, type: date, nullable: false}
      - {name: buyer, type: string, mask: {function: '${catalog.functions.hide.full_name}'}}
      - {name: amount, type: bigint}
    grants: [{principal: stewards, privileges: [MODIFY]}]
";

const RESOURCES: &str = r#"resources:
  genie_spaces:
    ask:
      title: Ask
      warehouse_id: ${var.warehouse_id}
      serialized_space: {data_sources: {tables: [{identifier: "${var.catalog}.${resources.schemas.gold.name}.orders"}]}}
  jobs:
    fill:
      name: fill
      tasks:
        - {task_key: fill, sql_task: {warehouse_id: "${var.warehouse_id}", file: {path: ../src/fill.sql}}}
"#;

const FILL: &str = "INSERT INTO dev.flt_gold.orders VALUES (DATE'2026-01-01', 'Ann', 3);\n";

/// A world whose product has a table that is described, tagged, keyed, masked, granted and offered to Genie.
fn governed(world: &World<'_>) {
    let path = world.environment.work().join("flights/product.yaml");
    let descriptor = std::fs::read_to_string(path).unwrap();
    let descriptor = descriptor.replace("verify: []", "verify: [fill]").replace(
        "ports: []",
        "ports: [{name: orders, kind: output, table: catalog.tables.orders, contract: contracts/orders.odcs.yaml}]",
    );
    for (path, text) in [
        ("contracts/orders.odcs.yaml", CONTRACT),
        ("catalog/orders.yml", CATALOG),
        ("resources/orders.yml", RESOURCES),
        ("src/fill.sql", FILL),
    ] {
        world.environment.write(&format!("flights/{path}"), text);
    }
    world.commit_as("test@sluice.test", "product.yaml", &descriptor);
}

/// The checks of a kind: whether each passed, and what it found.
fn checks<'report>(report: &'report Value, kind: &str) -> Vec<(bool, &'report str)> {
    let checks = report["checks"].as_array().unwrap_or_else(|| panic!("{report}"));
    let found = checks.iter().filter(|check| check["kind"] == kind);
    found
        .map(|check| (check["passed"].as_bool().unwrap(), check["found"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_verification_reads_back_quality_metadata_genie_and_access() {
    let environment = environment();
    let world = World::new(&environment, "");
    governed(&world);
    let report = world.done(&["verify", "-t", "dev"]);
    assert_eq!(checks(&report, "quality"), [(true, "0, expected 0"); 3]);
    assert_eq!(
        checks(&report, "metadata"),
        [(true, "8 comments, 4 tags and 1 key as declared")]
    );
    assert_eq!(
        checks(&report, "genie"),
        [(
            true,
            "1 table, 4 descriptions, 1 text instruction and 1 sample question as declared, 1 example accepted by the warehouse"
        )]
    );
    assert_eq!(
        checks(&report, "access"),
        [(true, "3 grants, 1 mask and 0 row filters as declared")]
    );

    // Somebody changes the workspace while the job runs.
    let meddling = "ALTER TABLE dev.flt_gold.orders SET TAGS ('domain' = 'sales');\n\
                    COMMENT ON TABLE dev.flt_gold.orders IS 'Mine';\n\
                    REVOKE MODIFY ON TABLE dev.flt_gold.orders FROM stewards;\n\
                    ALTER TABLE dev.flt_gold.orders ALTER COLUMN buyer DROP MASK;\n";
    world.commit_as("test@sluice.test", "src/fill.sql", &format!("{FILL}{meddling}"));
    let (code, report, stderr) = world.sluice(&["verify", "-t", "dev"]);
    assert_eq!(code, Some(1), "{stderr}");
    // It has filled the table a second time.
    let repeated = (false, "1, expected 0 (contracts/orders.odcs.yaml:16:99)");
    assert_eq!(checks(&report, "quality")[0], repeated);
    assert_eq!(
        checks(&report, "metadata"),
        [(
            false,
            "`dev.flt_gold.orders` has the comment \"Mine\", \"Orders by day.\" is declared; \
             the tag `domain` of `dev.flt_gold.orders` is \"sales\", \"aviation\" is declared"
        )]
    );
    assert_eq!(
        checks(&report, "access"),
        [(
            false,
            "`stewards` does not have MODIFY on `dev.flt_gold.orders`; \
             the mask of `dev.flt_gold.orders.buyer` is not there, `dev.flt_gold.hide()` is declared"
        )]
    );
    world.ledger_is_sound();
}

#[test]
fn example_sql_that_the_warehouse_refuses_is_named() {
    let environment = environment();
    let world = World::new(&environment, "");
    governed(&world);
    let contract = CONTRACT.replace("sum(amount)", "sum(price)");
    world.commit_as("test@sluice.test", "contracts/orders.odcs.yaml", &contract);
    let (code, report, stderr) = world.sluice(&["verify", "-t", "dev"]);
    assert_eq!(code, Some(1), "{stderr}");
    let genie = checks(&report, "genie");
    assert!(
        matches!(&genie[..], [(false, found)] if found.starts_with("the SQL of the example \"How much was sold?\" ended with FAILED: ") && found.contains("price")),
        "{genie:?}"
    );
    assert_eq!(checks(&report, "access").len(), 1);
    world.ledger_is_sound();
}
