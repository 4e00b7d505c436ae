//! Deployed objects: whether each is still the same one, then its fields, access and tags.

use std::collections::{BTreeMap, BTreeSet};

use sluice_bundle::capture::CapturedKind;
use sluice_bundle::engine::{self, Deviation, DeviationKind, Observation, Observed, PlanOptions, StateEntry};
use sluice_model::{ResourceKey, SubResource, Tree};

use super::deployed::Deployed;
use super::report::{Difference, DifferenceKind};
use super::{DriftError, declared, shown};
use crate::capture::live::{Live, text};
use crate::deploy::identities;
use crate::deploy::planning::observe;

/// What was found.
pub(super) struct Found {
    pub(super) differences: Vec<Difference>,
    /// Objects that are gone or were replaced: what they have is no difference of its own.
    pub(super) replaced: BTreeSet<ResourceKey>,
}

/// Compares every object of the deployment.
///
/// # Errors
/// When one cannot be read.
pub(super) async fn compare(
    live: Live<'_>,
    deployed: &Deployed<'_>,
    notes: &mut Vec<String>,
) -> Result<Found, DriftError> {
    let loaded = deployed.loaded();
    let observed = observe(loaded, &deployed.states, &PlanOptions::default()).await?;
    let mut found = identity(deployed, &observed, notes).await?;
    let deviations = engine::deviations(
        &loaded.bundle,
        &deployed.states,
        &observed,
        declared(deployed.as_deployed),
    );
    let mut lost = Vec::new();
    for deviation in deviations {
        if found.replaced.contains(&deviation.key.parent()) {
            continue;
        }
        if deviation.kind == DeviationKind::Gone && deviation.key.sub.is_none() {
            lost.push(deviation.key.clone());
        }
        found.differences.push(difference(deviation));
    }
    namesakes(live, deployed, &lost, &mut found.differences).await?;
    found.replaced.extend(lost);
    Ok(found)
}

fn difference(deviation: Deviation) -> Difference {
    let Deviation {
        key,
        id,
        kind,
        path,
        declared,
        live,
    } = deviation;
    let (kind, note) = match kind {
        DeviationKind::Gone if key.sub.is_none() => (DifferenceKind::Identity, Some("it is gone".to_owned())),
        DeviationKind::Unknown => (
            DifferenceKind::Identity,
            Some("the deployment's state does not know it".to_owned()),
        ),
        DeviationKind::Left => (
            DifferenceKind::Unmanaged,
            Some("a deployment made it, and what is active does not declare it".to_owned()),
        ),
        DeviationKind::Gone | DeviationKind::Field => (of_part(&key), None),
    };
    Difference {
        name: id,
        declared: declared.map(|value| shown(&value, &path)),
        live: live.map(|value| shown(&value, &path)),
        path,
        note,
        ..Difference::new(kind, key.parent().to_string())
    }
}

fn of_part(key: &ResourceKey) -> DifferenceKind {
    match key.sub {
        Some(SubResource::Grants | SubResource::Permissions) => DifferenceKind::Grant,
        Some(SubResource::Tags) => DifferenceKind::Tag,
        Some(SubResource::Masks | SubResource::Constraints) => DifferenceKind::Field,
        None if key.catalog && key.kind == "grants" => DifferenceKind::Grant,
        None if key.catalog && key.kind == "tags" => DifferenceKind::Tag,
        None => DifferenceKind::Field,
    }
}

/// Objects of Unity Catalog that were dropped and made again, and those that have another owner.
async fn identity(deployed: &Deployed<'_>, observed: &Observed, notes: &mut Vec<String>) -> Result<Found, DriftError> {
    let mut found = Found {
        differences: Vec::new(),
        replaced: BTreeSet::new(),
    };
    let Some(recorded) = identities::read(deployed.loaded()).await? else {
        notes.push(
            "the last deployment did not record which tables, views, functions, schemas and volumes it left: whether one was dropped and \
             made again, or has another owner, is not told before the next one"
                .to_owned(),
        );
        return Ok(found);
    };
    for (key, was) in recorded {
        let Some(Observation::Present { id, remote }) = observed.get(&key) else {
            continue;
        };
        let Some(now) = engine::identity(&key, remote) else {
            continue;
        };
        let of = |kind| Difference {
            name: Some(id.clone()),
            ..Difference::new(kind, key.to_string())
        };
        if now.id != was.id {
            found.differences.push(Difference {
                declared: Some(was.id.into()),
                live: Some(now.id.into()),
                note: Some("it was dropped and made again; what the new one has is not compared".to_owned()),
                ..of(DifferenceKind::Identity)
            });
            found.replaced.insert(key);
        } else if now.owner != was.owner {
            found.differences.push(Difference {
                path: "owner".to_owned(),
                declared: was.owner.map(Tree::from),
                live: now.owner.map(Tree::from),
                ..of(DifferenceKind::Field)
            });
        }
    }
    Ok(found)
}

/// Kinds that people know by a name that several objects may have.
const NAMED: [(&str, CapturedKind, &str); 3] = [
    ("jobs", CapturedKind::Job, "name"),
    ("genie_spaces", CapturedKind::GenieSpace, "title"),
    ("dashboards", CapturedKind::Dashboard, "display_name"),
];

/// Says of lost jobs, Genie spaces and dashboards whether another one of the same name is there.
async fn namesakes(
    live: Live<'_>,
    deployed: &Deployed<'_>,
    lost: &[ResourceKey],
    differences: &mut [Difference],
) -> Result<(), DriftError> {
    let kind_of = |key: &ResourceKey| NAMED.iter().find(|(kind, ..)| !key.catalog && key.kind == *kind);
    if !lost.iter().any(|key| kind_of(key).is_some()) {
        return Ok(());
    }
    let known: BTreeSet<&str> = deployed.states.entries().map(|(_, entry)| entry.id.as_str()).collect();
    let mut names: BTreeMap<(CapturedKind, String), String> = BTreeMap::new();
    for (kind, id, object) in live.listed(&mut Vec::new()).await? {
        let field = NAMED
            .iter()
            .find(|(_, named, _)| *named == kind)
            .map(|(.., field)| *field);
        let place = object.get("settings").unwrap_or(&object);
        if let Some(name) = field
            .and_then(|field| text(place, field))
            .filter(|_| !known.contains(id.as_str()))
        {
            names.insert((kind, name), id);
        }
    }
    for key in lost {
        let Some((_, kind, field)) = kind_of(key) else { continue };
        let name = deployed.states.get(key).and_then(|entry| name_of(entry, field));
        let Some((name, id)) = name.and_then(|name| Some((name.clone(), names.get(&(*kind, name))?))) else {
            continue;
        };
        let object = key.to_string();
        if let Some(difference) = differences.iter_mut().find(|one| one.object == object) {
            difference.note = Some(format!(
                "it is gone, and another {} ({id}) is named `{name}`",
                kind.noun()
            ));
        }
    }
    Ok(())
}

fn name_of(entry: &StateEntry, field: &str) -> Option<String> {
    text(&Tree::from_json(&entry.state), field)
}
