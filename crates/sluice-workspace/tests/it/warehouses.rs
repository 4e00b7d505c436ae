//! SQL warehouses.

use serde_json::json;

use crate::support::Environment;

const WAREHOUSES: &str = "/api/2.0/sql/warehouses";

#[tokio::test]
async fn a_workspace_begins_with_a_warehouse_that_everybody_may_use() {
    let environment = Environment::start().await;
    let analyst = environment.client("analyst");
    let list = analyst.get(WAREHOUSES).await.ok();
    let starter = &list["warehouses"][0];
    assert_eq!(
        (&starter["name"], &starter["state"]),
        (&json!("Sluice Starter Warehouse"), &json!("RUNNING"))
    );
    let id = starter["id"].as_str().unwrap();
    assert_eq!(analyst.get(&format!("{WAREHOUSES}/{id}")).await.ok(), *starter);
    assert_eq!(
        analyst.post(&format!("{WAREHOUSES}/{id}/stop"), json!({})).await.status,
        403
    );
    environment
        .client("admin")
        .post(&format!("{WAREHOUSES}/{id}/stop"), json!({}))
        .await
        .ok();
    assert_eq!(
        analyst.get(&format!("{WAREHOUSES}/{id}")).await.ok()["state"],
        "STOPPED"
    );
    analyst.post(&format!("{WAREHOUSES}/{id}/start"), json!({})).await.ok();
    assert_eq!(analyst.get(&format!("{WAREHOUSES}/{id}")).await.ok()["num_clusters"], 1);
}

#[tokio::test]
async fn a_new_warehouse_belongs_to_who_made_it() {
    let environment = Environment::start().await;
    let (admin, analyst) = (environment.client("admin"), environment.client("analyst"));
    let body = json!({"name": "own", "cluster_size": "Large"});
    assert_eq!(analyst.post(WAREHOUSES, body.clone()).await.status, 403);
    let id = admin.post(WAREHOUSES, body.clone()).await.ok()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        admin.post(WAREHOUSES, body).await.error(),
        (409, "RESOURCE_ALREADY_EXISTS".to_owned())
    );
    let shown = admin.get(&format!("{WAREHOUSES}/{id}")).await.ok();
    assert_eq!(
        (&shown["cluster_size"], &shown["auto_stop_mins"]),
        (&json!("Large"), &json!(120))
    );
    let edit = format!("{WAREHOUSES}/{id}/edit");
    assert_eq!(analyst.post(&edit, json!({"name": "mine"})).await.status, 403);
    admin.post(&edit, json!({"auto_stop_mins": 10, "id": "x"})).await.ok();
    let shown = admin.get(&format!("{WAREHOUSES}/{id}")).await.ok();
    assert_eq!(
        (
            &shown["name"],
            &shown["cluster_size"],
            &shown["auto_stop_mins"],
            &shown["id"]
        ),
        (&json!("own"), &json!("Large"), &json!(10), &json!(id))
    );
    let taken = admin.post(&edit, json!({"name": "Sluice Starter Warehouse"})).await;
    assert_eq!(taken.error(), (409, "RESOURCE_ALREADY_EXISTS".to_owned()));
    assert_eq!(analyst.get(&format!("{WAREHOUSES}/{id}")).await.status, 403);
    assert_eq!(
        analyst.get(WAREHOUSES).await.ok()["warehouses"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let list = json!({"access_control_list": [{"group_name": "analysts", "permission_level": "CAN_USE"}]});
    admin
        .patch(&format!("/api/2.0/permissions/sql/warehouses/{id}"), list)
        .await
        .ok();
    assert_eq!(analyst.get(&format!("{WAREHOUSES}/{id}")).await.status, 200);
    assert_eq!(analyst.delete(&format!("{WAREHOUSES}/{id}")).await.status, 403);
    admin.delete(&format!("{WAREHOUSES}/{id}")).await.ok();
    assert_eq!(
        admin.get(&format!("{WAREHOUSES}/{id}")).await.error(),
        (404, "RESOURCE_DOES_NOT_EXIST".to_owned())
    );
}
