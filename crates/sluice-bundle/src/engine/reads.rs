//! What a plan needs to read, as requests, and what the answers say.
//!
//! Reads come in rounds: [`reads`] names those that are possible now, the caller sends them (following [`Read::next_page`]) and
//! puts what [`Read::observe`] makes of the answers into [`Observed`]; when nothing is left to read, the plan can be made. A later
//! round exists because an object that an interrupted deployment left behind has to be found before it can be read.

use std::collections::BTreeMap;

use serde_json::Value;
use sluice_model::{Diagnostic, ResourceKey, Secret};
use sluice_wire::{Request, Response};

use super::desired::{self, Desired};
use super::kinds::{self, Kind};
use super::planning::PlanOptions;
use super::selection::Selection;
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
    /// Requests that follow, each with its pages; what they ask for may be missing.
    more: Vec<Request>,
    purpose: Purpose,
    /// The value that is wanted in a field that nothing keeps or shows; the observation says whether it is there.
    wanted: Option<Secret<String>>,
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
            more: Vec::new(),
            purpose: Purpose::Object { id: id.to_owned() },
            wanted: None,
        }
    }

    /// With the value that is wanted in a field that nothing keeps or shows.
    fn wanting(mut self, secret: Option<&Secret<String>>) -> Self {
        let sealed = kinds::of(&self.key).and_then(Kind::sealed);
        if let (Some(sealed), Some(secret), Purpose::Object { .. } | Purpose::Known { .. }) =
            (sealed, secret, &self.purpose)
        {
            self.request = sealed.asking(self.request);
            self.wanted = Some(secret.clone());
        }
        self
    }

    /// With what the kind has to read beside the object itself.
    fn complete(mut self, kind: &dyn Kind, new: &Value, old: Option<&Value>) -> Self {
        if let Purpose::Object { id } | Purpose::Known { id } = &self.purpose {
            self.more = kind.read_more(id, new, old);
        }
        self
    }

    fn known(key: &ResourceKey, kind: &dyn Kind, id: &str) -> Self {
        Self {
            purpose: Purpose::Known { id: id.to_owned() },
            ..Self::object(key, kind, id)
        }
    }

    /// The request that follows `request` and its answer: the next page, or the next thing to read; none when that was the last.
    #[must_use]
    pub fn next_page(&self, request: &Request, response: &Response) -> Option<Request> {
        let kind = kinds::of(&self.key)?;
        let answer = response.json().ok();
        let position = self.more.iter().position(|more| more.path == request.path);
        let refused = response.status >= 400;
        if refused && !(position.is_some() && kind.is_absent(response.status, answer.as_ref()?)) {
            return None;
        }
        let page = answer
            .filter(|_| !refused)
            .and_then(|answer| kind.next_page(request, &answer));
        page.or_else(|| self.more.get(position.map_or(0, |position| position + 1)).cloned())
    }

    fn absent(&self) -> Observation {
        match self.purpose {
            Purpose::Known { .. } => Observation::Lost,
            Purpose::Object { .. } | Purpose::Search { .. } => Observation::Absent,
        }
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
        for (index, response) in responses.iter().enumerate() {
            let answer = response.json();
            if response.status >= 400 {
                if kind.is_absent(response.status, &answer.unwrap_or(Value::Null)) {
                    if index > 0 && !self.more.is_empty() {
                        pages.push(Value::Null);
                        continue;
                    }
                    return Ok(self.absent());
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
            Purpose::Object { id } | Purpose::Known { id } => {
                if let Some(sealed) = kind.sealed() {
                    let wanted = self.wanted.as_ref();
                    pages.iter_mut().for_each(|page| sealed.judge(page, wanted));
                }
                let remote = kind.observed(pages);
                if kind.is_trashed(&remote) {
                    return Ok(self.absent());
                }
                let id = id.clone();
                Observation::Present { id, remote }
            }
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
    let selection = Selection::of(&options.select, &desired, states, &mut faults);
    let mut reads = Vec::new();
    if !options.destroy {
        for key in desired.order.iter().filter(|key| selection.contains(key)) {
            let read = next_read(key, &desired, states, observed, options);
            reads.extend(read.map(|read| read.wanting(bundle.secrets.get(key))));
        }
        for (key, id) in foreign_needs(&desired).into_iter().chain(tag_policies(&desired)) {
            if let Some(kind) = kinds::of(&key).filter(|_| !observed.contains_key(&key)) {
                reads.push(Read::object(&key, kind, &id));
            }
        }
    }
    for (key, entry) in states.entries() {
        let planned = !options.destroy && desired.resources.contains_key(key);
        if planned || observed.contains_key(key) || key.sub.is_some() || !selection.contains(key) {
            continue;
        }
        if let Some(kind) = kinds::of(key) {
            reads.push(Read::object(key, kind, &entry.id));
        }
    }
    reads
}

/// The read that a desired resource needs now.
fn next_read(
    key: &ResourceKey,
    desired: &Desired,
    states: &States,
    observed: &Observed,
    options: &PlanOptions,
) -> Option<Read> {
    let kind = kinds::of(key)?;
    match observed.get(key) {
        Some(Observation::Found(ids)) => {
            return match &unclaimed(ids, states)[..] {
                [id] => Some(Read::object(key, kind, id).complete(kind, desired.named.get(key)?, None)),
                _ => None,
            };
        }
        Some(Observation::Absent | Observation::Present { .. }) => return None,
        Some(Observation::Lost) | None => {}
    }
    let lost = observed.contains_key(key);
    let new = &desired.named.get(key)?;
    let old = states.get(key).map(|entry| &entry.state);
    if kind.is_access() && lost {
        return None;
    }
    if key.sub.is_some() {
        let parent = key.parent();
        let (id, remote) = match (observed.get(&parent), states.get(&parent)) {
            (Some(Observation::Present { id, remote }), _) => (id, Some(remote)),
            (None, Some(entry)) => (&entry.id, None),
            (Some(Observation::Absent | Observation::Lost | Observation::Found(_)), _) | (None, None) => return None,
        };
        let read = Read::object(key, kind, &kinds::sub_id(key, id, remote)?);
        return Some(read.complete(kind, new, old));
    }
    let known = states.get(key).map(|entry| entry.id.as_str());
    if let Some(id) = known.filter(|_| !lost) {
        return Some(Read::known(key, kind, id).complete(kind, new, old));
    }
    if let Some(id) = kind.natural_id(new) {
        let elsewhere = !id.contains("${") && known != Some(id.as_str());
        return elsewhere.then(|| Read::object(key, kind, &id).complete(kind, new, old));
    }
    if let Some(id) = options.captured.get(key) {
        return Some(Read::object(key, kind, id).complete(kind, new, old));
    }
    let ours = kind.is_ours_by_place(new, &desired.facts);
    if !(ours || options.adopt || options.interrupted.contains(key)) {
        return None;
    }
    Some(Read {
        key: key.clone(),
        request: kind.search(new)?,
        more: Vec::new(),
        purpose: Purpose::Search {
            mark: kind.mark(new, &desired.facts),
        },
        wanted: None,
    })
}

/// The objects that have to exist though nothing declares them, by the key that stands for each among the observations, and their id.
/// Such a key holds a full name, which no declaration can have.
pub(crate) fn foreign_needs(desired: &Desired) -> BTreeMap<ResourceKey, String> {
    let declared = kinds::declared_names(&desired.named);
    let needs = desired
        .named
        .iter()
        .filter_map(|(key, body)| Some(kinds::of(key)?.needs(body)));
    needs
        .flatten()
        .filter(|(kind, name)| {
            let keys = declared
                .get(&name.to_lowercase())
                .map(Vec::as_slice)
                .unwrap_or_default();
            !name.contains("${") && !keys.iter().any(|key| key.kind == *kind)
        })
        .map(|(kind, name)| (ResourceKey::catalog(kind, name.to_lowercase()), name.to_lowercase()))
        .collect()
}

/// The policies of the tags that are set, whether or not there are any: by the key that stands for each, and the key of the tag.
fn tag_policies(desired: &Desired) -> BTreeMap<ResourceKey, String> {
    let bodies = desired.named.iter();
    let tags = bodies.filter_map(|(key, body)| Some(kinds::of(key)?.sets_tags(body)));
    tags.flatten().map(|(tag, _)| (tag_policy(&tag), tag)).collect()
}

/// The key that stands for the policy of a tag among what is observed.
pub(crate) fn tag_policy(tag: &str) -> ResourceKey {
    ResourceKey::catalog(kinds::tag_policies::NAME, tag)
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
