//! The choice of a target and its overrides over the rest of the bundle.

use indexmap::IndexMap;
use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::Mode;
use super::merge::merge;
use super::session::{Session, Stopped};
use super::suggest;

/// What a target merges into the block of the same name.
const MERGED: [&str; 7] = [
    "bundle",
    "workspace",
    "artifacts",
    "resources",
    "sync",
    "permissions",
    "presets",
];

/// The target that a bundle is resolved for.
#[derive(Clone)]
pub(super) struct Chosen {
    pub(super) name: String,
    pub(super) mode: Option<Mode>,
    /// The target's own block, as written.
    pub(super) block: Tree,
}

/// The name of the target to resolve for and its block.
pub(super) fn choose(root: &Tree, session: &mut Session<'_>) -> Result<Chosen, Stopped> {
    let empty = IndexMap::new();
    let block = root.get("targets").or_else(|| root.get("environments"));
    let targets = block.and_then(Tree::as_mapping).unwrap_or(&empty);
    let name = match &session.inputs.target {
        Some(name) => name.clone(),
        None => default(targets, session)?,
    };
    let block = match targets.get(&name) {
        Some(target) => target.clone(),
        None if targets.is_empty() && name == "default" => Tree::mapping(),
        None => {
            let mut refused = Diagnostic::error(format!("target `{name}` does not exist"))
                .location(block.and_then(|block| block.key_location.clone()));
            refused.help = suggest::hint(&name, targets.keys().map(String::as_str))
                .or_else(|| targets.is_empty().then(|| "this bundle declares no targets".to_owned()));
            session.report(refused);
            return Err(Stopped);
        }
    };
    let mode = mode(&name, &block, session);
    Ok(Chosen { name, mode, block })
}

/// The one that says `default: true`, or the only one, or the implied target `default`.
fn default(targets: &IndexMap<String, Tree>, session: &mut Session<'_>) -> Result<String, Stopped> {
    let marked: Vec<(&String, &Tree)> = targets
        .iter()
        .filter(|(_, target)| target.get("default").and_then(Tree::as_bool) == Some(true))
        .collect();
    match (marked.as_slice(), targets.len()) {
        ([(name, _)], _) => Ok((*name).clone()),
        ([], 0) => Ok("default".to_owned()),
        ([], 1) => Ok(targets.keys().next().cloned().unwrap_or_default()),
        ([], _) => {
            let names: Vec<String> = targets.keys().map(|name| format!("`{name}`")).collect();
            session.report(
                Diagnostic::error("no target is chosen and none is the default")
                    .path(TreePath::keys(["targets"]))
                    .help(format!(
                        "name one with `--target`, or set `default: true` on one of {}",
                        names.join(", ")
                    )),
            );
            Err(Stopped)
        }
        (several, _) => {
            let mut refused = Diagnostic::error("more than one target is the default");
            for (name, target) in several {
                refused = refused
                    .path(TreePath::keys(["targets", name.as_str(), "default"]))
                    .location(target.get("default").and_then(|default| default.location.clone()));
            }
            session.report(refused.help("keep `default: true` on one of them"));
            Err(Stopped)
        }
    }
}

fn mode(name: &str, target: &Tree, session: &mut Session<'_>) -> Option<Mode> {
    let mode = target.get("mode").filter(|mode| !mode.is_null())?;
    match mode.as_str() {
        Some("development") => Some(Mode::Development),
        Some("production") => Some(Mode::Production),
        Some("") => None,
        _ => {
            session.report(
                Diagnostic::error(format!(
                    "target `{name}` has the mode `{}`, which does not exist",
                    mode.as_str().unwrap_or(mode.kind_name())
                ))
                .path(TreePath::keys(["targets", name, "mode"]))
                .location(mode.location.clone())
                .help("use `development` or `production`, or leave it out"),
            );
            None
        }
    }
}

/// Puts the target's overrides into the bundle and takes the targets out.
pub(super) fn apply(root: &mut Tree, chosen: &Chosen, session: &mut Session<'_>) {
    if let Node::Mapping(fields) = &mut root.node {
        fields.shift_remove("targets");
        fields.shift_remove("environments");
    }
    let empty = IndexMap::new();
    for (key, value) in chosen.block.as_mapping().unwrap_or(&empty) {
        if value.is_null() {
            continue;
        }
        match key.as_str() {
            merged if MERGED.contains(&merged) => {
                let base = root.get(key).cloned().unwrap_or_default();
                let mut base = if base.is_null() {
                    Tree::default().at(value.location.clone())
                } else {
                    base
                };
                merge(&mut base, value.clone(), &TreePath::keys([key.as_str()]), session);
                root.set(key, base);
            }
            "run_as" => {
                root.set(key, value.clone());
            }
            "cluster_id" | "compute_id" => set_in(root, "bundle", "cluster_id", value.clone()),
            "git" => {
                let mut bundle = root.get("bundle").cloned().unwrap_or_default();
                let mut git = bundle.get("git").cloned().unwrap_or_default();
                merge(&mut git, value.clone(), &TreePath::keys(["bundle", "git"]), session);
                bundle.set("git", git);
                root.set("bundle", bundle);
            }
            "variables" => variables(root, value, &chosen.name, session),
            // `default` and `mode` are read already; what does not belong here is reported by the check of fields.
            _ => {}
        }
    }
    set_in(root, "bundle", "target", Tree::from(chosen.name.as_str()));
    set_in(root, "bundle", "environment", Tree::from(chosen.name.as_str()));
    if let Some(mode) = chosen.block.get("mode").filter(|mode| !mode.is_null()) {
        set_in(root, "bundle", "mode", mode.clone());
    }
}

/// Sets a field of a block, which is made when it is missing.
pub(super) fn set_in(root: &mut Tree, block: &str, key: &str, value: Tree) {
    if root.get(block).is_none_or(Tree::is_null) {
        root.set(block, Tree::mapping());
    }
    if let Some(block) = root.get_mut(block) {
        block.set(key, value);
    }
}

/// A target gives a declared variable another default or another lookup; each takes the place of both.
fn variables(root: &mut Tree, overrides: &Tree, target: &str, session: &mut Session<'_>) {
    let empty = IndexMap::new();
    for (name, value) in overrides.as_mapping().unwrap_or(&empty) {
        let path = TreePath::keys(["targets", target, "variables", name]);
        let declared = root.get_mut("variables").and_then(|variables| {
            let known: Vec<String> = variables.as_mapping()?.keys().cloned().collect();
            Some((variables.get_mut(name), known))
        });
        let (declared, known) = declared.unwrap_or_default();
        let Some(declared) = declared else {
            let mut refused = Diagnostic::error(format!(
                "variable `{name}` gets a value in target `{target}` and is not declared"
            ))
            .path(path)
            .location(value.key_location.clone());
            refused.help = suggest::nearest(name, known.iter().map(String::as_str))
                .map(|name| format!("did you mean `{name}`?"))
                .or_else(|| Some(format!("declare `{name}` in the top-level `variables`")));
            session.report(refused);
            continue;
        };
        if declared.is_null() {
            declared.node = Node::Mapping(IndexMap::new());
        }
        if let Node::Mapping(fields) = &mut declared.node {
            let definition = value.as_mapping().filter(|fields| is_definition(fields));
            if definition.is_none_or(|fields| fields.contains_key("default") || fields.contains_key("lookup")) {
                fields.shift_remove("default");
                fields.shift_remove("lookup");
            }
            match definition {
                Some(definition) => {
                    // A target changes the value alone.
                    let values = definition.iter().filter(|(key, _)| key.as_str() != "description");
                    fields.extend(values.map(|(key, value)| (key.clone(), value.clone())));
                }
                None => {
                    fields.insert("default".to_owned(), value.clone());
                }
            }
        }
    }
}

/// Whether a target's value of a variable is a definition (`default`, `lookup`, …) and not a complex value itself.
fn is_definition(fields: &IndexMap<String, Tree>) -> bool {
    !fields.is_empty()
        && fields
            .keys()
            .all(|key| super::shape::VARIABLE_FIELDS.contains(&key.as_str()))
}
