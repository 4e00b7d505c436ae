//! Dashboards: drafts in the tree, what is published of them, and who may touch them.

use serde_json::{Value, json};

use crate::support::{Client, Environment};

const DASHBOARDS: &str = "/api/2.0/lakeview/dashboards";
const HOME: &str = "/Users/engineer@sluice.test";

fn document() -> Value {
    json!({"pages": [{"name": "p", "displayName": "P"}], "datasets": [{"name": "d", "queryLines": ["select 1"]}]})
}

fn request(name: &str) -> Value {
    json!({"display_name": name, "serialized_dashboard": document().to_string(), "parent_path": format!("/Workspace{HOME}")})
}

async fn create(client: &Client, name: &str) -> String {
    let made = client.post(DASHBOARDS, request(name)).await.ok();
    made["dashboard_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_draft_is_kept_in_one_form_and_stands_in_the_tree_also_after_a_restart() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let made = engineer
        .post(
            &format!("{DASHBOARDS}?dataset_catalog=dev&dataset_schema=s"),
            request("Delays"),
        )
        .await
        .ok();
    let expected = "{\"datasets\":[{\"catalog\":\"dev\",\"name\":\"d\",\"queryLines\":[\"select 1\"],\"schema\":\"s\"}],\
                    \"pages\":[{\"displayName\":\"P\",\"name\":\"p\",\"pageType\":\"PAGE_TYPE_CANVAS\"}]}\n";
    assert_eq!(made["serialized_dashboard"], expected);
    let path = format!("{HOME}/Delays.lvdash.json");
    assert_eq!(
        (
            &made["path"],
            &made["parent_path"],
            &made["etag"],
            &made["lifecycle_state"]
        ),
        (&json!(path), &json!(HOME), &json!("1"), &json!("ACTIVE"))
    );
    let environment = environment.restart().await;
    let engineer = environment.client("engineer");
    let id = made["dashboard_id"].as_str().unwrap();
    assert_eq!(engineer.get(&format!("{DASHBOARDS}/{id}")).await.ok(), made);
    let status = engineer
        .get(&format!("/api/2.0/workspace/get-status?path={path}"))
        .await
        .ok();
    assert_eq!(
        (&status["object_type"], &status["resource_id"]),
        (&json!("DASHBOARD"), &json!(id))
    );
    let listed = engineer.get(&format!("/api/2.0/workspace/list?path={HOME}")).await.ok();
    assert_eq!(listed["objects"][0]["path"], json!(path));
    let export = engineer.get(&format!("/api/2.0/workspace/export?path={path}")).await;
    assert_eq!(export.status, 501);
}

#[tokio::test]
async fn changes_hold_to_the_etag_the_name_and_the_folder() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let id = create(&engineer, "Delays").await;
    create(&engineer, "Other").await;
    let path = format!("{DASHBOARDS}/{id}");
    let changed = engineer
        .patch(&path, json!({"display_name": "Late", "etag": "1"}))
        .await
        .ok();
    assert_eq!(
        (&changed["path"], &changed["etag"]),
        (&json!(format!("{HOME}/Late.lvdash.json")), &json!("2"))
    );
    for (body, status, code) in [
        (json!({"display_name": "x", "etag": "1"}), 409, "ABORTED"),
        (json!({"display_name": "Other"}), 409, "RESOURCE_ALREADY_EXISTS"),
        (json!({"display_name": "a/b"}), 400, "INVALID_PARAMETER_VALUE"),
        (json!({"display_name": ""}), 400, "INVALID_PARAMETER_VALUE"),
        (
            json!({"display_name": "x", "serialized_dashboard": "[]"}),
            400,
            "INVALID_PARAMETER_VALUE",
        ),
        (
            json!({"display_name": "x", "parent_path": "/Shared"}),
            400,
            "INVALID_PARAMETER_VALUE",
        ),
        (
            json!({"display_name": "x", "warehouse_id": "0000000000000000"}),
            404,
            "RESOURCE_DOES_NOT_EXIST",
        ),
    ] {
        assert_eq!(
            engineer.patch(&path, body.clone()).await.error(),
            (status, code.to_owned()),
            "{body}"
        );
    }
    assert_eq!(engineer.get(&path).await.ok(), changed, "nothing of it was kept");
    for (body, status) in [
        (json!({}), 400),
        (request("Late"), 409),
        (json!({"display_name": "x", "parent_path": format!("{HOME}/lost")}), 404),
        (
            json!({"display_name": "x", "parent_path": "/Users/steward@sluice.test"}),
            403,
        ),
    ] {
        assert_eq!(engineer.post(DASHBOARDS, body.clone()).await.status, status, "{body}");
    }
}

#[tokio::test]
async fn what_is_published_stays_until_it_is_published_again() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let id = create(&engineer, "Delays").await;
    let (path, published) = (format!("{DASHBOARDS}/{id}"), format!("{DASHBOARDS}/{id}/published"));
    assert_eq!(engineer.get(&published).await.status, 404);
    assert_eq!(engineer.delete(&published).await.status, 404);
    let first = engineer.post(&published, json!({"embed_credentials": true})).await.ok();
    assert_eq!(
        (&first["display_name"], &first["embed_credentials"]),
        (&json!("Delays"), &json!(true))
    );
    engineer.patch(&path, json!({"display_name": "Late"})).await.ok();
    assert_eq!(engineer.get(&published).await.ok(), first);
    let second = engineer.post(&published, json!({})).await.ok();
    assert_eq!(
        (&second["display_name"], &second["embed_credentials"]),
        (&json!("Late"), &json!(false))
    );
    engineer.delete(&published).await.ok();
    assert_eq!(engineer.get(&published).await.status, 404);
    assert_eq!(engineer.get(&path).await.status, 200, "the draft stays");
}

#[tokio::test]
async fn levels_decide_and_the_trash_keeps_a_draft_for_its_maker() {
    let environment = Environment::start().await;
    let (engineer, analyst) = (environment.client("engineer"), environment.client("analyst"));
    let id = create(&engineer, "Delays").await;
    let (path, list) = (
        format!("{DASHBOARDS}/{id}"),
        format!("/api/2.0/permissions/dashboards/{id}"),
    );
    assert_eq!(analyst.get(&path).await.status, 403);
    assert_eq!(analyst.get(DASHBOARDS).await.ok()["dashboards"], json!([]));
    let give = async |level: &str| {
        let body = json!({"access_control_list": [{"group_name": "analysts", "permission_level": level}]});
        engineer.patch(&list, body).await.ok()
    };
    let given = give("CAN_READ").await;
    assert_eq!(
        (&given["object_id"], &given["object_type"]),
        (&json!(format!("/dashboards/{id}")), &json!("dashboard"))
    );
    assert_eq!(
        analyst.get(DASHBOARDS).await.ok()["dashboards"][0]["dashboard_id"],
        json!(id)
    );
    assert_eq!(analyst.patch(&path, json!({"display_name": "x"})).await.status, 403);
    assert_eq!(analyst.post(&format!("{path}/published"), json!({})).await.status, 403);
    give("CAN_EDIT").await;
    analyst.patch(&path, json!({"display_name": "x"})).await.ok();
    analyst.post(&format!("{path}/published"), json!({})).await.ok();
    assert_eq!(analyst.delete(&path).await.status, 403);
    engineer.delete(&path).await.ok();
    assert_eq!(engineer.get(&path).await.ok()["lifecycle_state"], "TRASHED");
    assert_eq!(analyst.get(&path).await.status, 404);
    assert_eq!(engineer.patch(&path, json!({"display_name": "y"})).await.status, 404);
    assert_eq!(engineer.get(&format!("{path}/published")).await.status, 404);
    assert_eq!(engineer.get(DASHBOARDS).await.ok()["dashboards"], json!([]));
    let trashed = engineer.get(&format!("{DASHBOARDS}?show_trashed=true")).await.ok();
    assert_eq!(trashed["dashboards"][0]["lifecycle_state"], "TRASHED");
    create(&engineer, "x").await;
    let home = json!({"path": format!("{HOME}/x.lvdash.json")});
    engineer.post("/api/2.0/workspace/delete", home).await.ok();
    let trashed = engineer.get(&format!("{DASHBOARDS}?show_trashed=true")).await.ok();
    assert_eq!(
        trashed["dashboards"].as_array().unwrap().len(),
        2,
        "deleting the object trashes the draft"
    );
}
