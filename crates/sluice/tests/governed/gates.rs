//! The gates of content in promotions to production.

use serde_json::Value;
use sluice_model::Timestamp;

use crate::world::{World, environment};

const POLICY: &str = "    gates: [upstream-verified, policy, plan-unchanged]\n";
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
fn scripts_of_a_bundle_are_not_run_for_a_release_wherever_they_stand() {
    let environment = environment();
    let world = World::new(&environment, "");
    let ran = environment.work().join("ran");
    let script = |key: &str| format!("experimental:\n  scripts:\n    {key}: touch {}\n", ran.display());
    world.commit_as("test@sluice.test", "resources/scripts.yml", &script("postinit"));
    let (code, _, messages) = world.sluice(&["verify", "-t", "dev"]);
    assert_eq!(code, Some(2), "{messages}");
    assert!(
        messages.contains("`experimental.scripts` are not run where releases are promoted"),
        "{messages}"
    );
    assert!(messages.contains("in resources/scripts.yml:2:3"), "{messages}");
    let root = environment.work().join("flights/databricks.yml");
    let text = std::fs::read_to_string(&root).unwrap();
    world.commit_as("test@sluice.test", "resources/scripts.yml", "resources: {}\n");
    world.commit_as("test@sluice.test", "databricks.yml", &(text + &script("preinit")));
    let (code, _, messages) = world.sluice(&["verify", "-t", "dev"]);
    assert_eq!(code, Some(2), "{messages}");
    assert!(!ran.exists(), "a script was run: {messages}");
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
    crate::page::shows_what_a_contract_breaks(&world);
    assert_eq!(world.done(&["status"])[2]["running"]["version"], "1.0.0");

    commit_contract(&world, &contract("2.0.0", ONE));
    world.to_qa("2.0.0");
    let done = world.done(&["promote", "2.0.0", "--to", "prod"]);
    assert_eq!(gate(&done, "contract").0, "pass");
    world.ledger_is_sound();
}

/// What this small product does without, waived from today on for a month.
pub(crate) fn waivers() -> String {
    let day = |days: i64| {
        let moment = Timestamp::from_second(Timestamp::now().as_second() + days * 86_400).unwrap();
        moment.to_string()[..10].to_owned()
    };
    let (created, expires) = (day(-1), day(30));
    let one = |rule: &str| {
        format!(
            "  - {{id: W-{rule}, rule: {rule}, subject: product, reason: The product begins with a promise and has no rows yet, ticket: T-1, \
             requested_by: engineer@sluice.test, approved_by: steward@sluice.test, created: {created}, expires: {expires}}}\n"
        )
    };
    format!("version: 1\nwaivers:\n{}{}", one("AR-01"), one("AR-11"))
}

/// Commits the product with this owner and a purpose that is long enough.
pub(crate) fn commit_owner(world: &World<'_>, owner: &str) {
    let path = world.environment.work().join("flights/product.yaml");
    let descriptor = std::fs::read_to_string(path).unwrap();
    let lines = descriptor.lines().map(|line| match line.split_once(':') {
        Some(("owner", _)) => format!("owner: {owner}\n"),
        Some(("description", _)) => {
            "description: How punctual the carriers that leave New York City are, by month\n".to_owned()
        }
        _ => format!("{line}\n"),
    });
    let text: String = lines.collect();
    world.commit_as("test@sluice.test", "product.yaml", &text);
}

#[test]
fn a_policy_finding_stops_a_promotion_until_it_is_fixed() {
    let environment = environment();
    let world = World::new(&environment, POLICY);
    environment.write("flights/waivers.yaml", &waivers());
    commit_owner(&world, "engineer@sluice.test");
    world.to_qa("1.0.0");
    let (code, blocked, stderr) = world.sluice(&["promote", "1.0.0", "--to", "prod"]);
    assert_eq!(
        (code, &blocked["promotion"]["state"]),
        (Some(3), &Value::from("blocked")),
        "{stderr}"
    );
    let (verdict, reasons) = gate(&blocked, "policy");
    assert_eq!(verdict, "fail");
    assert_eq!(
        reasons,
        "[\"MC-01 product: the owner `engineer@sluice.test` is a person, not a group (product.yaml:6:1)\",\
         \"MC-07 owner: the owner `engineer@sluice.test` is no group (product.yaml:6:1)\"]"
    );
    assert!(stderr.contains("MC-01 product: "), "{stderr}");
    crate::page::shows_what_policies_found(&world, blocked["promotion"]["id"].as_str().unwrap());
    assert_eq!(world.done(&["status"])[2]["running"], Value::Null);

    commit_owner(&world, "domain-owners");
    world.to_qa("1.1.0");
    let done = world.done(&["promote", "1.1.0", "--to", "prod"]);
    assert_eq!(gate(&done, "policy"), ("pass".to_owned(), "[]".to_owned()));
    let history = world.done(&["history"]);
    let kinds = history.as_array().unwrap().iter();
    let reports: Vec<&str> = kinds
        .filter_map(|entry| entry["kind"].as_str())
        .filter(|kind| kind.starts_with("policy_report."))
        .collect();
    assert_eq!(reports, ["policy_report.deny", "policy_report.allow"]);
    world.ledger_is_sound();
}

#[test]
fn what_is_not_known_stops_a_promotion_to_production() {
    let environment = environment();
    let world = World::new(&environment, POLICY);
    environment.write("flights/waivers.yaml", &waivers());
    commit_owner(&world, "domain-owners");
    world.to_qa("1.0.0");
    world.done(&["promote", "1.0.0", "--to", "prod"]);
    commit_owner(&world, "business-reviewers");
    world.to_qa("1.0.1");

    // The repository does not have any more what the release that runs there promised.
    let running = environment.git("flights", ["rev-parse", "sluice/flights/v1.0.0:product.yaml"]);
    let blob = running.success().trim().to_owned();
    let (directory, file) = blob.split_at(2);
    let object = environment
        .work()
        .join("flights/.git/objects")
        .join(directory)
        .join(file);
    let kept = environment.work().join("kept");
    std::fs::rename(&object, &kept).unwrap();
    let (code, blocked, stderr) = world.sluice(&["promote", "1.0.1", "--to", "prod"]);
    assert_eq!(
        (code, &blocked["promotion"]["state"]),
        (Some(3), &Value::from("blocked")),
        "{stderr}"
    );
    let (verdict, reasons) = gate(&blocked, "policy");
    assert_eq!(verdict, "fail");
    for rule in ["DC-01", "DC-02", "DC-03", "DC-04", "DC-05"] {
        let reason = format!("{rule} rule: cannot be decided without evidence `changes`: ");
        assert!(reasons.contains(&reason), "{rule}: {reasons}");
    }

    std::fs::rename(&kept, &object).unwrap();
    let done = world.done(&["promote", "1.0.1", "--to", "prod"]);
    assert_eq!(gate(&done, "policy"), ("pass".to_owned(), "[]".to_owned()));
    world.ledger_is_sound();
}
