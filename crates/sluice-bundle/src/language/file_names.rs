//! Files that are named after one kind of resource, such as `load.job.yml`: they are read as holding one resource of that kind.

use sluice_model::{Diagnostic, Location, Tree, TreePath};

use super::session::Session;
use super::shape::KINDS;

/// Recommends one resource of the kind for a file whose name says one.
pub(super) fn check(file: &str, tree: &Tree, session: &mut Session<'_>) {
    let Some(kind) = named_after(file) else { return };
    let mut found: Vec<(TreePath, Option<Location>)> = Vec::new();
    let mut fits = true;
    for (path, resources) in blocks(tree) {
        for (of, named) in resources.as_mapping().into_iter().flatten() {
            for (key, resource) in named.as_mapping().into_iter().flatten() {
                fits &= of == kind && found.is_empty();
                found.push((path.key(of).key(key), resource.location.clone()));
            }
        }
    }
    if fits || found.is_empty() {
        return;
    }
    let one = singular(kind);
    let mut said = Diagnostic::recommendation(format!(
        "a file named `*.{one}.yml` is for one {}",
        one.replace('_', " ")
    ))
    .help("move the other resources to files of their own, or name the file otherwise");
    for (path, location) in found {
        said = said.path(path).location(location);
    }
    session.report(said);
}

/// The blocks of resources in a file: its own and those of targets.
fn blocks(tree: &Tree) -> Vec<(TreePath, &Tree)> {
    let own = tree
        .get("resources")
        .map(|resources| (TreePath::keys(["resources"]), resources));
    let targets = tree.get("targets").and_then(Tree::as_mapping).into_iter().flatten();
    let of_targets = targets.filter_map(|(name, target)| {
        let path = TreePath::keys(["targets", name.as_str(), "resources"]);
        Some((path, target.get("resources")?))
    });
    own.into_iter().chain(of_targets).collect()
}

/// The kind in the name of a file.
fn named_after(file: &str) -> Option<&'static str> {
    let stem = file.strip_suffix(".yml").or_else(|| file.strip_suffix(".yaml"))?;
    let (_, word) = stem.rsplit_once('.')?;
    KINDS.into_iter().find(|kind| singular(kind) == word)
}

/// `jobs` as `job`, `postgres_branches` as `postgres_branch`.
fn singular(kind: &str) -> &str {
    kind.strip_suffix("ches")
        .map(|start| &kind[..start.len() + 2])
        .or_else(|| kind.strip_suffix('s'))
        .unwrap_or(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_say_a_kind() {
        for (file, kind) in [
            ("resources/load.job.yml", Some("jobs")),
            ("a.model_serving_endpoint.yaml", Some("model_serving_endpoints")),
            ("a.postgres_branch.yml", Some("postgres_branches")),
            ("job.yml", None),
            ("a.jobs.yml", None),
            ("a.job.json", None),
        ] {
            assert_eq!(named_after(file), kind, "{file}");
        }
    }
}
