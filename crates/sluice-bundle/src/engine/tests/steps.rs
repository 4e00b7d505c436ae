//! How answers to steps and probes are read.

use serde_json::json;

use super::deployment::{Deployment, bundle};
use super::workspace::{answer, error};
use crate::engine::{Applied, Outcome, ProbeVerdict, Step, StepError, Verdict, steps};

fn first_step(resources: serde_json::Value, catalog: serde_json::Value, key: &str) -> Step {
    let mut deployment = Deployment::default();
    let plan = deployment.plan(&bundle(resources, catalog)).unwrap();
    let applied = Applied::new(&plan, &deployment.states);
    steps(&plan, &key.parse().unwrap(), &applied).unwrap().remove(0)
}

#[test]
fn a_call_without_an_answer_is_looked_up() {
    let step = first_step(
        json!({"jobs": {"load": {"name": "load"}}}),
        json!({}),
        "resources.jobs.load",
    );
    assert!(!step.idempotent);
    let job = |id: i64, mark: &str| json!({"job_id": id, "settings": {"deployment": {"metadata_file_path": mark}}});
    let ours = "/Workspace/Users/deployer/.bundle/flights/dev/state/metadata.json";
    let verdict = |jobs: serde_json::Value| step.judge_probe(&answer(200, json!({"jobs": jobs})));
    assert_eq!(
        verdict(json!([job(1, "/elsewhere"), job(2, ours)])),
        ProbeVerdict::Happened(Outcome {
            id: "2".to_owned(),
            etag: None
        })
    );
    assert_eq!(verdict(json!([job(1, "/elsewhere")])), ProbeVerdict::NotHappened);
    assert!(matches!(
        verdict(json!([job(1, ours), job(2, ours)])),
        ProbeVerdict::Ambiguous(_)
    ));
    assert!(
        matches!(step.judge_probe(&error(500, "INTERNAL", "x")), ProbeVerdict::Ambiguous(why) if why == "INTERNAL: x")
    );

    let schema = json!({"schemas": {"gold": {"name": "gold", "catalog_name": "dev"}}});
    let step = first_step(schema, json!({}), "resources.schemas.gold");
    assert_eq!(step.judge_probe(&error(404, "X", "x")), ProbeVerdict::NotHappened);
    assert_eq!(
        step.judge_probe(&answer(200, json!({}))),
        ProbeVerdict::Happened(Outcome {
            id: "dev.gold".to_owned(),
            etag: None,
        })
    );
}

#[test]
fn the_state_of_a_statement_decides_and_not_the_status_of_the_answer() {
    let catalog = json!({"warehouse_id": "w1", "views": {"v": {"name": "dev.gold.v", "query": "SELECT 1"}}});
    let step = first_step(json!({}), catalog, "catalog.views.v");
    let judge = |status: serde_json::Value| step.judge(&answer(200, json!({"statement_id": "01f0", "status": status})));
    assert_eq!(
        judge(json!({"state": "SUCCEEDED"})),
        Verdict::Done(Outcome {
            id: "dev.gold.v".to_owned(),
            etag: None,
        })
    );
    assert!(
        matches!(judge(json!({"state": "RUNNING"})), Verdict::Poll(request) if request.path == "/api/2.0/sql/statements/01f0")
    );
    assert_eq!(
        judge(json!({"state": "FAILED", "error": {"error_code": "BAD_REQUEST", "message": "no such table"}})),
        Verdict::Failed {
            code: "BAD_REQUEST".to_owned(),
            message: "no such table".to_owned()
        }
    );
    assert!(matches!(judge(json!({"state": "CANCELED"})), Verdict::Failed { code, .. } if code == "CANCELED"));
    assert!(
        matches!(step.judge(&error(403, "PERMISSION_DENIED", "no")), Verdict::Failed { code, .. } if code == "PERMISSION_DENIED")
    );
}

#[test]
fn a_reference_without_a_value_names_itself() {
    let jobs = json!({"jobs": {"a": {"name": "a", "description": "${resources.jobs.z.id}"}, "z": {"name": "z"}}});
    let mut deployment = Deployment::default();
    let plan = deployment.plan(&bundle(jobs, json!({}))).unwrap();
    let applied = Applied::new(&plan, &deployment.states);
    let key = "resources.jobs.a".parse().unwrap();
    assert_eq!(
        steps(&plan, &key, &applied),
        Err(StepError::Reference {
            key,
            fault: "`description` needs `${resources.jobs.z.id}`, which has no value yet".to_owned()
        })
    );
}
