//! The gates of content in promotions to production.

use serde_json::Value;

use crate::world::{World, environment};

const CONTRACT: &str = "    gates: [upstream-verified, contract, plan-unchanged]\n";

fn contract(version: &str, columns: &str) -> String {
    format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: flights-orders\nversion: {version}\nstatus: active\n\
         schema:\n  - name: orders\n    properties:\n{columns}"
    )
}

const TWO: &str = "      - {name: day, logicalType: date, description: Day of the order}\n      - {name: buyer, logicalType: string, description: Who bought}\n";
const ONE: &str = "      - {name: day, logicalType: date, description: Day of the order}\n";

/// Commits the product with one port that has this contract.
fn commit_contract(world: &World<'_>, text: &str) {
    let path = world.environment.work().join("flights/product.yaml");
    let descriptor = std::fs::read_to_string(path).unwrap();
    let port = "ports: [{name: orders, kind: output, contract: contracts/orders.odcs.yaml}]";
    world
        .environment
        .write("flights/product.yaml", &descriptor.replace("ports: []", port));
    world.commit_as("test@sluice.test", "contracts/orders.odcs.yaml", text);
}

/// What a gate of a promotion said: its verdict and its reasons.
fn gate(report: &Value, kind: &str) -> (String, String) {
    let gates = report["gates"].as_array().unwrap_or_else(|| panic!("{report}"));
    let gate = gates.iter().rfind(|gate| gate["kind"] == kind);
    let gate = gate.unwrap_or_else(|| panic!("{report:#}"));
    (
        gate["verdict"].as_str().unwrap().to_owned(),
        gate["reasons"].to_string(),
    )
}

#[test]
fn a_dropped_column_needs_a_major_version_before_it_reaches_production() {
    let environment = environment();
    let world = World::new(&environment, CONTRACT);
    commit_contract(&world, &contract("1.0.0", TWO));
    world.to_qa("1.0.0");
    let first = world.done(&["promote", "1.0.0", "--to", "prod"]);
    assert_eq!(gate(&first, "contract"), ("pass".to_owned(), "[]".to_owned()));

    commit_contract(&world, &contract("1.1.0", ONE));
    world.to_qa("1.1.0");
    let (code, blocked, stderr) = world.sluice(&["promote", "1.1.0", "--to", "prod"]);
    assert_eq!(
        (code, &blocked["promotion"]["state"]),
        (Some(3), &Value::from("blocked")),
        "{stderr}"
    );
    let (verdict, reasons) = gate(&blocked, "contract");
    assert_eq!(verdict, "fail");
    assert_eq!(
        reasons,
        "[\"contracts/orders.odcs.yaml:4:10: port orders: from 1.0.0 to 1.1.0 is a minor bump; \
         the changes need a major one: 2.0.0 (C03 `orders.buyer` is gone)\"]"
    );
    assert_eq!(world.done(&["status"])[2]["running"]["version"], "1.0.0");

    commit_contract(&world, &contract("2.0.0", ONE));
    world.to_qa("2.0.0");
    let done = world.done(&["promote", "2.0.0", "--to", "prod"]);
    assert_eq!(gate(&done, "contract").0, "pass");
    world.ledger_is_sound();
}
