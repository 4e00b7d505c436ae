//! What was applied, beside what the workspace shows of it now.

use serde::de::DeserializeOwned;
use sluice_bundle::engine::{Observation, Observed, PlanOptions, States};
use sluice_model::ResourceKey;

use super::candidate::Candidate;
use super::checks::causes;
use crate::deploy::planning::observe;

/// Everything of a deployment, read again.
pub(super) struct Readback<'a> {
    states: &'a States,
    observed: Observed,
}

/// One object or part of an object.
pub(super) struct Pair<T> {
    /// Remote id; for a part of an object, the id of that part.
    pub(super) id: String,
    /// What was applied: what is declared, with every reference filled.
    pub(super) declared: T,
    /// What is there; none when nothing is.
    pub(super) live: Option<T>,
}

impl<'a> Readback<'a> {
    /// Reads every object of the deployment.
    ///
    /// # Errors
    /// Why something cannot be read, in one line.
    pub(super) async fn read(candidate: &Candidate, states: &'a States) -> Result<Self, String> {
        let observed = observe(&candidate.loaded, states, &PlanOptions::default())
            .await
            .map_err(|error| causes(&error))?;
        Ok(Self { states, observed })
    }

    /// The objects that `wanted` chooses, in the order of their keys.
    ///
    /// # Errors
    /// The key of an object that is not of this shape, and why.
    pub(super) fn pairs<T: DeserializeOwned>(
        &self,
        wanted: impl Fn(&ResourceKey) -> bool,
    ) -> Result<Vec<Pair<T>>, String> {
        let entries = self.states.entries().filter(|(key, _)| wanted(key));
        entries
            .map(|(key, entry)| {
                let shape = |error| format!("`{key}` is not what was expected: {error}");
                let live = match self.observed.get(key) {
                    Some(Observation::Present { remote, .. }) => Some(T::deserialize(remote).map_err(shape)?),
                    Some(Observation::Absent | Observation::Lost | Observation::Found(_)) | None => None,
                };
                Ok(Pair {
                    id: entry.id.clone(),
                    declared: T::deserialize(&entry.state).map_err(shape)?,
                    live,
                })
            })
            .collect()
    }
}

/// `1 tag`, `2 tags`.
pub(super) fn counted(number: usize, one: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {one}{ending}")
}
