//! Parts of the bundle language that this version does not have, refused by name instead of being ignored.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::session::Session;

/// Blocks that would change the result, with what to do about them.
const BLOCKS: [(&[&str], &str); 3] = [
    (
        &["experimental", "pydabs"],
        "call it `python`, and name its functions in `python.resources` and `python.mutators`",
    ),
    (
        &["experimental", "python_wheel_wrapper"],
        "run wheels on a cluster with Databricks Runtime 13.3 or newer, or serverless, which install them themselves",
    ),
    (
        &["experimental", "immutable_folder"],
        "remove it; `sluice freeze` keeps what was deployed in Git, where it never changes",
    ),
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
    dynamic_versions(root, session);
    engine(root, session);
}

/// Wheels whose version changes with their content have to be written anew.
fn dynamic_versions(root: &Tree, session: &mut Session<'_>) {
    let preset = root
        .get("presets")
        .and_then(|presets| presets.get("artifacts_dynamic_version"));
    let mut found: Vec<(TreePath, &Tree)> = preset
        .into_iter()
        .map(|preset| (TreePath::keys(["presets", "artifacts_dynamic_version"]), preset))
        .collect();
    let artifacts = root.get("artifacts").and_then(Tree::as_mapping);
    for (name, artifact) in artifacts.into_iter().flatten() {
        let path = TreePath::keys(["artifacts", name, "dynamic_version"]);
        found.extend(artifact.get("dynamic_version").map(|dynamic| (path, dynamic)));
    }
    for (path, value) in found.into_iter().filter(|(_, value)| value.as_bool() == Some(true)) {
        session.report(
            Diagnostic::error(format!("`{path}` is not supported by this version of Sluice"))
                .path(path)
                .location(value.key_location.clone())
                .help("remove it; a library is uploaded whenever its content changes"),
        );
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
