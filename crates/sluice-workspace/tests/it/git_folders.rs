//! Git folders: real clones of repositories in a directory that the workspaces were started with.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Client, Environment, Settings};

const HOME: &str = "/Users/engineer@sluice.test";
const REPOS: &str = "/api/2.0/repos";

/// A repository that the test commits to.
struct Repository {
    directory: PathBuf,
}

impl Repository {
    fn make(directory: &Path) -> Self {
        std::fs::create_dir_all(directory).unwrap();
        let made = Self {
            directory: directory.to_owned(),
        };
        made.git(&["init", "--quiet", "--initial-branch=main"]);
        made
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", &self.directory)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args(["-c", "user.name=Ann", "-c", "user.email=ann@sluice.test", "-C"])
            .arg(&self.directory)
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.directory.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "change"]);
        self.git(&["rev-parse", "HEAD"])
    }
}

/// Workspaces that may clone from a directory, and a repository in it.
async fn start() -> (Environment, TempDir, Repository) {
    let directory = tempfile::tempdir().unwrap();
    let environment = Environment::start_with(Settings {
        git_directories: vec![directory.path().to_owned()],
        ..Settings::default()
    })
    .await;
    let repository = Repository::make(&directory.path().join("product"));
    repository.write("README.md", "read me");
    repository.write("src/job.py", "# Databricks notebook source\nprint(1)");
    repository.write("src/lib/a.py", "x = 1");
    repository.commit();
    (environment, directory, repository)
}

fn body(repository: &Repository, path: &str) -> Value {
    json!({"url": format!("file://{}", repository.directory.display()), "provider": "gitHub", "path": path})
}

async fn read(client: &Client, path: &str) -> (u16, String) {
    let answer = client.get(&format!("/api/2.0/workspace-files{path}")).await;
    (answer.status, String::from_utf8(answer.bytes).unwrap())
}

fn file(content: &str) -> (u16, String) {
    (200, content.to_owned())
}

async fn write(client: &Client, path: &str, content: &str) {
    let request = client.request(
        "POST",
        &format!("/api/2.0/workspace-files/import-file{path}?overwrite=true"),
    );
    client.send(request.body(content.to_owned())).await.ok();
}

#[tokio::test]
async fn a_clone_stands_in_the_tree_as_a_repository_with_its_files() {
    let (environment, _directory, repository) = start().await;
    let engineer = environment.client("engineer");
    std::os::unix::fs::symlink("../README.md", repository.directory.join("src/link")).unwrap();
    let commit = repository.commit();
    let path = format!("{HOME}/product");
    let made = engineer.post(REPOS, body(&repository, &path)).await.ok();
    assert_eq!(
        (&made["path"], &made["branch"], &made["head_commit_id"]),
        (&json!(path), &json!("main"), &json!(commit))
    );
    let status = async |path: &str| {
        engineer
            .get(&format!("/api/2.0/workspace/get-status?path={path}"))
            .await
            .ok()
    };
    assert_eq!(status(&path).await["object_type"], "REPO");
    assert_eq!(status(&path).await["object_id"], made["id"]);
    let notebook = status(&format!("{path}/src/job")).await;
    assert_eq!(
        (&notebook["object_type"], &notebook["language"]),
        (&json!("NOTEBOOK"), &json!("PYTHON"))
    );
    assert_eq!(read(&engineer, &format!("{path}/src/lib/a.py")).await, file("x = 1"));
    assert_eq!(
        read(&engineer, &format!("{path}/src/link")).await,
        file("../README.md"),
        "a link is a file with its target, as for git without links"
    );
    let listed = engineer.get(&format!("/api/2.0/workspace/list?path={HOME}")).await.ok();
    assert_eq!(listed["objects"][0]["object_type"], "REPO");
    let one = format!("{REPOS}/{}", made["id"]);
    assert_eq!(engineer.get(&one).await.ok(), made);
    assert_eq!(engineer.get(REPOS).await.ok()["repos"], json!([made]));
    assert_eq!(
        engineer
            .get(&format!("{REPOS}?path_prefix=/Workspace/Shared"))
            .await
            .ok()
            .get("repos"),
        None
    );
    let again = engineer.post(REPOS, body(&repository, &path)).await;
    assert_eq!(again.error(), (400, "RESOURCE_ALREADY_EXISTS".to_owned()));
    let inside = engineer
        .post(REPOS, body(&repository, &format!("{path}/src/inner")))
        .await;
    assert_eq!(inside.status, 400);
    let mut without_path = body(&repository, "");
    without_path.as_object_mut().unwrap().remove("path");
    let made = engineer.post(REPOS, without_path).await.ok();
    assert_eq!(made["path"], "/Repos/engineer@sluice.test/product");
    engineer.delete(&one).await.ok();
    assert_eq!(read(&engineer, &format!("{path}/README.md")).await.0, 404);
    assert_eq!(engineer.get(&one).await.status, 404);
    let clones = environment.directory.path().join("workspaces/dev/git");
    assert_eq!(
        std::fs::read_dir(&clones).unwrap().count(),
        1,
        "the clone went with its folder"
    );
    let environment = environment.restart().await;
    let engineer = environment.client("engineer");
    assert_eq!(
        engineer.get(REPOS).await.ok()["repos"],
        json!([made]),
        "the other survives a restart"
    );
    assert_eq!(std::fs::read_dir(&clones).unwrap().count(), 1);
}

#[tokio::test]
async fn branches_and_tags_are_checked_out_and_numbers_stay() {
    let (environment, _directory, repository) = start().await;
    let engineer = environment.client("engineer");
    let path = format!("{HOME}/product");
    let made = engineer.post(REPOS, body(&repository, &path)).await.ok();
    let one = format!("{REPOS}/{}", made["id"]);
    let number = async || {
        let status = engineer
            .get(&format!("/api/2.0/workspace/get-status?path={path}/README.md"))
            .await;
        status.ok()["object_id"].clone()
    };
    let before = number().await;
    repository.git(&["tag", "--annotate", "v1", "--message", "first"]);
    let first = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["checkout", "--quiet", "-b", "feature/x"]);
    std::fs::remove_dir_all(repository.directory.join("src/lib")).unwrap();
    repository.write("src/new/b.py", "y = 2");
    repository.write("README.md", "read me again");
    let second = repository.commit();
    engineer.patch(&one, json!({"branch": "feature/x"})).await.ok();
    let shown = engineer.get(&one).await.ok();
    assert_eq!(
        (&shown["branch"], &shown["head_commit_id"]),
        (&json!("feature/x"), &json!(second))
    );
    assert_eq!(
        read(&engineer, &format!("{path}/README.md")).await,
        file("read me again")
    );
    assert_eq!(read(&engineer, &format!("{path}/src/new/b.py")).await, file("y = 2"));
    let gone = engineer
        .get(&format!("/api/2.0/workspace/get-status?path={path}/src/lib"))
        .await;
    assert_eq!(gone.status, 404, "a directory without files goes");
    assert_eq!(
        number().await,
        before,
        "a file that stays keeps its number and permissions"
    );
    engineer.patch(&one, json!({"tag": "v1"})).await.ok();
    let shown = engineer.get(&one).await.ok();
    assert_eq!((shown.get("branch"), &shown["head_commit_id"]), (None, &json!(first)));
    assert_eq!(read(&engineer, &format!("{path}/src/lib/a.py")).await, file("x = 1"));
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("README.md", "third");
    let third = repository.commit();
    engineer.patch(&one, json!({"branch": "main"})).await.ok();
    assert_eq!(engineer.get(&one).await.ok()["head_commit_id"], third.as_str());
    repository.write("README.md", "fourth");
    repository.commit();
    engineer.patch(&one, json!({})).await.ok();
    assert_eq!(
        read(&engineer, &format!("{path}/README.md")).await,
        file("fourth"),
        "the same branch comes up to date"
    );
    for (wrong, status) in [
        (json!({"branch": "none"}), 404),
        (json!({"tag": "main"}), 404),
        (json!({"branch": "a", "tag": "b"}), 400),
        (json!({"branch": "--upload-pack=x"}), 400),
        (json!({"branch": "../main"}), 400),
        (json!({"branch": "main^{commit}"}), 400),
    ] {
        assert_eq!(engineer.patch(&one, wrong.clone()).await.status, status, "{wrong}");
    }
}

#[tokio::test]
async fn changes_of_people_are_not_lost_unless_they_say_so() {
    let (environment, _directory, repository) = start().await;
    let engineer = environment.client("engineer");
    let path = format!("{HOME}/product");
    let made = engineer.post(REPOS, body(&repository, &path)).await.ok();
    let one = format!("{REPOS}/{}", made["id"]);
    write(&engineer, &format!("{path}/README.md"), "mine").await;
    write(&engineer, &format!("{path}/src/lib/a.py"), "x = 'mine'").await;
    repository.write("README.md", "theirs");
    repository.commit();
    let refused = engineer.patch(&one, json!({"branch": "main"})).await;
    assert_eq!(refused.error(), (400, "INVALID_STATE".to_owned()));
    assert!(
        refused.json()["message"]
            .as_str()
            .unwrap()
            .contains(&format!("{path}/README.md"))
    );
    assert_eq!(engineer.get(&one).await.ok()["head_commit_id"], made["head_commit_id"]);
    assert_eq!(read(&engineer, &format!("{path}/README.md")).await, file("mine"));
    let discard = json!({"branch": "main", "dangerously_force_discard_all": true});
    engineer.patch(&one, discard).await.ok();
    assert_eq!(read(&engineer, &format!("{path}/README.md")).await, file("theirs"));
    assert_eq!(read(&engineer, &format!("{path}/src/lib/a.py")).await, file("x = 1"));
}

#[tokio::test]
async fn a_sparse_checkout_has_its_directories() {
    let (environment, _directory, repository) = start().await;
    let engineer = environment.client("engineer");
    repository.write("docs/a.md", "a");
    repository.commit();
    let path = format!("{HOME}/product");
    let mut request = body(&repository, &path);
    request["sparse_checkout"] = json!({"patterns": ["src/lib"]});
    let made = engineer.post(REPOS, request.clone()).await.ok();
    assert_eq!(made["sparse_checkout"]["patterns"], json!(["src/lib"]));
    assert_eq!(read(&engineer, &format!("{path}/src/lib/a.py")).await, file("x = 1"));
    assert_eq!(read(&engineer, &format!("{path}/docs/a.md")).await.0, 404);
    let more = json!({"sparse_checkout": {"patterns": ["docs"]}});
    engineer.patch(&format!("{REPOS}/{}", made["id"]), more).await.ok();
    assert_eq!(read(&engineer, &format!("{path}/docs/a.md")).await, file("a"));
    assert_eq!(read(&engineer, &format!("{path}/src/lib/a.py")).await.0, 404);
    request["path"] = json!(format!("{HOME}/other"));
    request["sparse_checkout"] = json!({"patterns": ["../x"]});
    assert_eq!(engineer.post(REPOS, request).await.status, 400);
}

#[tokio::test]
async fn what_is_no_repository_to_clone_is_refused_and_leaves_nothing() {
    let (environment, directory, repository) = start().await;
    let engineer = environment.client("engineer");
    let outside = tempfile::tempdir().unwrap();
    let secret = Repository::make(&outside.path().join("secret"));
    secret.write("a", "a");
    secret.commit();
    let marker = directory.path().join("marker");
    std::os::unix::fs::symlink(outside.path(), directory.path().join("link")).unwrap();
    let command = format!("ext::sh -c \"touch {}\"", marker.display());
    let empty = directory.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    for (url, status) in [
        (format!("file://{}", secret.directory.display()), 403),
        (secret.directory.display().to_string(), 403),
        (format!("{}/link/secret", directory.path().display()), 403),
        (
            format!("{}/../{}", directory.path().display(), outside.path().display()),
            403,
        ),
        ("/etc".to_owned(), 403),
        (command, 400),
        ("https://user:hunter2@git.test/a".to_owned(), 400),
        ("http://127.0.0.1/a".to_owned(), 400),
        ("ssh://git.test/a".to_owned(), 400),
        ("--upload-pack=touch".to_owned(), 400),
        (empty.display().to_string(), 400),
    ] {
        let body = json!({"url": url, "provider": "gitHub", "path": format!("{HOME}/refused")});
        let answer = engineer.post(REPOS, body).await;
        assert_eq!(
            answer.status,
            status,
            "{url}: {}",
            String::from_utf8_lossy(&answer.bytes)
        );
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("hunter2"));
    }
    assert!(!marker.exists());
    for (field, value, status) in [
        ("provider", json!("svn"), 400),
        (
            "path",
            json!("/Users/engineer@sluice.test/../steward@sluice.test/x"),
            400,
        ),
        ("path", json!("/Users/steward@sluice.test/x"), 403),
        ("path", json!("/Users/engineer@sluice.test/none/x"), 404),
        ("path", json!("/"), 403),
        ("git_credential_id", json!(7), 404),
    ] {
        let mut body = body(&repository, &format!("{HOME}/refused"));
        body[field] = value.clone();
        assert_eq!(engineer.post(REPOS, body).await.status, status, "{field} {value}");
    }
    assert_eq!(
        engineer
            .get(&format!("/api/2.0/workspace/get-status?path={HOME}/refused"))
            .await
            .status,
        404
    );
    let clones = environment.directory.path().join("workspaces/dev/git");
    assert_eq!(std::fs::read_dir(clones).map_or(0, Iterator::count), 0);
    let nothing_allowed = Environment::start().await;
    let refused = nothing_allowed
        .client("engineer")
        .post(REPOS, body(&repository, &format!("{HOME}/p")))
        .await;
    assert_eq!(refused.error(), (403, "PERMISSION_DENIED".to_owned()));
}

#[tokio::test]
async fn names_that_the_tree_cannot_have_are_refused() {
    let (environment, _directory, repository) = start().await;
    let engineer = environment.client("engineer");
    repository.write("src/job.sql", "-- Databricks notebook source\nselect 1");
    repository.commit();
    let refused = engineer
        .post(REPOS, body(&repository, &format!("{HOME}/product")))
        .await;
    assert_eq!(refused.status, 400);
    assert!(refused.json()["message"].as_str().unwrap().contains("/src/job"));
    std::fs::remove_file(repository.directory.join("src/job.sql")).unwrap();
    repository.write("src/job/x.py", "");
    repository.commit();
    assert_eq!(
        engineer
            .post(REPOS, body(&repository, &format!("{HOME}/product")))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn permissions_of_a_git_folder_are_those_of_its_directory() {
    let (environment, _directory, repository) = start().await;
    let (engineer, steward) = (environment.client("engineer"), environment.client("steward"));
    let path = format!("{HOME}/product");
    let made = engineer.post(REPOS, body(&repository, &path)).await.ok();
    let one = format!("{REPOS}/{}", made["id"]);
    assert_eq!(steward.get(&one).await.status, 403);
    assert_eq!(steward.get(REPOS).await.ok().get("repos"), None);
    let permissions = format!("/api/2.0/permissions/repos/{}", made["id"]);
    let read = json!({"access_control_list": [{"group_name": "stewards", "permission_level": "CAN_READ"}]});
    let shown = engineer.patch(&permissions, read).await.ok();
    assert_eq!(
        (&shown["object_type"], &shown["object_id"]),
        (&json!("repo"), &json!(format!("/repos/{}", made["id"])))
    );
    steward.get(&one).await.ok();
    assert_eq!(steward.patch(&one, json!({"branch": "main"})).await.status, 403);
    assert_eq!(steward.delete(&one).await.status, 403);
    let directory = engineer
        .get(&format!("/api/2.0/workspace/get-status?path={HOME}"))
        .await
        .ok();
    let none = format!("/api/2.0/permissions/repos/{}", directory["object_id"]);
    assert_eq!(engineer.get(&none).await.status, 404, "a directory is no Git folder");
}

#[tokio::test]
async fn credentials_are_ones_own_and_never_shown() {
    let environment = Environment::start().await;
    let (admin, engineer, steward) = (
        environment.client("admin"),
        environment.client("engineer"),
        environment.client("steward"),
    );
    let path = "/api/2.0/git-credentials";
    let token = "ghp_canary0123456789";
    let body = json!({"git_provider": "gitHub", "git_username": "ann", "personal_access_token": token, "name": "mine"});
    let made = engineer.post(path, body.clone()).await;
    assert!(!String::from_utf8_lossy(&made.bytes).contains(token));
    let made = made.ok();
    assert_eq!(made["is_default_for_provider"], true, "the first of its provider");
    let one = format!("{path}/{}", made["credential_id"]);
    let shown = engineer.get(&one).await.ok();
    assert_eq!(shown, made);
    let second = engineer.post(path, body).await.ok();
    assert_eq!(second["is_default_for_provider"], false);
    let change = json!({"git_provider": "gitHub", "git_username": "bob", "is_default_for_provider": true});
    engineer
        .patch(&format!("{path}/{}", second["credential_id"]), change)
        .await
        .ok();
    let listed = engineer.get(path).await.ok();
    assert!(!listed.to_string().contains(token));
    let defaults: Vec<_> = listed["credentials"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|each| each["is_default_for_provider"] == true)
        .collect();
    assert_eq!(defaults.len(), 1);
    assert_eq!(defaults[0]["git_username"], "bob");
    assert_eq!(steward.get(&one).await.status, 404);
    assert_eq!(steward.delete(&one).await.status, 404);
    assert_eq!(admin.get(&one).await.status, 404);
    for (body, status) in [
        (json!({"git_provider": "svn", "personal_access_token": "x"}), 400),
        (json!({"git_provider": "gitHub"}), 400),
        (json!({"personal_access_token": "x"}), 400),
        (
            json!({"git_provider": "gitHub", "personal_access_token": "x", "principal_id": 1}),
            403,
        ),
    ] {
        assert_eq!(engineer.post(path, body.clone()).await.status, status, "{body}");
    }
    let robots = admin.get("/api/2.0/preview/scim/v2/ServicePrincipals").await.ok();
    let robot: i64 = robots["Resources"][0]["id"].as_str().unwrap().parse().unwrap();
    let body = json!({"git_provider": "gitLab", "personal_access_token": "x", "principal_id": robot});
    admin.post(path, body).await.ok();
    let of_robot = environment.client("deployer").get(path).await.ok();
    assert_eq!(of_robot["credentials"][0]["git_provider"], "gitLab");
    engineer.delete(&one).await.ok();
    assert_eq!(engineer.get(&one).await.status, 404);
    let store = ["store.sqlite", "store.sqlite-wal"]
        .map(|name| std::fs::read(environment.directory.path().join("workspaces/dev").join(name)).unwrap_or_default());
    let store = store.concat();
    assert!(
        !store.windows(token.len()).any(|part| part == token.as_bytes()),
        "sealed at rest"
    );
}
