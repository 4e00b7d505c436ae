//! Tasks that steer others: conditions, repetitions, runs of other jobs, and when a task runs.
#![expect(clippy::unwrap_used, reason = "a step of a test that fails is a failing test")]

use serde_json::{Value, json};

use crate::runs::{HOME, after, create, finish, get, output, result, run, start, upload, wait};
use crate::support::Environment;

fn condition(key: &str, left: &str, op: &str, right: &str) -> Value {
    json!({"task_key": key, "condition_task": {"left": left, "op": op, "right": right}})
}

fn on(mut task: Value, key: &str, outcome: &str) -> Value {
    task["depends_on"] = json!([{"task_key": key, "outcome": outcome}]);
    task
}

fn task<'a>(run: &'a Value, key: &str) -> &'a Value {
    let tasks = run["tasks"].as_array().unwrap();
    tasks.iter().find(|task| task["task_key"] == key).unwrap()
}

#[tokio::test]
async fn a_condition_decides_which_branch_runs() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let mut join = after(condition("join", "1", "EQUAL_TO", "1"), &["large", "small"]);
    join["run_if"] = json!("NONE_FAILED");
    let settings = json!({
        "parameters": [{"name": "rows", "default": "5"}],
        "tasks": [
            condition("many", "{{job.parameters.rows}}", "GREATER_THAN", "10.0"),
            on(condition("large", "a", "EQUAL_TO", "a"), "many", "true"),
            on(condition("small", "a", "NOT_EQUAL", "b"), "many", "false"),
            join,
        ],
    });
    let job_id = create(&engineer, settings).await;
    for (rows, taken, left) in [("5", "small", "large"), ("11", "large", "small")] {
        let run_id = start(&engineer, job_id, json!({"job_parameters": {"rows": rows}})).await;
        let run = finish(&engineer, run_id).await;
        assert_eq!(result(&run), ("TERMINATED", "SUCCESS", "SUCCESS"), "{run:#}");
        assert_eq!(result(task(&run, left)), ("TERMINATED", "EXCLUDED", "SKIPPED"));
        assert_eq!(result(task(&run, taken)), ("TERMINATED", "SUCCESS", "SUCCESS"));
        assert_eq!(result(task(&run, "join")), ("TERMINATED", "SUCCESS", "SUCCESS"));
        let many = task(&run, "many");
        assert_eq!(many["condition_task"]["outcome"], (rows == "11").to_string());
        assert_eq!(
            many["resolved_values"]["condition_task"],
            json!({"left": rows, "right": "10.0"})
        );
    }
    let run_id = start(&engineer, job_id, json!({"job_parameters": {"rows": "few"}})).await;
    let run = finish(&engineer, run_id).await;
    assert_eq!(
        run["state"]["state_message"],
        "Task many failed with message: the condition compares numbers, and `few` is none"
    );
}

#[tokio::test]
async fn run_if_of_every_kind_decides_by_what_came_before() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let good = condition("good", "1", "EQUAL_TO", "1");
    let bad = condition("bad", "x", "LESS_THAN", "1");
    let mut tasks = vec![good, bad];
    let kinds = [
        ("ALL_SUCCESS", "UPSTREAM_FAILED"),
        ("ALL_DONE", "SUCCESS"),
        ("NONE_FAILED", "UPSTREAM_FAILED"),
        ("AT_LEAST_ONE_SUCCESS", "SUCCESS"),
        ("ALL_FAILED", "EXCLUDED"),
        ("AT_LEAST_ONE_FAILED", "SUCCESS"),
    ];
    for (run_if, _) in kinds {
        let mut task = after(condition(run_if, "1", "EQUAL_TO", "1"), &["good", "bad"]);
        task["run_if"] = json!(run_if);
        tasks.push(task);
    }
    let run = run(&engineer, json!({"tasks": tasks}), json!({})).await;
    for (run_if, expected) in kinds {
        assert_eq!(task(&run, run_if)["state"]["result_state"], expected, "{run_if}");
    }
    assert_eq!(result(&run).1, "FAILED", "leaves that could not run fail the run");
}

#[tokio::test]
async fn a_task_runs_once_for_each_input() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    upload(
        &engineer,
        "one.py",
        "import sys\nprint('input', sys.argv[1:])\nassert sys.argv[2] != 'bad', 'on purpose'\n",
    )
    .await;
    let repeated = json!({"task_key": "one", "spark_python_task": {
        "python_file": format!("{HOME}/one.py"), "parameters": ["{{input}}", "{{input.name}}", "{{job.parameters.day}}"],
    }});
    let inputs = json!([{"name": "a"}, {"name": "bad"}, {"name": "c"}]).to_string();
    let each = json!({"task_key": "each", "for_each_task": {"inputs": "{{job.parameters.inputs}}", "concurrency": 2, "task": repeated}});
    let settings = json!({
        "parameters": [{"name": "inputs", "default": inputs}, {"name": "day", "default": "monday"}],
        "tasks": [each, after(condition("never", "1", "EQUAL_TO", "1"), &["each"])],
    });
    let run = run(&engineer, settings, json!({})).await;
    let each = task(&run, "each");
    assert_eq!(each["state"]["state_message"], "1 of 3 iterations failed", "{run:#}");
    let stats = &each["for_each_task"]["stats"];
    assert_eq!(
        stats["task_run_stats"],
        json!({"total_iterations": 3, "scheduled_iterations": 3, "active_iterations": 0, "completed_iterations": 3, "succeeded_iterations": 2, "failed_iterations": 1})
    );
    assert_eq!(stats["error_message_stats"][0]["count"], 1);
    assert_eq!(result(task(&run, "never")).1, "UPSTREAM_FAILED");
    let alone = get(&engineer, each["run_id"].as_i64().unwrap()).await;
    let iterations = alone["iterations"].as_array().unwrap();
    let results: Vec<_> = iterations
        .iter()
        .map(|each| each["state"]["result_state"].as_str().unwrap())
        .collect();
    assert_eq!(results, ["SUCCESS", "FAILED", "SUCCESS"]);
    let third = engineer
        .get(&format!(
            "/api/2.2/jobs/runs/get-output?run_id={}",
            iterations[2]["run_id"]
        ))
        .await
        .ok();
    assert_eq!(third["logs"], "input ['{\"name\":\"c\"}', 'c', 'monday']\n");
    for wrong in ["{}", "[1", "{{tasks.absent.values.x}}"] {
        let body = json!({"job_parameters": {"inputs": wrong}});
        let run_id = start(&engineer, run["job_id"].as_i64().unwrap(), body).await;
        let run = finish(&engineer, run_id).await;
        assert_eq!(result(&run).1, "FAILED", "{wrong}");
        assert_eq!(
            task(&run, "each")["for_each_task"]["stats"]["task_run_stats"]["total_iterations"],
            0
        );
    }
}

#[tokio::test]
async fn a_job_runs_another_with_parameters_and_shares_its_fate() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let child = json!({
        "name": "child", "parameters": [{"name": "n", "default": "0"}],
        "tasks": [condition("positive", "{{job.parameters.n}}", "GREATER_THAN", "0")],
    });
    let child = create(&engineer, child).await;
    let call =
        json!({"task_key": "call", "run_job_task": {"job_id": child, "job_parameters": {"n": "{{job.parameters.n}}"}}});
    let parent = json!({"parameters": [{"name": "n", "default": "3"}], "tasks": [call]});
    let parent = create(&engineer, parent).await;
    let run_id = start(&engineer, parent, json!({})).await;
    let ended = finish(&engineer, run_id).await;
    assert_eq!(result(&ended), ("TERMINATED", "SUCCESS", "SUCCESS"), "{ended:#}");
    let child_run = output(&engineer, &ended, 0).await["run_job_output"]["run_id"]
        .as_i64()
        .unwrap();
    let child_run = get(&engineer, child_run).await;
    assert_eq!(child_run["trigger"], "RUN_JOB_TASK");
    assert_eq!(child_run["job_parameters"][0]["value"], "3");

    let run_id = start(&engineer, parent, json!({"job_parameters": {"n": "none"}})).await;
    let ended = finish(&engineer, run_id).await;
    let message = ended["state"]["state_message"].as_str().unwrap();
    assert!(
        message.contains(&format!("of the job {child} was not successful")),
        "{message}"
    );

    let circle =
        json!({"job_id": child, "new_settings": {"tasks": [{"task_key": "back", "run_job_task": {"job_id": parent}}]}});
    engineer.post("/api/2.2/jobs/reset", circle).await.ok();
    let run_id = start(&engineer, parent, json!({})).await;
    let ended = finish(&engineer, run_id).await;
    let message = ended["state"]["state_message"].as_str().unwrap();
    assert!(message.contains("cannot run each other in a circle"), "{message}");
}

#[tokio::test]
async fn cancelling_a_run_ends_the_iterations_and_the_jobs_that_it_waits_for() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    upload(
        &engineer,
        "long.py",
        "import time\nprint('begun', flush=True)\ntime.sleep(600)\n",
    )
    .await;
    let long = json!({"task_key": "long", "spark_python_task": {"python_file": format!("{HOME}/long.py")}});
    let child = create(&engineer, json!({"tasks": [long.clone()]})).await;
    let tasks = json!([
        {"task_key": "call", "run_job_task": {"job_id": child}},
        {"task_key": "each", "for_each_task": {"inputs": "[1, 2, 3]", "task": long}},
    ]);
    let parent = create(&engineer, json!({"tasks": tasks})).await;
    let run_id = start(&engineer, parent, json!({})).await;
    wait(&engineer, run_id, |run| {
        let active = &task(run, "each")["for_each_task"]["stats"]["task_run_stats"]["active_iterations"];
        task(run, "call")["state"]["life_cycle_state"] == "RUNNING" && *active == 1
    })
    .await;
    engineer
        .post("/api/2.2/jobs/runs/cancel", json!({"run_id": run_id}))
        .await
        .ok();
    let ended = finish(&engineer, run_id).await;
    assert_eq!(result(&ended), ("TERMINATED", "CANCELED", "USER_CANCELED"));
    let runs = engineer
        .get(&format!("/api/2.2/jobs/runs/list?job_id={child}"))
        .await
        .ok();
    assert_eq!(result(&runs["runs"][0]).1, "CANCELED", "{runs:#}");
    let each = get(&engineer, task(&ended, "each")["run_id"].as_i64().unwrap()).await;
    for iteration in each["iterations"].as_array().unwrap() {
        assert_eq!(result(iteration).1, "CANCELED");
    }
}
