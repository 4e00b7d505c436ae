//! The cluster that the tasks of jobs run on instead of their own: `bundle.cluster_id`, `--cluster-id`, `DATABRICKS_CLUSTER_ID`.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::Mode;
use super::presets::each;
use super::session::Session;
use super::target::set_in;

/// What names the compute of a task; a cluster takes the place of all of them.
const COMPUTE: [&str; 4] = [
    "existing_cluster_id",
    "new_cluster",
    "job_cluster_key",
    "environment_key",
];

/// Says that `compute_id` is an old name of `cluster_id`, and gives `bundle.compute_id` the new name.
pub(super) fn rename(root: &mut Tree, session: &mut Session<'_>) {
    let old = |tree: Option<&Tree>, path: TreePath, session: &mut Session<'_>| -> Option<Tree> {
        let value = tree?.get("compute_id").filter(|value| !value.is_null())?;
        session.report(
            Diagnostic::warning("`compute_id` is an old name")
                .path(path.key("compute_id"))
                .location(value.location.clone())
                .help("call it `cluster_id`"),
        );
        Some(value.clone())
    };
    for block in ["targets", "environments"] {
        let targets = root.get(block).and_then(Tree::as_mapping);
        for (name, target) in targets.into_iter().flatten() {
            let path = TreePath::keys([block, name]);
            old(Some(target), path.clone(), session);
            old(target.get("bundle"), path.key("bundle"), session);
        }
    }
    if let Some(value) = old(root.get("bundle"), TreePath::keys(["bundle"]), session) {
        set_in(root, "bundle", "cluster_id", value);
        if let Some(bundle) = root.get_mut("bundle") {
            bundle.remove("compute_id");
        }
    }
}

/// Which cluster takes the place of the tasks' own: the one of the command line, in a development target the one of the environment,
/// else the bundle's. The environment is not listened to elsewhere: whoever has it set for a notebook does not mean production.
fn chosen(config: &Tree, mode: Option<Mode>, session: &mut Session<'_>) -> Option<String> {
    let inputs = session.inputs;
    let of_environment = inputs.cluster_environment.clone().filter(|id| !id.is_empty());
    if of_environment.is_some() && inputs.cluster_override.is_none() {
        if mode == Some(Mode::Development) {
            return of_environment;
        }
        session.report(
            Diagnostic::warning("`DATABRICKS_CLUSTER_ID` is set and not used")
                .help("it counts in targets with `mode: development`; elsewhere use `--cluster-id`"),
        );
    }
    let written = config.get("bundle").and_then(|bundle| bundle.get("cluster_id"));
    let written = written.and_then(Tree::as_str).map(str::to_owned);
    let id = inputs
        .cluster_override
        .clone()
        .or(written)
        .filter(|id| !id.is_empty())?;
    if mode == Some(Mode::Production) {
        session.report(
            Diagnostic::warning("all tasks of a production target run on one cluster instead of their own")
                .path(TreePath::keys(["bundle", "cluster_id"]))
                .help("name the cluster in the tasks, so that production always runs on the same one"),
        );
    }
    Some(id)
}

/// Puts the cluster into every task that names compute.
pub(super) fn replace(config: &mut Tree, mode: Option<Mode>, session: &mut Session<'_>) {
    let Some(id) = chosen(config, mode, session) else {
        return;
    };
    if session.inputs.cluster_override.is_some() {
        set_in(config, "bundle", "cluster_id", Tree::from(id.as_str()));
    }
    let Some(resources) = config.get_mut("resources") else {
        return;
    };
    for job in each(resources, "jobs") {
        let Some(Node::Sequence(tasks)) = job.get_mut("tasks").map(|tasks| &mut tasks.node) else {
            continue;
        };
        for task in tasks {
            replace_in(task, &id);
            if let Some(inner) = task.get_mut("for_each_task").and_then(|each| each.get_mut("task")) {
                replace_in(inner, &id);
            }
        }
    }
}

fn replace_in(task: &mut Tree, id: &str) {
    let named = |key: &&str| task.get(key).is_some_and(|value| !value.is_null());
    if !COMPUTE.iter().any(named) {
        return;
    }
    for key in COMPUTE {
        task.remove(key);
    }
    task.set("existing_cluster_id", id);
}
