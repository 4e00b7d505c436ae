//! Parameters and fields that the API description does not know: refused by a strict workspace, ignored and counted by others.

use serde_json::{Value, json};

use crate::support::{Answer, Client, Environment, Settings};

const IGNORED: &str = "/_sluice/ignored-fields";

/// Requests with something in them that nothing knows, and what is said about it.
async fn say_in_vain(client: &Client) -> [(Answer, &'static str); 4] {
    let job = json!({"name": "j", "tags": {"any": "name"}, "taks": [], "tasks": [
        {"task_key": "a", "condition_task": {"left": "1", "op": "EQUAL_TO", "right": "1", "rihgt": "2"}},
        {"task_key": "b", "condition_task": {"left": "1", "op": "EQUAL_TO", "right": "1", "rihgt": "2"}}]});
    let misspelt = "field `taks` (did you mean `tags`?), no field `tasks[0].condition_task.rihgt` (did you mean `right`?), \
                    no field `tasks[1].condition_task.rihgt`";
    [
        (client.post("/api/2.2/jobs/create", job.clone()).await, misspelt),
        (client.post("/api/2.1/jobs/create", job).await, misspelt),
        (
            client.get("/api/2.2/jobs/list?limt=1&name=x").await,
            "query parameter `limt` (did you mean `limit`?)",
        ),
        (
            client
                .post("/api/2.0/workspace/mkdirs", json!({"path": "/Shared/x", "mode": 7}))
                .await,
            "field `mode`",
        ),
    ]
}

#[tokio::test]
async fn a_strict_workspace_refuses_and_does_nothing() {
    let environment = Environment::start_with(Settings {
        strict: true,
        ..Settings::default()
    })
    .await;
    let (admin, engineer) = (environment.client("admin"), environment.client("engineer"));
    for (answer, said) in say_in_vain(&engineer).await {
        assert_eq!(answer.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()));
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(said), "{message}");
        assert!(message.starts_with("`jobs.JobsAPI.") || message.starts_with("`workspace.WorkspaceAPI.mkdirs`"));
    }
    let jobs = engineer.get("/api/2.2/jobs/list").await.ok();
    assert_eq!(jobs.get("jobs"), None, "{jobs}");
    assert_eq!(
        engineer
            .get("/api/2.0/workspace/get-status?path=/Shared/x")
            .await
            .status,
        404
    );
    // A file that happens to be JSON is no document, and a body that cannot be read is the handler's matter.
    let file = engineer.request(
        "POST",
        "/api/2.0/workspace-files/import-file/Users/engineer@sluice.test/f.json",
    );
    engineer.send(file.json(&json!({"any": "thing"}))).await.ok();
    let broken = engineer.request("POST", "/api/2.2/jobs/create").body("{");
    assert_eq!(engineer.send(broken).await.error().1, "MALFORMED_REQUEST");
    assert_eq!(admin.get(IGNORED).await.ok(), json!({"strict": true, "ignored": []}));
}

#[tokio::test]
async fn other_workspaces_ignore_and_count() {
    let environment = Environment::start().await;
    let (admin, engineer) = (environment.client("admin"), environment.client("engineer"));
    for (answer, _) in say_in_vain(&engineer).await {
        answer.ok();
    }
    let counted = admin.get(IGNORED).await.ok();
    assert_eq!(counted["strict"], false);
    let lines: Vec<Value> = counted["ignored"].as_array().unwrap().clone();
    let line = |operation: &str, place: &str, path: &str, times: u64| json!({"operation": operation, "place": place, "path": path, "times": times});
    assert_eq!(
        lines,
        [
            line("jobs.JobsAPI.create", "field", "taks", 2),
            line("jobs.JobsAPI.create", "field", "tasks[].condition_task.rihgt", 4),
            line("jobs.JobsAPI.list", "query parameter", "limt", 1),
            line("workspace.WorkspaceAPI.mkdirs", "field", "mode", 1),
        ]
    );
    assert_eq!(
        engineer.get(IGNORED).await.error(),
        (403, "PERMISSION_DENIED".to_owned())
    );
}
