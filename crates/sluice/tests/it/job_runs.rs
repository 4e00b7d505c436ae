//! Runs of jobs as parts of a deployment: started once, also by a deployment that was killed while it started one.

use serde_json::{Value, json};

use crate::gate::{Gate, Moment};
use crate::place::Place;

fn write(place: &Place, host: &str, name: &str, right: &str, lifecycle: &Value) {
    let bundle = json!({
        "bundle": {"name": name},
        "targets": {"dev": {"default": true, "workspace": {"host": host}}},
        "resources": {
            "jobs": {"check": {
                "name": format!("{name} check"),
                "parameters": [{"name": "round", "default": "1"}],
                "tasks": [{"task_key": "t", "condition_task": {"op": "EQUAL_TO", "left": "1", "right": right}}],
            }},
            "job_runs": {"once": {
                "job_id": "${resources.jobs.check.id}", "job_parameters": {"round": "2"}, "lifecycle": lifecycle,
            }},
        },
    });
    place.write("databricks.yml", &bundle.to_string());
}

/// The runs of the job with this name.
fn runs(place: &Place, name: &str) -> Vec<Value> {
    let jobs = place.get("/api/2.2/jobs/list", &[("name", &format!("{name} check"))]);
    let id = jobs["jobs"][0]["job_id"].to_string();
    let runs = place.get("/api/2.2/jobs/runs/list", &[("job_id", &id)]);
    runs["runs"].as_array().cloned().unwrap_or_default()
}

fn check(moment: Moment) {
    let place = Place::new();
    let gate = Gate::new(&place);
    let mut number = 0;
    loop {
        number += 1;
        let name = format!("once_{number}");
        write(&place, &gate.host, &name, "1", &json!({}));
        let killed = gate.run_and_kill(&place, &["deploy", "-o", "json"], number, moment);
        let again = place.sluice(&["deploy", "-o", "json"]).json(0);
        let plan = place.sluice(&["plan"]);
        assert_eq!(
            plan.stdout, "Plan: 0 to add, 0 to change, 0 to delete, 2 unchanged\n",
            "killed {moment:?} request {number}: {again}"
        );
        let runs = runs(&place, &name);
        assert_eq!(runs.len(), 1, "killed {moment:?} request {number}: {runs:?}");
        if !killed {
            assert!(number > 10, "{number}");
            return;
        }
    }
}

#[test]
fn a_deployment_killed_before_any_request_starts_one_run() {
    check(Moment::Before);
}

#[test]
fn a_deployment_killed_after_any_request_starts_one_run() {
    check(Moment::After);
}

#[test]
fn a_run_that_every_deployment_starts_is_started_by_each() {
    let place = Place::new();
    let triggers = json!({"triggers": {"on_bundle_deploy": true}});
    write(&place, &place.host, "often", "1", &triggers);
    place.sluice(&["deploy", "-o", "json"]).json(0);
    let first = runs(&place, "often");
    let plan = place.sluice(&["plan", "-o", "json"]).json(0);
    let entry = &plan["plan"]["resources.job_runs.once"];
    assert_eq!(entry["action"], "recreate", "{plan}");
    place.sluice(&["deploy", "-o", "json"]).json(0);
    let second = runs(&place, "often");
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first[0]["run_id"], second[0]["run_id"]);
    place.sluice(&["destroy", "--auto-approve"]);
    let plan = place.sluice(&["plan", "-o", "json"]).json(0);
    assert_eq!(plan["plan"]["resources.job_runs.once"]["action"], "create");
}
