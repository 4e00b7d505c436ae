//! Running a deployed job. The workspace is the real process: a task starts the binary again, in a sandbox.

use serde_json::json;
use sluice_testkit::Environment;

use crate::place::{Answer, finish};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sluice");

fn sluice(environment: &Environment, arguments: &[&str]) -> Answer {
    let mut command = environment.command(PROGRAM.as_ref());
    command
        .args(arguments)
        .env(
            "DATABRICKS_CONFIG_FILE",
            environment.data().join("local/workspaces/databrickscfg"),
        )
        .env("DATABRICKS_CONFIG_PROFILE", "dev-engineer")
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    finish(command.spawn().unwrap())
}

#[test]
fn a_job_runs_with_its_parameters_and_a_failed_run_says_why() {
    let environment = Environment::new(PROGRAM);
    let _workspaces = environment.workspaces().unwrap();
    environment.write(
        "databricks.yml",
        "bundle: {name: greeting}\n\
         targets: {dev: {default: true}}\n\
         resources:\n  jobs:\n    load:\n      name: load\n      \
         parameters: [{name: greeting, default: hello}]\n      \
         tasks: [{task_key: greet, notebook_task: {notebook_path: ./greet.py}}]\n",
    );
    environment.write(
        "greet.py",
        "# Databricks notebook source\n\
         greeting = dbutils.widgets.get('greeting')\n\
         if greeting == 'bad':\n    raise ValueError('no such greeting: ' + greeting)\n",
    );
    let refused = sluice(&environment, &["run", "load"]);
    assert!(
        refused
            .refusal(2)
            .starts_with("error: `resources.jobs.load` is not deployed to target `dev`; deployed jobs: none\n"),
        "{refused:?}"
    );
    assert_eq!(sluice(&environment, &["deploy"]).code, Some(0));
    let run = sluice(&environment, &["run", "load", "-o", "json"]).json(0);
    assert_eq!(run["result"], "SUCCESS");
    assert_eq!(run["tasks"][0]["task_key"], "greet");

    let arguments = ["run", "jobs.load", "--params", "greeting=bad", "-o", "json"];
    let failed = sluice(&environment, &arguments);
    let failure = failed.json(4);
    assert_eq!(failure["outcome"]["result"], "FAILED");
    assert_eq!(failure["task"], json!("greet"));
    for text in [
        "task greet: ",
        "ValueError: no such greeting: bad",
        "hint: look at the run: http",
    ] {
        assert!(failed.stderr.contains(text), "{failed:?}");
    }
}

#[test]
fn an_app_that_cannot_be_started_here_is_refused_by_the_workspace() {
    let environment = Environment::new(PROGRAM);
    let _workspaces = environment.workspaces().unwrap();
    environment.write(
        "databricks.yml",
        "bundle: {name: portal}\n\
         targets: {dev: {default: true}}\n\
         resources:\n  apps:\n    portal: {name: portal, source_code_path: ./app}\n",
    );
    environment.write("app/app.py", "print(1)\n");
    let refused = sluice(&environment, &["run", "apps.portal"]);
    assert!(
        refused
            .refusal(2)
            .starts_with("error: `resources.apps.portal` is not deployed to target `dev`; deployed apps: none\n"),
        "{refused:?}"
    );
    assert_eq!(sluice(&environment, &["deploy"]).code, Some(0));
    let refused = sluice(&environment, &["run", "portal"]);
    let message = refused.refusal(4);
    assert!(message.contains("app portal: starting"), "{message}");
    assert!(
        message.contains("the local workspace stores apps and runs none"),
        "{message}"
    );
}

#[test]
fn a_run_of_a_deployment_that_failed_is_started_anew() {
    let environment = Environment::new(PROGRAM);
    let _workspaces = environment.workspaces().unwrap();
    environment.write(
        "databricks.yml",
        "bundle: {name: migration}\n\
         targets: {dev: {default: true}}\n\
         resources:\n  jobs:\n    move:\n      name: move\n      \
         tasks: [{task_key: move, notebook_task: {notebook_path: ./move.py}}]\n  \
         job_runs:\n    first: {job_id: \"${resources.jobs.move.id}\"}\n",
    );
    environment.write(
        "move.py",
        "# Databricks notebook source\nraise ValueError('not today')\n",
    );
    let failed = sluice(&environment, &["deploy"]);
    assert!(failed.stderr.contains("did not succeed"), "{failed:?}");
    assert!(failed.stderr.contains("not today"), "{failed:?}");
    let plan = sluice(&environment, &["plan"]);
    assert!(plan.stdout.contains("recreate job_runs.first\n"), "{plan:?}");
    environment.write("move.py", "# Databricks notebook source\nprint('moved')\n");
    assert_eq!(sluice(&environment, &["deploy"]).code, Some(0));
    let plan = sluice(&environment, &["plan"]);
    assert_eq!(plan.stdout, "Plan: 0 to add, 0 to change, 0 to delete, 2 unchanged\n");
}
