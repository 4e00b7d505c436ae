//! User acceptance by criterion, and the change that somebody asks for instead.

use serde_json::json;

use crate::world::{World, environment};

const UAT: &str =
    "    signoffs: {in: qa, criteria: [{name: acceptance, role: business}, {name: terms, role: legal}]}\n";

#[test]
fn a_release_needs_every_criterion_and_a_rejection_becomes_a_change() {
    let environment = environment();
    let world = World::new(&environment, UAT);
    let rejected = rejected(&world);
    changed(&world, &rejected);
    accepted(&world);
    let decisions = world.decisions();
    for kind in [
        "signoff.refused",
        "signoff.rejected",
        "signoff.accepted",
        "change.requested",
        "change.delivered",
    ] {
        assert!(decisions.contains(&kind.to_owned()), "{kind}: {decisions:?}");
    }
}

fn sign<'a>(version: &'a str, criterion: &'a str, evidence: &'a str, profile: &'a str) -> [&'a str; 8] {
    [
        "signoff",
        version,
        "--criterion",
        criterion,
        "--evidence",
        evidence,
        "--profile",
        profile,
    ]
}

/// Brings a release to qa, where the business rejects it; the id of that sign-off.
fn rejected(world: &World<'_>) -> String {
    world.done(&["verify", "-t", "dev"]);
    world.done(&["freeze", "1.0.0"]);
    world.refused(
        &sign("1.0.0", "acceptance", "seen", "qa-business"),
        "flights 1.0.0 does not run in `qa`",
    );
    let promoted = world.done(&["promote", "1.0.0", "--to", "qa"]);

    world.refused(
        &["promote", "1.0.0", "--to", "prod"],
        "`acceptance` is not signed off in `qa`: role `business` does it by",
    );
    world.refused(
        &sign("1.0.0", "acceptance", "seen", "qa-engineer"),
        "`engineer@sluice.test` wrote some of what would be new in `prod`",
    );
    world.refused(
        &sign("1.0.0", "terms", "seen", "qa-business"),
        "`business@sluice.test` does not hold role `legal`",
    );
    let (code, _, stderr) = world.sluice(&sign("1.0.0", "term", "seen", "qa-legal"));
    assert_eq!(code, Some(2), "{stderr}");
    assert!(
        stderr.contains("no environment of the platform has a criterion `term`; there is `acceptance`, `terms`"),
        "{stderr}"
    );
    let (code, _, stderr) = world.sluice(&sign(
        "1.0.0",
        "terms",
        "https://me:s3cret@docs.example.test",
        "qa-legal",
    ));
    assert_eq!((code, stderr.contains("s3cret")), (Some(2), false), "{stderr}");

    world.environment.write("flights/minutes.txt", "agreed");
    let promotion = promoted["promotion"]["id"].as_str().unwrap();
    let by_file = world.done(&[
        "signoff",
        promotion,
        "--criterion",
        "terms",
        "--evidence",
        "minutes.txt",
        "--profile",
        "qa-legal",
    ]);
    let digest = sluice_model::Digest::of(b"agreed");
    assert_eq!(
        by_file["signoff"]["evidence"],
        json!({"file": {"name": "minutes.txt", "digest": digest}})
    );
    assert_eq!(by_file["open"], json!(["acceptance"]));
    std::fs::remove_file(world.environment.work().join("flights/minutes.txt")).unwrap();
    let no = [
        &sign("1.0.0", "acceptance", "https://docs.example.test/7", "qa-business")[..],
        &["--reject"],
    ]
    .concat();
    let rejected = world.done(&no)["signoff"]["id"].as_str().unwrap().to_owned();
    let blocked = world.refused(
        &["promote", "1.0.0", "--to", "prod"],
        "`acceptance` was rejected by business@sluice.test",
    );
    assert!(
        blocked.contains(&format!("`sluice change --from {rejected}` takes it up")),
        "{blocked}"
    );
    rejected
}

/// Nothing is taken up before it is committed; then it is verified, frozen and promoted, killed on the way again and again.
fn changed(world: &World<'_>, rejected: &str) {
    let change = [
        "change",
        "--request",
        "another volume",
        "--from",
        rejected,
        "--version",
        "1.1.0",
    ];
    world.refused(&change, "nothing was committed since 1.0.0");
    world.commit_volume("more");
    let (code, _, stderr) = world.sluice(&["change", "--from", "s-0", "--version", "1.1.0", "--request", "x"]);
    assert_eq!(code, Some(2), "{stderr}");
    world.refused(
        &["change", "--request", "x", "--from", rejected, "--version", "0.9.0"],
        "does not follow 1.0.0",
    );
    let (code, _, stderr) = world.sluice(&["change", "--version", "1.1.0"]);
    assert_eq!(
        (code, stderr.contains("say by --request what is asked for")),
        (Some(2), true),
        "{stderr}"
    );
    for place in [
        "requested",
        "applying",
        ": verified",
        ": frozen",
        "gating",
        "executing",
        "verifying",
    ] {
        assert!(world.killed_at(&change, place), "{place}");
        world.ledger_is_sound();
    }
    world.refused(
        &["change", "--request", "something else", "--version", "1.1.0"],
        "answers another request: another volume",
    );
    let done = world.done(&["change", "--version", "1.1.0"]);
    assert_eq!(
        (&done["change"]["state"], &done["change"]["signoff"]),
        (&json!("delivered"), &json!(rejected))
    );
    let release = world.done(&["release", "show", "1.1.0"]);
    assert_eq!(done["change"]["digest"], release["digest"]);
    assert_eq!(release["change"]["id"], done["change"]["id"]);
    let promotions = done["change"]["promotions"].as_array().unwrap();
    assert_eq!(promotions.len(), 1, "{promotions:?}");
    let shown = world.done(&["promotion", "show", promotions[0].as_str().unwrap()]);
    assert_eq!(
        (&shown["promotion"]["state"], &shown["change"]["id"]),
        (&json!("completed"), &done["change"]["id"])
    );
    let running: Vec<_> = world
        .done(&["status"])
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| cell["running"]["version"].clone())
        .collect();
    assert_eq!(json!(running), json!([null, "1.1.0", null]));
    assert_eq!(world.done(&["change"]).as_array().unwrap().len(), 1);
    let id = done["change"]["id"].as_str().unwrap();
    assert_eq!(world.done(&["change", id])["request"], "another volume");
}

/// The sign-offs of the release before do not count for the next one.
fn accepted(world: &World<'_>) {
    world.refused(
        &["promote", "1.1.0", "--to", "prod"],
        "`terms` is not signed off in `qa`",
    );
    world.done(&sign("1.1.0", "acceptance", "seen", "qa-business"));
    let last = world.done(&sign("1.1.0", "terms", "seen", "qa-legal"));
    assert_eq!(last["open"], json!([]));
    let promoted = world.done(&["promote", "1.1.0", "--to", "prod"]);
    assert_eq!(promoted["promotion"]["state"], "completed");
    assert_eq!(promoted["signoffs"].as_array().unwrap().len(), 2);
}

#[test]
fn a_change_is_a_commit_and_a_failed_check_stops_it_before_the_freeze() {
    let environment = environment();
    let world = World::new(&environment, "");
    world.to_qa("1.0.0");
    environment.write("flights/resources/more.yml", &crate::world::volume("more"));
    let change = ["change", "--request", "another volume", "--version", "1.1.0"];
    world.refused(&change, "changes that are not committed: resources/more.yml");
    assert_eq!(world.done(&["change"]), json!([]));
    world.commit_as(
        "test@sluice.test",
        "resources/more.yml",
        &crate::world::volume("more").replace("catalog_name: \"${var.catalog}\"", "catalog_name: nowhere"),
    );
    let (code, _, stderr) = world.sluice(&change);
    assert_ne!(code, Some(0), "{stderr}");
    assert_eq!(world.done(&["change"])[0]["state"], "requested");
    assert_eq!(
        world.done(&["release", "list"]).as_array().unwrap().len(),
        1,
        "nothing was frozen"
    );
    world.commit_volume("more");
    let done = world.done(&change);
    assert_eq!(done["change"]["state"], "delivered");
    assert_eq!(world.done(&["status"])[1]["running"]["version"], "1.1.0");
    world.ledger_is_sound();
}
