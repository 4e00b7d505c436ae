//! The declared documents of a bundle with every reference filled that names other declared documents.

use std::collections::BTreeMap;

use sluice_model::{Location, Node, ResourceKey, Tree};

use super::reading::{CapturedKind, document_text};
use crate::engine::resource_references;
use crate::language::Bundle;

/// A declared document.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    /// What it is.
    pub(super) kind: CapturedKind,
    /// Its key.
    pub(super) key: ResourceKey,
    /// Its content, literal.
    pub(super) document: Tree,
    /// Where it is written.
    pub(super) location: Option<Location>,
}

impl Declared {
    /// The name by which the workspace knows the object, in lower case; none for objects that have ids instead.
    pub(super) fn full_name(&self) -> Option<String> {
        full_name(self.kind, &self.document)
    }
}

/// The name of a document's object, in lower case; none for objects that have ids instead.
pub(super) fn full_name(kind: CapturedKind, document: &Tree) -> Option<String> {
    let part = |field: &str| document_text(document, field);
    let name = match kind {
        CapturedKind::Schema => format!("{}.{}", part("catalog_name")?, part("name")?),
        CapturedKind::Volume => format!("{}.{}.{}", part("catalog_name")?, part("schema_name")?, part("name")?),
        CapturedKind::Table | CapturedKind::View | CapturedKind::Function => part("name")?.to_owned(),
        CapturedKind::Job | CapturedKind::GenieSpace | CapturedKind::Dashboard => return None,
    };
    Some(name.to_lowercase())
}

/// Names are made of names, and those of others again.
const DEPTH: usize = 4;

/// Every declared document, and those of the other catalog kinds (grants, tags, masks that stand alone) beside them.
pub(super) struct Documents {
    /// Objects.
    pub(super) declared: Vec<Declared>,
    /// The catalog files, filled.
    pub(super) catalog: Tree,
}

/// Reads the documents of a bundle. `ids` gives the ids of objects that have no name as their id.
pub(super) fn documents(bundle: &Bundle, ids: &BTreeMap<ResourceKey, String>) -> Documents {
    let mut resources = bundle.config.get("resources").cloned().unwrap_or_default();
    let mut catalog = bundle.catalog.clone();
    for _ in 0..DEPTH {
        let before = (resources.clone(), catalog.clone());
        let lookup = |key: &ResourceKey, field: &str| value_of(&before.0, &before.1, ids, key, field);
        fill(&mut resources, &lookup);
        fill(&mut catalog, &lookup);
    }
    let mut declared = Vec::new();
    for (root, is_catalog) in [(&resources, false), (&catalog, true)] {
        for (name, objects) in root.as_mapping().into_iter().flatten() {
            let Some(kind) = CapturedKind::of(is_catalog, name) else {
                continue;
            };
            for (key, document) in objects.as_mapping().into_iter().flatten() {
                declared.push(Declared {
                    kind,
                    key: ResourceKey {
                        catalog: is_catalog,
                        kind: name.clone(),
                        name: key.clone(),
                        sub: None,
                    },
                    location: document.key_location.clone().or_else(|| document.location.clone()),
                    document: document.clone(),
                });
            }
        }
    }
    Documents { declared, catalog }
}

fn value_of(
    resources: &Tree,
    catalog: &Tree,
    ids: &BTreeMap<ResourceKey, String>,
    key: &ResourceKey,
    field: &str,
) -> Option<Tree> {
    let root = if key.catalog { catalog } else { resources };
    let document = root.get(&key.kind)?.get(&key.name)?;
    if let Some(value) = field.split('.').try_fold(document, |value, step| value.get(step)) {
        return Some(value.clone());
    }
    let kind = CapturedKind::of(key.catalog, &key.kind)?;
    match field {
        "id" | "full_name" => full_name(kind, document)
            .or_else(|| ids.get(key).cloned())
            .filter(|name| !name.contains("${"))
            .map(Tree::from),
        _ => None,
    }
}

fn fill(tree: &mut Tree, lookup: &impl Fn(&ResourceKey, &str) -> Option<Tree>) {
    match &mut tree.node {
        Node::String(text) => {
            for reference in resource_references(text) {
                let Some(value) = lookup(&reference.key, &reference.field) else {
                    continue;
                };
                if *text == reference.text {
                    tree.node = value.node;
                    return;
                }
                if let Some(inner) = value.as_str() {
                    *text = text.replace(&reference.text, inner);
                }
            }
        }
        Node::Sequence(items) => items.iter_mut().for_each(|item| fill(item, lookup)),
        Node::Mapping(fields) => fields.values_mut().for_each(|value| fill(value, lookup)),
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) => {}
    }
}
