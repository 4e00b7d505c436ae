//! Repairing runs, ending many, removing some, and runs without a job.

use serde_json::{Value, json};

use crate::runs::{HOME, after, create, finish, get, result, start, upload};
use crate::support::Environment;

fn at_least(key: &str, least: &str) -> Value {
    json!({"task_key": key, "condition_task": {"left": "{{job.parameters.n}}", "op": "GREATER_THAN_OR_EQUAL", "right": least}})
}

#[tokio::test]
async fn a_repair_repeats_what_failed_and_what_was_left_out_because_of_it() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let tasks = json!([
        at_least("a", "0"),
        after(at_least("b", "{{job.parameters.least}}"), &["a"]),
        after(at_least("c", "0"), &["b"])
    ]);
    let parameters = json!([{"name": "n", "default": "1"}, {"name": "least", "default": "unknown"}]);
    let job_id = create(&engineer, json!({"tasks": tasks, "parameters": parameters})).await;
    let run_id = start(&engineer, job_id, json!({})).await;
    let first = finish(&engineer, run_id).await;
    assert_eq!(result(&first).1, "FAILED");

    let repair = async |body: Value| engineer.post("/api/2.2/jobs/runs/repair", body).await;
    let both = repair(json!({"run_id": run_id, "rerun_all_failed_tasks": true, "rerun_tasks": ["a"]})).await;
    assert_eq!(both.error().0, 400);
    assert_eq!(
        repair(json!({"run_id": run_id, "rerun_tasks": ["absent"]}))
            .await
            .error()
            .0,
        400
    );
    let asked = json!({"run_id": run_id, "rerun_all_failed_tasks": true, "job_parameters": {"least": "5"}});
    let one = repair(asked.clone()).await.ok()["repair_id"].clone();
    let run = finish(&engineer, run_id).await;
    assert_eq!(result(&run), ("TERMINATED", "SUCCESS", "SUCCESS"), "{run:#}");
    assert_eq!(
        run["tasks"][0]["run_id"], first["tasks"][0]["run_id"],
        "what was successful stays"
    );
    assert_ne!(run["tasks"][1]["run_id"], first["tasks"][1]["run_id"]);
    let attempts: Vec<_> = run["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["attempt_number"].as_i64().unwrap())
        .collect();
    assert_eq!(attempts, [0, 1, 1]);
    assert_eq!(run["start_time"], first["start_time"]);

    let stale = repair(json!({"run_id": run_id, "rerun_tasks": ["c"]})).await;
    assert_eq!(stale.error().0, 400, "somebody who does not know of the last repair");
    let body = json!({"run_id": run_id, "rerun_tasks": ["a"], "rerun_dependent_tasks": true, "latest_repair_id": one});
    let two = repair(body).await.ok()["repair_id"].clone();
    finish(&engineer, run_id).await;
    let run = engineer
        .get(&format!("/api/2.2/jobs/runs/get?run_id={run_id}&include_history=true"))
        .await
        .ok();
    let history = run["repair_history"].as_array().unwrap();
    let kinds: Vec<_> = history
        .iter()
        .map(|item| (&item["type"], &item["id"], &item["state"]["result_state"]))
        .collect();
    let (original, repaired) = (json!("ORIGINAL"), json!("REPAIR"));
    let (failed, success) = (json!("FAILED"), json!("SUCCESS"));
    assert_eq!(
        kinds,
        [
            (&original, &Value::Null, &failed),
            (&repaired, &one, &success),
            (&repaired, &two, &success)
        ]
    );
    assert_eq!(history[1]["task_run_ids"].as_array().unwrap().len(), 2);
    assert_eq!(history[2]["task_run_ids"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_repair_uses_the_settings_of_now_and_survives_a_restart() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let job_id = create(
        &engineer,
        json!({"tasks": [at_least("a", "x")], "parameters": [{"name": "n", "default": "1"}]}),
    )
    .await;
    let run_id = start(&engineer, job_id, json!({})).await;
    finish(&engineer, run_id).await;
    let update = json!({"job_id": job_id, "new_settings": {"tasks": [at_least("a", "1")]}});
    engineer.post("/api/2.2/jobs/update", update).await.ok();
    let body = json!({"run_id": run_id, "rerun_tasks": ["a"]});
    engineer.post("/api/2.2/jobs/runs/repair", body).await.ok();
    let run = finish(&engineer, run_id).await;
    assert_eq!(result(&run).1, "SUCCESS");
    let environment = environment.restart().await;
    let engineer = environment.client("engineer");
    let again = get(&engineer, run_id).await;
    assert_eq!(again["tasks"][0]["run_id"], run["tasks"][0]["run_id"]);
    assert_eq!(result(&again).1, "SUCCESS");
}

#[tokio::test]
async fn all_runs_of_a_job_end_together_and_only_ended_ones_are_deleted() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    upload(&engineer, "long.py", "import time\ntime.sleep(600)\n").await;
    let task = json!({"task_key": "t", "spark_python_task": {"python_file": format!("{HOME}/long.py")}});
    let job_id = create(&engineer, json!({"tasks": [task]})).await;
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(start(&engineer, job_id, json!({})).await);
    }
    let post = async |path: &str, body: Value| engineer.post(&format!("/api/2.2/jobs/runs/{path}"), body).await;
    assert_eq!(
        post("delete", json!({"run_id": runs[0]})).await.error(),
        (400, "INVALID_STATE".to_owned())
    );
    assert_eq!(post("cancel-all", json!({})).await.error().0, 400);
    post("cancel-all", json!({"job_id": job_id, "all_queued_runs": true}))
        .await
        .ok();
    for run_id in &runs[1..] {
        assert_eq!(result(&finish(&engineer, *run_id).await).1, "CANCELED");
    }
    assert_eq!(
        get(&engineer, runs[0]).await["end_time"],
        0,
        "the one that works goes on"
    );
    post("cancel-all", json!({"job_id": job_id})).await.ok();
    finish(&engineer, runs[0]).await;
    let analyst = environment.client("analyst");
    let denied = analyst
        .post("/api/2.2/jobs/runs/delete", json!({"run_id": runs[0]}))
        .await;
    assert_eq!(denied.error().0, 403);
    post("delete", json!({"run_id": runs[0]})).await.ok();
    let gone = engineer
        .get(&format!("/api/2.2/jobs/runs/get?run_id={}", runs[0]))
        .await;
    assert_eq!(gone.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()));
}

#[tokio::test]
async fn a_run_without_a_job_is_submitted_once_per_token_and_is_in_no_list_of_jobs() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let task = json!({"task_key": "t", "condition_task": {"left": "1", "op": "EQUAL_TO", "right": "1"}});
    let body = json!({"run_name": "once", "tasks": [task], "idempotency_token": "k"});
    let submit = async |body: &Value| {
        engineer.post("/api/2.2/jobs/runs/submit", body.clone()).await.ok()["run_id"]
            .as_i64()
            .unwrap()
    };
    let run_id = submit(&body).await;
    assert_eq!(submit(&body).await, run_id);
    let run = finish(&engineer, run_id).await;
    assert_eq!(
        (&run["run_name"], &run["run_type"]),
        (&json!("once"), &json!("SUBMIT_RUN"))
    );
    assert_eq!(result(&run).1, "SUCCESS");
    let jobs = engineer.get("/api/2.2/jobs/list").await.ok();
    assert_eq!(jobs.get("jobs"), None);
    let of_type = async |name: &str| {
        engineer
            .get(&format!("/api/2.2/jobs/runs/list?run_type={name}"))
            .await
            .ok()["runs"]
            .clone()
    };
    assert_eq!(of_type("SUBMIT_RUN").await[0]["run_id"], run_id);
    assert_eq!(of_type("JOB_RUN").await, Value::Null);
    let analyst = environment.client("analyst");
    let hidden = analyst.get(&format!("/api/2.2/jobs/runs/get?run_id={run_id}")).await;
    assert_eq!(hidden.error().0, 403);
    let as_other = json!({"tasks": [task], "run_as": {"user_name": "admin@sluice.test"}});
    assert_eq!(
        engineer.post("/api/2.2/jobs/runs/submit", as_other).await.error().0,
        403
    );
}
