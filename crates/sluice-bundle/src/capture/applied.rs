//! What was applied last, as a document: the third side of a comparison, which says who changed what.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use sluice_model::{Node, ResourceKey, Tree};

use super::normal::normal;
use super::reading::{CapturedKind, document_text, put};
use crate::engine::States;

/// The document that the last deployment applied, in normal form; none for what was never deployed.
pub(super) fn applied(states: &States, kind: CapturedKind, key: &ResourceKey, user_name: &str) -> Option<Tree> {
    let mut document = Tree::from_json(&states.get(key)?.state);
    for (part, entry) in states
        .entries()
        .filter(|(part, _)| part.sub.is_some() && part.parent() == *key)
    {
        let body = Tree::from_json(&entry.state);
        let list = || body.get("__embed__").cloned().unwrap_or_default();
        match part.to_string().rsplit('.').next() {
            Some("grants") => put(&mut document, "grants", list()),
            Some("permissions") => put(&mut document, "permissions", list()),
            Some("tags") => {
                put(&mut document, "tags", body.get("tags").cloned().unwrap_or_default());
                of_columns(&mut document, &body, "columns", "tags");
            }
            Some("masks") => {
                of_columns(&mut document, &body, "masks", "mask");
                put(
                    &mut document,
                    "row_filter",
                    body.get("row_filter").cloned().unwrap_or_default(),
                );
            }
            Some("constraints") => {
                let mut constraints = document.get("constraints").cloned().unwrap_or_default();
                constraints.set("foreign_keys", body.get("foreign_keys").cloned().unwrap_or_default());
                document.set("constraints", constraints);
            }
            _ => {}
        }
    }
    Some(normal(kind, &document, user_name))
}

/// Puts what a body holds by column into the columns of a document.
fn of_columns(document: &mut Tree, body: &Tree, from: &str, field: &str) {
    let by_column: IndexMap<String, Tree> = body.get(from).and_then(Tree::as_mapping).cloned().unwrap_or_default();
    let Some(Node::Sequence(columns)) = document.get_mut("columns").map(|columns| &mut columns.node) else {
        return;
    };
    for column in columns {
        let name = document_text(column, "name").unwrap_or_default().to_owned();
        if let Some(value) = by_column.get(&name) {
            put(column, field, value.clone());
        }
    }
}

/// Tags that stand on their own, by entity (`schemas/dev.shop_gold`), as the last deployment set them.
pub(super) fn applied_tags(states: &States) -> BTreeMap<String, IndexMap<String, Tree>> {
    let mut tags: BTreeMap<String, IndexMap<String, Tree>> = BTreeMap::new();
    for (_, entry) in states
        .entries()
        .filter(|(key, _)| key.catalog && key.kind == "tags" && key.sub.is_none())
    {
        let body = Tree::from_json(&entry.state);
        let set = body.get("tags").and_then(Tree::as_mapping).cloned().unwrap_or_default();
        tags.entry(entry.id.to_lowercase()).or_default().extend(set);
    }
    tags
}
