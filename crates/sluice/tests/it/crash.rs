//! kill -9 at every writing request of a deployment, before and after it takes effect: the same command then reaches the same end.

use serde_json::json;

use crate::gate::{Gate, Moment};
use crate::place::Place;

fn check(moment: Moment) {
    let place = Place::new();
    let gate = Gate::new(&place);
    let mut number = 0;
    loop {
        number += 1;
        let name = format!("crash_{number}");
        place.write_bundle(&name, &gate.host);
        let arguments = ["deploy", "-o", "json"];
        let killed = gate.run_and_kill(&place, &arguments, number, moment);
        let again = place.sluice(&arguments);
        let again = again.json(0);
        let plan = place.sluice(&["plan"]);
        assert_eq!(
            plan.stdout, "Plan: 0 to add, 0 to change, 0 to delete, 5 unchanged\n",
            "killed {moment:?} request {number}: {again}"
        );
        let jobs = place.jobs();
        assert_eq!(
            jobs.iter().filter(|job| **job == format!("{name} load")).count(),
            1,
            "killed {moment:?} request {number}: {jobs:?}"
        );
        if !killed {
            assert_eq!(again["resources"]["done"], json!([]), "request {number}");
            // A deployment of this bundle writes at least this often; fewer would mean that the gate saw nothing.
            assert!(number > 15, "{number}");
            return;
        }
    }
}

#[test]
fn a_deployment_killed_before_any_request_is_completed() {
    check(Moment::Before);
}

#[test]
fn a_deployment_killed_after_any_request_is_completed() {
    check(Moment::After);
}

#[test]
fn ctrl_c_ends_a_deployment_between_two_steps() {
    let place = Place::new();
    let gate = Gate::new(&place);
    place.write_bundle("shop", &gate.host);
    let stopped = gate.run_and_interrupt(&place, &["deploy"], "/api/2.2/jobs/create");
    let message = stopped.refusal(130);
    assert!(
        message
            .contains("interrupted between two steps: 1 done, 4 open\n  not begun resources.jobs.load.permissions\n"),
        "{message}"
    );
    let again = place.sluice(&["deploy", "-o", "json"]).json(0);
    assert_eq!(again["resources"]["done"].as_array().unwrap().len(), 4);
    assert_eq!(place.jobs(), ["shop load"]);
}
