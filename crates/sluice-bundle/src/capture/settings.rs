//! Documents of jobs, Genie spaces and dashboards: settings without what the server and the bundle language fill in by themselves.

use indexmap::IndexMap;
use sluice_model::{Node, Tree};

use super::reading::{document_text, put};

/// Fields that come first in a map, in this order; the others follow by name.
const FIRST: [&str; 12] = [
    "name",
    "title",
    "display_name",
    "description",
    "task_key",
    "job_cluster_key",
    "environment_key",
    "depends_on",
    "tags",
    "parameters",
    "tasks",
    "id",
];

/// What a deployment writes into the settings of a job by itself.
const OF_DEPLOYMENT: [&str; 3] = ["deployment", "edit_mode", "format"];

/// Values that the server or the language fills in: field and value.
const DEFAULTS: [(&str, &str); 7] = [
    ("run_if", "ALL_SUCCESS"),
    ("source", "WORKSPACE"),
    ("source", "GIT"),
    ("pause_status", "UNPAUSED"),
    ("performance_target", "PERFORMANCE_OPTIMIZED"),
    ("schema", "default"),
    ("volume_type", "MANAGED"),
];

/// The settings of a job.
pub(super) fn job(object: &Tree, user_name: &str) -> Result<Tree, String> {
    let settings = object.get("settings").cloned().unwrap_or_default();
    let Node::Mapping(mut fields) = settings.node else {
        return Err("it has no settings".to_owned());
    };
    let runs_as_creator = fields.get("run_as").is_none_or(|run_as| {
        let of = |field: &str| document_text(run_as, field);
        let who = of("user_name").or_else(|| of("service_principal_name"));
        who.is_none() || who == Some(user_name) || who == document_text(object, "creator_user_name")
    });
    if runs_as_creator {
        fields.shift_remove("run_as");
    }
    Ok(normal_job(Node::Mapping(fields).into()))
}

/// The normal form of a job's settings, observed or declared.
pub(super) fn normal_job(settings: Tree) -> Tree {
    let Node::Mapping(mut fields) = settings.node else {
        return settings;
    };
    for field in OF_DEPLOYMENT {
        fields.shift_remove(field);
    }
    if fields.get("max_concurrent_runs").and_then(Tree::as_integer) == Some(1) {
        fields.shift_remove("max_concurrent_runs");
    }
    let queued = fields
        .shift_remove("queue")
        .and_then(|queue| queue.get("enabled").and_then(Tree::as_bool));
    let mut job = ordered(tidy(Node::Mapping(fields).into()));
    // The language switches the queue on where nothing is said.
    if queued != Some(true) {
        let mut queue = Tree::mapping();
        queue.set("enabled", false);
        job.set("queue", queue);
    }
    for (list, key) in [
        ("tasks", "task_key"),
        ("job_clusters", "job_cluster_key"),
        ("environments", "environment_key"),
    ] {
        if let Some(Node::Sequence(items)) = job.get_mut(list).map(|list| &mut list.node) {
            items.sort_by_key(|item| document_text(item, key).map(str::to_owned));
        }
    }
    job
}

/// Leaves out what says nothing or what is filled in anyway. Texts stay, also empty ones: they are values of parameters.
fn tidy(tree: Tree) -> Tree {
    let node = match tree.node {
        Node::Mapping(fields) => Node::Mapping(
            fields
                .into_iter()
                .map(|(key, value)| (key, tidy(value)))
                .filter(|(key, value)| !says_nothing(key, value))
                .collect(),
        ),
        Node::Sequence(items) => Node::Sequence(items.into_iter().map(tidy).collect()),
        other => other,
    };
    node.into()
}

fn says_nothing(key: &str, value: &Tree) -> bool {
    match &value.node {
        Node::Null => true,
        Node::Bool(value) => !value,
        Node::Integer(value) => *value == 0,
        Node::Float(value) => *value == 0.0,
        Node::String(text) => DEFAULTS.contains(&(key, text.as_str())) || (text.is_empty() && key == "description"),
        Node::Sequence(items) => items.is_empty(),
        Node::Mapping(fields) => fields.is_empty(),
    }
}

/// Maps in one order.
pub(super) fn ordered(tree: Tree) -> Tree {
    let node = match tree.node {
        Node::Mapping(fields) => {
            let mut fields: IndexMap<String, Tree> =
                fields.into_iter().map(|(key, value)| (key, ordered(value))).collect();
            let place = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
            fields.sort_by(|one, _, two, _| place(one).cmp(&place(two)).then_with(|| one.cmp(two)));
            Node::Mapping(fields)
        }
        Node::Sequence(items) => Node::Sequence(items.into_iter().map(ordered).collect()),
        other => other,
    };
    node.into()
}

/// A Genie space; its parent folder is the one of the deployment.
pub(super) fn genie_space(object: &Tree) -> Result<Tree, String> {
    let mut document = Tree::mapping();
    for field in ["title", "description", "warehouse_id"] {
        put(&mut document, field, object.get(field).cloned().unwrap_or_default());
    }
    document.set("serialized_space", serialized(object, "serialized_space")?);
    Ok(document)
}

/// A dashboard; its parent folder is the one of the deployment.
pub(super) fn dashboard(object: &Tree) -> Result<Tree, String> {
    let mut document = Tree::mapping();
    for field in ["display_name", "warehouse_id"] {
        put(&mut document, field, object.get(field).cloned().unwrap_or_default());
    }
    document.set("serialized_dashboard", serialized(object, "serialized_dashboard")?);
    Ok(document)
}

fn serialized(object: &Tree, field: &str) -> Result<Tree, String> {
    let text = document_text(object, field).ok_or_else(|| format!("the workspace does not show its `{field}`"))?;
    let value = serde_json::from_str(text).map_err(|error| format!("its `{field}` is not JSON: {error}"))?;
    Ok(normal_serialized(Tree::from_json(&value)))
}

/// The order of maps makes no difference in a serialized space or dashboard; lists of a space are sorted by id,
/// identifier or column.
pub(super) fn normal_serialized(tree: Tree) -> Tree {
    ordered(sorted_lists(tree))
}

fn sorted_lists(tree: Tree) -> Tree {
    let node = match tree.node {
        Node::Mapping(fields) => Node::Mapping(
            fields
                .into_iter()
                .map(|(key, value)| (key, sorted_lists(value)))
                .collect(),
        ),
        Node::Sequence(items) => {
            let mut items: Vec<Tree> = items.into_iter().map(sorted_lists).collect();
            for key in ["id", "identifier", "column_name"] {
                if !items.is_empty() && items.iter().all(|item| document_text(item, key).is_some()) {
                    items.sort_by_key(|item| document_text(item, key).map(str::to_owned));
                    break;
                }
            }
            Node::Sequence(items)
        }
        other => other,
    };
    node.into()
}
