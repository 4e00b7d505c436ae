//! What `databricks bundle` makes of a bundle, found by comparing both programs on the bundles under `acceptance/`.

use super::refusals::with_head;

#[test]
fn includes_are_shown_as_the_files_that_they_name() {
    let project = with_head("include: [parts/*.yml, ./one.yml]\n")
        .file("parts/b.yml", "resources: {jobs: {b: {name: b}}}\n")
        .file("parts/a.yml", "resources: {jobs: {a: {name: a}}}\n")
        .file("one.yml", "include: [two.yml]\n");
    let shown = project.at("include");
    let shown: Vec<String> = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown, ["parts/a.yml", "parts/b.yml", "one.yml", "two.yml"]);
}

#[test]
fn files_named_after_a_kind_hold_one_resource_of_it() {
    let project =
        with_head("include: [two.job.yml]\n").file("two.job.yml", "resources: {jobs: {a: {name: a}, b: {name: b}}}\n");
    insta::assert_snapshot!(project.findings(), @r"
    resolved
    recommendation: a file named `*.job.yml` is for one job
      at resources.jobs.a
      at resources.jobs.b
      in two.job.yml:1:23
      in two.job.yml:1:37
      help: move the other resources to files of their own, or name the file otherwise
    ");
}

#[test]
fn tasks_need_compute_and_clusters_without_workers_say_so() {
    let rest = "resources:
  jobs:
    load:
      job_clusters: [{job_cluster_key: c, new_cluster: {spark_version: x, num_workers: 0}}]
      tasks:
        - {task_key: a, spark_python_task: {python_file: /Workspace/a.py}}
        - {task_key: b, notebook_task: {notebook_path: /Shared/b}}
";
    insta::assert_snapshot!(with_head(rest).findings(), @r"
    refused
    warning: a cluster without workers has to say that it is meant for one machine
      at resources.jobs.load.job_clusters[0].new_cluster
      in databricks.yml:6:56
      help: set `spark.databricks.cluster.profile: singleNode` and `spark.master: local[*]` in `spark_conf`, and `ResourceClass: SingleNode` in `custom_tags`; or set `num_workers`
    error: a task with `spark_python_task` needs a cluster or an environment
      at resources.jobs.load.tasks[0]
      in databricks.yml:8:11
      help: set one of `job_cluster_key`, `environment_key`, `existing_cluster_id`, `new_cluster`
    ");
}

#[test]
fn an_instance_pool_decides_the_machines() {
    let project = with_head(
        "resources: {jobs: {load: {job_clusters: [{job_cluster_key: c, new_cluster: {instance_pool_id: p, node_type_id: n, num_workers: 2}}]}}}\n",
    );
    let clusters = project.at("resources.jobs.load.job_clusters");
    assert!(!clusters.contains("node_type_id"), "{clusters}");
    let project = with_head(
        "resources: {jobs: {load: {job_clusters: [{job_cluster_key: c, new_cluster: {policy_id: p, node_type_id: n}}]}}}\n",
    );
    let clusters = project.at("resources.jobs.load.job_clusters");
    assert!(clusters.contains("\"num_workers\": 0"), "{clusters}");
}

#[test]
fn permissions_of_a_bundle_reach_objects_in_their_order() {
    let project = with_head(
        "permissions:
  - {level: CAN_MANAGE, user_name: jane.doe@example.com}
  - {level: CAN_VIEW, group_name: users}
resources:
  jobs: {load: {permissions: [{level: CAN_VIEW, group_name: a}, {level: CAN_MANAGE_RUN, group_name: a}]}}
",
    );
    let permissions = project.at("resources.jobs.load.permissions");
    let permissions: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(&permissions).unwrap();
    let levels: Vec<&str> = permissions.iter().filter_map(|entry| entry["level"].as_str()).collect();
    assert_eq!(levels, ["CAN_MANAGE_RUN", "IS_OWNER", "CAN_VIEW"]);
}

#[test]
fn somebody_else_runs_jobs_alone() {
    let rest = "run_as: {user_name: other@example.com}
resources: {dashboards: {d: {display_name: d, embed_credentials: true, serialized_dashboard: '{}'}}}
";
    insta::assert_snapshot!(with_head(rest).findings(), @r"
    refused
    error: dashboards with `embed_credentials` run as who deploys them, and `run_as` names somebody else
      at run_as
      in databricks.yml:4:26
      help: deploy as that identity, or remove `run_as` and set it on jobs alone
    ");
}

#[test]
fn lenient_reading_leaves_out_what_it_warns_about() {
    let rest = "resources:
  jbos: {x: {}}
  jobs: {load: {name: [a], foo: 1, max_concurrent_runs: many, tags: {a: b}}}
";
    let project = with_head(rest).with(|inputs| inputs.strict = false);
    insta::assert_snapshot!(project.findings(), @r"
    resolved
    warning: `jbos` is no kind of resource
      at resources.jbos
      in databricks.yml:4:3
      help: did you mean `jobs`?
    warning: `name` has to be a string, this is a list
      at resources.jobs.load.name
      in databricks.yml:5:23
    warning: unknown field `foo`
      at resources.jobs.load.foo
      in databricks.yml:5:28
      help: a job has no such field; remove it
    warning: `max_concurrent_runs` has to be an integer, this is the string `many`
      at resources.jobs.load.max_concurrent_runs
      in databricks.yml:5:57
    ");
    let job = project.at("resources.jobs.load");
    assert!(job.contains("\"name\": \"Untitled\"") && !job.contains("foo"), "{job}");
}

#[test]
fn values_that_are_missing_are_warned_about() {
    insta::assert_snapshot!(with_head("resources: {jobs: {load: {description: , tags: }}}\n").findings(), @r"
    resolved
    warning: `description` has no value
      at resources.jobs.load.description
      in databricks.yml:3:38
      help: give it one, or remove it
    ");
}

#[test]
fn paths_of_volumes_follow_schemas_and_presets() {
    let project = with_head(
        "presets: {name_prefix: '[x] '}
resources:
  schemas: {gold: {catalog_name: main, name: gold}}
  volumes: {files: {catalog_name: '${resources.schemas.gold.catalog_name}', schema_name: '${resources.schemas.gold.name}', name: files}}
  jobs: {load: {parameters: [{name: path, default: '${resources.volumes.files.volume_path}/in'}]}}
",
    );
    let job = project.at("resources.jobs.load");
    assert!(job.contains("\"/Volumes/main/x_gold/files/in\""), "{job}");
}

#[test]
fn patterns_are_shown_from_the_sync_root() {
    let project = with_head("sync: {paths: [., ../shared], include: [./a/*.dat], exclude: [docs/]}\n").with(|inputs| {
        inputs.git = Some(Some(crate::language::GitCheckout {
            origin_url: None,
            branch: None,
            commit: None,
            bundle_root_path: "product".to_owned(),
        }));
    });
    insta::assert_snapshot!(project.at("sync"), @r#"
    {
      "paths": [
        "product",
        "shared"
      ],
      "include": [
        "product/a/*.dat"
      ],
      "exclude": [
        "product/docs"
      ]
    }
    "#);
}

#[test]
fn a_target_changes_the_value_of_a_variable_alone() {
    let project = with_head(
        "variables: {a: {default: x, description: first}}
targets: {dev: {variables: {a: {default: y, description: second}}}}
",
    );
    let variable = project.at("variables.a");
    assert!(
        variable.contains("\"y\"") && variable.contains("first") && !variable.contains("second"),
        "{variable}"
    );
}
