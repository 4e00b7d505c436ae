//! Names and values as they stand in SQL of Databricks. Nothing of a contract reaches a statement in another way.

use sluice_model::{Node, Tree};

/// A name in backticks.
#[must_use]
pub fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A name of several parts, such as `catalog.schema.table`.
#[must_use]
pub fn qualified<'parts>(parts: impl IntoIterator<Item = &'parts str>) -> String {
    let quoted: Vec<String> = parts.into_iter().map(identifier).collect();
    quoted.join(".")
}

/// A text in quotes. Databricks reads a backslash as the begin of an escape.
pub(super) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A single value; none for lists, maps, nothing, and numbers that SQL cannot write.
pub(super) fn scalar(value: &Tree) -> Option<String> {
    match &value.node {
        Node::String(value) => Some(text(value)),
        Node::Integer(value) => Some(value.to_string()),
        Node::Float(value) => value.is_finite().then(|| format!("CAST('{value}' AS DOUBLE)")),
        Node::Bool(true) => Some("TRUE".to_owned()),
        Node::Bool(false) => Some("FALSE".to_owned()),
        Node::Null | Node::Sequence(_) | Node::Mapping(_) => None,
    }
}
