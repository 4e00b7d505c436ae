//! Tags of declared objects and their columns.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use crate::language::session::Session;

/// Characters that keys of tags cannot have.
/// (<https://docs.databricks.com/database-objects/tags.html#constraints>)
const FORBIDDEN: [char; 6] = ['.', ',', '-', '=', '/', ':'];

/// Checks the keys of tags of an object and its columns. A tag that is only a key has an empty value.
pub(super) fn normalise(object: &mut Tree, path: &TreePath, session: &mut Session<'_>) {
    if let Some(tags) = object.get_mut("tags") {
        of(tags, &path.key("tags"), session);
    }
    if let Some(Node::Sequence(columns)) = object.get_mut("columns").map(|columns| &mut columns.node) {
        for (index, column) in columns.iter_mut().enumerate() {
            if let Some(tags) = column.get_mut("tags") {
                of(tags, &path.key("columns").index(index).key("tags"), session);
            }
        }
    }
}

fn of(tags: &mut Tree, path: &TreePath, session: &mut Session<'_>) {
    let Node::Mapping(tags) = &mut tags.node else { return };
    for (key, value) in tags {
        if value.is_null() {
            value.node = Node::String(String::new());
        }
        if key.is_empty() || key.chars().count() > 255 || key.contains(FORBIDDEN) {
            session.report(
                Diagnostic::error(format!("`{key}` cannot be the key of a tag"))
                    .path(path.key(key.as_str()))
                    .location(value.key_location.clone())
                    .help("a key has 1 to 255 characters, and none of `. , - = / :`"),
            );
        }
    }
}
