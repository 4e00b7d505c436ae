//! From a resolved bundle to a plan, and from a plan to requests. Start at [`plan`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluice_model::{Digest, ResourceKey};

/// What a deployment does to one resource, by rising severity. The words are those of `bundle plan -o json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing.
    Skip,
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

/// Everything that a deployment would do to resources. The JSON form is that of `bundle plan -o json` (plan version 2), with
/// `effect_digest` added.
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
    /// Entries by key.
    pub plan: BTreeMap<ResourceKey, PlanEntry>,
    /// Digest of the normalised effects: no ids of runs, times, texts for people or fields that the server alone decides.
    pub effect_digest: Digest,
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
    /// Whether the resource is to be deleted and is gone already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
    /// The desired state, for every action but skip and delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_state: Option<NewState>,
    /// What was observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_state: Option<serde_json::Value>,
    /// Changed fields by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<String, FieldChange>,
}

/// The desired state of a resource; what is known only after other resources were applied stays a reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewState {
    /// The body.
    pub value: serde_json::Value,
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
    pub old: Option<serde_json::Value>,
    /// Desired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<serde_json::Value>,
    /// Observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<serde_json::Value>,
}

/// The resources state, in the format of the Databricks CLI's direct engine (`resources.json`, version 2); `sluice.json` has the
/// same shape for the catalog kinds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Version of this format: 2.
    pub state_version: u32,
    /// Which program wrote it.
    pub cli_version: String,
    /// UUID of this line of states.
    pub lineage: String,
    /// Rises by one with each deployment.
    pub serial: u64,
    /// Entries by key.
    pub state: BTreeMap<ResourceKey, StateEntry>,
}

/// What was last applied to one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateEntry {
    /// Remote id.
    #[serde(rename = "__id__")]
    pub id: String,
    /// The body as it was sent.
    pub state: serde_json::Value,
    /// What it needed, to delete in the right order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Dependency>,
}
