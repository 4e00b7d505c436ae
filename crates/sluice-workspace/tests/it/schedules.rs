//! Runs that a schedule starts: the test moves the clock.
#![expect(clippy::unwrap_used, reason = "a step of a test that fails is a failing test")]

use std::time::Duration;

use serde_json::{Value, json};
use sluice_workspace::clock::ManualClock;

use crate::runs::{create, finish, result, start};
use crate::support::{Client, Environment};

/// 2026-03-01, a Sunday, 12:00 UTC.
const SUNDAY: i64 = 1_772_366_400_000;

fn hours(count: u64) -> Duration {
    Duration::from_secs(3600 * count)
}

fn task() -> Value {
    json!({"task_key": "t", "condition_task": {"left": "{{job.trigger.type}}", "op": "EQUAL_TO", "right": "periodic"}})
}

async fn runs(client: &Client, job_id: i64) -> Vec<Value> {
    let listed = client
        .get(&format!("/api/2.2/jobs/runs/list?job_id={job_id}"))
        .await
        .ok();
    listed["runs"].as_array().cloned().unwrap_or_default()
}

/// Waits until a job has had so many runs, and for the end of the newest.
async fn nth_run(client: &Client, job_id: i64, count: usize) -> Value {
    for _ in 0..600 {
        let runs = runs(client, job_id).await;
        if runs.len() == count {
            return finish(client, runs[0]["run_id"].as_i64().unwrap()).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!(
        "the job {job_id} has had {} runs, not {count}",
        runs(client, job_id).await.len()
    );
}

#[tokio::test]
async fn a_schedule_starts_runs_when_its_time_comes_and_not_while_it_is_paused() {
    let clock = ManualClock::new(SUNDAY);
    let environment = Environment::start_with_clock(&clock).await;
    let engineer = environment.client("engineer");
    let schedule = |status: &str| json!({"quartz_cron_expression": "0 0 6 ? * MON-FRI", "timezone_id": "Europe/Berlin", "pause_status": status});
    let scheduled = create(&engineer, json!({"schedule": schedule("UNPAUSED"), "tasks": [task()]})).await;
    let paused = create(&engineer, json!({"schedule": schedule("PAUSED"), "tasks": [task()]})).await;
    clock.advance(hours(16));
    // Another job's run shows that the scheduler has had its turn at this time.
    let hourly = json!({"trigger": {"periodic": {"interval": 1, "unit": "HOURS"}}, "tasks": [task()]});
    let hourly = create(&engineer, hourly).await;
    clock.advance(hours(1));
    let run = nth_run(&engineer, scheduled, 1).await;
    assert_eq!(result(&run), ("TERMINATED", "SUCCESS", "SUCCESS"));
    assert_eq!(
        (&run["trigger"], &run["creator_user_name"]),
        (&json!("PERIODIC"), &json!("engineer@sluice.test"))
    );
    assert_eq!(run["start_time"], SUNDAY + 17 * 3_600_000, "Monday, 6:00 in Berlin");
    let outcome = &run["tasks"][0]["condition_task"]["outcome"];
    assert_eq!(outcome, "true", "{run:#}");
    nth_run(&engineer, hourly, 1).await;
    assert_eq!(runs(&engineer, paused).await, Vec::<Value>::new());

    let unpause = json!({"job_id": paused, "new_settings": {"schedule": schedule("UNPAUSED")}});
    engineer.post("/api/2.2/jobs/update", unpause).await.ok();
    let remove = json!({"job_id": scheduled, "fields_to_remove": ["schedule"]});
    engineer.post("/api/2.2/jobs/update", remove).await.ok();
    clock.advance(hours(24));
    nth_run(&engineer, paused, 1).await;
    nth_run(&engineer, hourly, 2).await;
    assert_eq!(runs(&engineer, scheduled).await.len(), 1, "its schedule is gone");
    let by_hand = start(&engineer, scheduled, json!({})).await;
    let run = finish(&engineer, by_hand).await;
    assert_eq!(run["trigger"], "ONE_TIME");
}

#[tokio::test]
async fn what_is_no_schedule_is_refused() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let wrong = [
        json!({"schedule": {"quartz_cron_expression": "0 6 * * *", "timezone_id": "UTC"}}),
        json!({"schedule": {"quartz_cron_expression": "0 0 6 * * ?", "timezone_id": "Nowhere"}}),
        json!({"schedule": {"quartz_cron_expression": "0 0 6 * * ?"}}),
        json!({"trigger": {"periodic": {"interval": 0, "unit": "DAYS"}}}),
    ];
    for settings in wrong {
        let answer = engineer.post("/api/2.2/jobs/create", settings.clone()).await;
        assert_eq!(
            answer.error(),
            (400, "INVALID_PARAMETER_VALUE".to_owned()),
            "{settings}"
        );
    }
}
