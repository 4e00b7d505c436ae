//! What of a deployment is not any more as it was deployed: the plan of the same content, read the other way round.
//!
//! There is no second comparison here. [`deviations`] takes the entries that [`super::plan`] is made of, with its field classes, also
//! those that a deployment would have to refuse. What nobody declared is not looked at.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_model::{ResourceKey, Tree};

use super::desired;
use super::difference;
use super::kinds::{self, text};
use super::plan::{Action, FieldChange, PlanEntry};
use super::planning::{self, PlanOptions, holds_references};
use super::reads::{Observation, Observed, Read};
use super::state::States;
use crate::language::Bundle;

/// What counts as declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// What the bundle says: it is the content that was deployed.
    Content,
    /// What the state says was applied: the bundle may have moved on since.
    State,
}

/// In which way an object is not as it was deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviationKind {
    /// It is gone.
    Gone,
    /// The state does not know it: it was never made here, or an object of its name belongs to somebody else.
    Unknown,
    /// It is there, and nothing declares it any more.
    Left,
    /// A field differs.
    Field,
}

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    /// The resource, or the part of one.
    pub key: ResourceKey,
    /// Remote id of the resource, when the state knows it.
    pub id: Option<String>,
    /// What differs.
    pub kind: DeviationKind,
    /// The field in the plan's notation, such as `columns[name='day'].comment`; empty for the whole object.
    pub path: String,
    /// What is declared.
    pub declared: Option<Tree>,
    /// What is there.
    pub live: Option<Tree>,
}

/// What tells an object of Unity Catalog from another one that took its name, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The id that the metastore gave it.
    pub id: String,
    /// Who owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// The identity of an observed object; none for kinds whose remote id is one.
#[must_use]
pub fn identity(key: &ResourceKey, remote: &Value) -> Option<Identity> {
    let id = text(remote, kinds::of(key)?.identity_field()?)?;
    Some(Identity {
        id: id.to_owned(),
        owner: text(remote, "owner").map(str::to_owned),
    })
}

/// The reads of the objects that have an identity beside their name.
#[must_use]
pub fn identity_reads(states: &States) -> Vec<Read> {
    let entries = states.entries().filter(|(key, _)| key.sub.is_none());
    entries
        .filter_map(|(key, entry)| {
            let kind = kinds::of(key).filter(|kind| kind.identity_field().is_some())?;
            Some(Read::object(key, kind, &entry.id))
        })
        .collect()
}

/// Everything that is not as it was deployed, in the order of the keys.
#[must_use]
pub fn deviations(bundle: &Bundle, states: &States, observed: &Observed, declared: Declared) -> Vec<Deviation> {
    let entries = planning::draft(bundle, states, observed, &PlanOptions::default()).entries;
    let absent = |key: &ResourceKey| {
        let observation = observed.get(key);
        matches!(observation, Some(Observation::Absent | Observation::Lost))
    };
    let mut found = Vec::new();
    for (key, entry) in &entries {
        let with_parent = key.sub.is_some() && absent(&key.parent());
        if with_parent || absent(key) && of_a_lost_object(key, states, &absent) {
            continue;
        }
        found.extend(of_entry(key, entry, states, declared));
    }
    if declared == Declared::Content {
        let desired = desired::collect(bundle, states, &mut Vec::new());
        let unplanned = desired.order.iter().filter(|key| !entries.contains_key(*key));
        found.extend(unplanned.map(|key| whole(key, states, DeviationKind::Unknown)));
    }
    found
}

/// Whether a field of a planned object was changed in the workspace after it was applied.
pub(crate) fn changed_there(key: &ResourceKey, path: &str, change: &FieldChange) -> bool {
    kinds::of(key).is_some_and(|kind| !kind.is_condition(path) && difference::changed_there(kind.rules(), path, change))
}

fn of_entry(key: &ResourceKey, entry: &PlanEntry, states: &States, declared: Declared) -> Vec<Deviation> {
    let known = states.get(key).is_some();
    match (entry.action, declared) {
        (Action::Delete, Declared::Content) if !entry.gone => vec![whole(key, states, DeviationKind::Left)],
        (Action::Delete, _) => Vec::new(),
        (Action::Create, Declared::State) if !known => Vec::new(),
        (Action::Create, _) if known => vec![whole(key, states, DeviationKind::Gone)],
        (Action::Create, _) => vec![whole(key, states, DeviationKind::Unknown)],
        (Action::Skip | Action::Resize | Action::Update | Action::UpdateId | Action::Recreate, _) => entry
            .changes
            .iter()
            .filter(|(path, change)| differs(key, path, change, declared))
            .map(|(path, change)| Deviation {
                path: shown_path(key, path),
                declared: wanted(change, declared).map(Tree::from_json),
                live: change.remote.as_ref().map(Tree::from_json),
                ..whole(key, states, DeviationKind::Field)
            })
            .collect(),
    }
}

/// Whether a changed field is one that changed in the workspace. What refers to an object that has to be made again is not known.
fn differs(key: &ResourceKey, path: &str, change: &FieldChange, declared: Declared) -> bool {
    let as_applied = !changed_there(key, path, change);
    let unknown = change.new.as_ref().is_some_and(holds_references);
    change.action != Action::Skip && !(as_applied && (unknown || declared == Declared::State))
}

fn wanted(change: &FieldChange, declared: Declared) -> Option<&Value> {
    let unknown = change.new.as_ref().is_some_and(holds_references);
    if unknown || declared == Declared::State {
        change.old.as_ref()
    } else {
        change.new.as_ref()
    }
}

fn whole(key: &ResourceKey, states: &States, kind: DeviationKind) -> Deviation {
    Deviation {
        key: key.clone(),
        id: states.get(&key.parent()).map(|entry| entry.id.clone()),
        kind,
        path: String::new(),
        declared: None,
        live: None,
    }
}

/// Lists of access stand under `__embed__` in a body; people know them by what they are.
fn shown_path(key: &ResourceKey, path: &str) -> String {
    let part = key.sub.as_ref().map_or(key.kind.as_str(), |sub| sub.as_str());
    match path.strip_prefix("__embed__") {
        Some(rest) => format!("{part}{rest}"),
        None => path.to_owned(),
    }
}

/// Whether this is access, declared on its own, to an object of the same deployment that is gone.
fn of_a_lost_object(key: &ResourceKey, states: &States, absent: &impl Fn(&ResourceKey) -> bool) -> bool {
    let used = states.get(key).and_then(|entry| {
        let kind = kinds::of(key).filter(|kind| kind.is_access())?;
        Some(kind.uses(&entry.state))
    });
    let names: BTreeSet<String> = used.into_iter().flatten().map(|name| name.to_lowercase()).collect();
    let mut objects = states
        .entries()
        .filter(|(other, _)| other.sub.is_none() && absent(other));
    objects.any(|(other, entry)| other != key && names.contains(&entry.id.to_lowercase()))
}
