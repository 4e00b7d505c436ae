//! Files, targets, variables and references.

use super::project;

const TARGETS: &str = "
bundle: {name: shop}
variables:
  catalog: {default: main}
  size: {default: 3}
  cluster:
    type: complex
    default: {workers: '${var.size}', tags: {team: '${bundle.name}'}}
workspace:
  host: https://one.test
resources:
  jobs:
    load:
      name: load ${var.catalog} ${bundle.target}
      parameters: [{name: size, default: 'x'}]
targets:
  dev:
    default: true
    variables: {catalog: dev}
  prod:
    workspace: {host: 'https://prod.test', root_path: '/Shared/${bundle.name}'}
    variables: {catalog: {default: prod}, size: 9}
    resources: {jobs: {load: {parameters: [{name: more, default: 'y'}]}}}
";

#[test]
fn the_default_target_is_resolved() {
    let bundle = project(TARGETS).bundle();
    assert_eq!((bundle.name.as_str(), bundle.target.as_str()), ("shop", "dev"));
    assert_eq!(bundle.workspace.host, "https://one.test");
    assert_eq!(
        bundle.workspace.root_path,
        "/Workspace/Users/jane.doe@example.com/.bundle/shop/dev"
    );
    assert_eq!(
        bundle.workspace.state_path,
        "/Workspace/Users/jane.doe@example.com/.bundle/shop/dev/state"
    );
    insta::assert_snapshot!(project(TARGETS).at("resources.jobs.load.name"), @r#""load dev dev""#);
    insta::assert_snapshot!(project(TARGETS).at("variables.cluster.value"), @r#"
    {
      "workers": 3,
      "tags": {
        "team": "shop"
      }
    }
    "#);
}

#[test]
fn a_target_overrides() {
    let prod = project(TARGETS).target("prod");
    assert_eq!(prod.bundle().workspace.file_path, "/Workspace/Shared/shop/files");
    assert_eq!(prod.bundle().workspace.host, "https://prod.test");
    insta::assert_snapshot!(prod.at("resources.jobs.load"), @r#"
    {
      "name": "load prod prod",
      "parameters": [
        {
          "name": "size",
          "default": "x"
        },
        {
          "name": "more",
          "default": "y"
        }
      ],
      "max_concurrent_runs": 1,
      "queue": {
        "enabled": true
      },
      "deployment": {
        "kind": "BUNDLE",
        "metadata_file_path": "/Workspace/Shared/shop/state/metadata.json"
      },
      "edit_mode": "UI_LOCKED",
      "format": "MULTI_TASK"
    }
    "#);
    insta::assert_snapshot!(prod.at("variables.size"), @r#"
    {
      "default": 9,
      "value": 9
    }
    "#);
}
