//! An approval is good for the policies and for the release that were decided about, and for no others.

use serde_json::Value;

use crate::gates::{commit_owner, waivers};
use crate::world::{ROLES, World, environment};

const GATES: &str =
    "    gates: [upstream-verified, policy, approval, plan-unchanged]\n    approvals: [{role: domain-owner}]\n";
const PROMOTE: [&str; 4] = ["promote", "1.0.0", "--to", "prod"];

/// A rule of the house, which finds nothing unless it is `strict`.
fn house(world: &World<'_>, note: &str, strict: bool) {
    let environment = world.environment;
    environment.write(
        "house/pack.yaml",
        "version: 1\nname: house\nrelease: 1.0.0\ndescription: Rules of the house.\n",
    );
    let finding = if strict {
        "findings contains {\"subject\": \"product\", \"path\": [\"product\"], \"message\": \"not this year\", \"evidence\": {}}\n"
    } else {
        "findings := set()\n"
    };
    environment.write(
        "house/hx_01.rego",
        &format!(
            "# METADATA\n# title: \"{note}\"\n# custom:\n#   id: HX-01\n#   category: metadata\n\
             #   severity: {{dev: block, qa: block, prod: block}}\n#   needs: [files]\n#   remediation: \"Wait.\"\n\
             package sluice.hx_01\n\nsubjects contains \"product\"\n\n{finding}"
        ),
    );
}

/// A world whose production wants the policies, among them those of the house, and a domain owner; release 1.0.0 is in qa.
fn world(environment: &sluice_testkit::Environment) -> World<'_> {
    let world = World::new(environment, GATES);
    world.platform(GATES, &format!("policies: [house]\n{ROLES}"));
    house(&world, "A rule", false);
    environment.write("flights/waivers.yaml", &waivers());
    commit_owner(&world, "domain-owners");
    world.to_qa("1.0.0");
    world
}

fn approve(world: &World<'_>, approval: &str) {
    world.done(&["approve", approval, "--profile", "prod-domain-owner"]);
}

/// What was refused in a promotion: what was tried about which approval, and why not.
fn refusals(world: &World<'_>, promotion: &str) -> Vec<(String, String, String)> {
    let shown = world.done(&["promotion", "show", promotion]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = shown["refusals"].as_array().unwrap().iter();
    rows.map(|row| {
        let reasons: Vec<String> = row["reasons"].as_array().unwrap().iter().map(text).collect();
        (text(&row["attempt"]), text(&row["approval"]), reasons.join("; "))
    })
    .collect()
}

fn states(world: &World<'_>, promotion: &str) -> Vec<String> {
    let shown = world.done(&["promotion", "show", promotion]);
    assert_eq!(shown["deployment"], Value::Null, "{shown}");
    let rows = shown["approvals"].as_array().unwrap().iter();
    rows.map(|row| row["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn other_policies_than_those_that_were_decided_about_need_another_approval() {
    let environment = environment();
    let world = world(&environment);
    let (promotion, first) = world.asked("1.0.0");
    approve(&world, &first);

    // The rule says the same; it is another rule all the same.
    house(&world, "Another rule", false);
    let refused = world.refused(&PROMOTE, "not executed, and asked for anew");
    let moved = "what the policies saw: ";
    assert!(refused.contains(&format!("approval {first}: {moved}")), "{refused}");
    let recorded = refusals(&world, &promotion);
    assert!(
        matches!(&recorded[..], [(attempt, approval, reason)]
            if attempt == "execute" && *approval == first && reason.starts_with(moved)),
        "{recorded:?}"
    );
    assert_eq!(states(&world, &promotion), ["voided", "open"]);
    assert_eq!(world.done(&["status"])[2]["running"], Value::Null);

    // Policies that change while somebody thinks about it: what they would agree to is not the case any more.
    let (_, second) = world.asked("1.0.0");
    house(&world, "A third rule", false);
    world.refused(
        &["approve", &second, "--profile", "prod-domain-owner"],
        "it is about something else: the policies: ",
    );
    let recorded = refusals(&world, &promotion);
    assert_eq!((recorded.len(), recorded[1].0.as_str()), (2, "approve"), "{recorded:?}");

    // A rule that blocks ends the promotion, and what was agreed to with it.
    let (_, third) = world.asked("1.0.0");
    approve(&world, &third);
    house(&world, "A third rule", true);
    world.refused(&PROMOTE, "policy: HX-01 product: not this year");
    assert_eq!(states(&world, &promotion), ["voided", "voided", "voided"]);
    assert_eq!(world.done(&["status"])[2]["running"], Value::Null);

    house(&world, "A third rule", false);
    let (again, fourth) = world.asked("1.0.0");
    assert_ne!(again, promotion);
    approve(&world, &fourth);
    // Rules that cannot be read decide nothing: neither is anything executed, nor is what was agreed to lost.
    let rule = std::fs::read_to_string(environment.work().join("house/hx_01.rego")).unwrap();
    environment.write("house/hx_01.rego", &rule.replace("findings := set()", "findings := {"));
    let (code, _, stderr) = world.sluice(&PROMOTE);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("house/hx_01.rego:"), "{stderr}");
    assert_eq!(world.done(&["status"])[2]["running"], Value::Null);
    house(&world, "A third rule", false);
    let done = world.done(&PROMOTE);
    assert_eq!(done["promotion"]["state"], "completed");
    world.ledger_is_sound();
}

#[test]
fn policies_that_are_not_asked_any_more_need_another_approval() {
    let environment = environment();
    let world = world(&environment);
    let (promotion, approval) = world.asked("1.0.0");
    approve(&world, &approval);
    world.platform(
        "    gates: [upstream-verified, approval, plan-unchanged]\n    approvals: [{role: domain-owner}]\n",
        ROLES,
    );
    let refused = world.refused(&PROMOTE, "what the policies saw: ");
    assert!(refused.contains("was decided about, now it is none"), "{refused}");
    assert_eq!(states(&world, &promotion), ["voided", "open"]);
    assert_eq!(refusals(&world, &promotion).len(), 1);
}

#[test]
fn another_release_under_the_same_version_is_not_what_was_decided_about() {
    const TAG: &str = "sluice/flights/v1.0.0";
    let environment = environment();
    let world = world(&environment);
    let git = |arguments: &[&str]| environment.git("flights", arguments).success().trim().to_owned();
    let (promotion, approval) = world.asked("1.0.0");
    let frozen = git(&["rev-parse", TAG]);
    let commit = git(&["rev-parse", &format!("{TAG}^{{commit}}")]);
    let message = git(&["for-each-ref", "--format=%(contents)", &format!("refs/tags/{TAG}")]);
    world.commit_volume("more");
    let moved = |message: &str, commit: &str| {
        git(&[
            "tag",
            "--force",
            "--annotate",
            "--cleanup=verbatim",
            "--message",
            message,
            TAG,
            commit,
        ]);
    };
    let other = message.replace("\"sluice\":\"", "\"sluice\":\"9");
    assert_ne!(other, message);
    let cases = [
        (&message, "HEAD", "was moved from commit"),
        (&other, commit.as_str(), "its content has digest"),
    ];

    // Before anybody agreed.
    moved(&message, "HEAD");
    world.refused(
        &["approve", &approval, "--profile", "prod-domain-owner"],
        "is quarantined: tag",
    );
    assert_eq!(states(&world, &promotion), ["open"]);
    git(&["update-ref", &format!("refs/tags/{TAG}"), &frozen]);
    approve(&world, &approval);

    // Between agreement and use.
    for (number, (message, commit, reason)) in cases.into_iter().enumerate() {
        moved(message, commit);
        world.refused(&PROMOTE, reason);
        let recorded = refusals(&world, &promotion);
        let last = recorded.last().unwrap();
        assert_eq!(
            (recorded.len(), last.0.as_str()),
            (number + 2, "execute"),
            "{recorded:?}"
        );
        assert!(last.1 == approval && last.2.contains(reason), "{last:?}");
        assert_eq!(world.done(&["status"])[2]["running"], Value::Null);
    }
    world.refused(&["freeze", "1.0.0"], "was frozen from commit");

    // The tag is what it was: the approval is about exactly this.
    git(&["update-ref", &format!("refs/tags/{TAG}"), &frozen]);
    assert_eq!(states(&world, &promotion), ["granted"]);
    let done = world.done(&PROMOTE);
    assert_eq!(
        (&done["promotion"]["state"], &done["approvals"][0]["state"]),
        (&Value::from("completed"), &Value::from("consumed"))
    );
    world.ledger_is_sound();
}
