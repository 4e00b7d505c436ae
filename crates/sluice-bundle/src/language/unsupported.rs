//! Parts of the bundle language that this version does not have, refused by name instead of being ignored.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::session::Session;

/// Blocks that would change the result, with what to do about them.
const BLOCKS: [(&[&str], &str); 12] = [
    (
        &["bundle", "deployment", "fail_on_active_runs"],
        "look for running jobs yourself before the deployment",
    ),
    (
        &["bundle", "deployment", "lock", "force"],
        "remove it; a lock is taken over on the command line alone",
    ),
    (&["bundle", "cluster_id"], "name the cluster in the tasks"),
    (&["bundle", "compute_id"], "name the cluster in the tasks"),
    (
        &["artifacts"],
        "build libraries before the deployment and refer to them by an absolute path",
    ),
    (&["python"], "write the resources in YAML"),
    (&["scripts"], "run the scripts yourself before or after the command"),
    (
        &["experimental", "scripts"],
        "run the scripts yourself before or after the command",
    ),
    (&["experimental", "pydabs"], "write the resources in YAML"),
    (&["experimental", "python"], "write the resources in YAML"),
    (&["experimental", "python_wheel_wrapper"], "remove it"),
    (&["experimental", "immutable_folder"], "remove it"),
];

/// Reports every unsupported block of the chosen target.
pub(super) fn refuse(root: &Tree, session: &mut Session<'_>) {
    for (keys, help) in BLOCKS {
        let found = keys.iter().try_fold(root, |tree, key| tree.get(key));
        if let Some(found) = found.filter(|found| is_used(found)) {
            let path = TreePath::keys(keys.iter().copied());
            session.report(
                Diagnostic::error(format!("`{path}` is not supported by this version of Sluice"))
                    .path(path)
                    .location(found.key_location.clone().or_else(|| found.location.clone()))
                    .help(help),
            );
        }
    }
    presets(root, session);
    engine(root, session);
}

fn presets(root: &Tree, session: &mut Session<'_>) {
    for name in ["source_linked_deployment", "artifacts_dynamic_version"] {
        let preset = root.get("presets").and_then(|presets| presets.get(name));
        if let Some(preset) = preset
            && preset.as_bool() == Some(true)
        {
            session.report(
                Diagnostic::error(format!("preset `{name}` is not supported by this version of Sluice"))
                    .path(TreePath::keys(["presets", name]))
                    .location(preset.key_location.clone())
                    .help("remove it"),
            );
        }
    }
}

/// The engine of the state that a deployment leaves.
fn engine(root: &Tree, session: &mut Session<'_>) {
    let engine = root.get("bundle").and_then(|bundle| bundle.get("engine"));
    if let Some(engine) = engine
        && engine.as_str() == Some("terraform")
    {
        session.report(
            Diagnostic::error("`bundle.engine: terraform` is not supported by Sluice, which has the engine `direct`")
                .path(TreePath::keys(["bundle", "engine"]))
                .location(engine.location.clone())
                .help("move the state with `databricks bundle deployment migrate`, then set `direct`"),
        );
    }
}

/// Whether a block says anything.
fn is_used(tree: &Tree) -> bool {
    match &tree.node {
        Node::Null | Node::Bool(false) => false,
        Node::Sequence(items) => !items.is_empty(),
        Node::Mapping(fields) => !fields.is_empty(),
        Node::Bool(true) | Node::Integer(_) | Node::Float(_) | Node::String(_) => true,
    }
}
