//! From a resolved bundle to a plan, and from a plan to requests. Pure: the caller sends the requests.
//!
//! One deployment, seen from the caller:
//! 0. [`check`] refuses what no workspace could make good.
//! 1. [`States::parse`] the two state files.
//! 2. [`reads`] until it gives none, sending each [`Read`] and putting [`Read::observe`] into [`Observed`].
//! 3. [`plan`]; show [`Plan::lines`], save it with `serde_json`, load it with [`Plan::parse`].
//! 4. [`States::begin`], [`Applied::new`]; for each key of [`order`]: [`refreshes`], then [`steps`]; for each [`Step`]: journal, send
//!    its request (none: [`Step::without_request`]), [`Step::judge`] every answer, poll while it says so; when no answer came and
//!    the step is not idempotent, send the probe and [`Step::judge_probe`]. When done, [`Step::state_after`] goes to
//!    [`States::record`] and [`Applied::record`], and the state files are written with [`State::to_text`].

mod ddl;
mod desired;
mod difference;
mod drift;
mod empty_values;
mod field_path;
mod graph;
mod kinds;
mod plan;
mod planning;
mod reads;
mod references;
mod selection;
mod state;
mod steps;
mod verdict;

pub(crate) use drift::changed_there;
pub use drift::{Declared, Deviation, DeviationKind, Identity, deviations, identity, identity_reads};
pub use plan::{
    Action, Counts, Dependency, FieldChange, NewState, PLAN_VERSION, Pinned, Plan, PlanEntry, PlanFileError, STATEFUL,
};
pub use planning::{PlanOptions, check, plan, protected};
pub use reads::{Observation, Observed, Read, ReadError, reads};
pub use state::{STATE_VERSION, State, StateChange, StateEntry, StateError, States};
pub use steps::{Applied, Outcome, ProbeVerdict, Step, StepError, order, refreshes, steps};
pub use verdict::Verdict;

/// The property that marks tables and views of a deployment.
pub(crate) const OWNER_MARK: &str = kinds::statements::MARKER;

/// The deployment of an app, as `POST /api/2.0/apps/{name}/deployments` takes it, from what was last applied.
#[must_use]
pub fn app_deployment(applied: &serde_json::Value) -> serde_json::Value {
    kinds::apps::deployment(applied)
}

/// A column type in the form in which Unity Catalog shows it; one that this program does not know stays as it is.
pub(crate) fn canonical_type(text: &str) -> String {
    ddl::ColumnType::parse(text).map_or_else(|_unknown| text.to_owned(), |kind| kind.to_string())
}

/// A SQL text in the form in which two of them are compared: layout makes no difference.
pub(crate) fn comparable_sql(text: &str) -> String {
    ddl::comparable_query(text)
}

/// A reference to a field of another resource, as it is written.
pub(crate) struct ResourceReference {
    /// With `${` and `}`.
    pub(crate) text: String,
    /// The resource.
    pub(crate) key: sluice_model::ResourceKey,
    /// The field.
    pub(crate) field: String,
}

/// The references of a text to other resources, in order.
pub(crate) fn resource_references(text: &str) -> Vec<ResourceReference> {
    references::references_in(text)
        .into_iter()
        .map(|reference| ResourceReference {
            text: reference.text,
            key: reference.node,
            field: reference.field.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
