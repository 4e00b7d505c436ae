//! What is refused, and with which words and places.

use super::{Project, project};

const HEAD: &str = "bundle: {name: shop}\nworkspace: {host: 'https://one.test'}\n";

pub(super) fn refused(rest: &str) -> String {
    with_head(rest).findings()
}

pub(super) fn with_head(rest: &str) -> Project {
    project(&format!("{HEAD}{rest}"))
}

#[test]
fn root_files() {
    let empty = Project {
        files: std::collections::BTreeMap::new(),
        ..project("")
    };
    insta::assert_snapshot!(empty.findings(), @r"
    refused
    error: there is no bundle here: `databricks.yml` does not exist
      help: run the command in a directory with a `databricks.yml`, or below one
    ");
    insta::assert_snapshot!(project(HEAD).file("bundle.yaml", HEAD).findings(), @r"
    refused
    error: a bundle has one root file, here are `databricks.yml` and `bundle.yaml`
      help: keep `databricks.yml`
    ");
    insta::assert_snapshot!(project("").findings(), @r"
    refused
    error: the bundle has no name
      at bundle.name
      help: set `bundle.name`
    ");
    insta::assert_snapshot!(project("bundle:\n  name: ''\n").findings(), @r"
    refused
    error: the bundle has no name
      at bundle.name
      in databricks.yml:2:3
      help: set `bundle.name`
    ");
    insta::assert_snapshot!(project("bundle: {name: '${var.x}'}\n").findings(), @r"
    refused
    error: `bundle.name` cannot use references
      at bundle.name
      in databricks.yml:1:16
      help: write the value itself, in each target when it differs
    error: variable `x` is not defined
      at bundle.name
      in databricks.yml:1:16
      help: declare `x` in the top-level `variables`
    ");
    insta::assert_snapshot!(project("- a\n").findings(), @r"
    refused
    error: a bundle file holds a map, this is a list
      in databricks.yml:1:1
    ");
}

#[test]
fn broken_yaml_in_several_files() {
    let project = with_head("include: ['*.yml']\n")
        .file("a.yml", "x: [1\ny: 2")
        .file("b.yml", "a: 1\na: 2\n");
    insta::assert_snapshot!(project.findings(), @r"
    refused
    error: broken YAML: illegal placement of ':' indicator
      in a.yml:2:2
    error: key `a` stands twice in one map
      in b.yml:2:1
      in b.yml:1:1
      help: keep one of them
    ");
    insta::assert_snapshot!(super::project("bundle:\n  name: x\n name: y\n").findings(), @r"
    refused
    error: broken YAML: while parsing a block mapping, did not find expected key
      in databricks.yml:3:2
    ");
}

#[test]
fn includes() {
    insta::assert_snapshot!(refused("include:\n  - resources/*.yml\n"), @r"
    resolved
    recommendation: `include` pattern `resources/*.yml` matches no file
      at include[0]
      in databricks.yml:4:5
      help: correct the pattern or remove it
    ");
    insta::assert_snapshot!(refused("include:\n  - resources/**/*.yml\n"), @r"
    resolved
    recommendation: `include` pattern `resources/**/*.yml` matches no file
      at include[0]
      in databricks.yml:4:5
      help: `**` is no pattern of its own here: `*` matches within one directory
    ");
    insta::assert_snapshot!(refused("include:\n  - resources/a.yml\n"), @r"
    refused
    error: `include` names `resources/a.yml`, which does not exist
      at include[0]
      in databricks.yml:4:5
      help: correct the path or remove it
    ");
    insta::assert_snapshot!(refused("include:\n  - /etc/a.yml\n  - '${var.x}.yml'\n  - 3\n"), @r"
    refused
    error: `/etc/a.yml` is an absolute path
      at include[0]
      in databricks.yml:4:5
      help: write it relative to the root file
    error: `include` cannot use references: `${var.x}.yml`
      at include[1]
      in databricks.yml:5:5
      help: files are included before variables have values
    error: `include` names `3`, which does not exist
      at include[2]
      in databricks.yml:6:5
      help: correct the path or remove it
    ");
    insta::assert_snapshot!(refused("include: resources\n"), @r"
    refused
    error: `include` has to be a list, this is the string `resources`
      at include
      in databricks.yml:3:10
    ");
    insta::assert_snapshot!(with_head("include: ['src/*']\n").file("src/a.py", "").findings(), @r"
    refused
    error: `src/a.py` cannot be included: only .yml, .yaml and .json files can
      at include[0]
      in databricks.yml:3:11
      help: narrow the pattern, for example to `*.yml`; files to upload belong to `sync.include`
    ");
    insta::assert_snapshot!(with_head("include: ['a.yml']\n").file("a.yml", "include: [b.yml]\n").findings(), @r"
    resolved
    warning: `include` counts in `databricks.yml` alone and is ignored here
      at include
      in a.yml:1:1
    ");
}

#[test]
fn faults_of_several_files_come_together() {
    let project = with_head("include: [missing.yml, a.yml]\nresource: {}\n").file("a.yml", "a: [\n");
    insta::assert_snapshot!(project.findings(), @r"
    refused
    error: unknown field `resource`
      at resource
      in databricks.yml:4:1
      help: did you mean `resources`?
    error: `include` names `missing.yml`, which does not exist
      at include[0]
      in databricks.yml:3:11
      help: correct the path or remove it
    ");
    let project = with_head("include: [a.yml]\nresource: {}\n").file(
        "a.yml",
        "run: {}\nresources: {schemas: {a: {catalog_name: c, name: '${var.x}'}}}\n",
    );
    insta::assert_snapshot!(project.findings(), @r"
    refused
    error: unknown field `resource`
      at resource
      in databricks.yml:4:1
      help: did you mean `resources`?
    error: unknown field `run`
      at run
      in a.yml:1:1
      help: a bundle file has no such field; remove it
    error: variable `x` is not defined
      at resources.schemas.a.name
      in a.yml:2:50
      help: declare `x` in the top-level `variables`
    ");
}

#[test]
fn resource_keys_are_unique() {
    let project = with_head("include: ['a.yml']\nresources: {schemas: {x: {name: x, catalog_name: c}}}\n").file(
        "a.yml",
        "resources:\n  volumes:\n    x: {name: x, catalog_name: c, schema_name: s}\n",
    );
    insta::assert_snapshot!(project.findings(), @r"
    refused
    error: resource key `x` is used more than once
      at resources.schemas.x
      at resources.volumes.x
      in a.yml:3:5
      in databricks.yml:4:23
      help: every resource has a key of its own, across kinds and files
    ");
}

#[test]
fn targets() {
    let targets = "targets:\n  dev: {}\n  prod: {}\n";
    insta::assert_snapshot!(with_head(targets).findings(), @r"
    refused
    error: no target is chosen and none is the default
      at targets
      help: name one with `--target`, or set `default: true` on one of `dev`, `prod`
    ");
    insta::assert_snapshot!(with_head(targets).target("prd").findings(), @r"
    refused
    error: target `prd` does not exist
      in databricks.yml:3:1
      help: did you mean `prod`?
    ");
    insta::assert_snapshot!(with_head("").target("prod").findings(), @r"
    refused
    error: target `prod` does not exist
      help: this bundle declares no targets
    ");
    insta::assert_snapshot!(refused("targets:\n  a: {default: true}\n  b: {default: true}\n"), @r"
    refused
    error: more than one target is the default
      at targets.a.default
      at targets.b.default
      in databricks.yml:4:16
      in databricks.yml:5:16
      help: keep `default: true` on one of them
    ");
    insta::assert_snapshot!(refused("targets:\n  a:\n    mode: debug\n"), @r"
    refused
    error: target `a` has the mode `debug`, which does not exist
      at targets.a.mode
      in databricks.yml:5:11
      help: use `development` or `production`, or leave it out
    ");
    insta::assert_snapshot!(refused("targets:\n  a:\n    workspace: [1]\n"), @r"
    refused
    error: `workspace` has to be a map, this is a list
      at targets.a.workspace
      in databricks.yml:5:16
    error: `workspace` is a map in one place and a list in another
      at workspace
      in databricks.yml:2:12
      in databricks.yml:5:16
    ");
    insta::assert_snapshot!(refused("variables: {color: {}}\ntargets:\n  a:\n    variables: {colour: red}\n"), @r"
    refused
    error: variable `colour` gets a value in target `a` and is not declared
      at targets.a.variables.colour
      in databricks.yml:6:17
      help: did you mean `color`?
    error: variable `color` has no value
      at variables.color
      in databricks.yml:3:13
      help: give it a `default`, or set it with `--var color=…` or the environment variable `BUNDLE_VAR_color`
    ");
}

#[test]
fn unknown_fields_and_values() {
    let text = "
resource: {}
resources:
  jobs:
    load:
      naem: load
      max_concurrent_runs: many
      tasks:
        - task_key: a
          run_if: ALL_SUCESS
          notebook_task: {notebook_path: /Workspace/x, parameters: {}}
          timeout_seconds: [1]
        - notebook_task: {notebook_path: /Workspace/x}
  job: {}
";
    insta::assert_snapshot!(refused(text), @r"
    refused
    error: unknown field `resource`
      at resource
      in databricks.yml:4:1
      help: did you mean `resources`?
    error: unknown field `naem`
      at resources.jobs.load.naem
      in databricks.yml:8:7
      help: did you mean `name`?
    error: `max_concurrent_runs` has to be an integer, this is the string `many`
      at resources.jobs.load.max_concurrent_runs
      in databricks.yml:9:28
    error: `ALL_SUCESS` is no value of `run_if`
      at resources.jobs.load.tasks[0].run_if
      in databricks.yml:12:19
      help: did you mean `ALL_SUCCESS`?
    error: unknown field `parameters`
      at resources.jobs.load.tasks[0].notebook_task.parameters
      in databricks.yml:13:56
      help: a notebook task has no such field; remove it
    error: `timeout_seconds` has to be an integer, this is a list
      at resources.jobs.load.tasks[0].timeout_seconds
      in databricks.yml:14:28
    error: `job` is no kind of resource
      at resources.job
      in databricks.yml:16:3
      help: did you mean `jobs`?
    error: `task_key` is missing
      at resources.jobs.load.tasks[0].task_key
      in databricks.yml:15:11
      help: a task needs it
    ");
    insta::assert_snapshot!(with_head("resources: {jobs: {load: {naem: x}}}\n").with(|inputs| inputs.strict = false).findings(), @r"
    resolved
    warning: unknown field `naem`
      at resources.jobs.load.naem
      in databricks.yml:3:27
      help: did you mean `name`?
    ");
}

#[test]
fn anchors_have_a_place_of_their_own() {
    let text = "x-common: &common {max_retries: 3}\nresources: {jobs: {load: {tasks: [{task_key: a, <<: *common}]}}}\n";
    assert_eq!(refused(text), "resolved\n");
}

#[test]
fn local_paths() {
    let jobs = "
resources:
  jobs:
    load:
      tasks:
        - task_key: a
          notebook_task: {notebook_path: ../src/missing.py}
        - task_key: b
          notebook_task: {notebook_path: ../src/plain.py}
        - task_key: c
          spark_python_task: {python_file: ../src/notebook.py}
          environment_key: default
        - task_key: d
          notebook_task: {notebook_path: ../src/notebook}
        - task_key: e
          sql_task: {warehouse_id: w, file: {path: ../../outside.sql}}
        - task_key: f
          for_each_task: {inputs: '[1]', task: {task_key: f2, notebook_task: {notebook_path: ../src}}}
        - task_key: g
          libraries: [{whl: ../dist/x.whl}, {pypi: {package: pandas}}]
          notebook_task: {notebook_path: /Workspace/Shared/x}
      environments:
        - environment_key: default
          spec: {environment_version: '2', dependencies: [pandas, ./dist/x.whl, -r requirements.txt, '/Workspace/x.whl']}
";
    let project = with_head("include: [resources/jobs.yml]\n")
        .file("resources/jobs.yml", jobs)
        .file("src/plain.py", "print(1)")
        .file("src/notebook.py", "# Databricks notebook source\nprint(1)");
    insta::assert_snapshot!(project.findings(), @r"
    refused
    error: file `resources/requirements.txt` does not exist
      at resources.jobs.load.environments[0].spec.dependencies[2]
      in resources/jobs.yml:24:81
      help: paths are relative to the file that they stand in
    error: notebook `src/missing.py` does not exist
      at resources.jobs.load.tasks[0].notebook_task.notebook_path
      in resources/jobs.yml:7:42
      help: paths are relative to the file that they stand in
    error: `src/plain.py` is a file, not a notebook
      at resources.jobs.load.tasks[1].notebook_task.notebook_path
      in resources/jobs.yml:9:42
      help: start the file with the line `# Databricks notebook source` (`-- Databricks notebook source` in SQL), or run it with `spark_python_task` or `sql_task`
    error: `src/notebook.py` is a notebook, not a file
      at resources.jobs.load.tasks[2].spark_python_task.python_file
      in resources/jobs.yml:11:44
      help: run it with `notebook_task`, or remove its line `Databricks notebook source`
    error: notebook `src/notebook` does not exist
      at resources.jobs.load.tasks[3].notebook_task.notebook_path
      in resources/jobs.yml:14:42
      help: did you mean `src/notebook.py`? A local notebook is named with its ending
    error: `../outside.sql` lies outside of what is uploaded
      at resources.jobs.load.tasks[4].sql_task.file.path
      in resources/jobs.yml:16:52
      help: add its folder to `sync.paths`, or move it below the bundle root
    error: `src` is a folder, not a notebook
      at resources.jobs.load.tasks[5].for_each_task.task.notebook_task.notebook_path
      in resources/jobs.yml:18:94
    ");
}

#[test]
fn parts_of_the_language_that_are_not_here() {
    let text = "
artifacts: {wheel: {type: whl, dynamic_version: true}}
python: {resources: [x]}
scripts: {x: {content: 'ls ${HOME}'}, y: {env: {a: b}}}
experimental:
  python_wheel_wrapper: true
  immutable_folder: true
  use_legacy_run_as: false
presets: {artifacts_dynamic_version: true}
resources:
  secrets: {}
";
    insta::assert_snapshot!(refused(text), @r"
    refused
    error: `experimental.python_wheel_wrapper` is not supported by this version of Sluice
      at experimental.python_wheel_wrapper
      in databricks.yml:8:3
      help: run wheels on a cluster with Databricks Runtime 13.3 or newer, or serverless, which install them themselves
    error: `experimental.immutable_folder` is not supported by this version of Sluice
      at experimental.immutable_folder
      in databricks.yml:9:3
      help: remove it; `sluice freeze` keeps what was deployed in Git, where it never changes
    error: `presets.artifacts_dynamic_version` is not supported by this version of Sluice
      at presets.artifacts_dynamic_version
      in databricks.yml:11:11
      help: remove it; a library is uploaded whenever its content changes
    error: `artifacts.wheel.dynamic_version` is not supported by this version of Sluice
      at artifacts.wheel.dynamic_version
      in databricks.yml:4:32
      help: remove it; a library is uploaded whenever its content changes
    error: `${HOME}` cannot stand in the content of a script
      at scripts.x.content
      in databricks.yml:6:24
      help: give the value a name in `env`, and write $NAME in the content
    error: script `y` has no content
      at scripts.y.content
      in databricks.yml:6:39
      help: set `content`
    ");
}

#[test]
fn modes() {
    let development = "targets:\n  dev:\n    mode: development\n    workspace: {root_path: /Shared/x}\n    presets: {name_prefix: x, trigger_pause_status: UNPAUSED}\n";
    insta::assert_snapshot!(refused(development), @r"
    refused
    error: prefix `x` does not tell developers apart
      at presets.name_prefix
      in databricks.yml:7:28
      help: use ${workspace.current_user.short_name} in it
    error: `mode: development` does not start schedules of every developer's copy
      at presets.trigger_pause_status
      in databricks.yml:7:53
      help: set `pause_status: UNPAUSED` on the one schedule that should run
    error: `workspace.root_path` is the same for every developer: `/Workspace/Shared/x` does not contain the user's name
      at workspace.root_path
      in databricks.yml:6:28
      help: use `~/…` or ${workspace.current_user.short_name} in targets with `mode: development`
    ");
    insta::assert_snapshot!(refused("resources: {jobs: {load: {name: x}}}\ntargets:\n  prod:\n    mode: production\n"), @r"
    refused
    error: target `prod` has `mode: production` and no `workspace.root_path` of its own
      at targets.prod.workspace.root_path
      in databricks.yml:5:3
      help: set one place for all, such as `/Workspace/Shared/.bundle/${bundle.name}/${bundle.target}`
    ");
    insta::assert_snapshot!(refused("workspace: {host: '${var.x}', root_path: x}\n").lines().take(4).collect::<Vec<_>>().join("\n"), @r"
    refused
    error: key `workspace` stands twice in one map
      in databricks.yml:3:1
      in databricks.yml:2:1
    ");
    insta::assert_snapshot!(project("bundle: {name: x}\nworkspace: {root_path: relative}\n").findings(), @r"
    refused
    error: `workspace.root_path` is `relative`, which is no folder of the workspace
      at workspace.root_path
      in databricks.yml:2:24
      help: start it with `/Workspace/` or `~/`
    ");
    insta::assert_snapshot!(project("bundle: {name: x}\nworkspace: {host: '${bundle.name}'}\n").findings(), @r"
    refused
    error: `workspace.host` cannot use references
      at workspace.host
      in databricks.yml:2:19
      help: write the value itself, in each target when it differs
    ");
}

#[test]
fn principals() {
    let text = "
run_as: {user_name: a, service_principal_name: b}
permissions:
  - {level: CAN_MANAGE, user_name: a, group_name: b}
resources:
  jobs:
    load: {permissions: [{level: CAN_VIEW}, {level: CAN_USE, user_name: a}]}
";
    insta::assert_snapshot!(refused(text), @r"
    refused
    error: `CAN_USE` is no value of `level`
      at resources.jobs.load.permissions[1].level
      in databricks.yml:9:53
      help: known here: `CAN_MANAGE`, `CAN_MANAGE_RUN`, `CAN_VIEW`, `IS_OWNER`
    error: `run_as` names exactly one identity
      at run_as
      in databricks.yml:4:9
      help: set either `user_name` or `service_principal_name`
    error: a permission names exactly one principal
      at permissions[0]
      in databricks.yml:6:5
      help: set one of `user_name`, `group_name`, `service_principal_name`
    recommendation: `permissions` leaves out `jane.doe@example.com`, who deploys
      at permissions
      in databricks.yml:6:3
      help: add who deploys, or a group of theirs, with CAN_MANAGE
    error: a permission names exactly one principal
      at resources.jobs.load.permissions[0]
      in databricks.yml:9:26
      help: set one of `user_name`, `group_name`, `service_principal_name`
    ");
}

#[test]
fn faults_of_the_files_need_no_workspace() {
    let signed_out = with_head("variables: {a: {default: '${var.b}'}}\nresources: {jobs: {load: {tasks: [{task_key: a, notebook_task: {notebook_path: x.py}}]}}}\n")
        .with(|inputs| inputs.current_user = None);
    insta::assert_snapshot!(signed_out.findings(), @r"
    refused
    error: variable `b` is not defined
      at variables.a.default
      in databricks.yml:3:26
      help: did you mean `${var.a}`?
    error: notebook `x.py` does not exist
      at resources.jobs.load.tasks[0].notebook_task.notebook_path
      in databricks.yml:4:80
      help: paths are relative to the file that they stand in
    ");
}

#[test]
fn bundles_for_other_programs() {
    let text = |field: &str| format!("bundle: {{name: shop, {field}}}\n");
    insta::assert_snapshot!(project(&text("databricks_cli_version: '< 1.0.0'")).findings(), @r"
    refused
    error: the bundle asks for Databricks CLI `< 1.0.0`, and Sluice follows 1.13.0
      at bundle.databricks_cli_version
      in databricks.yml:1:46
      help: widen the constraint, or use a Sluice that follows such a version
    ");
    insta::assert_snapshot!(project(&text("engine: terraform")).findings(), @r"
    refused
    error: `bundle.engine: terraform` is not supported by Sluice, which has the engine `direct`
      at bundle.engine
      in databricks.yml:1:30
      help: move the state with `databricks bundle deployment migrate`, then set `direct`
    ");
}

#[test]
fn branches() {
    let bundle = with_head("targets: {prod: {git: {branch: main}}}\n").with(|inputs| {
        inputs.git = Some(Some(super::super::GitCheckout {
            origin_url: None,
            branch: Some("feature".to_owned()),
            commit: None,
            bundle_root_path: ".".to_owned(),
        }));
    });
    insta::assert_snapshot!(bundle.findings(), @r"
    resolved
    warning: the target belongs to branch `main`, and branch `feature` is checked out
      at bundle.git.branch
      in databricks.yml:3:32
      help: check out `main`, or choose another target
    ");
    insta::assert_snapshot!(refused("sync:\n  paths: [., ../shared]\n"), @r"
    refused
    error: `sync.paths` leads out of the Git checkout of the bundle
      at sync.paths
      in databricks.yml:4:10
      help: commit the bundle and what it shares to one checkout
    ");
}

#[test]
fn slips_of_blocks_with_anchors_are_not_lost() {
    insta::assert_snapshot!(refused("resuorces: &all\n  jobs: {}\n"), @r"
    refused
    error: unknown field `resuorces`
      at resuorces
      in databricks.yml:3:1
      help: did you mean `resources`?
    ");
}

#[test]
fn keys_and_bodies_of_resources() {
    insta::assert_snapshot!(refused("resources:\n  jobs:\n    empty:\n    a.b: {}\n    '${var.x}': {}\n"), @r"
    refused
    error: `empty` is empty
      at resources.jobs.empty
      in databricks.yml:5:5
      help: describe the resource, or remove it
    error: `a.b` cannot be the key of a resource
      at resources.jobs.a.b
      in databricks.yml:6:5
      help: use letters, digits, `_` and `-`
    error: `${var.x}` cannot be the key of a resource
      at resources.jobs.${var.x}
      in databricks.yml:7:5
      help: use letters, digits, `_` and `-`
    ");
}

proptest::proptest! {
    #[test]
    fn any_bundle_is_resolved_or_refused(text in r#"([ \n:\-\[\]{},&*'"]|\n  |\n    |name: |bundle: |resources: |jobs: |tasks: |variables: |default: |targets: |schemas: |include: |\$\{var\.[ab]\}|[ab]|3|lookup: |grants: |sync: |permissions: |presets: |mode: development|null){0,60}"#) {
        let resolution = project(&text).with(|inputs| inputs.target = Some("a".to_owned())).resolve();
        let proper = project(&format!("{HEAD}{text}")).resolve();
        for resolution in [resolution, proper] {
            if let super::Resolution::Refused(diagnostics) = resolution {
                proptest::prop_assert!(diagnostics.iter().any(sluice_model::Diagnostic::is_error));
            }
        }
    }
}
