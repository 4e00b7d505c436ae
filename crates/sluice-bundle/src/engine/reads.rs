//! What a plan needs to read, as requests, and what the answers say.
//!
//! Reads come in rounds: [`reads`] names those that are possible now, the caller sends them (following [`Read::next_page`]) and
//! puts what [`Read::observe`] makes of the answers into [`Observed`]; when nothing is left to read, the plan can be made. A later
//! round exists because an object that an interrupted deployment left behind has to be found before it can be read.

use std::collections::BTreeMap;

use serde_json::Value;
use sluice_model::{Diagnostic, ResourceKey};
use sluice_wire::{Request, Response};

use super::desired::{self, Desired};
use super::kinds::{self, Kind};
use super::planning::PlanOptions;
use super::state::States;
use crate::language::Bundle;

/// What was observed, by key.
pub type Observed = BTreeMap<ResourceKey, Observation>;

/// What a read found.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// No such object.
    Absent,
    /// The object that the state knows is gone; one that took its place may not have been looked for yet.
    Lost,
    /// The object.
    Present {
        /// Its id.
        id: String,
        /// Its content, in the shape of a body, with what only the server writes beside it.
        remote: Value,
    },
    /// Ids of objects that carry this deployment's mark but have no state entry; they are not read yet.
    Found(Vec<String>),
}

/// One read that a plan needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The resource that it is about.
    pub key: ResourceKey,
    /// The first request.
    pub request: Request,
    purpose: Purpose,
}

#[derive(Clone, Debug, PartialEq)]
enum Purpose {
    /// Reads the object with this id.
    Object { id: String },
    /// Reads the object with this id, which the state gives.
    Known { id: String },
    /// Looks for objects with this mark.
    Search { mark: String },
}

/// A read failed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The workspace refused it.
    #[error("`{key}` cannot be read: {code}: {message}")]
    Refused {
        /// The resource.
        key: ResourceKey,
        /// HTTP status code.
        status: u16,
        /// Code of the error answer.
        code: String,
        /// Its message.
        message: String,
    },
    /// The answer is not JSON.
    #[error("the workspace's answer about `{key}` is not JSON")]
    NotJson {
        /// The resource.
        key: ResourceKey,
        /// Where it breaks.
        #[source]
        source: serde_json::Error,
    },
}

impl Read {
    pub(crate) fn object(key: &ResourceKey, kind: &dyn Kind, id: &str) -> Self {
        Self {
            key: key.clone(),
            request: kind.read(id),
            purpose: Purpose::Object { id: id.to_owned() },
        }
    }

    fn known(key: &ResourceKey, kind: &dyn Kind, id: &str) -> Self {
        Self {
            purpose: Purpose::Known { id: id.to_owned() },
            ..Self::object(key, kind, id)
        }
    }

    /// The request for the next page, from the answer to `request`; none when that was the last.
    #[must_use]
    pub fn next_page(&self, request: &Request, response: &Response) -> Option<Request> {
        let answer = response.json().ok().filter(|_| response.status < 400)?;
        kinds::of(&self.key)?.next_page(request, &answer)
    }

    /// What the answers (one per page, in order) say.
    ///
    /// # Errors
    /// When the workspace refused the read for another reason than that there is no such object, or did not answer JSON.
    pub fn observe(&self, responses: &[Response]) -> Result<Observation, ReadError> {
        let Some(kind) = kinds::of(&self.key) else {
            return Ok(Observation::Absent);
        };
        let mut pages = Vec::with_capacity(responses.len());
        for response in responses {
            let answer = response.json();
            if response.status >= 400 {
                if kind.is_absent(response.status, &answer.unwrap_or(Value::Null)) {
                    return Ok(match self.purpose {
                        Purpose::Known { .. } => Observation::Lost,
                        Purpose::Object { .. } | Purpose::Search { .. } => Observation::Absent,
                    });
                }
                let (code, message) = kinds::error_of(response);
                return Err(ReadError::Refused {
                    key: self.key.clone(),
                    status: response.status,
                    code,
                    message,
                });
            }
            pages.push(answer.map_err(|source| ReadError::NotJson {
                key: self.key.clone(),
                source,
            })?);
        }
        Ok(match &self.purpose {
            Purpose::Object { id } | Purpose::Known { id } => Observation::Present {
                id: id.clone(),
                remote: kind.observed(pages),
            },
            Purpose::Search { mark } => {
                let mut ids: Vec<String> = pages.iter().flat_map(|page| kind.found(page, mark)).collect();
                ids.sort();
                ids.dedup();
                if ids.is_empty() {
                    Observation::Absent
                } else {
                    Observation::Found(ids)
                }
            }
        })
    }
}

/// The reads that are possible now and not yet in `observed`. Empty when everything that a plan needs is there.
#[must_use]
pub fn reads(bundle: &Bundle, states: &States, observed: &Observed, options: &PlanOptions) -> Vec<Read> {
    let mut faults: Vec<Diagnostic> = Vec::new();
    let desired = desired::collect(bundle, states, &mut faults);
    let mut reads = Vec::new();
    if !options.destroy {
        for key in &desired.order {
            reads.extend(next_read(key, &desired, states, observed));
        }
    }
    for (key, entry) in states.entries() {
        let planned = !options.destroy && desired.resources.contains_key(key);
        if planned || observed.contains_key(key) || key.sub.is_some() {
            continue;
        }
        if let Some(kind) = kinds::of(key) {
            reads.push(Read::object(key, kind, &entry.id));
        }
    }
    reads
}

/// The read that a desired resource needs now.
fn next_read(key: &ResourceKey, desired: &Desired, states: &States, observed: &Observed) -> Option<Read> {
    let kind = kinds::of(key)?;
    match observed.get(key) {
        Some(Observation::Found(ids)) => {
            return match &unclaimed(ids, states)[..] {
                [id] => Some(Read::object(key, kind, id)),
                _ => None,
            };
        }
        Some(Observation::Absent | Observation::Present { .. }) => return None,
        Some(Observation::Lost) | None => {}
    }
    let lost = observed.contains_key(key);
    if kind.is_access() && lost {
        return None;
    }
    if key.sub.is_some() {
        let parent = key.parent();
        let id = match (observed.get(&parent), states.get(&parent)) {
            (Some(Observation::Present { id, .. }), _) => id,
            (None, Some(entry)) => &entry.id,
            (Some(Observation::Absent | Observation::Lost | Observation::Found(_)), _) | (None, None) => return None,
        };
        return Some(Read::object(key, kind, &kinds::sub_id(key, id)?));
    }
    let known = states.get(key).map(|entry| entry.id.as_str());
    if let Some(id) = known.filter(|_| !lost) {
        return Some(Read::known(key, kind, id));
    }
    let body = desired.named.get(key)?;
    if let Some(id) = kind.natural_id(body) {
        let elsewhere = !id.contains("${") && known != Some(id.as_str());
        return elsewhere.then(|| Read::object(key, kind, &id));
    }
    Some(Read {
        key: key.clone(),
        request: kind.search(body)?,
        purpose: Purpose::Search {
            mark: desired.facts.metadata_file_path.clone(),
        },
    })
}

/// The ids that no state entry claims.
pub(crate) fn unclaimed(ids: &[String], states: &States) -> Vec<String> {
    ids.iter()
        .filter(|id| {
            !states
                .entries()
                .any(|(key, entry)| key.sub.is_none() && entry.id == **id)
        })
        .cloned()
        .collect()
}
