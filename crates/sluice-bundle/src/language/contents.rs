//! The contents of Genie spaces and dashboards: written in place as a map, as the text that the service exports, or in a file beside
//! the bundle file. Afterwards each is a map.

use sluice_model::{Diagnostic, Location, Node, Tree, TreePath};

use super::session::Session;
use super::{include, reference, sync};

/// Kinds with a content, and the field that it stands in.
const KINDS: [(&str, &str); 2] = [
    ("genie_spaces", "serialized_space"),
    ("dashboards", "serialized_dashboard"),
];

/// Reads the contents of all resources.
pub(super) fn read(resources: &mut Tree, session: &mut Session<'_>) {
    for (kind, field) in KINDS {
        let Some(Node::Mapping(named)) = resources.get_mut(kind).map(|named| &mut named.node) else {
            continue;
        };
        for (name, resource) in named.iter_mut().filter(|(_, resource)| resource.as_mapping().is_some()) {
            let path = TreePath::keys(["resources", kind, name.as_str()]);
            one(resource, field, &path, session);
        }
    }
}

fn one(resource: &mut Tree, field: &str, path: &TreePath, session: &mut Session<'_>) {
    let said = |name: &str| {
        let value = resource
            .get(name)
            .filter(|value| !value.is_null() && value.as_str() != Some(""));
        value.cloned()
    };
    match (said(field), said("file_path")) {
        (Some(content), Some(file)) => session.report(
            Diagnostic::error(format!("it has either `{field}` or `file_path`"))
                .path(path.clone())
                .location(file.key_location.clone())
                .location(content.key_location.clone()),
        ),
        (None, None) => session.report(
            Diagnostic::error(format!("it has neither `{field}` nor `file_path`"))
                .path(path.clone())
                .location(resource.key_location.clone())
                .help("write the content in place, or name a file that holds it"),
        ),
        (Some(content), None) => in_place(resource, field, content, path, session),
        (None, Some(file)) => in_file(resource, field, &file, path, session),
    }
}

fn in_place(resource: &mut Tree, field: &str, content: Tree, path: &TreePath, session: &mut Session<'_>) {
    match &content.node {
        Node::Mapping(_) => {}
        Node::String(text) if reference::whole(text).is_some() => {}
        Node::String(text) => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) if value.is_object() => {
                let node = Tree::from_json(&value).node;
                resource.set(field, Tree { node, ..content });
            }
            Ok(_) => session.report(not_an_object(field, &content, path)),
            Err(error) => session.report(
                Diagnostic::error(format!("`{field}` is not JSON: {error}"))
                    .path(path.key(field))
                    .location(content.location.clone()),
            ),
        },
        _ => session.report(not_an_object(field, &content, path)),
    }
}

fn not_an_object(field: &str, content: &Tree, path: &TreePath) -> Diagnostic {
    Diagnostic::error(format!("`{field}` is neither a map nor the text of a JSON object"))
        .path(path.key(field))
        .location(content.location.clone())
}

/// The file is named relative to the file that names it. References inside it stay as they are, as with the Databricks CLI.
fn in_file(resource: &mut Tree, field: &str, file: &Tree, path: &TreePath, session: &mut Session<'_>) {
    let Some(name) = file.as_str() else { return };
    let folder = file
        .location
        .as_ref()
        .map_or(".", |location| sync::folder(&location.file));
    let local = include::clean(&format!("{folder}/{name}"));
    let text = match session.file(&local) {
        Some(Some(text)) => text,
        Some(None) => {
            session.report(
                Diagnostic::error(format!("file `{local}` does not exist"))
                    .path(path.key("file_path"))
                    .location(file.location.clone())
                    .help("paths are relative to the file that they stand in"),
            );
            return;
        }
        None => return,
    };
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) if value.is_object() => {
            resource.set(field, Tree::from_json(&value).at(file.location.clone()));
        }
        Ok(_) => session.report(
            Diagnostic::error(format!("`{local}` does not hold a JSON object"))
                .path(path.key("file_path"))
                .location(file.location.clone()),
        ),
        Err(error) => session.report(
            Diagnostic::error(format!("`{local}` is not JSON: {error}"))
                .path(path.key("file_path"))
                .location(Some(place(&local, &error)))
                .location(file.location.clone()),
        ),
    }
}

/// Where a file stops being JSON.
fn place(file: &str, error: &serde_json::Error) -> Location {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).max(1);
    Location {
        file: file.into(),
        line: count(error.line()),
        column: count(error.column()),
    }
}
