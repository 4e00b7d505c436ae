//! Lists with keys become one entry per key: tasks, job clusters, parameters, grants. Literal names of managed schemas become
//! references, so that what uses a schema comes after it.

use indexmap::IndexMap;
use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::merge::merge;
use super::reference;
use super::session::Session;

/// Normalises all resources.
pub(super) fn resources(resources: &mut Tree, session: &mut Session<'_>) {
    for (kind, lists) in [
        (
            "jobs",
            &[
                ("job_clusters", "job_cluster_key"),
                ("parameters", "name"),
                ("tasks", "task_key"),
            ][..],
        ),
        ("schemas", &[("grants", "principal")]),
        ("volumes", &[("grants", "principal")]),
        ("genie_spaces", &[]),
        ("dashboards", &[]),
        ("secret_scopes", &[]),
    ] {
        let Some(Node::Mapping(named)) = resources.get_mut(kind).map(|kind| &mut kind.node) else {
            continue;
        };
        for (name, resource) in named {
            named_well(kind, name, resource, session);

            for (list, key) in lists {
                let path = TreePath::keys(["resources", kind, name.as_str(), *list]);
                if let Some(list) = resource.get_mut(list) {
                    by_key(list, key, &path, session);
                }
            }
            if let Some(Node::Sequence(tasks)) = resource.get_mut("tasks").map(|tasks| &mut tasks.node) {
                tasks.sort_by_key(|task| task.get("task_key").and_then(Tree::as_str).map(str::to_owned));
            }
            grants(resource);
        }
    }
    schema_references(resources);
}

/// A resource has a body, and a key that states and references can hold.
fn named_well(kind: &str, name: &str, resource: &Tree, session: &mut Session<'_>) {
    let refuse = |summary: String| {
        Diagnostic::error(summary)
            .path(TreePath::keys(["resources", kind, name]))
            .location(resource.key_location.clone())
    };
    if resource.is_null() {
        session.report(refuse(format!("`{name}` is empty")).help("describe the resource, or remove it"));
    }
    if name.contains("${") || name.contains('.') || name.is_empty() {
        session.report(
            refuse(format!("`{name}` cannot be the key of a resource")).help("use letters, digits, `_` and `-`"),
        );
    }
}

/// `${resources.volumes.<key>.volume_path}` as the path itself, in every text below a tree.
pub(super) fn volume_paths(tree: &mut Tree, volumes: &IndexMap<String, Tree>) {
    match &mut tree.node {
        Node::String(text) => {
            for (key, volume) in volumes {
                let reference = format!("${{resources.volumes.{key}.volume_path}}");
                if text.contains(&reference) {
                    let part = |field: &str| volume.get(field).and_then(Tree::as_str).unwrap_or_default();
                    let path = format!(
                        "/Volumes/{}/{}/{}",
                        part("catalog_name"),
                        part("schema_name"),
                        part("name")
                    );
                    *text = text.replace(&reference, &path);
                }
            }
        }
        Node::Sequence(items) => items.iter_mut().for_each(|item| volume_paths(item, volumes)),
        Node::Mapping(fields) => fields.values_mut().for_each(|value| volume_paths(value, volumes)),
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) => {}
    }
}

/// Merges the items of a list that have the same key, at the place of the first.
pub(super) fn by_key(list: &mut Tree, key: &str, path: &TreePath, session: &mut Session<'_>) {
    let Node::Sequence(items) = &mut list.node else { return };
    let mut merged: Vec<Tree> = Vec::new();
    for item in std::mem::take(items) {
        let name = item.get(key).filter(|name| !name.is_null()).cloned();
        let same = merged
            .iter_mut()
            .enumerate()
            .find(|(_, other)| name.is_some() && other.get(key) == name.as_ref());
        match same {
            Some((index, same)) => merge(same, item, &path.index(index), session),
            None => merged.push(item),
        }
    }
    *items = merged;
}

/// Every privilege of a grant once.
pub(super) fn grants(resource: &mut Tree) {
    let Some(Node::Sequence(grants)) = resource.get_mut("grants").map(|grants| &mut grants.node) else {
        return;
    };
    for grant in grants {
        if let Some(Node::Sequence(privileges)) = grant.get_mut("privileges").map(|privileges| &mut privileges.node) {
            let mut seen: Vec<Tree> = Vec::new();
            for privilege in std::mem::take(privileges) {
                if !seen.contains(&privilege) {
                    seen.push(privilege);
                }
            }
            *privileges = seen;
        }
    }
}

/// Managed schemas by catalog and name, as both are written; nothing for names that two schemas have.
pub(super) fn managed_schemas(resources: &Tree) -> IndexMap<(String, String), String> {
    let mut managed: IndexMap<(String, String), Option<String>> = IndexMap::new();
    for (key, schema) in resources
        .get("schemas")
        .and_then(Tree::as_mapping)
        .into_iter()
        .flatten()
    {
        let text = |field: &str| schema.get(field).and_then(Tree::as_str);
        if let (Some(catalog), Some(name)) = (text("catalog_name"), text("name")) {
            managed
                .entry((catalog.to_owned(), name.to_owned()))
                .and_modify(|owner| *owner = None)
                .or_insert_with(|| Some(key.clone()));
        }
    }
    managed
        .into_iter()
        .filter_map(|(name, key)| Some((name, key?)))
        .collect()
}

fn schema_references(resources: &mut Tree) {
    let managed = managed_schemas(resources);
    let Some(Node::Mapping(volumes)) = resources.get_mut("volumes").map(|volumes| &mut volumes.node) else {
        return;
    };
    for volume in volumes.values_mut() {
        let text = |field: &str| Some(volume.get(field)?.as_str()?.to_owned());
        let Some(name) = text("catalog_name").zip(text("schema_name")) else {
            continue;
        };
        if let Some(key) = managed.get(&name)
            && reference::references(&name.1).is_empty()
            && let Some(schema_name) = volume.get_mut("schema_name")
        {
            schema_name.node = Node::String(format!("${{resources.schemas.{key}.name}}"));
        }
    }
}
