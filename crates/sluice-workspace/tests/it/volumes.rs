//! Volumes and their files.

use serde_json::json;

use crate::support::{Client, Environment};

const FILES: &str = "/api/2.0/fs/files/Volumes/dev/s/v";
const DIRECTORIES: &str = "/api/2.0/fs/directories/Volumes/dev/s/v";
const UC: &str = "/api/2.1/unity-catalog";

async fn with_volume(environment: &Environment) -> Client {
    let engineer = environment.client("engineer");
    engineer
        .post(&format!("{UC}/schemas"), json!({"catalog_name": "dev", "name": "s"}))
        .await
        .ok();
    let body = json!({"catalog_name": "dev", "schema_name": "s", "name": "V", "volume_type": "MANAGED"});
    let made = engineer.post(&format!("{UC}/volumes"), body).await.ok();
    assert_eq!(
        (&made["full_name"], &made["volume_type"]),
        (&json!("dev.s.v"), &json!("MANAGED"))
    );
    engineer
}

async fn grant(client: &Client, kind: &str, name: &str, privileges: &[&str]) {
    let changes = json!({"changes": [{"principal": "analysts", "add": privileges}]});
    client
        .patch(&format!("{UC}/permissions/{kind}/{name}"), changes)
        .await
        .ok();
}

#[tokio::test]
async fn a_file_comes_back_whole_and_in_parts() {
    let environment = Environment::start().await;
    let engineer = with_volume(&environment).await;
    let content: Vec<u8> = (0..700_000_u32).flat_map(u32::to_le_bytes).collect();
    assert_eq!(
        engineer
            .put_bytes(&format!("{FILES}/a/b.bin"), content.clone())
            .await
            .status,
        204
    );
    let whole = engineer.get(&format!("{FILES}/a/b.bin")).await;
    assert_eq!((whole.status, whole.bytes == content), (200, true));
    let head = engineer
        .send(engineer.request("HEAD", &format!("{FILES}/a/b.bin")))
        .await;
    assert_eq!((head.status, head.header("content-length")), (200, "2800000"));
    assert!(
        head.header("last-modified").ends_with(" GMT"),
        "{}",
        head.header("last-modified")
    );
    let range = async |range: &str| {
        engineer
            .send(
                engineer
                    .request("GET", &format!("{FILES}/a/b.bin"))
                    .header("range", range),
            )
            .await
    };
    let part = range("bytes=1000000-1000003").await;
    assert_eq!(
        (part.status, part.bytes.as_slice()),
        (206, &content[1_000_000..1_000_004])
    );
    assert_eq!(part.header("content-range"), "bytes 1000000-1000003/2800000");
    assert_eq!(range("bytes=2800000-").await.status, 416);
}

#[tokio::test]
async fn overwriting_is_asked_for_and_listing_is_paged() {
    let environment = Environment::start().await;
    let engineer = with_volume(&environment).await;
    for name in ["b", "a", "c"] {
        assert_eq!(
            engineer
                .put_bytes(&format!("{FILES}/d/{name}?overwrite=false"), name)
                .await
                .status,
            204
        );
    }
    let again = engineer
        .put_bytes(&format!("{FILES}/d/a?overwrite=false"), "other")
        .await;
    assert_eq!(again.error(), (409, "ALREADY_EXISTS".to_owned()));
    assert_eq!(engineer.get(&format!("{FILES}/d/a")).await.bytes, b"a");
    assert_eq!(
        engineer
            .put_bytes(&format!("{FILES}/d/a?overwrite=true"), "other")
            .await
            .status,
        204
    );
    assert_eq!(engineer.get(&format!("{FILES}/d/a")).await.bytes, b"other");
    let first = engineer.get(&format!("{DIRECTORIES}/d?page_size=2")).await.ok();
    let token = first["next_page_token"].as_str().unwrap();
    let second = engineer
        .get(&format!("{DIRECTORIES}/d?page_size=2&page_token={token}"))
        .await
        .ok();
    assert_eq!(first["contents"][1]["path"], "/Volumes/dev/s/v/d/b");
    assert_eq!(
        (
            &second["contents"][0]["name"],
            second["contents"].as_array().unwrap().len()
        ),
        (&json!("c"), 1)
    );
    assert_eq!(second["contents"][0]["file_size"], 1);
}

#[tokio::test]
async fn directories_are_made_and_removed_when_empty() {
    let environment = Environment::start().await;
    let engineer = with_volume(&environment).await;
    let directory = format!("{DIRECTORIES}/x/y");
    for _ in 0..2 {
        assert_eq!(engineer.put_bytes(&directory, "").await.status, 204);
    }
    assert_eq!(engineer.send(engineer.request("HEAD", &directory)).await.status, 200);
    assert_eq!(
        engineer.delete(&format!("{DIRECTORIES}/x")).await.error(),
        (400, "DIRECTORY_NOT_EMPTY".to_owned())
    );
    assert_eq!(engineer.delete(&directory).await.status, 204);
    assert_eq!(engineer.delete(&directory).await.error(), (404, "NOT_FOUND".to_owned()));
    engineer.put_bytes(&format!("{FILES}/file"), "x").await;
    assert_eq!(engineer.put_bytes(&format!("{DIRECTORIES}/file"), "").await.status, 409);
    assert_eq!(engineer.delete(&format!("{FILES}/file")).await.status, 204);
    assert_eq!(
        engineer.get(&format!("{FILES}/file")).await.error(),
        (404, "NOT_FOUND".to_owned())
    );
}

#[tokio::test]
async fn reading_and_writing_are_separate_privileges() {
    let environment = Environment::start().await;
    let engineer = with_volume(&environment).await;
    engineer.put_bytes(&format!("{FILES}/f"), "x").await;
    let analyst = environment.client("analyst");
    let statuses = async || {
        let read = analyst.get(&format!("{FILES}/f")).await.status;
        let listed = analyst.get(DIRECTORIES).await.status;
        let written = analyst.put_bytes(&format!("{FILES}/g"), "y").await.status;
        (read, listed, written)
    };
    assert_eq!(statuses().await, (403, 403, 403));
    grant(&engineer, "volume", "dev.s.v", &["READ_VOLUME"]).await;
    assert_eq!(statuses().await, (403, 403, 403), "still without USE SCHEMA");
    grant(&engineer, "schema", "dev.s", &["USE_SCHEMA"]).await;
    assert_eq!(statuses().await, (200, 200, 403));
    grant(&engineer, "volume", "dev.s.v", &["WRITE_VOLUME"]).await;
    assert_eq!(statuses().await, (200, 200, 204));
    assert_eq!(
        environment.client("admin").get(&format!("{FILES}/f")).await.status,
        403,
        "managing is not reading"
    );
}

#[tokio::test]
async fn a_path_never_leaves_the_volume() {
    let environment = Environment::start().await;
    let engineer = with_volume(&environment).await;
    for path in ["..%2fx", "a%2f..%2f..%2fx", "a%2f.%2fx", "a%00b"] {
        let answer = engineer.get(&format!("{FILES}/{path}")).await;
        assert_eq!(answer.status, 400, "{path}");
    }
    let workspace = environment.workspaces.workspace("dev").unwrap();
    let volumes = workspace.managed_directory().join("volumes");
    let root = std::fs::read_dir(volumes).unwrap().next().unwrap().unwrap().path();
    std::os::unix::fs::symlink("/etc", root.join("link")).unwrap();
    for path in ["link", "link/passwd"] {
        assert_eq!(engineer.get(&format!("{FILES}/{path}")).await.status, 403, "{path}");
        assert_eq!(
            engineer.put_bytes(&format!("{FILES}/{path}"), "x").await.status,
            403,
            "{path}"
        );
    }
    assert_eq!(
        engineer.get(DIRECTORIES).await.ok()["contents"],
        json!([]),
        "links are not shown"
    );
}

#[tokio::test]
async fn the_files_of_a_volume_go_with_it() {
    let environment = Environment::start().await;
    let engineer = with_volume(&environment).await;
    engineer.put_bytes(&format!("{FILES}/f"), "x").await;
    let volumes = environment
        .workspaces
        .workspace("dev")
        .unwrap()
        .managed_directory()
        .join("volumes");
    assert_eq!(std::fs::read_dir(&volumes).unwrap().count(), 1);
    assert_eq!(
        environment
            .client("analyst")
            .delete(&format!("{UC}/volumes/dev.s.v"))
            .await
            .status,
        403
    );
    engineer.delete(&format!("{UC}/volumes/dev.s.v")).await.ok();
    assert_eq!(std::fs::read_dir(&volumes).unwrap().count(), 0);
    assert_eq!(
        engineer.get(&format!("{FILES}/f")).await.error(),
        (404, "VOLUME_DOES_NOT_EXIST".to_owned())
    );
}

#[tokio::test]
async fn a_refused_upload_is_an_answer_and_not_a_broken_connection() {
    let environment = Environment::start().await;
    with_volume(&environment).await;
    let large = vec![0_u8; 30 * 1024 * 1024];
    let refused = environment
        .client("analyst")
        .put_bytes(&format!("{FILES}/f"), large.clone())
        .await;
    assert_eq!(refused.error(), (403, "PERMISSION_DENIED".to_owned()));
    let unknown = environment
        .with_token("dev", Some("dapi0"))
        .put_bytes(&format!("{FILES}/f"), large)
        .await;
    assert_eq!(unknown.status, 401);
}
