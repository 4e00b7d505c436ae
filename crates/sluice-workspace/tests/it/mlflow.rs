//! Runs of experiments over HTTP: who may, what comes back, also after a restart, and in pages.

use serde_json::{Value, json};

use crate::support::{Client, Environment};

const MLFLOW: &str = "/api/2.0/mlflow";

async fn make_run(client: &Client, experiment: &Value, start: i64) -> String {
    let body = json!({"experiment_id": experiment, "run_name": format!("r{start}"), "start_time": start});
    let made = client.post(&format!("{MLFLOW}/runs/create"), body).await.ok();
    made["run"]["info"]["run_id"].as_str().unwrap().to_owned()
}

async fn make_experiment(client: &Client) -> Value {
    let made = client
        .post(&format!("{MLFLOW}/experiments/create"), json!({"name": "/Shared/e"}))
        .await
        .ok();
    made["experiment_id"].clone()
}

async fn found(client: &Client, search: Value) -> (Vec<String>, Option<String>) {
    let found = client.post(&format!("{MLFLOW}/runs/search"), search).await.ok();
    let names = found["runs"].as_array().unwrap().iter();
    (
        names
            .map(|run| run["info"]["run_name"].as_str().unwrap().to_owned())
            .collect(),
        found["next_page_token"].as_str().map(str::to_owned),
    )
}

#[tokio::test]
async fn what_was_logged_comes_back_after_a_restart_too() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let experiment = make_experiment(&engineer).await;
    let run = make_run(&engineer, &experiment, 1000).await;
    let batch = json!({"run_id": run,
        "metrics": [{"key": "loss", "value": 0.5, "timestamp": 1, "step": 0}, {"key": "loss", "value": 0.25, "timestamp": 2, "step": 1},
            {"key": "loss", "value": "NaN", "timestamp": 3, "step": 2}],
        "params": [{"key": "depth", "value": "3"}], "tags": [{"key": "stage", "value": "dev"}]});
    engineer
        .post(&format!("{MLFLOW}/runs/log-batch"), batch.clone())
        .await
        .ok();
    engineer.post(&format!("{MLFLOW}/runs/log-batch"), batch).await.ok();
    let dataset = json!({"name": "d", "digest": "1", "source_type": "uc", "source": "{}", "schema": "{}"});
    let inputs = json!({"run_id": run, "datasets": [{"dataset": dataset, "tags": [{"key": "mlflow.data.context", "value": "training"}]}]});
    engineer
        .post(&format!("{MLFLOW}/runs/log-inputs"), inputs.clone())
        .await
        .ok();
    let ended = json!({"run_id": run, "status": "FINISHED", "end_time": 2000, "run_name": "renamed"});
    engineer.post(&format!("{MLFLOW}/runs/update"), ended).await.ok();
    let get = format!("{MLFLOW}/runs/get?run_id={run}");
    let before = engineer.get(&get).await.ok()["run"].clone();
    let info = &before["info"];
    assert_eq!(
        (
            &info["status"],
            &info["run_name"],
            &info["start_time"],
            &info["end_time"],
            &info["lifecycle_stage"]
        ),
        (
            &json!("FINISHED"),
            &json!("renamed"),
            &json!(1000),
            &json!(2000),
            &json!("active")
        )
    );
    assert_eq!(info["user_id"], "engineer@sluice.test");
    assert_eq!(
        before["data"]["metrics"],
        json!([{"key": "loss", "value": "NaN", "timestamp": 3, "step": 2}])
    );
    assert_eq!(before["data"]["params"], json!([{"key": "depth", "value": "3"}]));
    assert_eq!(
        before["data"]["tags"],
        json!([{"key": "mlflow.runName", "value": "renamed"}, {"key": "stage", "value": "dev"}])
    );
    assert_eq!(before["inputs"]["dataset_inputs"][0]["dataset"], dataset);
    let environment = environment.restart().await;
    let engineer = environment.client("engineer");
    assert_eq!(engineer.get(&get).await.ok()["run"], before);

    let mut values = Vec::new();
    let mut token = String::new();
    loop {
        let path =
            format!("{MLFLOW}/metrics/get-history?run_id={run}&metric_key=loss&max_results=2&page_token={token}");
        let page = engineer.get(&path).await.ok();
        values.extend(
            page["metrics"]
                .as_array()
                .unwrap()
                .iter()
                .map(|metric| metric["value"].clone()),
        );
        match page["next_page_token"].as_str() {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
    }
    assert_eq!(
        values,
        [json!(0.5), json!(0.25), json!("NaN")],
        "the second batch added nothing"
    );
}

#[tokio::test]
async fn a_batch_is_stored_whole_or_not_at_all() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let experiment = make_experiment(&engineer).await;
    let run = make_run(&engineer, &experiment, 1).await;
    let log = async |body: Value| engineer.post(&format!("{MLFLOW}/runs/log-batch"), body).await;
    log(json!({"run_id": run, "params": [{"key": "a", "value": "1"}]}))
        .await
        .ok();
    let refused = log(json!({"run_id": run, "tags": [{"key": "new", "value": "x"}], "metrics": [{"key": "m", "value": 1, "timestamp": 1}],
        "params": [{"key": "b", "value": "1"}, {"key": "a", "value": "2"}]}))
    .await;
    assert_eq!(refused.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()));
    let data = engineer.get(&format!("{MLFLOW}/runs/get?run_id={run}")).await.ok()["run"]["data"].clone();
    assert_eq!(data["params"], json!([{"key": "a", "value": "1"}]));
    assert_eq!(
        (&data["metrics"], data["tags"].as_array().unwrap().len()),
        (&json!([]), 1)
    );
    let many: Vec<Value> = (0..101)
        .map(|at| json!({"key": format!("t{at}"), "value": ""}))
        .collect();
    assert_eq!(log(json!({"run_id": run, "tags": many})).await.status, 400);
    engineer
        .post(&format!("{MLFLOW}/runs/delete"), json!({ "run_id": run }))
        .await
        .ok();
    assert_eq!(
        log(json!({"run_id": run, "params": [{"key": "c", "value": "1"}]}))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn runs_are_found_in_order_and_in_pages() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let experiment = make_experiment(&engineer).await;
    for (start, loss) in [(1, 0.3), (2, 0.1), (3, 0.2)] {
        let run = make_run(&engineer, &experiment, start).await;
        let metric = json!({"run_id": run, "key": "loss", "value": loss, "timestamp": 1});
        engineer.post(&format!("{MLFLOW}/runs/log-metric"), metric).await.ok();
    }
    let ids = json!([experiment]);
    assert_eq!(
        found(&engineer, json!({ "experiment_ids": ids })).await.0,
        ["r3", "r2", "r1"]
    );
    let best = json!({"experiment_ids": ids, "filter": "metrics.loss < 0.25", "order_by": ["metrics.loss ASC"]});
    assert_eq!(found(&engineer, best).await.0, ["r2", "r3"]);
    let paged = |token: Option<String>| json!({"experiment_ids": ids, "order_by": ["start_time ASC"], "max_results": 2, "page_token": token});
    let (first, token) = found(&engineer, paged(None)).await;
    let (second, end) = found(&engineer, paged(token.clone())).await;
    assert_eq!(
        (first, second, end),
        (vec!["r1".to_owned(), "r2".to_owned()], vec!["r3".to_owned()], None)
    );
    let other = json!({"experiment_ids": ids, "max_results": 2, "page_token": token});
    assert_eq!(engineer.post(&format!("{MLFLOW}/runs/search"), other).await.status, 400);
    for filter in ["metrics.loss", "colour = 'x'", "metrics.loss < 1 OR metrics.loss > 2"] {
        let search = json!({"experiment_ids": ids, "filter": filter});
        assert_eq!(
            engineer.post(&format!("{MLFLOW}/runs/search"), search).await.status,
            400,
            "{filter}"
        );
    }
}

#[tokio::test]
async fn who_may_read_an_experiment_reads_its_runs_and_who_may_edit_it_writes_them() {
    let environment = Environment::start().await;
    let (engineer, analyst) = (environment.client("engineer"), environment.client("analyst"));
    let experiment = make_experiment(&engineer).await;
    let run = make_run(&engineer, &experiment, 1).await;
    let reads = [
        ("GET", format!("runs/get?run_id={run}"), json!({})),
        (
            "GET",
            format!("metrics/get-history?run_id={run}&metric_key=m"),
            json!({}),
        ),
        ("GET", format!("artifacts/list?run_id={run}"), json!({})),
        (
            "POST",
            "runs/search".to_owned(),
            json!({"experiment_ids": [experiment]}),
        ),
    ];
    let writes = [
        ("runs/create", json!({"experiment_id": experiment})),
        ("runs/update", json!({"run_id": run, "status": "KILLED"})),
        (
            "runs/log-metric",
            json!({"run_id": run, "key": "m", "value": 1, "timestamp": 1}),
        ),
        ("runs/log-parameter", json!({"run_id": run, "key": "p", "value": "1"})),
        ("runs/log-batch", json!({ "run_id": run })),
        ("runs/log-inputs", json!({ "run_id": run })),
        ("runs/set-tag", json!({"run_id": run, "key": "t", "value": "1"})),
        ("runs/delete-tag", json!({"run_id": run, "key": "t"})),
        ("runs/delete", json!({ "run_id": run })),
        ("runs/restore", json!({ "run_id": run })),
        (
            "databricks/runs/delete-runs",
            json!({"experiment_id": experiment, "max_timestamp_millis": 0}),
        ),
        (
            "databricks/runs/restore-runs",
            json!({"experiment_id": experiment, "min_timestamp_millis": 0}),
        ),
    ];
    for (level, reads_go, writes_go) in [("", false, false), ("CAN_READ", true, false), ("CAN_EDIT", true, true)] {
        if !level.is_empty() {
            let entry =
                json!({"access_control_list": [{"user_name": "analyst@sluice.test", "permission_level": level}]});
            let path = format!("/api/2.0/permissions/experiments/{}", experiment.as_str().unwrap());
            engineer.patch(&path, entry).await.ok();
        }
        for (method, path, body) in &reads {
            let answer = match *method {
                "GET" => analyst.get(&format!("{MLFLOW}/{path}")).await,
                _ => analyst.post(&format!("{MLFLOW}/{path}"), body.clone()).await,
            };
            assert_eq!(answer.status, if reads_go { 200 } else { 403 }, "{level}: {path}");
        }
        for (path, body) in &writes {
            let answer = analyst.post(&format!("{MLFLOW}/{path}"), body.clone()).await;
            assert_eq!(answer.status, if writes_go { 200 } else { 403 }, "{level}: {path}");
        }
    }
    assert_eq!(analyst.get(&format!("{MLFLOW}/runs/get?run_id=none")).await.status, 404);
}
