//! Jobs as data: create, reset, update, get, list, delete, and who may.
#![expect(clippy::unwrap_used, reason = "a step of a test that fails is a failing test")]

use serde_json::{Value, json};

use crate::support::{Client, Environment};

fn task(key: &str) -> Value {
    json!({"task_key": key, "notebook_task": {"notebook_path": "/Users/x/n"}})
}

async fn create(client: &Client, settings: Value) -> i64 {
    client.post("/api/2.2/jobs/create", settings).await.ok()["job_id"]
        .as_i64()
        .unwrap()
}

async fn get(client: &Client, id: i64) -> Value {
    client.get(&format!("/api/2.2/jobs/get?job_id={id}")).await.ok()
}

#[tokio::test]
async fn a_job_is_what_was_written_with_defaults_and_survives_a_restart() {
    let environment = Environment::start().await;
    let deployer = environment.client("deployer");
    let id = create(
        &deployer,
        json!({"name": "one", "tags": {"k": "v"}, "tasks": [task("a")]}),
    )
    .await;
    let job = get(&deployer, id).await;
    assert_eq!(job["settings"]["tags"], json!({"k": "v"}));
    assert_eq!(job["settings"]["queue"], json!({"enabled": true}));
    assert_eq!(job["settings"]["tasks"][0]["notebook_task"]["source"], "WORKSPACE");
    assert_eq!(job["creator_user_name"], job["run_as_user_name"]);

    let run_as = json!({"service_principal_name": job["creator_user_name"]});
    let reset = |settings: Value| json!({"job_id": id, "new_settings": settings});
    deployer
        .post("/api/2.2/jobs/reset", reset(json!({"name": "two", "run_as": run_as})))
        .await
        .ok();
    deployer
        .post("/api/2.2/jobs/reset", reset(json!({"name": "three"})))
        .await
        .ok();
    let environment = environment.restart().await;
    let job = get(&environment.client("deployer"), id).await;
    assert_eq!(job["settings"]["name"], "three");
    assert_eq!(
        job["settings"]["run_as"], run_as,
        "reset keeps run_as when it is omitted"
    );
    assert_eq!(job["settings"].get("tags"), None, "reset replaces everything else");
}

#[tokio::test]
async fn update_merges_tasks_by_key_and_removes_fields() {
    let environment = Environment::start().await;
    let deployer = environment.client("deployer");
    let id = create(
        &deployer,
        json!({"name": "n", "description": "d", "tasks": [task("a"), task("b")]}),
    )
    .await;
    let mut changed = task("b");
    changed["timeout_seconds"] = json!(7);
    let body = json!({
        "job_id": id,
        "new_settings": {"name": "m", "tasks": [changed, task("c")]},
        "fields_to_remove": ["description", "tasks/a"],
    });
    deployer.post("/api/2.2/jobs/update", body).await.ok();
    let settings = get(&deployer, id).await["settings"].clone();
    let tasks: Vec<_> = settings["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| (task["task_key"].clone(), task["timeout_seconds"].clone()))
        .collect();
    assert_eq!(tasks, [(json!("b"), json!(7)), (json!("c"), json!(0))]);
    assert_eq!(
        (settings["name"].clone(), settings.get("description")),
        (json!("m"), None)
    );
}

#[tokio::test]
async fn long_arrays_come_in_pages_of_a_hundred() {
    let environment = Environment::start().await;
    let deployer = environment.client("deployer");
    let tasks: Vec<_> = (0..130).map(|number| task(&format!("t{number}"))).collect();
    let id = create(
        &deployer,
        json!({"tasks": tasks, "parameters": [{"name": "p", "default": "1"}]}),
    )
    .await;
    let first = get(&deployer, id).await;
    assert_eq!(first["settings"]["tasks"].as_array().unwrap().len(), 100);
    let token = first["next_page_token"].as_str().unwrap();
    let second = deployer
        .get(&format!("/api/2.2/jobs/get?job_id={id}&page_token={token}"))
        .await
        .ok();
    assert_eq!(second["settings"]["tasks"][0]["task_key"], "t100");
    assert_eq!(
        second["settings"]["parameters"],
        json!([]),
        "later pages leave the other arrays empty"
    );
    assert_eq!(second.get("next_page_token"), None);
    let whole = deployer.get(&format!("/api/2.1/jobs/get?job_id={id}")).await.ok();
    assert_eq!(whole["settings"]["tasks"].as_array().unwrap().len(), 130);
    let wrong = deployer.get(&format!("/api/2.2/jobs/list?page_token={token}")).await;
    assert_eq!(
        wrong.error(),
        (400, "INVALID_PARAMETER_VALUE".to_owned()),
        "a token belongs to its list"
    );
}

#[tokio::test]
async fn the_list_filters_by_name_and_shows_only_what_the_caller_may_see() {
    let environment = Environment::start().await;
    let (deployer, analyst, admin) = (
        environment.client("deployer"),
        environment.client("analyst"),
        environment.client("admin"),
    );
    for name in ["alpha", "Beta", "gamma"] {
        create(&deployer, json!({"name": name, "tasks": [task("a")]})).await;
    }
    let names = |answer: Value| -> Vec<String> {
        let jobs = answer["jobs"].as_array().cloned().unwrap_or_default();
        jobs.iter()
            .map(|job| job["settings"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut seen = Vec::new();
    let mut path = "/api/2.2/jobs/list?limit=2".to_owned();
    loop {
        let page = deployer.get(&path).await.ok();
        seen.extend(names(page.clone()));
        match page["next_page_token"].as_str() {
            Some(token) => path = format!("/api/2.2/jobs/list?limit=2&page_token={token}"),
            None => break,
        }
    }
    assert_eq!(seen, ["gamma", "Beta", "alpha"]);
    assert_eq!(names(admin.get("/api/2.2/jobs/list?name=BETA").await.ok()), ["Beta"]);
    assert_eq!(
        names(analyst.get("/api/2.2/jobs/list").await.ok()),
        Vec::<String>::new()
    );
    let expanded = deployer
        .get("/api/2.2/jobs/list?name=alpha&expand_tasks=true")
        .await
        .ok();
    assert_eq!(expanded["jobs"][0]["settings"]["tasks"][0]["task_key"], "a");
}

#[tokio::test]
async fn permission_comes_before_existence_and_a_missing_job_is_named() {
    let environment = Environment::start().await;
    let (deployer, analyst, admin) = (
        environment.client("deployer"),
        environment.client("analyst"),
        environment.client("admin"),
    );
    let id = create(&deployer, json!({"name": "n", "tasks": [task("a")]})).await;
    let path = format!("/api/2.2/jobs/get?job_id={id}");
    let refused = analyst.get(&path).await;
    assert_eq!(refused.error(), (403, "PERMISSION_DENIED".to_owned()));
    assert_eq!(
        refused.json()["message"],
        format!("User 'analyst@sluice.test' does not have CAN_VIEW permission on job {id}.")
    );
    assert_eq!(
        analyst.post("/api/2.2/jobs/delete", json!({"job_id": id})).await.status,
        403
    );
    deployer.post("/api/2.2/jobs/delete", json!({"job_id": id})).await.ok();
    assert_eq!(
        analyst.get(&path).await.status,
        403,
        "as long as nobody may know whether it exists"
    );
    let missing = admin.get(&path).await;
    assert_eq!(missing.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()));
    assert_eq!(missing.json()["message"], format!("Job {id} does not exist."));
}

#[tokio::test]
async fn only_administrators_let_a_job_run_as_somebody_else() {
    let environment = Environment::start().await;
    let settings = |name: &str| json!({"name": "n", "run_as": {"user_name": name}, "tasks": [task("a")]});
    let (admin, engineer) = (environment.client("admin"), environment.client("engineer"));
    let path = "/api/2.2/jobs/create";
    assert_eq!(
        engineer.post(path, settings("analyst@sluice.test")).await.error().0,
        403
    );
    assert_eq!(engineer.post(path, settings("nobody@sluice.test")).await.error().0, 400);
    let id = create(&engineer, settings("engineer@sluice.test")).await;
    assert_eq!(get(&engineer, id).await["run_as_user_name"], "engineer@sluice.test");
    let id = create(&admin, settings("analyst@sluice.test")).await;
    assert_eq!(get(&admin, id).await["run_as_user_name"], "analyst@sluice.test");
}

#[tokio::test]
async fn a_job_does_not_come_to_run_as_its_owner_by_losing_its_run_as() {
    let environment = Environment::start().await;
    let (admin, engineer) = (environment.client("admin"), environment.client("engineer"));
    let settings = json!({"name": "n", "run_as": {"user_name": "analyst@sluice.test"}, "tasks": [task("a")],
        "access_control_list": [{"user_name": "engineer@sluice.test", "permission_level": "CAN_MANAGE"}]});
    let id = create(&admin, settings).await;
    let without = json!({"name": "n", "run_as": null, "tasks": [task("a")]});
    for (path, body) in [
        ("update", json!({"job_id": id, "fields_to_remove": ["run_as"]})),
        ("update", json!({"job_id": id, "new_settings": {"run_as": {}}})),
        ("reset", json!({"job_id": id, "new_settings": without})),
    ] {
        let refused = engineer.post(&format!("/api/2.2/jobs/{path}"), body.clone()).await;
        assert_eq!(refused.error(), (403, "PERMISSION_DENIED".to_owned()), "{path} {body}");
    }
    assert_eq!(get(&admin, id).await["run_as_user_name"], "analyst@sluice.test");
    let renamed = json!({"job_id": id, "new_settings": {"name": "m"}});
    engineer.post("/api/2.2/jobs/update", renamed).await.ok();
}

#[tokio::test]
async fn what_cannot_be_executed_is_refused_and_nothing_is_created() {
    let environment = Environment::start().await;
    let admin = environment.client("admin");
    let refused = admin
        .post(
            "/api/2.2/jobs/create",
            json!({"tasks": [{"task_key": "t", "dbt_task": {"commands": ["dbt run"]}}]}),
        )
        .await;
    assert_eq!(refused.error(), (501, "NOT_IMPLEMENTED".to_owned()));
    assert!(
        refused.json()["message"]
            .as_str()
            .unwrap()
            .contains("task type `dbt_task` is not executed")
    );
    assert_eq!(admin.get("/api/2.2/jobs/list").await.ok().get("jobs"), None);
}
