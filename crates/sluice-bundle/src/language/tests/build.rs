//! Artifacts and local libraries: what is to be built, where it goes, and what takes the place of local paths.

use std::collections::BTreeMap;

use serde_json::json;
use sluice_model::Diagnostic;

use super::Project;
use super::refusals::with_head;
use crate::language::artifacts::{builds, patterns};
use crate::language::libraries::{Found, LibraryFile, local, place};

const ROOT: &str = "
include: [conf/all.yml]
";
const ALL: &str = "
artifacts:
  lib: {type: whl, path: ../lib, build: 'make ${bundle.name} ${HOME}'}
  jar: {build: make, executable: sh, files: [{source: ../x.jar}]}
resources:
  jobs:
    load:
      description: ${artifacts.lib.type} ${artifacts.jar.files[0].source}
      environments: [{environment_key: e, spec: {environment_version: '2', dependencies: [../lib/dist/*.whl, pandas]}}]
      tasks:
        - task_key: a
          existing_cluster_id: c
          notebook_task: {notebook_path: /Shared/a}
          libraries: [{jar: '${artifacts.jar.files[0].source}'}, {whl: ../lib/dist/lib-1-py3-none-any.whl}]
        - task_key: b
          for_each_task:
            inputs: '[1]'
            task: {task_key: c, existing_cluster_id: c, notebook_task: {notebook_path: /Shared/a}, libraries: [{whl: ../lib/dist/*.whl}]}
";

fn project() -> Project {
    with_head(ROOT)
        .file("conf/all.yml", ALL)
        .file("lib/readme", "")
        .with(|inputs| inputs.directory = "/home/jane/shop".to_owned())
}

/// What the shell finds when these files exist.
fn found(project: &Project, files: &[&str]) -> Found {
    let bundle = project.bundle();
    let matching = |pattern: &str| -> Vec<String> {
        let matches = |file: &&&str| crate::language::glob::matches(pattern, file);
        files.iter().filter(matches).map(|file| (*file).to_owned()).collect()
    };
    let of = |pattern: String| {
        let files = matching(&pattern);
        (pattern, files)
    };
    Found {
        root: "/home/jane/shop".to_owned(),
        artifacts: patterns(&bundle).into_iter().map(of).collect(),
        libraries: local(&bundle)
            .into_iter()
            .map(|library| of(library.pattern))
            .collect::<BTreeMap<_, _>>(),
    }
}

#[test]
fn what_is_built_and_where() {
    let listed: Vec<String> = builds(&project().bundle())
        .into_iter()
        .map(|build| {
            format!(
                "{} {:?} in {}: {}",
                build.artifact, build.executable, build.directory, build.command
            )
        })
        .collect();
    assert_eq!(
        listed,
        [
            "jar Some(\"sh\") in /home/jane/shop: make",
            "lib None in /home/jane/shop/lib: make shop ${HOME}"
        ]
    );
}

#[test]
fn local_libraries_become_paths_in_the_workspace() {
    let project = project();
    let files = [
        "/home/jane/shop/x.jar",
        "/home/jane/shop/lib/dist/lib-1-py3-none-any.whl",
        "lib/dist/lib-1-py3-none-any.whl",
    ];
    let mut bundle = project.bundle();
    let uploads = place(&mut bundle, &found(&project, &files)).unwrap();
    let folder = "/Workspace/Users/jane.doe@example.com/.bundle/shop/default/artifacts/.internal";
    let wheel = format!("{folder}/lib-1-py3-none-any.whl");
    let file = |local: &str, remote: &str| LibraryFile {
        local: local.to_owned(),
        remote: remote.to_owned(),
    };
    let jar = format!("{folder}/x.jar");
    assert_eq!(
        uploads,
        [file("lib/dist/lib-1-py3-none-any.whl", &wheel), file("x.jar", &jar)]
    );
    let job = bundle
        .config
        .get("resources")
        .unwrap()
        .get("jobs")
        .unwrap()
        .get("load")
        .unwrap()
        .to_json();
    assert_eq!(job["description"], "whl /home/jane/shop/x.jar");
    assert_eq!(job["environments"][0]["spec"]["dependencies"], json!([wheel, "pandas"]));
    assert_eq!(job["tasks"][0]["libraries"], json!([{"jar": jar}, {"whl": wheel}]));
    assert_eq!(
        job["tasks"][1]["for_each_task"]["task"]["libraries"],
        json!([{"whl": wheel}])
    );
}

#[test]
fn what_is_missing_or_twice_is_said_together() {
    let project = project();
    let files = ["/home/jane/shop/x.jar", "/home/jane/shop/lib/dist/x.jar"];
    let faults = place(&mut project.bundle(), &found(&project, &files)).unwrap_err();
    insta::assert_snapshot!(shown(&faults), @r"
    error: no file matches `/home/jane/shop/lib/dist/*.whl`
      at artifacts.lib.files[0].source
      help: the path is relative to the file that it stands in; a file that is built needs `build` in its artifact
    error: no file matches `lib/dist/*.whl`
      at resources.jobs.load.environments[0].spec.dependencies[0]
      in conf/all.yml:9:91
      help: build it first, for example as one of the bundle's `artifacts`; the path is relative to the file that it stands in
    error: there is no file `lib/dist/lib-1-py3-none-any.whl`
      at resources.jobs.load.tasks[0].libraries[1].whl
      in conf/all.yml:14:72
      help: build it first, for example as one of the bundle's `artifacts`; the path is relative to the file that it stands in
    error: no file matches `lib/dist/*.whl`
      at resources.jobs.load.tasks[1].for_each_task.task.libraries[0].whl
      in conf/all.yml:18:118
      help: build it first, for example as one of the bundle's `artifacts`; the path is relative to the file that it stands in
    ");
    let two = with_head(
        "resources: {jobs: {load: {environments: [{environment_key: e, spec: {environment_version: '2', dependencies: [./a/x.whl, ./b/x.whl]}}]}}}\n",
    );
    let faults = place(&mut two.bundle(), &found(&two, &["a/x.whl", "b/x.whl"])).unwrap_err();
    insta::assert_snapshot!(shown(&faults), @r"
    error: two libraries have the name `x.whl`: `a/x.whl`, `b/x.whl`
      at resources.jobs.load.environments[0].spec.dependencies[0]
      at resources.jobs.load.environments[0].spec.dependencies[1]
      in databricks.yml:3:111
      in databricks.yml:3:122
      help: all libraries of a bundle go to one folder; rename one of them
    ");
}

#[test]
fn what_an_artifact_lacks_is_said_before_anything_is_built() {
    let text = "artifacts: {a: {type: jar}, b: {build: make, path: nowhere, files: [{source: x}]}, c: {files: [{source: 'no/*.jar'}]}}\n";
    insta::assert_snapshot!(with_head(text).findings(), @r"
    refused
    error: `artifacts.a` says neither how it is built nor which files it has
      at artifacts.a
      in databricks.yml:3:13
      help: give it `build`, or `files`
    error: `nowhere` is no folder
      at artifacts.b.path
      in databricks.yml:3:52
      help: name the folder in which the artifact is built, relative to the file that this stands in
    error: no file matches `no/*.jar`
      at artifacts.c.files[0].source
      in databricks.yml:3:105
      help: the path is relative to the file that it stands in; a file that is built needs `build` in its artifact
    ");
}

#[test]
fn a_wheel_is_built_without_being_declared_where_a_setup_py_is() {
    let uses = "resources: {jobs: {load: {environments: [{environment_key: e, spec: {environment_version: '2', dependencies: [./dist/*.whl]}}]}}}\n";
    let automatic = with_head(uses).file("setup.py", "");
    let build = builds(&automatic.bundle());
    assert_eq!(build.len(), 1);
    assert_eq!(build[0].command, "python3 setup.py bdist_wheel");
    assert_eq!(builds(&with_head(uses).bundle()), []);
    let none = with_head("resources: {jobs: {load: {}}}\n").file("setup.py", "");
    assert_eq!(builds(&none.bundle()), []);
}

fn shown(diagnostics: &[Diagnostic]) -> String {
    let lines: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
