//! The cluster that takes the place of the tasks' own.

use super::refusals::with_head;
use super::{Project, json};

const JOB: &str = "resources:
  jobs:
    load:
      job_clusters: [{job_cluster_key: c, new_cluster: {spark_version: x, num_workers: 1}}]
      tasks:
        - {task_key: a, job_cluster_key: c, notebook_task: {notebook_path: /Shared/a}}
        - {task_key: b, notebook_task: {notebook_path: /Shared/b}}
        - {task_key: c, for_each_task: {inputs: '[1]', task: {task_key: d, job_cluster_key: c, notebook_task: {notebook_path: /Shared/b}}}}
";

/// The clusters of the first task, the second, and the one inside the third.
fn clusters(project: &Project) -> [Option<String>; 3] {
    let bundle = project.bundle();
    let tasks = bundle
        .config
        .get("resources")
        .unwrap()
        .get("jobs")
        .unwrap()
        .get("load")
        .unwrap();
    let tasks = tasks.get("tasks").unwrap().as_sequence().unwrap();
    let inner = tasks[2].get("for_each_task").unwrap().get("task").unwrap();
    [&tasks[0], &tasks[1], inner].map(|task| {
        assert!(
            task.get("job_cluster_key").is_none() || task.get("existing_cluster_id").is_none(),
            "{}",
            json(task)
        );
        task.get("existing_cluster_id")
            .map(|id| id.as_str().unwrap().to_owned())
    })
}

fn target(rest: &str) -> Project {
    with_head(&format!("targets: {{t: {{{rest}}}}}\n{JOB}"))
}

#[test]
fn a_cluster_takes_the_place_of_what_tasks_name() {
    let on = |id: &str| [Some(id.to_owned()), None, Some(id.to_owned())];
    let development = target("mode: development, cluster_id: written");
    assert_eq!(clusters(&development), on("written"));
    let environment = development
        .clone()
        .with(|inputs| inputs.cluster_environment = Some("environment".to_owned()));
    assert_eq!(clusters(&environment), on("environment"));
    let flag = environment.with(|inputs| inputs.cluster_override = Some("flag".to_owned()));
    assert_eq!(clusters(&flag), on("flag"));
    assert_eq!(clusters(&target("compute_id: old")), on("old"));
}

#[test]
fn the_environment_counts_in_development_alone() {
    let elsewhere = target("default: true").with(|inputs| inputs.cluster_environment = Some("environment".to_owned()));
    assert_eq!(clusters(&elsewhere), [None, None, None]);
    insta::assert_snapshot!(elsewhere.findings(), @r"
    resolved
    warning: `DATABRICKS_CLUSTER_ID` is set and not used
      help: it counts in targets with `mode: development`; elsewhere use `--cluster-id`
    ");
    let production = target("mode: production, workspace: {root_path: /Workspace/Shared/x}, compute_id: old");
    insta::assert_snapshot!(production.findings(), @r"
    resolved
    warning: `compute_id` is an old name
      at targets.t.compute_id
      in databricks.yml:3:90
      help: call it `cluster_id`
    warning: all tasks of a production target run on one cluster instead of their own
      at bundle.cluster_id
      help: name the cluster in the tasks, so that production always runs on the same one
    ");
}
