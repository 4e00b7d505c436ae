//! What nobody declared: objects in the product's schemas, privileges on its objects, their tags, masks and row filters.
//!
//! A plan looks at declared principals, tags and masks alone, because it must leave the others as they are. Drift names them.

use std::collections::{BTreeMap, BTreeSet};

use sluice_bundle::capture::{CapturedKind, Reading, SchemaName};
use sluice_model::{ResourceKey, SubResource, Tree};

use super::DriftError;
use super::deployed::Deployed;
use super::report::{Difference, DifferenceKind};
use crate::capture::live::{Live, text};

/// What is declared about one object, by its full name in lower case.
#[derive(Default)]
struct Known {
    key: Option<ResourceKey>,
    /// Principals whose privileges are declared.
    principals: BTreeSet<String>,
    /// Columns (none: the object itself) and keys of declared tags.
    tags: BTreeSet<(Option<String>, String)>,
    /// Columns with a declared mask.
    masks: BTreeSet<String>,
    row_filter: bool,
}

/// Objects of Unity Catalog in the state, by kind.
const KINDS: [(&str, CapturedKind); 5] = [
    ("schemas", CapturedKind::Schema),
    ("volumes", CapturedKind::Volume),
    ("tables", CapturedKind::Table),
    ("views", CapturedKind::View),
    ("functions", CapturedKind::Function),
];

/// Everything undeclared.
///
/// # Errors
/// When something cannot be read.
pub(super) async fn compare(
    live: Live<'_>,
    deployed: &Deployed<'_>,
    replaced: &BTreeSet<ResourceKey>,
) -> Result<Vec<Difference>, DriftError> {
    let known = known(deployed);
    let (mut differences, mut wanted) = (Vec::new(), Vec::new());
    for (name, one) in &known {
        let Some(key) = one.key.as_ref().filter(|key| !replaced.contains(*key)) else {
            continue;
        };
        wanted.extend(kind_of(key).map(|kind| (kind, name.clone())));
    }
    for schema in schemas(deployed) {
        for (kind, name) in live.in_schema(&schema).await? {
            let declared = known.get(&name.to_lowercase()).is_some_and(|one| one.key.is_some());
            if !declared {
                differences.push(Difference {
                    live: Some(kind.noun().into()),
                    ..Difference::new(DifferenceKind::Unmanaged, name)
                });
            }
        }
    }
    for reading in live.objects(wanted).await? {
        if let Some(one) = known.get(&reading.id.to_lowercase()) {
            differences.extend(one.surplus(&reading));
        }
    }
    Ok(differences)
}

fn kind_of(key: &ResourceKey) -> Option<CapturedKind> {
    let bundle = ["schemas", "volumes"].contains(&key.kind.as_str());
    let (_, kind) = KINDS.iter().find(|(kind, _)| *kind == key.kind)?;
    (key.sub.is_none() && bundle != key.catalog).then_some(*kind)
}

/// The schemas that the deployment made.
fn schemas(deployed: &Deployed<'_>) -> Vec<SchemaName> {
    let entries = deployed.states.entries();
    let names = entries.filter(|(key, _)| kind_of(key) == Some(CapturedKind::Schema));
    names
        .filter_map(|(_, entry)| {
            let (catalog, schema) = entry.id.split_once('.')?;
            Some(SchemaName {
                catalog: catalog.to_owned(),
                schema: schema.to_owned(),
            })
        })
        .collect()
}

fn known(deployed: &Deployed<'_>) -> BTreeMap<String, Known> {
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    for (key, entry) in deployed.states.entries() {
        let body = Tree::from_json(&entry.state);
        let parent = deployed.states.get(&key.parent()).map(|entry| entry.id.to_lowercase());
        let named = |field: &str| text(&body, field).map(|name| name.to_lowercase());
        let alone = key.sub.is_none() && key.catalog;
        match (key.sub, key.kind.as_str()) {
            (Some(SubResource::Grants), _) => {
                known.entry(parent.unwrap_or_default()).or_default().grants(&body);
            }
            (None, "grants") if alone => {
                known
                    .entry(named("full_name").unwrap_or_default())
                    .or_default()
                    .grants(&body);
            }
            (Some(SubResource::Tags), _) => known.entry(parent.unwrap_or_default()).or_default().tags(&body, None),
            (None, "tags") if alone => {
                let name = named("entity_name").unwrap_or_default();
                let column = text(&body, "entity_type").is_some_and(|kind| kind == "columns");
                let (object, column) = match name.rsplit_once('.') {
                    Some((object, last)) if column => (object.to_owned(), Some(last.to_owned())),
                    _ => (name, None),
                };
                known.entry(object).or_default().tags(&body, column.as_deref());
            }
            (Some(SubResource::Masks), _) => known.entry(parent.unwrap_or_default()).or_default().masks(&body),
            (None, "masks" | "row_filters") if alone => {
                known
                    .entry(named("table").unwrap_or_default())
                    .or_default()
                    .masks(&body);
            }
            (None, _) if kind_of(key).is_some() => {
                known.entry(entry.id.to_lowercase()).or_default().key = Some(key.clone());
            }
            _ => {}
        }
    }
    known
}

impl Known {
    fn grants(&mut self, body: &Tree) {
        let list = body.get("__embed__").and_then(Tree::as_sequence);
        let principals = list
            .unwrap_or_default()
            .iter()
            .filter_map(|grant| text(grant, "principal"));
        self.principals.extend(principals);
    }

    fn tags(&mut self, body: &Tree, column: Option<&str>) {
        let keys = |tags: Option<&Tree>| -> Vec<String> {
            let tags = tags.and_then(Tree::as_mapping);
            tags.into_iter().flat_map(indexmap::IndexMap::keys).cloned().collect()
        };
        let own = keys(body.get("tags"))
            .into_iter()
            .map(|key| (column.map(str::to_owned), key));
        self.tags.extend(own);
        for (column, tags) in body.get("columns").and_then(Tree::as_mapping).into_iter().flatten() {
            let own = keys(Some(tags)).into_iter();
            self.tags.extend(own.map(|key| (Some(column.to_lowercase()), key)));
        }
    }

    fn masks(&mut self, body: &Tree) {
        let masks = body.get("masks").and_then(Tree::as_mapping);
        self.masks.extend(
            masks
                .into_iter()
                .flat_map(indexmap::IndexMap::keys)
                .map(|column| column.to_lowercase()),
        );
        self.row_filter |= body.get("row_filter").is_some_and(|filter| !filter.is_null());
    }

    fn surplus(&self, reading: &Reading) -> Vec<Difference> {
        let Some(key) = &self.key else { return Vec::new() };
        let of = |kind, path: String, live: Tree| Difference {
            name: Some(reading.id.clone()),
            path,
            live: Some(live),
            note: Some("nobody declared it".to_owned()),
            ..Difference::new(kind, key.to_string())
        };
        let mut found = Vec::new();
        for grant in &reading.grants {
            if let (Some(principal), Some(privileges)) = (text(grant, "principal"), grant.get("privileges"))
                && !self.principals.contains(&principal)
            {
                let path = format!("grants[principal='{principal}'].privileges");
                found.push(of(DifferenceKind::Grant, path, privileges.clone()));
            }
        }
        for tag in &reading.tags {
            let Some(tag_key) = text(tag, "tag_key") else { continue };
            let column = text(tag, "entity_type").filter(|kind| kind == "columns");
            let column = column.and(text(tag, "entity_name"));
            let column = column.and_then(|name| name.splitn(4, '.').nth(3).map(str::to_lowercase));
            let path = match &column {
                Some(column) => format!("columns.{column}.{tag_key}"),
                None => format!("tags.{tag_key}"),
            };
            if !self.tags.contains(&(column, tag_key)) {
                let value = text(tag, "tag_value").unwrap_or_default();
                found.push(of(DifferenceKind::Tag, path, value.into()));
            }
        }
        let columns = reading.object.get("columns").and_then(Tree::as_sequence);
        for column in columns.unwrap_or_default() {
            if let (Some(name), Some(mask)) = (text(column, "name"), column.get("mask"))
                && !mask.is_null()
                && !self.masks.contains(&name.to_lowercase())
            {
                found.push(of(DifferenceKind::Field, format!("masks.{name}"), mask.clone()));
            }
        }
        if let Some(filter) = reading.object.get("row_filter").filter(|filter| !filter.is_null())
            && !self.row_filter
        {
            found.push(of(DifferenceKind::Field, "row_filter".to_owned(), filter.clone()));
        }
        found
    }
}
