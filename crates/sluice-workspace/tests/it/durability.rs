//! What acknowledged writes survive: SQLite's setting, and what is brought to the disk.

use serde_json::json;
use sluice_workspace::Durability;

use crate::catalog::make_schema;
use crate::support::{Client, Environment, Settings};

const PATH: &str = "/_sluice/durability";

async fn brought(admin: &Client) -> u64 {
    admin.get(PATH).await.ok()["brought_to_disk"].as_u64().unwrap()
}

/// Imports a file, uploads another one, and gives how much was brought to the disk at each of the two.
async fn write(environment: &Environment) -> [u64; 2] {
    let (admin, engineer) = (environment.client("admin"), environment.client("engineer"));
    make_schema(&engineer, "s").await;
    let volume = json!({"catalog_name": "dev", "schema_name": "s", "name": "v", "volume_type": "MANAGED"});
    engineer.post("/api/2.1/unity-catalog/volumes", volume).await.ok();
    let before = brought(&admin).await;
    let route = "/api/2.0/workspace-files/import-file/Users/engineer@sluice.test/f";
    engineer
        .send(engineer.request("POST", route).body("content"))
        .await
        .ok();
    let between = brought(&admin).await;
    let uploaded = engineer
        .put_bytes("/api/2.0/fs/files/Volumes/dev/s/v/a/f", "content")
        .await;
    assert_eq!(uploaded.status, 204);
    [between - before, brought(&admin).await - between]
}

#[tokio::test]
async fn with_power_loss_every_commit_blob_and_upload_is_on_the_disk_before_the_answer() {
    let environment = Environment::start_with(Settings {
        durability: Durability::PowerLoss,
        ..Settings::default()
    })
    .await;
    let shown = environment.client("admin").get(PATH).await.ok();
    assert_eq!(
        (&shown["durability"], &shown["synchronous"]),
        (&json!("power-loss"), &json!(2)),
        "the connection that writes has synchronous=FULL"
    );
    let [blob, upload] = write(&environment).await;
    assert!(blob >= 3, "the content, its directory and the one above: {blob}");
    assert!(upload >= 3, "the content and the new directories: {upload}");
    let refused = environment.client("engineer").get(PATH).await;
    assert_eq!(refused.error(), (403, "PERMISSION_DENIED".to_owned()));
}

#[tokio::test]
async fn without_it_the_operating_system_decides() {
    let environment = Environment::start().await;
    let shown = environment.client("admin").get(PATH).await.ok();
    assert_eq!(
        (&shown["durability"], &shown["synchronous"]),
        (&json!("process"), &json!(1))
    );
    assert_eq!(write(&environment).await, [0, 0]);
}
