//! Artifacts, local libraries and scripts of a bundle.

use serde_json::json;

use crate::place::Place;

const FOLDER: &str = "/Users/engineer@sluice.test/.bundle/made/dev/artifacts/.internal";

fn bundle(place: &Place, rest: &str) {
    place.write(
        "databricks.yml",
        &format!(
            "bundle: {{name: made}}\n\
             targets: {{dev: {{default: true, workspace: {{host: \"{}\"}}}}}}\n\
             sync: {{exclude: [dist]}}\n{rest}",
            place.host
        ),
    );
}

const WHEEL: &str = "artifacts:
  wheel:
    type: whl
    build: \"mkdir -p dist && cp text.txt dist/made-1-py3-none-any.whl && echo built >&2\"
resources:
  jobs:
    load:
      name: load
      environments: [{environment_key: e, spec: {environment_version: '2', dependencies: ['./dist/*.whl']}}]
      tasks: [{task_key: a, environment_key: e, python_wheel_task: {package_name: made, entry_point: main}}]
";

#[test]
fn a_wheel_is_built_and_uploaded_when_its_content_changes() {
    let place = Place::new();
    bundle(&place, WHEEL);
    place.write("text.txt", "one");
    let validated = place.sluice(&["validate", "-o", "json"]).json(0);
    let dependencies = "/resources/jobs/load/environments/0/spec/dependencies";
    assert_eq!(validated.pointer(dependencies), Some(&json!(["./dist/*.whl"])));
    assert!(!place.bundle.join("dist").exists());

    let deployed = place.sluice(&["deploy", "-o", "json"]);
    assert!(deployed.stderr.contains("building wheel: mkdir"), "{deployed:?}");
    assert!(deployed.stderr.contains("  built\n"), "{deployed:?}");
    let deployed = deployed.json(0);
    assert_eq!(
        deployed["libraries"],
        json!({"uploaded": 1, "deleted": 0, "unchanged": 0})
    );
    let files = place.remote_files(FOLDER);
    assert_eq!(files, [format!("{FOLDER}/made-1-py3-none-any.whl")]);
    let job = place.get("/api/2.2/jobs/list", &[("expand_tasks", "true")]);
    let remote = format!("/Workspace{FOLDER}/made-1-py3-none-any.whl");
    let environments = &job["jobs"][0]["settings"]["environments"];
    assert_eq!(environments[0]["spec"]["dependencies"], json!([remote]));

    let again = place.sluice(&["deploy", "-o", "json"]).json(0);
    assert_eq!(again["libraries"], json!({"uploaded": 0, "deleted": 0, "unchanged": 1}));
    assert_eq!(again["counts"]["unchanged"], 1);
    place.write("text.txt", "two");
    let changed = place.sluice(&["deploy", "-o", "json"]).json(0);
    assert_eq!(
        changed["libraries"],
        json!({"uploaded": 1, "deleted": 0, "unchanged": 0})
    );

    // Somebody else's file of the same name does not count as ours.
    let client = place.client("engineer");
    let overwritten = client.upload(&remote, b"of somebody else".to_vec());
    place.runtime.block_on(overwritten).unwrap();
    let put_right = place.sluice(&["deploy", "-o", "json"]).json(0);
    assert_eq!(
        put_right["libraries"],
        json!({"uploaded": 1, "deleted": 0, "unchanged": 0})
    );
    let content = place.runtime.block_on(client.download(&remote)).unwrap();
    assert_eq!(content.as_deref(), Some(&b"two"[..]));
}

#[test]
fn a_build_that_fails_says_which_and_why_and_nothing_is_sent() {
    let place = Place::new();
    bundle(&place, &WHEEL.replace("mkdir -p dist &&", "echo no luck; false;"));
    let refused = place.sluice(&["deploy"]);
    let said = refused.refusal(2);
    for text in ["the build of artifact `wheel` failed", "exit status: 1", "\n  no luck"] {
        assert!(said.contains(text), "{said}");
    }
    bundle(
        &place,
        &WHEEL.replace("mkdir -p dist && cp text.txt dist/made-1-py3-none-any.whl", "true"),
    );
    let refused = place.sluice(&["plan"]);
    let said = refused.refusal(2);
    assert!(said.contains("no file matches `dist/*.whl`"), "{said}");
    assert_eq!(place.jobs(), Vec::<String>::new());
}

#[test]
fn scripts_run_when_their_moment_comes() {
    let place = Place::new();
    bundle(
        &place,
        "include: [made/*.yml]
variables: {who: {default: you}}
experimental:
  scripts:
    preinit: \"mkdir -p made; echo 'resources: {jobs: {two: {name: two}}}' > made/two.yml; echo preinit >> log\"
    postinit: 'echo postinit ${var.who} >> log'
    prebuild: 'echo prebuild >> log'
    postbuild: 'echo postbuild >> log'
    predeploy: 'echo predeploy >> log'
    postdeploy: 'echo postdeploy >> log'
scripts:
  hello: {content: 'echo $WHO $DATABRICKS_HOST; test -n \"$DATABRICKS_TOKEN\"; exit 3', env: {WHO: 'dear ${var.who}'}}
",
    );
    let log = || {
        let text = std::fs::read_to_string(place.bundle.join("log")).unwrap_or_default();
        std::fs::write(place.bundle.join("log"), "").unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let validated = place.sluice(&["validate"]);
    assert_eq!(validated.code, Some(0), "{validated:?}");
    assert!(
        validated.stderr.contains("running the bundle's script `preinit`"),
        "{validated:?}"
    );
    assert_eq!(log(), ["preinit", "postinit you"]);
    let planned = place.sluice(&["plan"]);
    assert!(planned.stdout.contains("create jobs.two"), "{planned:?}");
    assert_eq!(log(), ["preinit", "postinit you", "prebuild", "postbuild"]);
    assert_eq!(place.sluice(&["deploy"]).code, Some(0));
    let all = [
        "preinit",
        "postinit you",
        "prebuild",
        "postbuild",
        "predeploy",
        "postdeploy",
    ];
    assert_eq!(log(), all);
    let ran = place.sluice(&["run", "hello"]);
    assert_eq!((ran.code, ran.stdout), (Some(4), format!("dear you {}\n", place.host)));
    assert!(
        ran.stderr.contains("script `hello` ended with exit status: 3"),
        "{}",
        ran.stderr
    );
    assert_eq!(log(), ["preinit", "postinit you"]);
}

#[test]
fn a_script_that_fails_ends_the_command() {
    let place = Place::new();
    let scripts = |hook: &str| {
        format!(
            "experimental: {{scripts: {{{hook}: 'echo no; exit 7'}}}}\nresources: {{jobs: {{load: {{name: load}}}}}}\n"
        )
    };
    for hook in ["preinit", "postinit", "prebuild", "postbuild", "predeploy"] {
        bundle(&place, &scripts(hook));
        let refused = place.sluice(&["deploy"]);
        let said = refused.refusal(2);
        let expected = format!("the bundle's script `{hook}` failed: exit status: 7; the last it wrote:\n  no");
        assert!(said.contains(&expected), "{said}");
    }
    assert_eq!(place.jobs(), Vec::<String>::new());
    bundle(&place, &scripts("postdeploy"));
    assert_eq!(place.sluice(&["deploy"]).code, Some(5));
    assert_eq!(place.jobs(), ["load"]);
}

#[test]
fn a_bundle_can_refuse_to_change_what_runs() {
    let place = Place::new();
    bundle(
        &place,
        "resources: {jobs: {load: {name: load, tasks: [{task_key: a, notebook_task: {notebook_path: ./a.py}}]}}}\n",
    );
    place.write("a.py", "# Databricks notebook source\nimport time\ntime.sleep(600)\n");
    assert_eq!(place.sluice(&["deploy"]).code, Some(0));
    assert_eq!(place.sluice(&["plan", "--fail-on-active-runs"]).code, Some(0));
    let id = place.get("/api/2.2/jobs/list", &[])["jobs"][0]["job_id"].clone();
    let request = sluice_wire::Request::new(sluice_wire::Method::Post, "/api/2.2/jobs/run-now");
    let request = request.json(json!({"job_id": id}));
    let client = place.client("engineer");
    let started = client.send(&request);
    place.runtime.block_on(started).unwrap();
    let refused = place.sluice(&["deploy", "--fail-on-active-runs"]);
    let said = refused.refusal(3);
    assert!(said.contains("these run at the moment: resources.jobs.load"), "{said}");
    assert_eq!(place.sluice(&["plan"]).code, Some(0));
}
