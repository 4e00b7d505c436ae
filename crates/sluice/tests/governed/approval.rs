//! Who may decide, about what, and for how long.

use serde_json::{Value, json};
use sluice_wire::{Method, Request};

use crate::world::{ONE, ROLES, World, environment};

const OWNER: [&str; 2] = ["--profile", "prod-domain-owner"];

fn approve<'a>(id: &'a str, profile: &'a str) -> [&'a str; 4] {
    ["approve", id, "--profile", profile]
}

#[test]
fn a_release_waits_for_somebody_who_may_and_is_approved_once() {
    let environment = environment();
    let world = World::new(&environment, ONE);
    world.to_qa("1.0.0");
    let (promotion, approval) = world.asked("1.0.0");
    assert_eq!(
        world.done(&["status"])[2]["running"],
        Value::Null,
        "nothing was deployed"
    );
    let again = world.asked("1.0.0");
    assert_eq!(again, (promotion.clone(), approval.clone()), "the request stands");

    let author = world.refused(
        &approve(&approval, "prod-engineer"),
        "`engineer@sluice.test` wrote some of what would be new",
    );
    assert!(author.contains("`engineer@sluice.test` froze the release"), "{author}");
    world.refused(
        &approve(&approval, "prod-deployer"),
        "`deployer` is a service identity; only people decide",
    );
    world.refused(
        &approve(&promotion, "prod-analyst"),
        "`analyst@sluice.test` does not hold role `domain-owner` in `prod`",
    );
    world.refused(
        &["reject", &approval, "--reason", "no", "--profile", "prod-analyst"],
        "does not hold role",
    );

    let granted = world.done(&["approve", &approval, "--comment", "looked at it", OWNER[0], OWNER[1]]);
    assert_eq!(granted["approvals"][0]["state"], "granted");
    world.refused(&approve(&approval, "prod-steward"), "is granted already");
    let done = world.done(&["promote", "1.0.0", "--to", "prod"]);
    assert_eq!(
        (&done["promotion"]["state"], &done["approvals"][0]["state"]),
        (&json!("completed"), &json!("consumed"))
    );
    assert_eq!(done["approvals"][0]["deployment"], done["promotion"]["deployment"]);
    world.refused(&approve(&approval, "prod-steward"), "it is good for one");
    assert_eq!(
        world.done(&["status"])[2]["running"]["approved_by"],
        json!(["domain-owner@sluice.test"])
    );
    let shown = world.done(&["release", "show", "1.0.0"]);
    assert_eq!(shown["approvals"][0]["decisions"][0]["comment"], "looked at it");
    let text = String::from_utf8(
        world
            .command(&["promotion", "show", &promotion])
            .output()
            .unwrap()
            .stdout,
    )
    .unwrap();
    assert!(text.contains("approved by domain-owner@sluice.test"), "{text}");
    assert!(text.contains("refused: approve by analyst@sluice.test"), "{text}");
    let decisions = world.decisions();
    let refusals = decisions.iter().filter(|kind| *kind == "approval.refused").count();
    assert_eq!(refusals, 6, "{decisions:?}");
    let others: Vec<&String> = decisions.iter().filter(|kind| *kind != "approval.refused").collect();
    assert_eq!(others, ["approval.requested", "approval.granted", "approval.consumed"]);
}

#[test]
fn what_nobody_can_vouch_for_is_refused_and_a_no_is_final() {
    let environment = environment();
    let world = World::new(&environment, ONE);
    world.commit_as("me@home.test", "resources/more.yml", &crate::world::volume("more"));
    world.to_qa("1.0.0");
    let (_, approval) = world.asked("1.0.0");
    let unknown = world.refused(
        &approve(&approval, "prod-domain-owner"),
        "commits are by `me@home.test`",
    );
    assert!(
        unknown.contains("hint: add it to `principals` in platform.yaml: `me@home.test: SUBJECT`"),
        "{unknown}"
    );
    // The address was that of the domain owner.
    world.platform(
        ONE,
        &ROLES.replace("principals: {", "principals: {ME@home.test: domain-owner@sluice.test, "),
    );
    world.refused(
        &approve(&approval, "prod-domain-owner"),
        "`domain-owner@sluice.test` wrote some of what would be new",
    );

    let rejected = world.done(&[
        "reject",
        &approval,
        "--reason",
        "not before summer",
        "--profile",
        "prod-steward",
    ]);
    assert_eq!(
        (&rejected["promotion"]["state"], &rejected["approvals"][0]["state"]),
        (&json!("rejected"), &json!("denied"))
    );
    world.refused(
        &approve(&approval, "prod-steward"),
        "was denied: steward@sluice.test said no: not before summer",
    );
    world.refused(
        &["promote", "1.0.0", "--to", "prod"],
        "steward@sluice.test said no to exactly this: not before summer",
    );

    // Another release is another question; who asks it takes it back.
    world.commit_volume("other");
    world.to_qa("1.1.0");
    let (_, approval) = world.asked("1.1.0");
    let withdrawn = world.done(&[
        "reject",
        &approval,
        "--reason",
        "too early",
        "--profile",
        "prod-deployer",
    ]);
    assert_eq!(withdrawn["promotion"]["state"], "withdrawn");
    // Asked for by a person: that person does not decide.
    world.platform_with(
        ONE,
        &ROLES.replace("principals: {", "principals: {me@home.test: engineer@sluice.test, "),
        "own",
    );
    let mut command = world.command(&["promote", "1.1.0", "--to", "prod", "-o", "json"]);
    let output = command
        .env("DATABRICKS_CONFIG_PROFILE", "prod-steward")
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["promotion"]["requested_by"], "steward@sluice.test", "{report}");
    let id = report["promotion"]["id"].as_str().unwrap();
    world.refused(
        &approve(id, "prod-steward"),
        "`steward@sluice.test` asked for this promotion",
    );
    world.ledger_is_sound();
}

#[test]
fn an_approval_is_about_one_plan_and_one_set_of_values() {
    let environment = environment();
    let world = World::new(&environment, ONE);
    world.to_qa("1.0.0");
    let (_, approval) = world.asked("1.0.0");
    world.done(&approve(&approval, "prod-domain-owner"));
    world.done(&["promote", "1.0.0", "--to", "prod"]);
    world.commit_volume("more");
    world.to_qa("1.1.0");

    // The plan changes after the approval: it is void, and asked for anew.
    let (promotion, first) = world.asked("1.1.0");
    world.done(&approve(&first, "prod-domain-owner"));
    world.drift("changed past Sluice");
    let moved = world.refused(
        &["promote", "1.1.0", "--to", "prod"],
        "now also: update resources.schemas.gold",
    );
    assert!(moved.contains("not executed, and asked for anew"), "{moved}");
    world.refused(&approve(&first, "prod-domain-owner"), "is void");
    let shown = world.done(&["promotion", "show", &promotion]);
    assert_eq!(
        (&shown["promotion"]["state"], &shown["deployment"]),
        (&json!("awaiting_approval"), &Value::Null)
    );
    let states: Vec<&Value> = shown["approvals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["state"])
        .collect();
    assert_eq!(states, ["voided", "open"]);

    // Planned anew without an answer yet: the old question cannot be answered any more.
    let (_, second) = world.asked("1.1.0");
    world.drift("flights, for consumers");
    assert!(world.killed_at(&["promote", "1.1.0", "--to", "prod"], "gating"));
    world.refused(
        &approve(&second, "prod-domain-owner"),
        "it is about something else: the effects of the plan",
    );
    let (_, third) = world.asked("1.1.0");
    assert_ne!(second, third);

    // Other values of the environment are another question as well.
    let values = "    approvals: [{role: domain-owner, expires: 1h}]\n";
    let other = ROLES.to_owned();
    world.platform(values, &other);
    let text = std::fs::read_to_string(environment.work().join("platform.yaml")).unwrap();
    environment.write(
        "platform.yaml",
        &text.replace("{catalog: prod}", "{catalog: prod, warehouse_id: w}"),
    );
    world.refused(&approve(&third, "prod-domain-owner"), "the values of the environment");
    environment.write("platform.yaml", &text);
    world.done(&approve(&third, "prod-domain-owner"));

    // A moved tag is no release.
    let tag = "sluice/flights/v1.1.0";
    let moved = environment.git("flights", ["tag", "--force", "--annotate", "--message", "x", tag]);
    assert_eq!(moved.code, Some(0), "{moved:?}");
    world.refused(&["promote", "1.1.0", "--to", "prod"], "is quarantined");
    assert_eq!(world.done(&["status"])[2]["running"]["version"], "1.0.0");
}

#[test]
fn a_role_must_be_held_when_the_approval_is_used() {
    let environment = environment();
    let world = World::new(&environment, ONE);
    world.to_qa("1.0.0");
    let (_, approval) = world.asked("1.0.0");
    world.done(&approve(&approval, "prod-domain-owner"));
    let scim = "/api/2.0/preview/scim/v2";
    let named = |kind: &str, filter: &str| {
        let list = Request::new(Method::Get, format!("{scim}/{kind}")).query("filter", filter);
        world.admin(&list)["Resources"][0]["id"].as_str().unwrap().to_owned()
    };
    let group = named("Groups", "displayName eq \"domain-owners\"");
    let user = named("Users", "userName eq \"domain-owner@sluice.test\"");
    let members = |operation: Value| {
        world.admin(
            &Request::new(Method::Patch, format!("{scim}/Groups/{group}")).json(json!({"Operations": [operation]})),
        );
    };
    members(json!({"op": "remove", "path": format!("members[value eq \"{user}\"]")}));
    let lost = world.refused(
        &["promote", "1.0.0", "--to", "prod"],
        "`domain-owner@sluice.test` does not hold role `domain-owner` in `prod`",
    );
    assert!(lost.contains("asked for anew"), "{lost}");
    let (_, second) = world.asked("1.0.0");
    assert_ne!(approval, second);
    members(json!({"op": "add", "path": "members", "value": [{"value": user}]}));
    world.refused(&approve(&approval, "prod-domain-owner"), "is void");
    world.done(&approve(&second, "prod-domain-owner"));
    let done = world.done(&["promote", "1.0.0", "--to", "prod"]);
    assert_eq!(done["promotion"]["state"], "completed");
    world.ledger_is_sound();
}

#[test]
fn two_different_people_must_agree_also_when_all_come_at_once() {
    let environment = environment();
    let two = "    approvals: [{role: domain-owner, count: 2}]\n";
    let world = World::new(&environment, two);
    world.to_qa("1.0.0");
    let (_, approval) = world.asked("1.0.0");
    let owner = approve(&approval, "prod-domain-owner");
    let answers = world.at_once(&[&owner, &owner, &owner]);
    let codes: Vec<Option<i32>> = answers.iter().map(|(code, ..)| *code).collect();
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{answers:?}");
    assert_eq!(codes.iter().filter(|code| **code == Some(3)).count(), 2, "{answers:?}");
    let waiting = world.done(&["promote", "1.0.0", "--to", "prod"]);
    assert_eq!(waiting["promotion"]["state"], "awaiting_approval");
    let steward = approve(&approval, "prod-steward");
    let answers = world.at_once(&[&steward, &owner]);
    assert_eq!((answers[0].0, answers[1].0), (Some(0), Some(3)), "{answers:?}");
    let done = world.done(&["promote", "1.0.0", "--to", "prod"]);
    assert_eq!(done["promotion"]["state"], "completed");
    assert_eq!(
        world.done(&["status"])[2]["running"]["approved_by"],
        json!(["domain-owner@sluice.test", "steward@sluice.test"])
    );
    world.ledger_is_sound();
}

#[test]
fn what_was_killed_on_its_way_is_asked_once_and_executed_once() {
    let environment = environment();
    let world = World::new(&environment, ONE);
    world.to_qa("1.0.0");
    let promote = ["promote", "1.0.0", "--to", "prod"];
    for place in ["requested", "planning", "gating", "awaiting_approval"] {
        assert!(world.killed_at(&promote, place), "{place}");
        world.ledger_is_sound();
    }
    let (promotion, approval) = world.asked("1.0.0");
    world.done(&approve(&approval, "prod-domain-owner"));
    for place in [
        "planning",
        "gating",
        "ready",
        "executing",
        "locked",
        "applying",
        "create resources",
        "verifying",
    ] {
        world.killed_at(&promote, place);
        world.ledger_is_sound();
    }
    let done = world.done(&promote);
    assert_eq!(
        (&done["promotion"]["state"], &done["promotion"]["id"]),
        (&json!("completed"), &json!(promotion))
    );
    let kinds: Vec<String> = world.decisions();
    assert_eq!(kinds, ["approval.requested", "approval.granted", "approval.consumed"]);
    assert_eq!(world.done(&["promotion", "list"]).as_array().unwrap().len(), 2);
}
