//! Edits YAML documents that people wrote: what does not change keeps every byte, comments and order included.
//!
//! Start at [`rewrite`]; [`emit`] writes a document that does not exist yet. Both hand out only texts that read back as what was
//! wanted.

mod node;

use std::str::FromStr as _;

use indexmap::IndexMap;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use sluice_model::{Diagnostic, Location, Node, Tree, TreePath};
use yaml_edit::{Document, Mapping, Sequence};

use crate::language::parse_yaml;

/// A document cannot be edited. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It is not YAML that documents here may use.
    #[error("`{file}` cannot be read")]
    Unreadable {
        /// The file.
        file: String,
        /// What is wrong.
        diagnostics: Vec<Diagnostic>,
    },
    /// A place cannot be edited without changing others: it comes from an anchor, an alias or a merge.
    #[error("{} cannot be edited in place: `{path}` is shared through an anchor or a merge, or has a form that cannot be changed alone", place(file, location.as_ref()))]
    Shared {
        /// The file.
        file: String,
        /// The place in the document.
        path: TreePath,
        /// Where that is written.
        location: Option<Location>,
    },
}

fn place(file: &str, location: Option<&Location>) -> String {
    location.map_or_else(|| format!("`{file}`"), |location| format!("`{location}`"))
}

/// The identities of list items, the first that an item has: an item with the same identity is the same item.
const IDENTITIES: [&str; 10] = [
    "task_key",
    "job_cluster_key",
    "environment_key",
    "principal",
    "user_name",
    "group_name",
    "service_principal_name",
    "name",
    "id",
    "identifier",
];

/// The smallest edit of a document after which it reads as `wanted`. A document that reads so already is handed back as it is.
///
/// # Errors
/// When the text is not YAML, or a value that changes stands in a place that cannot be edited alone.
pub fn rewrite(text: &str, file: &str, wanted: &Tree) -> Result<String, EditError> {
    let current = read(text, file)?;
    if current == *wanted {
        return Ok(text.to_owned());
    }
    let edited = edited(text, &current, wanted).unwrap_or_default();
    let result = read(&edited, file)?;
    match first_difference(&result, wanted, &TreePath::default()) {
        None => Ok(edited),
        Some(path) => Err(EditError::Shared {
            file: file.to_owned(),
            location: current.at_path(&path).and_then(|tree| tree.location.clone()),
            path,
        }),
    }
}

/// The text of a document, ending with a line end. Values that YAML would read as something else are quoted.
#[must_use]
pub fn emit(document: &Tree) -> String {
    node::document(document)
}

fn read(text: &str, file: &str) -> Result<Tree, EditError> {
    parse_yaml(text, file).map_err(|diagnostics| EditError::Unreadable {
        file: file.to_owned(),
        diagnostics,
    })
}

/// The edited text; none when the document has no mapping to edit.
fn edited(text: &str, current: &Tree, wanted: &Tree) -> Option<String> {
    let Node::Mapping(fields) = &wanted.node else {
        return Some(emit(wanted));
    };
    if current.is_null() {
        return Some(format!("{text}{}", emit(wanted)));
    }
    let document = Document::from_str(text).ok()?;
    edit_mapping(&document.as_mapping()?, current.as_mapping()?, fields);
    Some(document.to_string())
}

fn edit_mapping(mapping: &Mapping, current: &IndexMap<String, Tree>, wanted: &IndexMap<String, Tree>) {
    let mut before: Option<&String> = None;
    for (key, value) in wanted {
        match current.get(key) {
            Some(old) if old == value => {}
            Some(old) => edit_entry(mapping, key, old, value),
            None => insert_entry(mapping, before, key, value),
        }
        before = Some(key);
    }
    for key in current.keys().filter(|key| !wanted.contains_key(*key)) {
        mapping.remove(key.as_str());
    }
}

/// A new entry comes after the one that is before it in the wanted order, so that documents of one shape have one order.
fn insert_entry(mapping: &Mapping, before: Option<&String>, key: &str, value: &Tree) {
    let value = node::value(value);
    let placed = before.is_some_and(|before| mapping.insert_after(before.as_str(), node::key(key), &value));
    if !placed {
        mapping.set(node::key(key), &value);
    }
}

fn edit_entry(mapping: &Mapping, key: &str, old: &Tree, value: &Tree) {
    match (&old.node, &value.node) {
        (Node::Mapping(old), Node::Mapping(new)) if !old.is_empty() && !new.is_empty() => {
            if let Some(inner) = mapping.get_mapping(key) {
                return edit_mapping(&inner, old, new);
            }
        }
        (Node::Sequence(old), Node::Sequence(new)) if !old.is_empty() && !new.is_empty() => {
            if let Some(inner) = mapping.get_sequence(key) {
                return edit_sequence(&inner, old, new);
            }
        }
        _ => {}
    }
    mapping.set(key, node::value(value));
}

fn edit_sequence(sequence: &Sequence, current: &[Tree], wanted: &[Tree]) {
    let identities = |items: &[Tree]| items.iter().map(identity).collect::<Vec<String>>();
    let operations = capture_diff_slices(Algorithm::Myers, &identities(current), &identities(wanted));
    // From the end to the beginning, so that the positions before stay what they are.
    for operation in operations.into_iter().rev() {
        let (_, old, new) = operation.as_tag_tuple();
        let paired = match operation {
            DiffOp::Equal { .. } => old.len(),
            DiffOp::Replace { .. } | DiffOp::Delete { .. } | DiffOp::Insert { .. } => 0,
        };
        for index in old.clone().skip(paired).rev() {
            sequence.remove(index);
        }
        for index in new.clone().skip(paired).rev() {
            sequence.insert(old.start, node::item(&wanted[index]));
        }
        for (index, other) in old.zip(new).take(paired) {
            edit_item(sequence, index, &current[index], &wanted[other]);
        }
    }
}

fn edit_item(sequence: &Sequence, index: usize, old: &Tree, value: &Tree) {
    if old == value {
        return;
    }
    if let (Node::Mapping(old), Node::Mapping(new)) = (&old.node, &value.node)
        && let Some(item) = sequence.get(index)
        && let Some(inner) = item.as_mapping()
    {
        return edit_mapping(inner, old, new);
    }
    sequence.set(index, node::item(value));
}

fn identity(item: &Tree) -> String {
    let named = IDENTITIES
        .iter()
        .find_map(|field| Some(format!("{field}={}", item.get(field)?.as_str()?)));
    named.unwrap_or_else(|| item.to_json().to_string())
}

/// The place of the first difference, as deep as both have it.
fn first_difference(one: &Tree, two: &Tree, path: &TreePath) -> Option<TreePath> {
    if one == two {
        return None;
    }
    let deeper = match (&one.node, &two.node) {
        (Node::Mapping(left), Node::Mapping(right)) => left
            .iter()
            .find_map(|(key, value)| first_difference(value, right.get(key)?, &path.key(key.as_str()))),
        (Node::Sequence(left), Node::Sequence(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .enumerate()
            .find_map(|(index, (left, right))| first_difference(left, right, &path.index(index))),
        _ => None,
    };
    Some(deeper.unwrap_or_else(|| path.clone()))
}

#[cfg(test)]
mod tests;
