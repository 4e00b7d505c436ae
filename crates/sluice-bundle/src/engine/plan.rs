//! The plan: everything that a deployment would do to resources, as a value that can be printed, saved, compared and applied.
//!
//! Made by [`super::plan`], applied through [`super::steps`]. The JSON form is that of `bundle plan -o json` (plan version 2) with
//! `effect_digest` added.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_model::{Digest, ResourceKey};

/// The version of the plan format.
pub const PLAN_VERSION: u32 = 2;

/// What a deployment does to one resource, by rising severity. The words are those of `bundle plan -o json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing.
    Skip,
    /// Makes it larger or smaller while it runs.
    Resize,
    /// Changes it in place.
    Update,
    /// Changes it in place, and its id with it.
    UpdateId,
    /// Makes it.
    Create,
    /// Deletes it and makes it again.
    Recreate,
    /// Deletes it.
    Delete,
}

impl Action {
    /// The word as plans write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Resize => "resize",
            Self::Update => "update",
            Self::UpdateId => "update_id",
            Self::Create => "create",
            Self::Recreate => "recreate",
            Self::Delete => "delete",
        }
    }
}

/// Everything that a deployment would do to resources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Version of this format: 2.
    pub plan_version: u32,
    /// Lineage of the state that the plan was made against; none before the first deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<String>,
    /// Serial of that state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<u64>,
    /// How many resources the plan says nothing about, because they were not selected.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_selected: usize,
    /// Entries by key.
    pub plan: BTreeMap<ResourceKey, PlanEntry>,
    /// In a saved plan: what else has to be the same when it is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Pinned>,
    /// Digest of the normalised effects: no ids of runs, times, texts for people or fields that the server alone decides.
    pub effect_digest: Digest,
}

/// What a saved plan was made with, beside the state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// Names of the selected resources; none for all.
    pub select: Vec<String>,
    /// Digests of the files that the deployment uploads, by path relative to the sync root.
    pub files: BTreeMap<String, Digest>,
}

/// What a deployment would do to one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanEntry {
    /// Remote id, when the resource has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What it needs first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Dependency>,
    /// What happens.
    pub action: Action,
    /// Whether the resource is to be deleted and is gone already: only its state entry is removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
    /// Whether the object exists but has no state entry: it is taken over, by its marker, by an interrupted deployment's record or
    /// because the caller asked to adopt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopted: bool,
    /// The desired state, for every action but skip and delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_state: Option<NewState>,
    /// What was observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_state: Option<Value>,
    /// Fields in which last applied, desired and observed state differ, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<String, FieldChange>,
}

/// The desired state of a resource; what is known only after other resources were applied stays a reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewState {
    /// The body. A field named in `vars` holds the template itself.
    pub value: Value,
    /// Path inside the body → template with `${resources…}` references to fill in before the request is sent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vars: BTreeMap<String, String>,
}

/// An edge of the graph: this entry needs `node` first, because of the reference `label`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// Key of the other entry.
    pub node: ResourceKey,
    /// The reference that makes the edge, such as `${resources.schemas.gold.name}`.
    #[serde(default)]
    pub label: String,
}

/// The difference of one field, three-way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldChange {
    /// What this field alone would ask for.
    pub action: Action,
    /// Why the action is what it is, when it is not a plain update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Last applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// Desired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
    /// Observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Value>,
}

/// How many entries a plan adds, changes, deletes and leaves alone. A recreated resource counts as added and as deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Created or recreated.
    pub create: usize,
    /// Changed in place.
    pub change: usize,
    /// Deleted or recreated.
    pub delete: usize,
    /// Left alone.
    pub unchanged: usize,
}

/// Kinds whose objects hold what a deployment cannot bring back: data, history, what people made by hand, secrets.
pub const STATEFUL: [&str; 20] = [
    "catalogs",
    "dashboards",
    "database_catalogs",
    "database_instances",
    "experiments",
    "external_locations",
    "genie_spaces",
    "models",
    "pipelines",
    "postgres_branches",
    "postgres_databases",
    "postgres_projects",
    "postgres_synced_tables",
    "registered_models",
    "schemas",
    "secret_scopes",
    "synced_database_tables",
    "tables",
    "vector_search_indexes",
    "volumes",
];

impl Plan {
    /// A plan of these entries against a state of this lineage and serial.
    pub(crate) fn new(
        lineage: Option<String>,
        serial: Option<u64>,
        not_selected: usize,
        plan: BTreeMap<ResourceKey, PlanEntry>,
    ) -> Self {
        let effect_digest = effect_digest(&plan);
        Self {
            plan_version: PLAN_VERSION,
            lineage,
            serial,
            not_selected,
            plan,
            pinned: None,
            effect_digest,
        }
    }

    /// Whether the plan does nothing at all: no remote call and no change of the state.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plan.values().all(|entry| entry.action == Action::Skip)
    }

    /// The counts of [`Plan::lines`]' last line.
    #[must_use]
    pub fn summary(&self) -> Counts {
        let mut counts = Counts::default();
        for entry in self.plan.values() {
            match entry.action {
                Action::Skip => counts.unchanged += 1,
                Action::Resize | Action::Update | Action::UpdateId => counts.change += 1,
                Action::Create => counts.create += 1,
                Action::Delete => counts.delete += 1,
                Action::Recreate => {
                    counts.create += 1;
                    counts.delete += 1;
                }
            }
        }
        counts
    }

    /// The plan for people: one line `create jobs.load` per entry that does something, then the counts.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .plan
            .iter()
            .filter(|(_, entry)| entry.action != Action::Skip)
            .flat_map(|(key, entry)| {
                let note = match (entry.gone, entry.adopted) {
                    (true, _) => " (gone already)",
                    (false, true) => " (exists already, taken over)",
                    (false, false) => "",
                };
                let line = format!("{} {}{note}", entry.action.as_str(), short_key(key));
                let needed_by: Vec<String> = self.dependents(key).into_iter().map(short_key).collect();
                let more = (entry.action == Action::Recreate && !needed_by.is_empty())
                    .then(|| format!("  needed by {}", needed_by.join(", ")));
                std::iter::once(line).chain(more)
            })
            .collect();
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let left_out = match self.not_selected {
            0 => String::new(),
            count => format!(", {count} not selected"),
        };
        lines.push(format!("Plan: {}{left_out}", self.summary()));
        lines
    }

    /// The entries that delete something that people may miss ([`STATEFUL`]), also by recreating it: what an approval prompt names.
    #[must_use]
    pub fn destructive(&self) -> Vec<(&ResourceKey, Action)> {
        self.plan
            .iter()
            .filter(|(key, entry)| {
                matches!(entry.action, Action::Delete | Action::Recreate)
                    && !entry.gone
                    && key.sub.is_none()
                    && STATEFUL.contains(&key.kind.as_str())
            })
            .map(|(key, entry)| (key, entry.action))
            .collect()
    }

    /// The resources that need this one, also those that need it through others: what a recreation can reach.
    #[must_use]
    pub fn dependents(&self, key: &ResourceKey) -> Vec<&ResourceKey> {
        let mut found: Vec<&ResourceKey> = Vec::new();
        let mut asked = vec![key];
        while let Some(on) = asked.pop() {
            for (other, entry) in &self.plan {
                let needs = entry.depends_on.iter().any(|dependency| dependency.node == *on);
                if needs && other != key && !found.contains(&other) {
                    found.push(other);
                    asked.push(other);
                }
            }
        }
        found.retain(|other| other.sub.is_none());
        found.sort();
        found
    }

    /// Reads a saved plan. Its digest is computed again, so that an edited file is noticed.
    ///
    /// # Errors
    /// When the text is not a plan of this version or its content does not have the digest that it claims.
    pub fn parse(text: &str) -> Result<Self, PlanFileError> {
        let plan: Self = serde_json::from_str(text).map_err(PlanFileError::Shape)?;
        if plan.plan_version != PLAN_VERSION {
            return Err(PlanFileError::Version(plan.plan_version));
        }
        let computed = effect_digest(&plan.plan);
        if computed != plan.effect_digest {
            return Err(PlanFileError::Digest {
                claimed: plan.effect_digest,
                computed,
            });
        }
        Ok(plan)
    }
}

/// A saved plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// Not a plan.
    #[error("the file is not a saved plan; make one with `sluice plan --out FILE`")]
    Shape(#[source] serde_json::Error),
    /// Another version.
    #[error("the plan has version {0}, this program applies version {PLAN_VERSION}; make the plan again")]
    Version(u32),
    /// Content and digest differ.
    #[error(
        "the plan was changed after it was made: its effects have the digest {computed}, it claims {claimed}; make the plan again"
    )]
    Digest {
        /// In the file.
        claimed: Digest,
        /// Of its content.
        computed: Digest,
    },
}

impl std::fmt::Display for Counts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            create,
            change,
            delete,
            unchanged,
        } = self;
        write!(
            formatter,
            "{create} to add, {change} to change, {delete} to delete, {unchanged} unchanged"
        )
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The key as messages show it: without `resources.`.
fn short_key(key: &ResourceKey) -> String {
    let text = key.to_string();
    text.strip_prefix("resources.").unwrap_or(&text).to_owned()
}

/// The digest of what applying the plan sends: action, id, body and references of each entry that does something, and what its
/// changed fields become. Observed values do not count, so that noise of the server does not make another plan of it.
fn effect_digest(plan: &BTreeMap<ResourceKey, PlanEntry>) -> Digest {
    let effects: BTreeMap<String, Value> = plan
        .iter()
        .filter(|(_, entry)| entry.action != Action::Skip)
        .map(|(key, entry)| {
            let changes: BTreeMap<&String, Value> = entry
                .changes
                .iter()
                .filter(|(_, change)| change.action != Action::Skip)
                .map(|(path, change)| (path, json!({"action": change.action, "new": change.new})))
                .collect();
            let effect = json!({
                "action": entry.action,
                "id": entry.id,
                "gone": entry.gone,
                "adopted": entry.adopted,
                "new_state": entry.new_state,
                "changes": changes,
            });
            (key.to_string(), effect)
        })
        .collect();
    Digest::of_canonical_json(&effects).expect("invariant: keys are texts and values are JSON")
}
