//! Files, notebooks and directories of the workspace.

use serde_json::{Value, json};

use crate::support::{Answer, Client, Environment};

const HOME: &str = "/Users/engineer@sluice.test";
const NOTEBOOK: &str = "# Databricks notebook source\nprint(1)\n";

async fn import_file(client: &Client, path: &str, content: &str, overwrite: bool) -> Answer {
    let route = format!("/api/2.0/workspace-files/import-file{path}?overwrite={overwrite}");
    client
        .send(client.request("POST", &route).body(content.to_owned()))
        .await
}

async fn status(client: &Client, path: &str) -> Answer {
    client.get(&format!("/api/2.0/workspace/get-status?path={path}")).await
}

async fn listed(client: &Client, path: &str) -> Vec<String> {
    let list = client.get(&format!("/api/2.0/workspace/list?path={path}")).await.ok();
    let objects = list["objects"].as_array().cloned().unwrap_or_default();
    objects
        .into_iter()
        .map(|object| object["path"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn notebooks_are_recognised_and_exported_as_they_came() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    assert_eq!(
        import_file(&engineer, &format!("/Workspace{HOME}/load.py"), NOTEBOOK, false)
            .await
            .ok(),
        json!({})
    );
    let shown = status(&engineer, &format!("/Workspace{HOME}/load")).await.ok();
    assert_eq!(
        (&shown["object_type"], &shown["language"]),
        (&json!("NOTEBOOK"), &json!("PYTHON"))
    );
    assert_eq!(shown["path"], format!("{HOME}/load"));
    let path = format!("/api/2.0/workspace/export?path={HOME}/load&format=SOURCE");
    assert_eq!(engineer.get(&path).await.ok()["file_type"], "py");
    let direct = engineer.get(&format!("{path}&direct_download=true")).await;
    assert_eq!(String::from_utf8(direct.bytes).unwrap(), NOTEBOOK);
    import_file(&engineer, &format!("{HOME}/plain.py"), "x = 1", false)
        .await
        .ok();
    let plain = status(&engineer, &format!("{HOME}/plain.py")).await.ok();
    assert_eq!((&plain["object_type"], &plain["size"]), (&json!("FILE"), &json!(5)));
    let raw = engineer.get(&format!("/api/2.0/workspace-files{HOME}/plain.py")).await;
    assert_eq!(raw.bytes, b"x = 1");
}

#[tokio::test]
async fn importing_without_overwriting_succeeds_once_of_many() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let path = format!("{HOME}/deploy.lock");
    let contents: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    let imports = contents
        .iter()
        .map(|content| import_file(&engineer, &path, content, false));
    let answers = futures::future::join_all(imports).await;
    let won: Vec<usize> = (0..20).filter(|index| answers[*index].status == 200).collect();
    assert_eq!(won.len(), 1);
    let lost = answers
        .iter()
        .filter(|answer| answer.error() == (409, "RESOURCE_ALREADY_EXISTS".to_owned()));
    assert_eq!(lost.count(), 19);
    let content = engineer.get(&format!("/api/2.0/workspace-files{path}")).await.bytes;
    assert_eq!(content, contents[won[0]].as_bytes(), "the content is the winner's");
}

#[tokio::test]
async fn each_obstacle_has_its_own_answer() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let missing = import_file(&engineer, &format!("{HOME}/a/b"), "x", false).await;
    assert_eq!(missing.error(), (404, "RESOURCE_DOES_NOT_EXIST".to_owned()));
    import_file(&engineer, &format!("{HOME}/n.py"), NOTEBOOK, false)
        .await
        .ok();
    let again = import_file(&engineer, &format!("{HOME}/n.py"), NOTEBOOK, false).await;
    assert_eq!(again.error(), (400, "RESOURCE_ALREADY_EXISTS".to_owned()));
    assert!(again.json()["message"].as_str().unwrap().ends_with("already exists."));
    let other_kind = import_file(&engineer, &format!("{HOME}/n"), "file", true).await;
    assert_eq!(other_kind.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()));
    let foreign = import_file(&engineer, "/Users/steward@sluice.test/x", "x", false).await;
    assert_eq!(foreign.error(), (403, "PERMISSION_DENIED".to_owned()));
    let no_notebook = import_file(&engineer, &format!("{HOME}/x.ipynb"), "{}", false).await;
    assert_eq!(no_notebook.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()));
    let large = json!({"path": format!("{HOME}/large"), "format": "RAW", "content": "A".repeat(14 * 1024 * 1024)});
    let large = engineer.post("/api/2.0/workspace/import", large).await;
    assert_eq!(large.error(), (400, "MAX_NOTEBOOK_SIZE_EXCEEDED".to_owned()));
    assert_eq!(
        listed(&engineer, HOME).await,
        [format!("{HOME}/n")],
        "nothing else was made"
    );
}

#[tokio::test]
async fn the_import_call_takes_json_and_forms() {
    use base64::Engine as _;
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let content = base64::engine::general_purpose::STANDARD.encode("select 1");
    let body = json!({"path": format!("{HOME}/q"), "language": "SQL", "content": content});
    engineer.post("/api/2.0/workspace/import", body).await.ok();
    let form = "--x\r\ncontent-disposition: form-data; name=\"path\"\r\n\r\n/Users/engineer@sluice.test/f\r\n\
        --x\r\ncontent-disposition: form-data; name=\"format\"\r\n\r\nRAW\r\n\
        --x\r\ncontent-disposition: form-data; name=\"content\"; filename=\"content\"\r\n\r\nraw\r\n--x--\r\n";
    let request = engineer.request("POST", "/api/2.0/workspace/import");
    let request = request
        .header("content-type", "multipart/form-data; boundary=x")
        .body(form);
    engineer.send(request).await.ok();
    let raw = async |name: &str| {
        engineer
            .get(&format!("/api/2.0/workspace-files{HOME}/{name}"))
            .await
            .bytes
    };
    assert_eq!(raw("q").await, b"-- Databricks notebook source\nselect 1");
    assert_eq!(raw("f").await, b"raw");
    let no_language = engineer
        .post(
            "/api/2.0/workspace/import",
            json!({"path": format!("{HOME}/z"), "content": ""}),
        )
        .await;
    assert_eq!(no_language.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()));
}

#[tokio::test]
async fn directories_are_made_listed_and_deleted() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let call = async |verb: &str, body: Value| engineer.post(&format!("/api/2.0/workspace/{verb}"), body).await;
    for _ in 0..2 {
        assert_eq!(
            call("mkdirs", json!({"path": format!("{HOME}/a/b/c")})).await.ok(),
            json!({})
        );
    }
    import_file(&engineer, &format!("{HOME}/a/file"), "x", false).await.ok();
    assert_eq!(
        listed(&engineer, &format!("{HOME}/a")).await,
        [format!("{HOME}/a/b"), format!("{HOME}/a/file")]
    );
    let blocked = call("mkdirs", json!({"path": format!("{HOME}/a/file/d")})).await;
    assert_eq!(blocked.error(), (400, "RESOURCE_ALREADY_EXISTS".to_owned()));
    let full = call("delete", json!({"path": format!("{HOME}/a")})).await;
    assert_eq!(full.error(), (400, "DIRECTORY_NOT_EMPTY".to_owned()));
    assert_eq!(
        call("delete", json!({"path": format!("{HOME}/a"), "recursive": true}))
            .await
            .ok(),
        json!({})
    );
    let gone = call("delete", json!({"path": format!("{HOME}/a")})).await;
    assert_eq!(gone.error(), (404, "RESOURCE_DOES_NOT_EXIST".to_owned()));
    assert_eq!(status(&engineer, &format!("{HOME}/a/b")).await.status, 404);
    let admin = environment.client("admin");
    let root = admin
        .post(
            "/api/2.0/workspace/delete",
            json!({"path": "/Users", "recursive": true}),
        )
        .await;
    assert_eq!(root.error(), (400, "INVALID_PARAMETER_VALUE".to_owned()));
}

#[tokio::test]
async fn homes_are_private_and_shared_is_not() {
    let environment = Environment::start().await;
    let (engineer, analyst) = (environment.client("engineer"), environment.client("analyst"));
    import_file(&engineer, &format!("{HOME}/secret"), "x", false).await.ok();
    assert_eq!(status(&analyst, &format!("{HOME}/secret")).await.status, 403);
    assert_eq!(
        analyst
            .get(&format!("/api/2.0/workspace/export?path={HOME}/secret"))
            .await
            .status,
        403
    );
    assert_eq!(
        analyst
            .get(&format!("/api/2.0/workspace/list?path={HOME}"))
            .await
            .status,
        403
    );
    assert_eq!(listed(&analyst, "/Users").await, ["/Users/analyst@sluice.test"]);
    let homes = listed(&environment.client("admin"), "/Users").await;
    assert_eq!(homes.len(), 9, "eight users and the deployer: {homes:?}");
    import_file(&engineer, "/Shared/mine", "x", false).await.ok();
    assert_eq!(
        import_file(&analyst, "/Shared/mine", "y", true).await.status,
        200,
        "everybody may edit in /Shared"
    );
    let delete = json!({"path": "/Shared/mine"});
    assert_eq!(
        analyst.post("/api/2.0/workspace/delete", delete.clone()).await.status,
        403,
        "but not delete"
    );
    assert_eq!(
        engineer.post("/api/2.0/workspace/delete", delete).await.status,
        200,
        "who made it may"
    );
}

#[tokio::test]
async fn files_survive_a_restart() {
    let environment = Environment::start().await;
    import_file(&environment.client("engineer"), &format!("{HOME}/kept"), "kept", false)
        .await
        .ok();
    let before = status(&environment.client("engineer"), &format!("{HOME}/kept"))
        .await
        .ok();
    let environment = environment.restart().await;
    let engineer = environment.client("engineer");
    assert_eq!(status(&engineer, &format!("{HOME}/kept")).await.ok(), before);
    assert_eq!(
        engineer
            .get(&format!("/api/2.0/workspace-files{HOME}/kept"))
            .await
            .bytes,
        b"kept"
    );
}

#[tokio::test]
async fn contents_that_no_file_has_any_more_go_at_the_next_start() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    import_file(&engineer, &format!("{HOME}/f"), "first", false).await.ok();
    import_file(&engineer, &format!("{HOME}/f"), "second", true).await.ok();
    let blobs = environment.workspaces.workspace("dev").unwrap().directory.join("blobs");
    let count = || {
        let directories = std::fs::read_dir(&blobs).unwrap();
        directories
            .map(|directory| std::fs::read_dir(directory.unwrap().path()).unwrap().count())
            .sum::<usize>()
    };
    assert_eq!(count(), 2);
    let foreign = import_file(&environment.client("analyst"), &format!("{HOME}/f"), "third", true).await;
    assert_eq!((foreign.status, count()), (403, 2), "a refused content is not stored");
    let environment = environment.restart().await;
    assert_eq!(count(), 1);
    let content = environment
        .client("engineer")
        .get(&format!("/api/2.0/workspace-files{HOME}/f"))
        .await;
    assert_eq!(content.bytes, b"second");
}

#[tokio::test]
async fn everybody_finds_the_way_to_the_own_home() {
    let environment = Environment::start().await;
    let analyst = environment.client("analyst");
    for path in ["/", "/Users", "/Shared", "/Users/analyst@sluice.test"] {
        assert_eq!(status(&analyst, path).await.ok()["object_type"], "DIRECTORY", "{path}");
    }
    assert_eq!(listed(&analyst, "/").await, ["/Shared", "/Users"]);
    let foreign = import_file(&analyst, "/Users/new", "x", false).await;
    assert_eq!(foreign.error(), (403, "PERMISSION_DENIED".to_owned()));
}

#[tokio::test]
async fn the_files_below_a_common_directory_are_those_that_one_may_read() {
    let environment = Environment::start().await;
    for name in ["engineer", "analyst"] {
        let client = environment.client(name);
        let path = format!("/api/2.0/workspace-files/import-file/Users/{name}@sluice.test/f");
        client.send(client.request("POST", &path).body("x")).await.ok();
    }
    let workspace = environment.workspaces.workspace("dev").unwrap();
    let analyst = sluice_workspace::identity::by_name(workspace, "analyst@sluice.test").await;
    let analyst = analyst.unwrap().unwrap();
    for root in ["/", "/Users"] {
        let tree = workspace.workspace_files().tree(&analyst, &root.parse().unwrap()).await;
        let paths: Vec<_> = tree.unwrap().iter().map(|object| object.path.to_string()).collect();
        let named = |path: &&str| paths.iter().any(|each| each == path);
        assert!(named(&"/Users/analyst@sluice.test/f"), "{paths:?}");
        assert!(!named(&"/Users/engineer@sluice.test/f"), "{paths:?}");
    }
}
