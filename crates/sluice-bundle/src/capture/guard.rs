//! What a deployment would overwrite although nobody captured it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use sluice_model::ResourceKey;

use super::lock::{CapturedTarget, digest};
use super::reading::Observed;
use crate::engine::{Action, Plan, changed_there};

/// Why a deployment would overwrite work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Uncaptured {
    /// It changed since the last deployment, and was not captured after that.
    ChangedSinceDeployment {
        /// The object.
        key: ResourceKey,
        /// Its id.
        id: String,
        /// The fields that differ from what was deployed.
        fields: Vec<String>,
    },
    /// It changed since it was captured.
    ChangedSinceCapture {
        /// The object.
        key: ResourceKey,
        /// Its id.
        id: String,
    },
    /// It was captured and is gone: a deployment would make it again.
    Gone {
        /// The object.
        key: ResourceKey,
        /// Its id.
        id: String,
    },
    /// A file changed in the workspace since the last deployment, and was not captured after that.
    File {
        /// Its path in the workspace.
        path: String,
    },
}

impl std::fmt::Display for Uncaptured {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ChangedSinceDeployment { key, id, fields } => {
                write!(
                    formatter,
                    "`{key}` ({id}) was changed in the workspace since the last deployment"
                )?;
                match fields[..] {
                    [] => Ok(()),
                    _ => write!(formatter, ": {}", fields.join(", ")),
                }
            }
            Self::ChangedSinceCapture { key, id } => write!(
                formatter,
                "`{key}` ({id}) was changed in the workspace since it was captured"
            ),
            Self::Gone { key, id } => write!(
                formatter,
                "`{key}` ({id}) was captured and deleted in the workspace since"
            ),
            Self::File { path } => write!(
                formatter,
                "file `{path}` was changed in the workspace since the last deployment"
            ),
        }
    }
}

/// Objects that are not as the last deployment left them where this one would change them, with the fields.
#[must_use]
pub fn drifted(plan: &Plan) -> BTreeMap<ResourceKey, Vec<String>> {
    let mut drifted: BTreeMap<ResourceKey, Vec<String>> = BTreeMap::new();
    for (key, entry) in &plan.plan {
        // What has no state entry was never deployed: adoption judges it.
        if matches!(entry.action, Action::Skip | Action::Create) || entry.adopted || entry.gone {
            continue;
        }
        for (path, change) in &entry.changes {
            if change.action != Action::Skip && change.new != change.remote && changed_there(key, path, change) {
                let part = key.to_string();
                let part = part.strip_prefix(&key.parent().to_string()).unwrap_or_default();
                let field = [part.trim_start_matches('.'), path.as_str()].join(" ");
                drifted.entry(key.parent()).or_default().push(field.trim().to_owned());
            }
        }
    }
    drifted
}

/// Captured objects that look as they did when they were captured, among those that were read now.
#[must_use]
pub fn captured_as_is(captured: &CapturedTarget, now: &BTreeMap<ResourceKey, Observed>) -> BTreeSet<ResourceKey> {
    now.iter()
        .filter(|(key, observed)| {
            captured
                .objects
                .get(*key)
                .is_some_and(|object| object.digest == digest(observed))
        })
        .map(|(key, _)| key.clone())
        .collect()
}

/// What a deployment would overwrite (`undeployed` says of captured objects without a state entry whether they exist): changed objects that were not captured as they are, captured ones without a state entry that
/// changed or are gone.
#[must_use]
pub fn uncaptured(
    drifted: &BTreeMap<ResourceKey, Vec<String>>,
    captured: Option<&CapturedTarget>,
    undeployed: &BTreeMap<ResourceKey, bool>,
    as_is: &BTreeSet<ResourceKey>,
) -> Vec<Uncaptured> {
    let mut found = Vec::new();
    let id_of = |key: &ResourceKey| {
        let object = captured.and_then(|captured| captured.objects.get(key));
        object.map(|object| object.id.clone()).unwrap_or_default()
    };
    for (key, fields) in drifted.iter().filter(|(key, _)| !as_is.contains(*key)) {
        found.push(Uncaptured::ChangedSinceDeployment {
            key: key.clone(),
            id: id_of(key),
            fields: fields.clone(),
        });
    }
    for (key, there) in undeployed.iter().filter(|(key, _)| !as_is.contains(*key)) {
        let (key, id) = (key.clone(), id_of(key));
        found.push(if *there {
            Uncaptured::ChangedSinceCapture { key, id }
        } else {
            Uncaptured::Gone { key, id }
        });
    }
    found.sort();
    found
}
