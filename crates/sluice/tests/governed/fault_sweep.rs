//! A promotion in which each request that writes in turn seems to fail after its effect: it ends with the new release or with the former
//! one, or says that it stopped half-way; the same command then reaches the new release.

use serde_json::{Value, json};

use crate::world::{World, environment};

/// The version that runs in qa.
fn running(world: &World<'_>) -> Value {
    world.done(&["status"])[1]["running"]["version"].clone()
}

#[test]
fn a_promotion_ends_well_whichever_write_seems_to_fail() {
    let environment = environment();
    let world = World::with_faults(&environment);
    let mut ends = [0, 0, 0];
    for number in 1.. {
        let version = format!("1.{number}.0");
        world.commit_volume(&format!("more_{number}"));
        world.done(&["verify", "-t", "dev"]);
        world.done(&["freeze", &version]);
        let before = running(&world);
        let nth = number.to_string();
        let mut add = vec![
            "workspace",
            "fault",
            "add",
            "--environment",
            "qa",
            "--principal",
            "deployer",
        ];
        add.extend(["--requests", "writing", "--nth", &nth, "--commit-then-fail", "500"]);
        world.done(&add);
        let promote = ["promote", version.as_str(), "--to", "qa"];
        let (code, _, stderr) = world.sluice(&promote);
        let fault = world.done(&["workspace", "fault", "list", "--environment", "qa"])["faults"][0].clone();
        world.done(&["workspace", "fault", "clear", "--environment", "qa"]);
        let story = format!("{}: {stderr}", fault["hits"]);
        let (end, expected) = match code {
            Some(0) => (0, json!(version)),
            Some(3) => (1, before.clone()),
            Some(5) => (2, before.clone()),
            other => panic!("{other:?}, {story}"),
        };
        ends[end] += 1;
        assert_eq!(running(&world), expected, "{code:?}, {story}");
        let (again, _, error) = world.sluice(&promote);
        assert_eq!(
            (again, running(&world)),
            (Some(0), json!(version)),
            "{story}, then {error}"
        );
        world.ledger_is_sound();
        if fault["fired"] == 0 {
            assert_eq!(code, Some(0), "{stderr}");
            // A deployment writes at least this often; fewer would mean that no fault fired.
            assert!(number > 10, "{number}");
            break;
        }
    }
    assert!(ends[0] > 2 && ends[1] > 2, "both ends are seen: {ends:?}");
}
