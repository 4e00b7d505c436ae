//! A part of a bundle: chosen resources, what they need, and who may use the chosen ones.
//!
//! As `--select` of `databricks bundle`; a resource that was taken out of the configuration can be chosen too, to delete it alone.

use std::collections::BTreeSet;

use sluice_model::{Diagnostic, ResourceKey};

use super::desired::Desired;
use super::state::States;
use crate::language::suggest;

/// The keys that a plan is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    All,
    Only(BTreeSet<ResourceKey>),
}

impl Selection {
    /// What these names stand for: `load`, `jobs.load`, `resources.jobs.load` or `catalog.tables.orders`. Everything when there are no
    /// names. A name that stands for nothing or for several resources is a fault.
    pub(crate) fn of(names: &[String], desired: &Desired, states: &States, faults: &mut Vec<Diagnostic>) -> Self {
        if names.is_empty() {
            return Self::All;
        }
        let whole = |key: &&ResourceKey| key.sub.is_none();
        let known: BTreeSet<&ResourceKey> = desired
            .resources
            .keys()
            .chain(states.entries().map(|(key, _)| key))
            .filter(whole)
            .collect();
        let mut open = Vec::new();
        for name in names {
            let found: Vec<&ResourceKey> = known.iter().copied().filter(|key| is_meant(key, name)).collect();
            match found[..] {
                [key] => {
                    let subs = desired.resources.keys().chain(states.entries().map(|(key, _)| key));
                    open.extend(subs.filter(|other| other.parent() == *key).cloned());
                }
                [] => faults.push(unknown(name, &known)),
                _ => {
                    let keys: Vec<String> = found.iter().map(|key| format!("`{key}`")).collect();
                    faults.push(
                        Diagnostic::error(format!("`--select {name}` can mean {}", keys.join(" or ")))
                            .help("write the whole key"),
                    );
                }
            }
        }
        let mut chosen = BTreeSet::new();
        while let Some(key) = open.pop() {
            if let Some(resource) = desired.resources.get(&key) {
                open.extend(resource.depends_on.iter().map(|needed| needed.node.clone()));
            }
            if chosen.insert(key.clone()) && key.sub.is_some() {
                open.push(key.parent());
            }
        }
        Self::Only(chosen)
    }

    pub(crate) fn contains(&self, key: &ResourceKey) -> bool {
        match self {
            Self::All => true,
            Self::Only(keys) => keys.contains(key),
        }
    }
}

fn is_meant(key: &ResourceKey, name: &str) -> bool {
    let whole = key.to_string();
    key.name == name || whole == name || format!("{}.{}", key.kind, key.name) == name
}

fn unknown(name: &str, known: &BTreeSet<&ResourceKey>) -> Diagnostic {
    let mut refused = Diagnostic::error(format!("there is no resource `{name}` to select"));
    let spelled: Vec<String> = known
        .iter()
        .map(|key| match name.split('.').count() {
            1 => key.name.clone(),
            2 => format!("{}.{}", key.kind, key.name),
            _ => key.to_string(),
        })
        .collect();
    refused.help = suggest::hint(name, spelled.iter().map(String::as_str));
    refused
}
