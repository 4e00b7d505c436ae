//! Faults: every action with every condition, who may inject them, and what is counted.

use serde_json::{Value, json};

use crate::support::{Answer, Client, Environment};

const PATH: &str = "/_sluice/faults";
const SCHEMAS: &str = "/api/2.1/unity-catalog/schemas";

async fn add(environment: &Environment, fault: Value) -> String {
    let added = environment.client("admin").post(PATH, fault).await.ok();
    added["id"].as_str().unwrap().to_owned()
}

/// The only fault, as the list shows it.
async fn only(environment: &Environment) -> Value {
    let list = environment.client("admin").get(PATH).await.ok();
    assert_eq!(list["faults"].as_array().unwrap().len(), 1, "{list}");
    list["faults"][0].clone()
}

/// What comes of a request whose connection may be cut.
async fn try_send(client: &Client, method: &str, path: &str, body: Option<Value>) -> Result<u16, String> {
    let mut request = client.request(method, path);
    if let Some(body) = body {
        request = request.json(&body);
    }
    match request.send().await {
        Ok(response) => Ok(response.status().as_u16()),
        Err(error) => {
            assert!(error.is_request() && !error.is_connect(), "{error:?}");
            Err(format!("{error:?}"))
        }
    }
}

fn schema(name: &str) -> Value {
    json!({"catalog_name": "dev", "name": name})
}

async fn exists(client: &Client, name: &str) -> bool {
    match client.get(&format!("{SCHEMAS}/dev.{name}")).await {
        Answer { status: 200, .. } => true,
        answer => {
            assert_eq!(answer.status, 404);
            false
        }
    }
}

async fn create(client: &Client, name: &str) -> Answer {
    client.post(SCHEMAS, schema(name)).await
}

#[tokio::test]
async fn a_status_takes_the_place_of_the_effect() {
    let environment = Environment::start_with_faults().await;
    let engineer = environment.client("engineer");
    let fault = json!({
        "match": {"operation": "catalog.SchemasAPI.create"},
        "action": {"kind": "status", "status": 429, "headers": {"Retry-After": "7"}},
    });
    let id = add(&environment, fault).await;
    let refused = create(&engineer, "a").await;
    assert_eq!(refused.error(), (429, "REQUEST_LIMIT_EXCEEDED".to_owned()));
    assert_eq!(
        (refused.header("retry-after"), refused.header("x-sluice-fault")),
        ("7", "f1")
    );
    assert_eq!(
        refused.json()["message"],
        "the fault `f1` of the local workspace answers in place of this operation"
    );
    assert!(!exists(&engineer, "a").await);
    create(&engineer, "a").await.ok();

    let shown = only(&environment).await;
    assert_eq!(
        (&shown["id"], &shown["counted"], &shown["fired"]),
        (&json!(id), &json!(2), &json!(1))
    );
    let hit = &shown["hits"][0];
    assert_eq!(hit["number"], 1);
    assert_eq!((&hit["method"], &hit["path"]), (&json!("POST"), &json!(SCHEMAS)));
    assert_eq!(hit["operation"], "catalog.SchemasAPI.create");
    assert_eq!(hit["principal"], "engineer@sluice.test");
    assert_eq!(hit["request_id"], refused.header("x-request-id"));
    assert!(hit["at"].as_i64().unwrap() > 1_700_000_000_000, "{hit}");
    assert_eq!(hit.get("executed"), None);
}

#[tokio::test]
async fn code_and_message_are_chosen_and_scim_has_its_own_form() {
    let environment = Environment::start_with_faults().await;
    let engineer = environment.client("engineer");
    let action = json!({"kind": "status", "status": 400, "error_code": "QUOTA_EXCEEDED", "message": "too much"});
    add(
        &environment,
        json!({"match": {"path": "/api/2.2/**"}, "action": action}),
    )
    .await;
    let refused = engineer.get("/api/2.2/jobs/list").await;
    assert_eq!(refused.error(), (400, "QUOTA_EXCEEDED".to_owned()));
    assert_eq!(refused.json()["message"], "too much");
    add(
        &environment,
        json!({"action": {"kind": "status", "status": 503, "message": "later"}}),
    )
    .await;
    let me = engineer.get("/api/2.0/preview/scim/v2/Me").await.json();
    assert_eq!((&me["status"], &me["detail"]), (&json!("503"), &json!("later")));
}

#[tokio::test]
async fn commit_then_fail_executes_and_tells_otherwise() {
    let environment = Environment::start_with_faults().await;
    let engineer = environment.client("engineer");
    let action = json!({"kind": "commit_then_fail", "status": 500});
    let fault = json!({"match": {"method": "POST", "path": "**/schemas"}, "times": 2, "action": action});
    add(&environment, fault).await;
    assert_eq!(create(&engineer, "a").await.error(), (500, "INTERNAL_ERROR".to_owned()));
    assert!(exists(&engineer, "a").await);
    // What really came of it is shown, also when it was a refusal.
    assert_eq!(create(&engineer, "a").await.status, 500);
    let executed: Vec<_> = only(&environment).await["hits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| hit["executed"].clone())
        .collect();
    assert_eq!(executed, [json!(200), json!(409)]);
}

#[tokio::test]
async fn a_connection_is_closed_before_or_after_the_effect() {
    let environment = Environment::start_with_faults().await;
    let engineer = environment.client("engineer");
    for (kind, name, effect) in [("drop", "before", false), ("commit_then_drop", "after", true)] {
        let fault = json!({"match": {"requests": "writing"}, "action": {"kind": kind}});
        add(&environment, fault).await;
        // The connection was used before and is used again: only the request of the fault suffers.
        engineer.get("/api/2.2/jobs/list").await.ok();
        let lost = try_send(&engineer, "POST", SCHEMAS, Some(schema(name))).await;
        assert!(lost.is_err(), "{kind}: {lost:?}");
        assert_eq!(exists(&engineer, name).await, effect, "{kind}");
        let shown = only(&environment).await;
        let executed = shown["hits"][0].get("executed").cloned();
        assert_eq!(executed, effect.then(|| json!(200)), "{kind}");
        environment.client("admin").delete(PATH).await.ok();
    }
}

#[tokio::test]
async fn nothing_at_all_is_written_to_a_connection_that_is_dropped() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let environment = Environment::start_with_faults().await;
    add(&environment, json!({"action": {"kind": "drop"}})).await;
    let (_, host) = environment.workspaces.hosts()[0].clone();
    let address = host.trim_start_matches("http://");
    let profiles = sluice_workspace::profiles::read(environment.workspaces.profile_file()).unwrap();
    let token = profiles["dev-engineer"].token.expose();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {SCHEMAS} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "");
}

#[tokio::test]
async fn latency_waits_adds_up_and_ends_with_its_fault() {
    let environment = Environment::start_with_faults().await;
    let (admin, engineer) = (environment.client("admin"), environment.client("engineer"));
    for milliseconds in [60, 70] {
        let action = json!({"kind": "latency", "milliseconds": milliseconds});
        add(&environment, json!({"action": action})).await;
    }
    let begun = std::time::Instant::now();
    create(&engineer, "a").await.ok();
    assert!(begun.elapsed().as_millis() >= 130, "{:?}", begun.elapsed());
    admin.delete(PATH).await.ok();

    let forever = json!({"kind": "latency", "milliseconds": 60_000});
    let fault = json!({"match": {"principal": "engineer"}, "until_cleared": true, "action": forever});
    add(&environment, fault).await;
    let begun = std::time::Instant::now();
    let slow = tokio::spawn(async move { create(&engineer, "b").await.status });
    while only(&environment).await["fired"] == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(admin.delete(&format!("{PATH}/f3")).await.ok(), json!({"removed": 1}));
    assert_eq!(slow.await.unwrap(), 200);
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_stop_does_not_wait_for_latency() {
    let environment = Environment::start_with_faults().await;
    let engineer = environment.client("engineer");
    add(
        &environment,
        json!({"action": {"kind": "latency", "milliseconds": 60_000}}),
    )
    .await;
    let slow = tokio::spawn(async move { create(&engineer, "a").await.status });
    while only(&environment).await["fired"] == 0 {
        tokio::task::yield_now().await;
    }
    let begun = std::time::Instant::now();
    environment.workspaces.stop().await.unwrap();
    assert_eq!(slow.await.unwrap(), 200);
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn every_condition_decides_what_is_counted() {
    let environment = Environment::start_with_faults().await;
    let action = json!({"kind": "status", "status": 503});
    let conditions = [
        json!({"operation": "catalog.SchemasAPI.create"}),
        json!({"method": "GET"}),
        json!({"path": "/api/2.1/unity-catalog/*"}),
        json!({"principal": "deployer"}),
        json!({"principal": "analyst@sluice.test"}),
        json!({"requests": "reading"}),
        json!({"requests": "writing"}),
        json!({"body_contains": "NIGHTLY \"load\""}),
        json!({}),
    ];
    for condition in conditions {
        add(&environment, json!({"match": condition, "nth": 1000, "action": action})).await;
    }
    create(&environment.client("engineer"), "a").await.ok();
    environment.client("deployer").get("/api/2.2/jobs/list").await.ok();
    let analyst = environment.client("analyst");
    let job = json!({"name": "the nightly \"load\""});
    analyst.post("/api/2.2/jobs/create", job).await.ok();
    // Neither a request of nobody, nor a public one, nor the control plane itself is counted; one that is not offered is.
    environment.with_token("dev", None).get("/api/2.2/jobs/list").await;
    analyst.get("/.well-known/databricks-config").await.ok();
    assert_eq!(analyst.get("/api/2.0/ip-access-lists").await.status, 501);
    let counted: Vec<u64> = environment.client("admin").get(PATH).await.ok()["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|armed| armed["counted"].as_u64().unwrap())
        .collect();
    assert_eq!(counted, [1, 2, 1, 1, 2, 2, 2, 1, 4]);
}

#[tokio::test]
async fn the_window_counts_over_all_that_fits() {
    let environment = Environment::start_with_faults().await;
    let engineer = environment.client("engineer");
    let action = json!({"kind": "status", "status": 503});
    let fault = json!({"match": {"requests": "writing"}, "nth": 2, "times": 2, "action": action});
    add(&environment, fault).await;
    let mut statuses = Vec::new();
    for name in ["a", "b", "c", "d"] {
        engineer.get("/api/2.2/jobs/list").await.ok();
        statuses.push(create(&engineer, name).await.status);
    }
    assert_eq!(statuses, [200, 503, 503, 200]);
    let shown = only(&environment).await;
    assert_eq!((&shown["counted"], &shown["fired"]), (&json!(4), &json!(2)));
    environment.client("admin").delete(PATH).await.ok();
    add(&environment, json!({"nth": 2, "until_cleared": true, "action": action})).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(engineer.get("/api/2.2/jobs/list").await.status);
    }
    assert_eq!(statuses, [200, 503, 503, 503]);
}

#[tokio::test]
async fn the_first_of_two_faults_wins_and_both_count() {
    let environment = Environment::start_with_faults().await;
    let engineer = environment.client("engineer");
    for status in [503, 500] {
        let action = json!({"kind": "status", "status": status});
        add(&environment, json!({"nth": 1, "times": 2, "action": action})).await;
    }
    assert_eq!(engineer.get("/api/2.2/jobs/list").await.status, 503);
    let removed = environment.client("admin").delete(&format!("{PATH}/f1")).await;
    assert_eq!(removed.ok(), json!({"removed": 1}));
    assert_eq!(engineer.get("/api/2.2/jobs/list").await.status, 500);
    let shown = only(&environment).await;
    assert_eq!((&shown["counted"], &shown["fired"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn requests_at_the_same_time_have_numbers_of_their_own() {
    let environment = Environment::start_with_faults().await;
    let action = json!({"kind": "status", "status": 503});
    add(&environment, json!({"nth": 5, "times": 3, "action": action})).await;
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let engineer = environment.client("engineer");
            tokio::spawn(async move { engineer.get("/api/2.2/jobs/list").await.status })
        })
        .collect();
    let mut refused = 0;
    for request in requests {
        refused += usize::from(request.await.unwrap() == 503);
    }
    assert_eq!(refused, 3);
    let shown = only(&environment).await;
    let numbers: Vec<_> = shown["hits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| hit["number"].clone())
        .collect();
    assert_eq!(
        (&shown["counted"], numbers),
        (&json!(20), vec![json!(5), json!(6), json!(7)])
    );
}

#[tokio::test]
async fn a_body_that_a_fault_has_read_reaches_its_handler_whole() {
    let environment = Environment::start_with_faults().await;
    let admin = environment.client("admin");
    let fault = json!({"match": {"body_contains": "needle"}, "nth": 2, "action": {"kind": "drop"}});
    add(&environment, fault).await;
    create(&admin, "s").await.ok();
    let volume = json!({"catalog_name": "dev", "schema_name": "s", "name": "v", "volume_type": "MANAGED"});
    admin.post("/api/2.1/unity-catalog/volumes", volume).await.ok();
    let mut content = vec![b'x'; 40 * 1024 * 1024];
    content[1_000_000..1_000_006].copy_from_slice(b"NEEDLE");
    let file = "/api/2.0/fs/files/Volumes/dev/s/v/f";
    assert_eq!(admin.put_bytes(file, content.clone()).await.status, 204);
    assert!(admin.get(file).await.bytes == content);
    assert_eq!(only(&environment).await["counted"], 1);
}

#[tokio::test]
async fn only_an_administrator_of_this_workspace_injects_faults() {
    let environment = Environment::start_with_faults().await;
    let fault = json!({"action": {"kind": "drop"}});
    for principal in ["engineer", "deployer", "analyst"] {
        let other = environment.client(principal);
        for answer in [
            other.post(PATH, fault.clone()).await,
            other.get(PATH).await,
            other.delete(PATH).await,
            other.delete(&format!("{PATH}/f1")).await,
        ] {
            assert_eq!(answer.error(), (403, "PERMISSION_DENIED".to_owned()), "{principal}");
        }
    }
    add(&environment, fault).await;
    let elsewhere = environment.client_of("prod", "admin");
    assert_eq!(elsewhere.get(PATH).await.ok(), json!({"faults": []}));
    assert_eq!(elsewhere.get("/api/2.2/jobs/list").await.status, 200);
    only(&environment).await;
}

#[tokio::test]
async fn a_workspace_that_was_started_without_faults_has_none() {
    let environment = Environment::start().await;
    let admin = environment.client("admin");
    for answer in [
        admin.post(PATH, json!({"action": {"kind": "drop"}})).await,
        admin.get(PATH).await,
        admin.delete(PATH).await,
    ] {
        assert_eq!(answer.error(), (409, "FAULTS_NOT_ALLOWED".to_owned()));
        assert_eq!(
            answer.json()["message"],
            "the workspace `dev` was started without faults: run `sluice workspace down`, then `sluice workspace up --allow-faults`"
        );
    }
    assert_eq!(admin.get("/api/2.2/jobs/list").await.status, 200);
}

#[tokio::test]
async fn a_fault_that_cannot_be_is_refused_and_a_restart_has_none() {
    let environment = Environment::start_with_faults().await;
    let admin = environment.client("admin");
    for (fault, code, message) in [
        (
            json!({"action": {"kind": "status", "status": 200}, "match": {"operation": "jobs.create"}}),
            "INVALID_PARAMETER_VALUE",
            "`match.operation`: the API has no operation `jobs.create`; did you mean ",
        ),
        (
            json!({"action": {"kind": "drop"}, "match": {"principal": "nobody"}}),
            "INVALID_PARAMETER_VALUE",
            "`match.principal`: the workspace has no user or service principal `nobody`",
        ),
        (
            json!({"action": {"kind": "drop"}, "nth": 0}),
            "MALFORMED_REQUEST",
            "the request body cannot be read: ",
        ),
    ] {
        let answer = admin.post(PATH, fault).await;
        assert_eq!(answer.error(), (400, code.to_owned()));
        let said = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(said.starts_with(message), "{said}");
    }
    let unknown = admin.delete(&format!("{PATH}/f9")).await;
    assert_eq!(unknown.error(), (404, "RESOURCE_DOES_NOT_EXIST".to_owned()));
    assert_eq!(admin.get(PATH).await.ok(), json!({"faults": []}));

    add(&environment, json!({"action": {"kind": "drop"}})).await;
    let Environment {
        workspaces, directory, ..
    } = environment;
    workspaces.stop().await.unwrap();
    let again = Environment::start_in_with_faults(directory).await;
    assert_eq!(again.client("admin").get(PATH).await.ok(), json!({"faults": []}));
}
