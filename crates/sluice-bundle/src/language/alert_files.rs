//! Alerts whose settings stand in a file of their own, `*.dbalert.json`, as the workspace has it beside its other files. Its query is a
//! list of lines. What belongs to a deployment stays in the bundle file: title, warehouse, permissions and lifecycle.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::contents::{local_path, object_in, written};
use super::session::Session;

/// What stands in the bundle file beside the name of the other file.
const IN_BUNDLE: [&str; 5] = ["display_name", "file_path", "lifecycle", "permissions", "warehouse_id"];

/// What is taken from the file. Title and warehouse are not: they differ by target.
const IN_FILE: [&str; 7] = [
    "custom_description",
    "custom_summary",
    "evaluation",
    "parent_path",
    "run_as",
    "run_as_user_name",
    "schedule",
];

/// Reads the file of an alert that names one.
pub(super) fn read(alert: &mut Tree, path: &TreePath, session: &mut Session<'_>) {
    let Some(file) = written(alert, "file_path") else {
        return;
    };
    let Some(local) = local_path(&file) else { return };
    let Some((text, object)) = object_in(&local, &file, path, session) else {
        return;
    };
    if text.contains("${") {
        session.report(
            Diagnostic::error(format!("`{local}` holds a reference, which nothing fills in there"))
                .path(path.key("file_path"))
                .location(file.location.clone())
                .help("write the alert in the bundle file to use variables"),
        );
    }
    for (name, value) in alert.as_mapping().into_iter().flatten() {
        if !IN_BUNDLE.contains(&name.as_str()) && !value.is_null() {
            session.report(
                Diagnostic::error(format!("`{name}` stands beside a file that holds the alert"))
                    .path(path.key(name))
                    .location(value.location.clone())
                    .help(format!("set it in `{local}`; here may stand {}", IN_BUNDLE.join(", "))),
            );
        }
    }
    let content = Tree::from_json(&object);
    for name in IN_FILE {
        if let Some(value) = content.get(name).filter(|value| !value.is_null()) {
            alert.set(name, value.clone().at(file.location.clone()));
        }
    }
    let lines = content
        .get("query_lines")
        .and_then(Tree::as_sequence)
        .unwrap_or_default();
    let query: String = lines
        .iter()
        .filter_map(Tree::as_str)
        .map(|line| format!("{line}\n"))
        .collect();
    alert.set("query_text", Tree::from(query).at(file.location.clone()));
    let node = Node::String(local);
    alert.set("file_path", Tree { node, ..file });
}
