//! Lists with keys become one entry per key: tasks, job clusters, parameters, grants. Literal names of managed schemas become
//! references, so that what uses a schema comes after it.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::merge::merge;
use super::presets::each;
use super::reference;
use super::session::Session;
use super::shape::KINDS;

/// Normalises all resources.
pub(super) fn resources(resources: &mut Tree, session: &mut Session<'_>) {
    for kind in KINDS {
        let lists: &[(&str, &str)] = match kind {
            "jobs" => &[
                ("job_clusters", "job_cluster_key"),
                ("parameters", "name"),
                ("tasks", "task_key"),
            ],
            "pipelines" => &[("clusters", "label")],
            _ => &[("grants", "principal")],
        };
        let Some(Node::Mapping(named)) = resources.get_mut(kind).map(|kind| &mut kind.node) else {
            continue;
        };
        for (name, resource) in named {
            named_well(kind, name, resource, session);
            match kind {
                "pipelines" => labels(resource),
                "clusters" => of_pool(resource),
                "model_serving_endpoints" => served(resource, name, session),
                _ => {}
            }
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

/// The clusters of a pipeline are told apart by labels in lower case; one without a label is the one for everything.
fn labels(pipeline: &mut Tree) {
    let Some(Node::Sequence(clusters)) = pipeline.get_mut("clusters").map(|clusters| &mut clusters.node) else {
        return;
    };
    for cluster in clusters.iter_mut().filter(|cluster| cluster.as_mapping().is_some()) {
        let label = cluster
            .get("label")
            .and_then(Tree::as_str)
            .filter(|label| !label.is_empty());
        let label = label.unwrap_or("default").to_lowercase();
        cluster.set("label", label);
    }
}

/// A cluster of a pool has the pool's kind of machine.
fn of_pool(cluster: &mut Tree) {
    let is_set = |cluster: &Tree, field: &str| {
        cluster
            .get(field)
            .and_then(Tree::as_str)
            .is_some_and(|text| !text.is_empty())
    };
    if is_set(cluster, "instance_pool_id") {
        cluster.remove("node_type_id");
        cluster.remove("driver_node_type_id");
    } else if is_set(cluster, "driver_instance_pool_id") {
        cluster.remove("driver_node_type_id");
    }
}

/// `served_models`, the older form, as `served_entities`.
fn served(endpoint: &mut Tree, name: &str, session: &mut Session<'_>) {
    let Some(config) = endpoint.get_mut("config") else {
        return;
    };
    let Some(models) = config
        .get("served_models")
        .and_then(Tree::as_sequence)
        .map(<[Tree]>::to_vec)
    else {
        return;
    };
    session.report(
        Diagnostic::warning("`served_models` is the older form of `served_entities`")
            .path(TreePath::keys([
                "resources",
                "model_serving_endpoints",
                name,
                "config",
                "served_models",
            ]))
            .location(
                config
                    .get("served_models")
                    .and_then(|models| models.key_location.clone()),
            )
            .help("write `served_entities`, with `entity_name` and `entity_version`"),
    );
    let mut entities = config
        .get("served_entities")
        .and_then(Tree::as_sequence)
        .unwrap_or_default()
        .to_vec();
    for mut model in models {
        for (old, new) in [("model_name", "entity_name"), ("model_version", "entity_version")] {
            if let Some(value) = model.get(old).cloned() {
                model.remove(old);
                model.set(new, value);
            }
        }
        if model.get("workload_size").is_none_or(Tree::is_null) {
            model.set("workload_size", "Small");
        }
        entities.push(model);
    }
    config.remove("served_models");
    config.set("served_entities", Tree::from(Node::Sequence(entities)));
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

/// Merges the items of a list that have the same key, at the place of the first.
pub(super) fn by_key(list: &mut Tree, key: &str, path: &TreePath, session: &mut Session<'_>) {
    let Node::Sequence(items) = &mut list.node else { return };
    let mut merged: Vec<Tree> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for item in std::mem::take(items) {
        let name = item
            .get(key)
            .filter(|name| !name.is_null())
            .and_then(super::interpolate::embed);
        match name.as_ref().and_then(|name| known.get(name)) {
            Some(index) => merge(&mut merged[*index], item, &path.index(*index), session),
            None => {
                known.extend(name.map(|name| (name, merged.len())));
                merged.push(item);
            }
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
    let (schemas, catalogs) = (managed_schemas(resources), managed_catalogs(resources));
    for kind in ["volumes", "registered_models"] {
        for resource in each(resources, kind) {
            refer_to_schema(resource, "catalog_name", "schema_name", &schemas);
            refer_to_catalog(resource, "catalog_name", &catalogs);
        }
    }
    for pipeline in each(resources, "pipelines") {
        refer_to_schema(pipeline, "catalog", "schema", &schemas);
        refer_to_schema(pipeline, "catalog", "target", &schemas);
        refer_to_catalog(pipeline, "catalog", &catalogs);
    }
    for schema in each(resources, "schemas") {
        refer_to_catalog(schema, "catalog_name", &catalogs);
    }
    for monitor in each(resources, "quality_monitors") {
        let written = monitor.get("output_schema_name").and_then(Tree::as_str);
        let Some((catalog, schema)) = written.and_then(|name| name.split_once('.')) else {
            continue;
        };
        if let Some(key) = schemas.get(&(catalog.to_owned(), schema.to_owned())) {
            let name = format!("{catalog}.${{resources.schemas.{key}.name}}");
            monitor.set("output_schema_name", name);
        }
    }
}

/// Managed catalogs by name, as it is written; nothing for names that two catalogs have.
fn managed_catalogs(resources: &Tree) -> IndexMap<String, String> {
    let mut managed: IndexMap<String, Option<String>> = IndexMap::new();
    let catalogs = resources.get("catalogs").and_then(Tree::as_mapping);
    for (key, catalog) in catalogs.into_iter().flatten() {
        if let Some(name) = catalog.get("name").and_then(Tree::as_str) {
            let owner = managed.entry(name.to_owned()).and_modify(|owner| *owner = None);
            owner.or_insert_with(|| Some(key.clone()));
        }
    }
    managed
        .into_iter()
        .filter_map(|(name, key)| Some((name, key?)))
        .collect()
}

fn refer_to_schema(resource: &mut Tree, catalog: &str, schema: &str, managed: &IndexMap<(String, String), String>) {
    let text = |field: &str| Some(resource.get(field)?.as_str()?.to_owned());
    let Some(name) = text(catalog).zip(text(schema)) else {
        return;
    };
    if let Some(key) = managed.get(&name)
        && reference::references(&name.1).is_empty()
        && let Some(written) = resource.get_mut(schema)
    {
        written.node = Node::String(format!("${{resources.schemas.{key}.name}}"));
    }
}

fn refer_to_catalog(resource: &mut Tree, field: &str, managed: &IndexMap<String, String>) {
    if let Some(Node::String(name)) = resource.get_mut(field).map(|name| &mut name.node)
        && let Some(key) = managed.get(name.as_str())
    {
        *name = format!("${{resources.catalogs.{key}.name}}");
    }
}
