//! The normal form of a declared document, so that it can be compared with an observed one.

use indexmap::IndexMap;
use sluice_model::{Node, Tree};

use super::reading::{CapturedKind, document_text, grants, items, put, written_by_server};
use super::settings;
use crate::engine::{canonical_type, comparable_sql};

/// A resolved document, every reference filled, in the form of [`super::reading::Observed::document`].
pub(super) fn normal(kind: CapturedKind, document: &Tree, user_name: &str) -> Tree {
    let mut normal = match kind {
        CapturedKind::Schema | CapturedKind::Volume => container(document),
        CapturedKind::Table => table(document),
        CapturedKind::View => view(document),
        CapturedKind::Function => function(document),
        CapturedKind::Job => settings::normal_job(without(document, &["permissions", "lifecycle"])),
        CapturedKind::GenieSpace => serialized(document, "serialized_space"),
        CapturedKind::Dashboard => serialized(document, "serialized_dashboard"),
    };
    match kind {
        CapturedKind::Job | CapturedKind::GenieSpace | CapturedKind::Dashboard => {
            put(&mut normal, "permissions", permissions(document, user_name));
        }
        CapturedKind::Schema
        | CapturedKind::Table
        | CapturedKind::View
        | CapturedKind::Function
        | CapturedKind::Volume => put(&mut normal, "grants", grants(items(document, "grants"))),
    }
    normal
}

fn without(document: &Tree, fields: &[&str]) -> Tree {
    let kept = document.as_mapping().into_iter().flatten();
    let kept = kept.filter(|(name, value)| !fields.contains(&name.as_str()) && !value.is_null());
    Node::Mapping(kept.map(|(name, value)| (name.clone(), value.clone())).collect()).into()
}

fn container(document: &Tree) -> Tree {
    let mut normal = Tree::mapping();
    for field in ["catalog_name", "schema_name", "name", "comment", "storage_location"] {
        put(&mut normal, field, document.get(field).cloned().unwrap_or_default());
    }
    if document_text(document, "volume_type").is_some_and(|made| made != "MANAGED") {
        put(
            &mut normal,
            "volume_type",
            document.get("volume_type").cloned().unwrap_or_default(),
        );
    }
    put(&mut normal, "properties", properties(document));
    normal
}

fn lower_name(document: &Tree) -> Tree {
    document_text(document, "name").map_or_else(Tree::default, |name| name.to_lowercase().into())
}

fn table(document: &Tree) -> Tree {
    let mut normal = Tree::mapping();
    put(&mut normal, "name", lower_name(document));
    put(
        &mut normal,
        "comment",
        document.get("comment").cloned().unwrap_or_default(),
    );
    let columns = items(document, "columns").iter().map(column).collect();
    put(&mut normal, "columns", Node::Sequence(columns).into());
    put(&mut normal, "constraints", constraints(document));
    put(
        &mut normal,
        "row_filter",
        document.get("row_filter").cloned().unwrap_or_default(),
    );
    put(&mut normal, "properties", properties(document));
    put(&mut normal, "tags", texts(document.get("tags")));
    normal
}

fn column(declared: &Tree) -> Tree {
    let mut column = Tree::mapping();
    put(&mut column, "name", declared.get("name").cloned().unwrap_or_default());
    if let Some(kind) = document_text(declared, "type") {
        column.set("type", canonical_type(kind));
    }
    if declared.get("nullable").and_then(Tree::as_bool) == Some(false) {
        column.set("nullable", false);
    }
    put(
        &mut column,
        "comment",
        declared.get("comment").cloned().unwrap_or_default(),
    );
    put(&mut column, "tags", texts(declared.get("tags")));
    if let Some(mask) = declared.get("mask") {
        put(&mut column, "mask", without(mask, &[]));
    }
    column
}

fn constraints(document: &Tree) -> Tree {
    let declared = document.get("constraints").cloned().unwrap_or_default();
    let mut normal = Tree::mapping();
    let usual = format!(
        "{}_pk",
        document_text(document, "name")
            .unwrap_or_default()
            .rsplit('.')
            .next()
            .unwrap_or_default()
    );
    if let Some(key) = declared.get("primary_key") {
        let named = document_text(key, "name").is_some_and(|name| !name.eq_ignore_ascii_case(&usual));
        let relied = key.get("rely").and_then(Tree::as_bool) == Some(true);
        let columns = key.get("columns").unwrap_or(key).clone();
        if named || relied {
            let mut full = Tree::mapping();
            if named {
                put(&mut full, "name", key.get("name").cloned().unwrap_or_default());
            }
            full.set("columns", columns);
            if relied {
                full.set("rely", true);
            }
            normal.set("primary_key", full);
        } else {
            put(&mut normal, "primary_key", columns);
        }
    }
    let foreign = declared
        .get("foreign_keys")
        .and_then(Tree::as_mapping)
        .into_iter()
        .flatten();
    let foreign: IndexMap<String, Tree> = foreign
        .map(|(name, key)| {
            let dropped: &[&str] = if key.get("rely").and_then(Tree::as_bool) == Some(true) {
                &[]
            } else {
                &["rely"]
            };
            (name.clone(), without(key, dropped))
        })
        .collect();
    put(&mut normal, "foreign_keys", Node::Mapping(foreign).into());
    let checks = declared.get("checks").and_then(Tree::as_mapping).into_iter().flatten();
    let checks: IndexMap<String, Tree> = checks
        .map(|(name, check)| (name.to_lowercase(), check.clone()))
        .collect();
    put(&mut normal, "checks", Node::Mapping(checks).into());
    normal
}

fn view(document: &Tree) -> Tree {
    let mut normal = Tree::mapping();
    put(&mut normal, "name", lower_name(document));
    put(&mut normal, "query", document.get("query").cloned().unwrap_or_default());
    put(
        &mut normal,
        "comment",
        document.get("comment").cloned().unwrap_or_default(),
    );
    let columns: Vec<Tree> = items(document, "columns").iter().map(column).collect();
    if columns
        .iter()
        .any(|column| column.as_mapping().is_some_and(|fields| fields.len() > 1))
    {
        put(&mut normal, "columns", Node::Sequence(columns).into());
    }
    put(&mut normal, "tags", texts(document.get("tags")));
    normal
}

fn function(document: &Tree) -> Tree {
    let mut normal = Tree::mapping();
    put(&mut normal, "name", lower_name(document));
    let parameters = items(document, "parameters").iter().map(column).collect();
    put(&mut normal, "parameters", Node::Sequence(parameters).into());
    if let Some(returns) = document_text(document, "returns") {
        normal.set("returns", canonical_type(returns));
    }
    for field in ["definition", "comment"] {
        put(&mut normal, field, document.get(field).cloned().unwrap_or_default());
    }
    if document.get("deterministic").and_then(Tree::as_bool) == Some(false) {
        normal.set("deterministic", false);
    }
    normal
}

fn serialized(document: &Tree, field: &str) -> Tree {
    let mut normal = Tree::mapping();
    for name in ["title", "display_name", "description", "warehouse_id"] {
        put(&mut normal, name, document.get(name).cloned().unwrap_or_default());
    }
    let value = document.get(field).cloned().unwrap_or_default();
    let value = match value.as_str().map(serde_json::from_str) {
        Some(Ok(parsed)) => Tree::from_json(&parsed),
        Some(Err(_)) | None => value,
    };
    put(&mut normal, field, settings::normal_serialized(value));
    normal
}

fn properties(document: &Tree) -> Tree {
    let Node::Mapping(mut properties) = texts(document.get("properties")).node else {
        return Tree::default();
    };
    properties.retain(|name, _| !written_by_server(name));
    Node::Mapping(properties).into()
}

/// A map with every value as a text: tags and properties.
fn texts(map: Option<&Tree>) -> Tree {
    let fields = map.and_then(Tree::as_mapping).into_iter().flatten();
    let mut texts: IndexMap<String, Tree> = fields
        .map(|(name, value)| {
            let text = match &value.node {
                Node::Null => String::new(),
                Node::String(text) => text.clone(),
                _ => value.to_json().to_string(),
            };
            (name.clone(), text.into())
        })
        .collect();
    texts.sort_keys();
    Node::Mapping(texts).into()
}

fn permissions(document: &Tree, user_name: &str) -> Tree {
    let who = |entry: &Tree| {
        ["user_name", "group_name", "service_principal_name"]
            .iter()
            .find_map(|field| document_text(entry, field))
            .unwrap_or_default()
            .to_owned()
    };
    let mut entries: Vec<Tree> = items(document, "permissions")
        .iter()
        .filter(|entry| !(document_text(entry, "level") == Some("IS_OWNER") && who(entry) == user_name))
        .map(|entry| without(entry, &[]))
        .collect();
    entries.sort_by_key(|entry| (who(entry), document_text(entry, "level").map(str::to_owned)));
    Node::Sequence(entries).into()
}

/// Whether two normal documents say the same at a field: layout of SQL, and how a path in the workspace begins, make no difference.
pub(super) fn same(field: &str, one: &Tree, two: &Tree) -> bool {
    match (&one.node, &two.node) {
        (Node::Mapping(left), Node::Mapping(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| right.get(key).is_some_and(|other| same(key, value, other)))
        }
        (Node::Sequence(left), Node::Sequence(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(field, left, right))
        }
        (Node::String(left), Node::String(right)) => match field {
            "query" | "definition" => comparable_sql(left) == comparable_sql(right),
            "notebook_path" | "python_file" | "path" | "project_directory" => {
                workspace_path(left) == workspace_path(right)
            }
            "name" | "function" | "references" | "catalog_name" | "schema_name" => {
                left.eq_ignore_ascii_case(right) && (left == right || field != "name" || left.contains('.'))
            }
            _ => left == right,
        },
        _ => one == two,
    }
}

/// A path in the workspace without the first part that may be left out.
pub(super) fn workspace_path(path: &str) -> &str {
    path.strip_prefix("/Workspace").unwrap_or(path)
}
