//! Access control lists through `/api/2.0/permissions`.

use serde_json::{Value, json};
use sluice_workspace::permissions::{Level, Object};

use crate::support::{Client, Environment};

/// A directory of the engineer with one file: their ids.
async fn directory_with_file(engineer: &Client) -> (i64, i64) {
    let home = "/Users/engineer@sluice.test";
    engineer
        .post("/api/2.0/workspace/mkdirs", json!({"path": format!("{home}/d")}))
        .await
        .ok();
    let route = format!("/api/2.0/workspace-files/import-file{home}/d/f");
    engineer.send(engineer.request("POST", &route).body("x")).await.ok();
    let id = async |path: String| {
        let status = engineer
            .get(&format!("/api/2.0/workspace/get-status?path={path}"))
            .await
            .ok();
        status["object_id"].as_i64().unwrap()
    };
    (id(format!("{home}/d")).await, id(format!("{home}/d/f")).await)
}

fn entry<'a>(permissions: &'a Value, name: &str) -> &'a Value {
    let list = permissions["access_control_list"].as_array().unwrap();
    let named = |entry: &&Value| entry["user_name"] == name || entry["group_name"] == name;
    list.iter()
        .find(named)
        .map_or(&Value::Null, |entry| &entry["all_permissions"])
}

#[tokio::test]
async fn a_level_on_a_directory_counts_below_it() {
    let environment = Environment::start().await;
    let (engineer, analyst) = (environment.client("engineer"), environment.client("analyst"));
    let (directory, file) = directory_with_file(&engineer).await;
    let content = "/api/2.0/workspace-files/Users/engineer@sluice.test/d/f";
    assert_eq!(analyst.get(content).await.status, 403);
    assert_eq!(
        analyst.get(&format!("/api/2.0/permissions/files/{file}")).await.status,
        403
    );
    let body = json!({"access_control_list": [{"group_name": "analysts", "permission_level": "CAN_READ"}]});
    let path = format!("/api/2.0/permissions/directories/{directory}");
    assert_eq!(analyst.patch(&path, body.clone()).await.status, 403);
    let set = engineer.patch(&path, body).await.ok();
    assert_eq!(
        (&set["object_type"], &set["object_id"]),
        (&json!("directory"), &json!(format!("/directories/{directory}")))
    );
    assert_eq!(
        *entry(&set, "analysts"),
        json!([{"permission_level": "CAN_READ", "inherited": false}])
    );
    let below = analyst.get(&format!("/api/2.0/permissions/files/{file}")).await.ok();
    let inherited = json!([{"permission_level": "CAN_READ", "inherited": true,
        "inherited_from_object": [format!("/directories/{directory}")]}]);
    assert_eq!(*entry(&below, "analysts"), inherited);
    assert_eq!(entry(&below, "admins")[0]["permission_level"], "CAN_MANAGE");
    assert_eq!(analyst.get(content).await.bytes, b"x");
    let write = analyst.request(
        "POST",
        "/api/2.0/workspace-files/import-file/Users/engineer@sluice.test/d/f?overwrite=true",
    );
    assert_eq!(
        analyst.send(write.body("y")).await.status,
        403,
        "reading is not writing"
    );
    engineer
        .call("PUT", &path, json!({"access_control_list": []}))
        .await
        .ok();
    assert_eq!(analyst.get(content).await.status, 403, "PUT replaces the list");
}

#[tokio::test]
async fn a_job_has_exactly_one_owner() {
    let environment = Environment::start().await;
    let workspace = environment.workspaces.workspace("dev").unwrap();
    let mut transaction = workspace.store.begin().await.unwrap();
    let job = Object::job(77);
    workspace
        .permissions()
        .put(&mut transaction, &job, "engineer@sluice.test", Level::IsOwner)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let engineer = environment.client("engineer");
    let path = "/api/2.0/permissions/jobs/77";
    let list = |entries: Value| json!({ "access_control_list": entries });
    let view = json!({"group_name": "analysts", "permission_level": "CAN_VIEW"});
    let owner = |name: &str| json!({"user_name": format!("{name}@sluice.test"), "permission_level": "IS_OWNER"});
    for bad in [json!([view]), json!([owner("engineer"), owner("steward")])] {
        let answer = engineer.call("PUT", path, list(bad)).await;
        assert_eq!(answer.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()));
    }
    for (bad, status) in [
        (
            json!({"user_name": "nobody@sluice.test", "permission_level": "CAN_VIEW"}),
            404,
        ),
        (
            json!({"group_name": "engineer@sluice.test", "permission_level": "CAN_VIEW"}),
            404,
        ),
        (json!({"group_name": "analysts", "permission_level": "CAN_EDIT"}), 400),
        (json!({"group_name": "analysts", "permission_level": "IS_OWNER"}), 400),
        (json!({"permission_level": "CAN_VIEW"}), 400),
    ] {
        assert_eq!(engineer.patch(path, list(json!([bad]))).await.status, status, "{bad}");
    }
    assert_eq!(environment.client("analyst").get(path).await.status, 403);
    engineer.patch(path, list(json!([view]))).await.ok();
    assert_eq!(
        environment.client("analyst").get(path).await.ok()["object_id"],
        "/jobs/77"
    );
    for method in ["PATCH", "PUT"] {
        let taken = engineer.call(method, path, list(json!([owner("admin")]))).await;
        assert_eq!(
            taken.error(),
            (403, "PERMISSION_DENIED".to_owned()),
            "{method}: the job would run with the administrator's rights"
        );
    }
    engineer.patch(path, list(json!([owner("engineer")]))).await.ok();
    let admin = environment.client("admin");
    let moved = admin.patch(path, list(json!([owner("steward")]))).await.ok();
    assert_eq!(entry(&moved, "steward@sluice.test")[0]["permission_level"], "IS_OWNER");
    assert_eq!(
        engineer.get(path).await.status,
        403,
        "the former owner has nothing left"
    );
    assert_eq!(
        workspace.permissions().owner(&job).await.unwrap().as_deref(),
        Some("steward@sluice.test")
    );
}

#[tokio::test]
async fn unknown_objects_and_kinds_are_named() {
    let environment = Environment::start().await;
    let admin = environment.client("admin");
    assert_eq!(
        admin.get("/api/2.0/permissions/jobs/5").await.error(),
        (404, "RESOURCE_DOES_NOT_EXIST".to_owned())
    );
    assert_eq!(
        environment
            .client("analyst")
            .get("/api/2.0/permissions/jobs/5")
            .await
            .status,
        403,
        "learns nothing"
    );
    assert_eq!(
        admin.get("/api/2.0/permissions/nothings/5").await.error(),
        (501, "NOT_IMPLEMENTED".to_owned())
    );
    let (directory, _) = directory_with_file(&environment.client("engineer")).await;
    let as_file = admin.get(&format!("/api/2.0/permissions/files/{directory}")).await;
    assert_eq!(as_file.status, 404, "a directory is not a file");
    let levels = admin
        .get(&format!(
            "/api/2.0/permissions/directories/{directory}/permissionLevels"
        ))
        .await
        .ok();
    let names: Vec<_> = levels["permission_levels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|level| &level["permission_level"])
        .collect();
    assert_eq!(names, ["CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"]);
}
