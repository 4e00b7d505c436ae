//! Lists with keys become one entry per key: tasks, job clusters, parameters, grants. Literal names of managed schemas become
//! references, so that what uses a schema comes after it.

use indexmap::IndexMap;
use sluice_model::{Node, Tree, TreePath};

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
    ] {
        let Some(Node::Mapping(named)) = resources.get_mut(kind).map(|kind| &mut kind.node) else {
            continue;
        };
        for (name, resource) in named {
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
