//! Clusters of jobs: what a task needs to run at all, what an instance pool decides, and clusters of one machine.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::presets::each;
use super::session::Session;

/// Tasks that run on a cluster or in a serverless environment, which they have to name.
const ON_COMPUTE: [&str; 5] = [
    "spark_python_task",
    "python_wheel_task",
    "spark_jar_task",
    "spark_submit_task",
    "dbt_task",
];

/// What names the compute of a task.
const COMPUTE: [&str; 4] = [
    "job_cluster_key",
    "environment_key",
    "existing_cluster_id",
    "new_cluster",
];

/// Brings the clusters of jobs into the form in which they are sent.
pub(super) fn normalise(resources: &mut Tree) {
    for job in each(resources, "jobs") {
        for_each_cluster(job, &TreePath::default(), &mut |cluster, _| {
            let Node::Mapping(fields) = &mut cluster.node else {
                return;
            };
            let said = |field: &str, fields: &indexmap::IndexMap<String, Tree>| {
                fields
                    .get(field)
                    .is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
            };
            if said("instance_pool_id", fields) {
                // The pool has the types of its machines.
                fields.shift_remove("node_type_id");
                fields.shift_remove("driver_node_type_id");
            } else {
                fields.shift_remove("driver_instance_pool_id");
            }
            if !said("num_workers", fields) && !said("autoscale", fields) {
                fields.insert("num_workers".to_owned(), Tree::from(0));
            }
        });
    }
}

/// Reports tasks without compute, and clusters of one machine that do not say that they are meant so.
pub(super) fn check(resources: &mut Tree, session: &mut Session<'_>) {
    let Some(Node::Mapping(jobs)) = resources.get_mut("jobs").map(|jobs| &mut jobs.node) else {
        return;
    };
    for (name, job) in jobs {
        let path = TreePath::keys(["resources", "jobs", name.as_str()]);
        for_each_cluster(job, &path, &mut |cluster, path| single_node(cluster, &path, session));
        let tasks = job.get("tasks").and_then(Tree::as_sequence).unwrap_or_default();
        for (index, task) in tasks.iter().enumerate() {
            let path = path.key("tasks").index(index);
            compute(task, &path, session);
            if let Some(inner) = task.get("for_each_task").and_then(|each| each.get("task")) {
                compute(inner, &path.key("for_each_task").key("task"), session);
            }
        }
    }
}

fn compute(task: &Tree, path: &TreePath, session: &mut Session<'_>) {
    let said = |field: &&str| {
        task.get(field)
            .is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
    };
    let kind = ON_COMPUTE.iter().find(|kind| said(kind));
    if let Some(kind) = kind
        && !COMPUTE.iter().any(said)
    {
        session.report(
            Diagnostic::error(format!("a task with `{kind}` needs a cluster or an environment"))
                .path(path.clone())
                .location(task.location.clone())
                .help(format!("set one of `{}`", COMPUTE.join("`, `"))),
        );
    }
}

fn single_node(cluster: &Tree, path: &TreePath, session: &mut Session<'_>) {
    let workers = cluster.get("num_workers").and_then(Tree::as_integer).unwrap_or(0);
    let flag = |field: &str| cluster.get(field).and_then(Tree::as_bool) == Some(true);
    let scaled = cluster.get("autoscale").is_some_and(|autoscale| !autoscale.is_null());
    if workers > 0 || scaled || flag("is_single_node") || cluster.as_mapping().is_none() {
        return;
    }
    if cluster
        .get("policy_id")
        .and_then(Tree::as_str)
        .is_some_and(|id| !id.is_empty())
    {
        // The policy can say all of it.
        return;
    }
    let is = |block: &str, key: &str, expected: &dyn Fn(&str) -> bool| {
        cluster
            .get(block)
            .and_then(|block| block.get(key))
            .and_then(Tree::as_str)
            .is_some_and(expected)
    };
    let single = is("spark_conf", "spark.databricks.cluster.profile", &|value| {
        value == "singleNode"
    }) && is("spark_conf", "spark.master", &|value| value.starts_with("local"))
        && is("custom_tags", "ResourceClass", &|value| value == "SingleNode");
    if !single {
        session.report(
            Diagnostic::warning("a cluster without workers has to say that it is meant for one machine")
                .path(path.clone())
                .location(cluster.location.clone())
                .help(
                    "set `spark.databricks.cluster.profile: singleNode` and `spark.master: local[*]` in `spark_conf`, and `ResourceClass: SingleNode` in `custom_tags`; or set `num_workers`",
                ),
        );
    }
}

/// Every cluster that a job describes, with its path.
fn for_each_cluster(job: &mut Tree, path: &TreePath, act: &mut dyn FnMut(&mut Tree, TreePath)) {
    for list in ["job_clusters", "tasks"] {
        let Some(Node::Sequence(items)) = job.get_mut(list).map(|items| &mut items.node) else {
            continue;
        };
        for (index, item) in items.iter_mut().enumerate() {
            let path = path.key(list).index(index);
            if let Some(inner) = item.get_mut("for_each_task").and_then(|each| each.get_mut("task"))
                && let Some(cluster) = inner.get_mut("new_cluster")
            {
                act(cluster, path.key("for_each_task").key("task").key("new_cluster"));
            }
            if let Some(cluster) = item.get_mut("new_cluster") {
                act(cluster, path.key("new_cluster"));
            }
        }
    }
}
