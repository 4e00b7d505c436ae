//! What is known about the environment: declared documents, what stands for which name, what must not stand literally.

use std::collections::BTreeMap;

use sluice_model::{ResourceKey, Tree, TreePath};

use super::CaptureInput;
use super::lift::Names;
use super::literals::Literals;
use super::reading::{CapturedKind, document_text};
use super::resolved::{Documents, documents};
use crate::language::Bundle;

/// What is known before anything is compared.
pub(super) struct Surroundings {
    /// Declared documents, literal.
    pub(super) documents: Documents,
    /// References by catalog and schema.
    pub(super) names: Names,
    /// References by warehouse id.
    pub(super) warehouses: BTreeMap<String, String>,
    /// Keys of schemas by catalog and schema, in lower case.
    pub(super) schemas: BTreeMap<(String, String), String>,
    /// Values by reference.
    pub(super) values: BTreeMap<String, String>,
    /// Literals to look for.
    pub(super) literals: Literals,
    /// The ids of objects by key: of the state, or of what was captured before.
    pub(super) ids: BTreeMap<ResourceKey, String>,
}

impl Surroundings {
    pub(super) fn of(input: CaptureInput<'_>) -> Self {
        let bundle = input.bundle;
        let deployed = input.states.entries().filter(|(key, _)| key.sub.is_none());
        let mut ids: BTreeMap<ResourceKey, String> =
            deployed.map(|(key, entry)| (key.clone(), entry.id.clone())).collect();
        if let Some(captured) = input.lock.target(&bundle.target, &bundle.workspace.host) {
            for (key, object) in &captured.objects {
                ids.entry(key.clone()).or_insert_with(|| object.id.clone());
            }
        }
        let documents = documents(bundle, &ids);
        let mut surroundings = Self {
            names: Names::default(),
            warehouses: BTreeMap::new(),
            schemas: BTreeMap::new(),
            literals: Literals {
                host: authority(&bundle.workspace.host).to_owned(),
                ..Literals::default()
            },
            documents,
            ids,
            values: variables(bundle)
                .into_iter()
                .map(|(name, value)| (format!("${{var.{name}}}"), value))
                .collect(),
        };
        surroundings.names_of(bundle);
        surroundings.warehouses_of(bundle);
        surroundings
    }

    fn names_of(&mut self, bundle: &Bundle) {
        let schemas: Vec<(String, String, String)> = self
            .documents
            .declared
            .iter()
            .filter(|declared| declared.kind == CapturedKind::Schema)
            .filter_map(|declared| {
                let part = |field: &str| document_text(&declared.document, field).map(str::to_owned);
                Some((part("catalog_name")?, part("name")?, declared.key.name.clone()))
            })
            .collect();
        for (catalog, schema, key) in schemas {
            if let Some(variable) = variable_of(bundle, &catalog, "catalog") {
                self.names.add_catalog(&catalog, &format!("${{var.{variable}}}"));
                if !self.literals.catalogs.contains(&catalog) {
                    self.literals.catalogs.push(catalog.clone());
                }
            }
            self.values
                .insert(format!("${{resources.schemas.{key}.name}}"), schema.clone());
            self.names
                .add_schema(&catalog, &schema, &format!("${{resources.schemas.{key}.name}}"));
            self.schemas
                .insert((catalog.to_lowercase(), schema.to_lowercase()), key);
        }
    }

    fn warehouses_of(&mut self, bundle: &Bundle) {
        for (name, value) in variables(bundle) {
            if name.contains("warehouse") && !value.is_empty() {
                self.warehouses
                    .entry(value.clone())
                    .or_insert_with(|| format!("${{var.{name}}}"));
                self.literals.ids.push(value);
            }
        }
    }
}

fn variables(bundle: &Bundle) -> Vec<(String, String)> {
    let declared = bundle.config.at_path(&TreePath::keys(["variables"]));
    declared
        .and_then(Tree::as_mapping)
        .into_iter()
        .flatten()
        .filter_map(|(name, variable)| Some((name.clone(), variable.get("value")?.as_str()?.to_owned())))
        .collect()
}

/// The variable that has a value in this target; of several, the one whose name says what it is, then the first by name.
fn variable_of(bundle: &Bundle, value: &str, named: &str) -> Option<String> {
    let mut found: Vec<String> = variables(bundle)
        .into_iter()
        .filter(|(_, other)| other == value)
        .map(|(name, _)| name)
        .collect();
    found.sort_by_key(|name| (name != named, !name.contains(named), name.clone()));
    found.into_iter().next()
}

fn authority(host: &str) -> &str {
    host.split_once("://")
        .map_or(host, |(_, rest)| rest)
        .trim_end_matches('/')
}
