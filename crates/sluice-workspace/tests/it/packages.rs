//! What tasks bring along: wheels, environments, and languages that are not run here.
#![expect(clippy::unwrap_used, reason = "a step of a test that fails is a failing test")]

use std::process::Command;

use serde_json::{Value, json};

use crate::runs::{HOME, create, finish, get, output, result, run, start, upload};
use crate::support::{Client, Environment};

const WHEEL: &str = "tidy_rows-1.0-py3-none-any.whl";

/// A wheel with a function, an entry point for it, and no requirements.
fn wheel() -> Vec<u8> {
    const BUILD: &str = r#"
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("tidy_rows/__init__.py", "import sys\ndef main():\n    print('main', sys.argv)\ndef plain():\n    from pyspark.sql import SparkSession\n    print('plain', SparkSession.getActiveSession().sql('SELECT 1 + 1').collect()[0][0])\n")
    wheel.writestr("tidy_rows-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tidy-rows\nVersion: 1.0\n")
    wheel.writestr("tidy_rows-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr("tidy_rows-1.0.dist-info/entry_points.txt", "[console_scripts]\ntidy = tidy_rows:main\n")
    wheel.writestr("tidy_rows-1.0.dist-info/RECORD", "")
"#;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(WHEEL);
    let built = Command::new("python3").args(["-c", BUILD]).arg(&path).status().unwrap();
    assert!(built.success());
    std::fs::read(path).unwrap()
}

async fn upload_wheel(client: &Client) {
    let path = format!("/api/2.0/workspace-files/import-file{HOME}/{WHEEL}?overwrite=true");
    let answer = client.send(client.request("POST", &path).body(wheel())).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
}

fn wheel_task(key: &str, entry_point: &str, more: Value) -> Value {
    let mut task = json!({"package_name": "tidy-rows", "entry_point": entry_point});
    task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"task_key": key, "python_wheel_task": task})
}

#[tokio::test]
async fn a_wheel_runs_from_workspace_files_and_volumes_with_its_arguments() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    upload_wheel(&engineer).await;
    engineer
        .post(
            "/api/2.1/unity-catalog/schemas",
            json!({"name": "wheels", "catalog_name": "dev"}),
        )
        .await
        .ok();
    let volume = json!({"name": "v", "catalog_name": "dev", "schema_name": "wheels", "volume_type": "MANAGED"});
    engineer.post("/api/2.1/unity-catalog/volumes", volume).await.ok();
    let in_volume = format!("/Volumes/dev/wheels/v/{WHEEL}");
    let put = engineer
        .put_bytes(&format!("/api/2.0/fs/files{in_volume}"), wheel())
        .await;
    assert_eq!(put.status, 204);
    let mut listed = wheel_task("listed", "tidy", json!({"parameters": ["{{task.name}}", "two"]}));
    listed["libraries"] = json!([{"whl": format!("/Workspace{HOME}/{WHEEL}")}]);
    let mut named = wheel_task(
        "named",
        "tidy",
        json!({"named_parameters": {"day": "{{job.parameters.day}}"}}),
    );
    named["libraries"] = json!([{"whl": in_volume}]);
    let mut plain = wheel_task("plain", "plain", json!({}));
    plain["environment_key"] = json!("e");
    let settings = json!({
        "parameters": [{"name": "day", "default": "monday"}],
        "environments": [{"environment_key": "e", "spec": {"client": "2", "dependencies": [in_volume]}}],
        "tasks": [listed, named, plain],
    });
    let run = run(&engineer, settings, json!({})).await;
    let logs = [
        output(&engineer, &run, 0).await,
        output(&engineer, &run, 1).await,
        output(&engineer, &run, 2).await,
    ];
    assert_eq!(result(&run), ("TERMINATED", "SUCCESS", "SUCCESS"), "{logs:#?}");
    assert_eq!(logs[0]["logs"], "main ['tidy-rows', 'listed', 'two']\n");
    assert_eq!(logs[1]["logs"], "main ['tidy-rows', '--day=monday']\n");
    assert_eq!(logs[2]["logs"], "plain 2\n");
    let resolved = &run["tasks"][1]["resolved_values"]["python_wheel_task"]["parameters"];
    assert_eq!(*resolved, json!(["--day=monday"]));
}

#[tokio::test]
async fn a_notebook_finds_what_its_environment_names_and_others_do_not() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    upload_wheel(&engineer).await;
    upload(
        &engineer,
        "uses.py",
        "# Databricks notebook source\nimport tidy_rows\ndbutils.notebook.exit(tidy_rows.__file__.split('/')[-2])\n",
    )
    .await;
    upload(&engineer, "requirements.txt", "# nothing but a comment\n").await;
    let notebook = json!({"notebook_path": format!("{HOME}/uses")});
    let settings = json!({
        "environments": [{"environment_key": "e", "spec": {"dependencies": [
            format!("/Workspace{HOME}/{WHEEL}"), format!("-r {HOME}/requirements.txt"),
        ]}}],
        "tasks": [
            {"task_key": "with", "notebook_task": notebook, "environment_key": "e"},
            {"task_key": "without", "notebook_task": notebook},
        ],
    });
    let run = run(&engineer, settings, json!({})).await;
    let with = output(&engineer, &run, 0).await;
    assert_eq!(with["notebook_output"]["result"], "tidy_rows", "{with:#}");
    let without = output(&engineer, &run, 1).await;
    assert_eq!(without["error"], "ModuleNotFoundError: No module named 'tidy_rows'");
}

#[tokio::test]
async fn what_cannot_be_installed_or_found_fails_by_name() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    upload_wheel(&engineer).await;
    let own = json!([{"whl": format!("{HOME}/{WHEEL}")}]);
    let mut absent = wheel_task("absent", "tidy", json!({}));
    absent["libraries"] = json!([{"whl": format!("{HOME}/absent-1.0-py3-none-any.whl")}]);
    let bare = wheel_task("bare", "tidy", json!({}));
    let mut unknown = wheel_task("unknown", "nothing", json!({}));
    unknown["libraries"] = own;
    let run = run(&engineer, json!({"tasks": [absent, bare, unknown]}), json!({})).await;
    let mut errors = Vec::new();
    for index in 0..3 {
        errors.push(
            output(&engineer, &run, index).await["error"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    assert!(
        errors[0].contains("absent-1.0-py3-none-any.whl` of the task cannot be read"),
        "{}",
        errors[0]
    );
    assert!(
        errors[1].contains("the package `tidy-rows` is not installed"),
        "{}",
        errors[1]
    );
    assert!(
        errors[2].contains("has no entry point `nothing`; its entry points: `tidy`"),
        "{}",
        errors[2]
    );
    let mut jar = wheel_task("jar", "x", json!({}));
    jar["libraries"] = json!([{"jar": "/Volumes/a/b/c.jar"}]);
    let refused = engineer.post("/api/2.2/jobs/create", json!({"tasks": [jar]})).await;
    assert_eq!(refused.error(), (501, "NOT_IMPLEMENTED".to_owned()));
}

#[tokio::test]
async fn scala_and_r_notebooks_are_stored_and_refused_when_they_run() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    upload(&engineer, "s.scala", "// Databricks notebook source\nprintln(1)\n").await;
    upload(&engineer, "r.r", "# Databricks notebook source\nprint(1)\n").await;
    let task = |key: &str| json!({"task_key": key, "notebook_task": {"notebook_path": format!("{HOME}/{key}")}});
    let job_id = create(&engineer, json!({"tasks": [task("s"), task("r")]})).await;
    let run_id = start(&engineer, job_id, json!({})).await;
    finish(&engineer, run_id).await;
    let run = get(&engineer, run_id).await;
    for (index, language) in [(0, "SCALA"), (1, "R")] {
        let error = output(&engineer, &run, index).await["error"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            error.contains(&format!(
                "is written in {language}, which the local workspace does not run"
            )),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_jupyter_notebook_becomes_a_notebook_and_runs() {
    let environment = Environment::start().await;
    let engineer = environment.client("engineer");
    let document = json!({
        "nbformat": 4, "metadata": {"language_info": {"name": "python"}},
        "cells": [
            {"cell_type": "markdown", "source": ["# Title"]},
            {"cell_type": "code", "source": ["n = 20\n", "n += 1"], "outputs": []},
            {"cell_type": "code", "source": ["%sql\n", "SELECT 2 AS two"]},
            {"cell_type": "code", "source": "dbutils.notebook.exit(n * _sqldf.collect()[0]['two'])"},
        ],
    });
    upload(&engineer, "book.ipynb", &document.to_string()).await;
    let status = engineer
        .get(&format!("/api/2.0/workspace/get-status?path={HOME}/book"))
        .await
        .ok();
    assert_eq!(
        (&status["object_type"], &status["language"]),
        (&json!("NOTEBOOK"), &json!("PYTHON"))
    );
    let task = json!({"task_key": "t", "notebook_task": {"notebook_path": format!("{HOME}/book")}});
    let run = run(&engineer, json!({"tasks": [task]}), json!({})).await;
    let output = output(&engineer, &run, 0).await;
    assert_eq!(output["notebook_output"]["result"], "42", "{output:#}");
}
