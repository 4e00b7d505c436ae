//! Records: honest states, names, permissions, what is refused. (That everything comes back is in `records_echo.rs`.)

use serde_json::{Value, json};

use crate::support::{Client, Environment};

const UC: &str = "/api/2.1/unity-catalog";

async fn cluster(client: &Client) -> String {
    let made = client
        .post(
            "/api/2.1/clusters/create",
            json!({"spark_version": "15.4.x-scala2.12", "cluster_name": "c"}),
        )
        .await
        .ok();
    made["cluster_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_the_api_does_not_have_is_ignored_and_what_has_another_shape_refused() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let body = json!({"spark_version": "v", "surplus": 1, "state": "RUNNING", "autoscale": {"min_workers": 1, "surplus": 2},
        "node_type_id": null});
    let made = engineer.post("/api/2.1/clusters/create", body).await.ok();
    let path = format!(
        "/api/2.1/clusters/get?cluster_id={}",
        made["cluster_id"].as_str().unwrap()
    );
    let read = engineer.get(&path).await.ok();
    assert_eq!(
        (&read["state"], &read["autoscale"]),
        (&json!("TERMINATED"), &json!({"min_workers": 1}))
    );
    assert_eq!((&read["surplus"], &read["node_type_id"]), (&Value::Null, &Value::Null));
    for wrong in [
        json!({"spark_version": "v", "autoscale": []}),
        json!({"spark_version": "v", "spark_conf": {"a": {}}}),
        json!({"spark_version": "v", "ssh_public_keys": "a"}),
        json!({"spark_version": "v", "enable_elastic_disk": "yes"}),
    ] {
        let answer = engineer.post("/api/2.1/clusters/create", wrong.clone()).await;
        assert_eq!(answer.error(), (400, "MALFORMED_REQUEST".to_owned()), "{wrong}");
    }
    let missing = engineer.post("/api/2.1/clusters/create", json!({})).await;
    assert_eq!(missing.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()));
}

#[tokio::test]
async fn what_would_start_something_answers_501_with_its_operation() {
    let environment = Environment::start().await;
    let admin = environment.client("admin");
    for (path, operation) in [
        ("/api/2.1/clusters/start", "compute.ClustersAPI.start"),
        ("/api/2.1/clusters/resize", "compute.ClustersAPI.resize"),
        ("/api/2.0/pipelines/p/clone", "pipelines.PipelinesAPI.clone"),
        ("/api/2.0/apps/a/start", "apps.AppsAPI.start"),
        ("/api/2.0/apps/a/deployments", "apps.AppsAPI.deploy"),
        ("/serving-endpoints/e/invocations", "serving.ServingEndpointsAPI.query"),
        (
            "/api/2.0/vector-search/indexes/i/query",
            "vectorsearch.VectorSearchIndexesAPI.query_index",
        ),
    ] {
        let answer = admin.post(path, json!({})).await;
        assert_eq!(answer.error(), (501, "NOT_IMPLEMENTED".to_owned()), "{path}");
        assert_eq!(
            answer.json()["details"][0]["metadata"]["operation_id"],
            operation,
            "{path}"
        );
    }
}

#[tokio::test]
async fn permissions_survive_a_restart_and_end_with_what_they_stand_on() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let id = cluster(&engineer).await;
    engineer.post("/api/2.0/apps", json!({"name": "shop"})).await.ok();
    let attach = json!({"access_control_list": [{"group_name": "analysts", "permission_level": "CAN_ATTACH_TO"}]});
    engineer
        .patch(&format!("/api/2.0/permissions/clusters/{id}"), attach)
        .await
        .ok();
    let usable = json!({"access_control_list": [{"group_name": "analysts", "permission_level": "CAN_USE"}]});
    engineer.patch("/api/2.0/permissions/apps/shop", usable).await.ok();
    let environment = environment.restart().await;
    let (engineer, analyst) = (environment.client("engineer"), environment.client("analyst"));
    analyst
        .get(&format!("/api/2.1/clusters/get?cluster_id={id}"))
        .await
        .ok();
    analyst.get("/api/2.0/apps/shop").await.ok();
    let edit = json!({"cluster_id": id, "spark_version": "v"});
    assert_eq!(analyst.post("/api/2.1/clusters/edit", edit).await.status, 403);
    engineer.delete("/api/2.0/apps/shop").await.ok();
    let gone = environment.client("admin").get("/api/2.0/permissions/apps/shop").await;
    assert_eq!(gone.error(), (404, "RESOURCE_DOES_NOT_EXIST".to_owned()));
    engineer.post("/api/2.0/apps", json!({"name": "shop"})).await.ok();
    assert_eq!(
        analyst.get("/api/2.0/apps/shop").await.status,
        403,
        "another app with the same name"
    );
}

#[tokio::test]
async fn to_edit_is_not_to_delete() {
    let environment = Environment::start().await;
    let (engineer, analyst) = (environment.client("engineer"), environment.client("analyst"));
    let made = engineer
        .post("/api/2.0/sql/queries", json!({"query": {"display_name": "q"}}))
        .await
        .ok();
    let path = format!("/api/2.0/sql/queries/{}", made["id"].as_str().unwrap());
    let edit = json!({"access_control_list": [{"group_name": "analysts", "permission_level": "CAN_EDIT"}]});
    let list = format!("/api/2.0/permissions/queries/{}", made["id"].as_str().unwrap());
    engineer.patch(&list, edit).await.ok();
    analyst.patch(&path, json!({"query": {"display_name": "r"}})).await.ok();
    assert_eq!(analyst.delete(&path).await.status, 403);
    engineer.delete(&path).await.ok();
}

#[tokio::test]
async fn a_name_is_taken_once_however_many_ask_for_it() {
    let environment = Environment::start().await;
    let admin = environment.client("admin");
    let tries = (0..8).map(|_| {
        admin.post(
            "/api/2.0/policies/clusters/create",
            json!({"name": "p", "definition": "{}"}),
        )
    });
    let answers = futures::future::join_all(tries).await;
    let made = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(made, 1);
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 400)));
}

#[tokio::test]
async fn lists_come_in_pages_of_what_the_caller_may_see() {
    let environment = Environment::start().await;
    let (engineer, analyst) = (environment.client("engineer"), environment.client("analyst"));
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(cluster(&engineer).await);
    }
    made.sort();
    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let page = engineer
            .get(&format!("/api/2.1/clusters/list?page_size=2&page_token={token}"))
            .await
            .ok();
        let clusters = page["clusters"].as_array().unwrap();
        assert!(clusters.len() <= 2);
        found.extend(
            clusters
                .iter()
                .map(|each| each["cluster_id"].as_str().unwrap().to_owned()),
        );
        match page["next_page_token"].as_str() {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
    }
    assert_eq!(found, made);
    assert_eq!(analyst.get("/api/2.1/clusters/list").await.ok()["clusters"], json!([]));
}

#[tokio::test]
async fn a_model_follows_its_schema_and_goes_with_it() {
    let environment = Environment::start().await;
    let admin = environment.client("admin");
    admin
        .post(&format!("{UC}/catalogs"), json!({"name": "models"}))
        .await
        .ok();
    admin
        .post(&format!("{UC}/schemas"), json!({"name": "a", "catalog_name": "models"}))
        .await
        .ok();
    let model = json!({"name": "m", "catalog_name": "models", "schema_name": "a", "comment": "c"});
    admin.post(&format!("{UC}/models"), model.clone()).await.ok();
    let twice = admin.post(&format!("{UC}/models"), model).await;
    assert_eq!(twice.status, 409);
    admin
        .patch(&format!("{UC}/schemas/models.a"), json!({"new_name": "b"}))
        .await
        .ok();
    let read = admin.get(&format!("{UC}/models/models.b.m")).await.ok();
    assert_eq!((&read["schema_name"], &read["comment"]), (&json!("b"), &json!("c")));
    let kept = admin.delete(&format!("{UC}/schemas/models.b")).await;
    assert_eq!(kept.error(), (400, "SCHEMA_NOT_EMPTY".to_owned()));
    admin.delete(&format!("{UC}/schemas/models.b?force=true")).await.ok();
    assert_eq!(admin.get(&format!("{UC}/models/models.b.m")).await.status, 404);
}

#[tokio::test]
async fn an_object_of_the_metastore_takes_the_privilege_to_make_it() {
    let environment = Environment::start().await;
    let (admin, engineer) = (environment.client("admin"), environment.client("engineer"));
    let credential = json!({"name": "c", "aws_iam_role": {"role_arn": "arn:1"}});
    let path = format!("{UC}/storage-credentials");
    assert_eq!(
        engineer.post(&path, credential.clone()).await.error(),
        (403, "PERMISSION_DENIED".to_owned())
    );
    let metastore = admin.get(&format!("{UC}/metastore_summary")).await.ok()["metastore_id"].clone();
    let grant = json!({"changes": [{"principal": "engineer@sluice.test", "add": ["CREATE_STORAGE_CREDENTIAL"]}]});
    let metastore = metastore.as_str().unwrap();
    admin
        .patch(&format!("{UC}/permissions/metastore/{metastore}"), grant)
        .await
        .ok();
    let made = engineer.post(&path, credential).await.ok();
    assert_eq!(
        (&made["owner"], &made["metastore_id"]),
        (&json!("engineer@sluice.test"), &json!(metastore))
    );
    let wrong = json!({"changes": [{"principal": "analysts", "add": ["SELECT"]}]});
    let refused = engineer
        .patch(&format!("{UC}/permissions/storage_credential/c"), wrong)
        .await;
    assert_eq!(refused.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()));
}

#[tokio::test]
async fn a_secret_is_in_no_answer_and_not_in_the_store() {
    let environment = Environment::start().await;
    let admin = environment.client("admin");
    let key = "sk-0123456789-very-secret";
    let model = json!({"provider": "openai", "name": "m", "task": "llm/v1/chat", "openai_config": {"openai_api_key_plaintext": key}});
    let endpoint = json!({"name": "e", "config": {"served_entities": [{"external_model": model}]}});
    let made = admin.post("/api/2.0/serving-endpoints", endpoint).await.ok();
    assert!(!made.to_string().contains(key), "{made}");
    let connection = json!({"name": "c", "connection_type": "POSTGRESQL", "options": {"host": "h", "password": key}});
    let made = admin.post(&format!("{UC}/connections"), connection).await.ok();
    assert_eq!(made["options"], json!({"host": "h"}));
    let secret = json!({"name": "s", "catalog_name": "dev", "schema_name": "default", "value": key});
    let made = admin.post(&format!("{UC}/secrets"), secret).await.ok();
    assert!(!made.to_string().contains(key), "{made}");
    let asked = admin
        .get(&format!("{UC}/secrets/dev.default.s?include_value=true"))
        .await
        .ok();
    assert_eq!(asked["effective_value"], key);
    let directory = environment.directory.path().join("workspaces");
    environment.workspaces.stop().await.unwrap();
    for file in walk(&directory) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(
            !bytes.windows(key.len()).any(|window| window == key.as_bytes()),
            "{}",
            file.display()
        );
    }
}

fn walk(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] })
        .filter(|path| path.is_file())
        .collect()
}
