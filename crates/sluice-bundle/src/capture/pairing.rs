//! Which observed object is which declared one, and which is new.

use std::collections::{BTreeMap, BTreeSet};

use sluice_model::{ResourceKey, Tree};

use super::keys::key_for;
use super::reading::{CapturedKind, Observed, document_text};
use super::resolved::full_name;
use super::surroundings::Surroundings;

/// An observed object with its key.
pub(super) struct Pair {
    /// The object.
    pub(super) observed: Observed,
    /// Its key, that of its declaration or a new one.
    pub(super) key: ResourceKey,
    /// Position among the declared documents; none when it is not declared.
    pub(super) declared: Option<usize>,
    /// Key of the declared schema that it stands in.
    pub(super) schema: Option<String>,
}

/// Pairs every observed object.
pub(super) fn pair(surroundings: &Surroundings, observed: Vec<Observed>) -> Vec<Pair> {
    let declared = &surroundings.documents.declared;
    let by_name: BTreeMap<(CapturedKind, String), usize> = declared
        .iter()
        .enumerate()
        .filter_map(|(index, one)| Some(((namespace(one.kind), one.full_name()?), index)))
        .collect();
    let by_id: BTreeMap<(CapturedKind, &str), &ResourceKey> = surroundings
        .ids
        .iter()
        .filter_map(|(key, id)| Some(((CapturedKind::of(key.catalog, &key.kind)?, id.as_str()), key)))
        .collect();
    // The resources of a bundle share their keys across kinds, those of the catalog files do not.
    let keys_of = |kind: CapturedKind| kind.is_catalog().then_some(kind);
    let mut taken: BTreeMap<Option<CapturedKind>, BTreeSet<String>> = BTreeMap::new();
    for one in declared {
        taken.entry(keys_of(one.kind)).or_default().insert(one.key.name.clone());
    }
    let by_title = |object: &Observed| {
        let title = title(object.kind, &object.document)?;
        let mut same = declared.iter().enumerate().filter(|(_, one)| {
            one.kind == object.kind
                && self::title(one.kind, &one.document) == Some(title)
                && !surroundings.ids.contains_key(&one.key)
        });
        match (same.next(), same.next()) {
            (Some((index, _)), None) => Some(index),
            _ => None,
        }
    };
    let position = |key: &ResourceKey| declared.iter().position(|one| one.key == *key);
    let mut used: BTreeSet<usize> = BTreeSet::new();
    let mut pairs = Vec::new();
    for object in observed {
        let name = full_name(object.kind, &object.document);
        let known = match &name {
            Some(name) => by_name.get(&(namespace(object.kind), name.clone())).copied(),
            None => by_id
                .get(&(object.kind, object.id.as_str()))
                .and_then(|key| position(key))
                .or_else(|| by_title(&object)),
        };
        let known = known.filter(|index| declared[*index].kind == object.kind && used.insert(*index));
        let schema = name.as_deref().and_then(|name| schema_of(name, surroundings));
        let key = match known {
            Some(index) => declared[index].key.clone(),
            None => {
                let taken = taken.entry(keys_of(object.kind)).or_default();
                let last = object.name.rsplit('.').next().filter(|_| name.is_some());
                let kind = object.kind.document_name();
                let key = key_for(last.unwrap_or(&object.name), schema.as_deref(), kind, taken);
                taken.insert(key.clone());
                ResourceKey {
                    catalog: object.kind.is_catalog(),
                    kind: object.kind.document_name().to_owned(),
                    name: key,
                    sub: None,
                }
            }
        };
        pairs.push(Pair {
            observed: object,
            key,
            declared: known,
            schema,
        });
    }
    pairs
}

/// Tables and views share their names; the other kinds have names of their own.
fn namespace(kind: CapturedKind) -> CapturedKind {
    if kind == CapturedKind::View {
        CapturedKind::Table
    } else {
        kind
    }
}

fn title(kind: CapturedKind, document: &Tree) -> Option<&str> {
    let field = match kind {
        CapturedKind::Job => "name",
        CapturedKind::GenieSpace => "title",
        CapturedKind::Dashboard => "display_name",
        _ => return None,
    };
    document_text(document, field)
}

fn schema_of(name: &str, surroundings: &Surroundings) -> Option<String> {
    let mut parts = name.split('.');
    let (catalog, schema) = (parts.next()?, parts.next()?);
    surroundings
        .schemas
        .get(&(catalog.to_owned(), schema.to_owned()))
        .cloned()
}
