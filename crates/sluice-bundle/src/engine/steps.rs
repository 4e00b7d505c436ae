//! From a plan entry to remote calls: one step is one call, with the rules to read its answer, to ask again whether it took effect
//! when no answer came, and to write the state afterwards. Start at [`order`] and [`steps`].

use std::collections::BTreeMap;

use serde_json::Value;
use sluice_model::{ResourceKey, Secret};
use sluice_wire::request::Body;
use sluice_wire::{Request, Response};

use super::empty_values;
use super::field_path::FieldPath;
use super::graph;
use super::kinds::{self, Answer, Call, Change, Kind, ProbeAnswer};
use super::plan::{Action, Plan, PlanEntry};
use super::reads::{Observation, Read};
use super::references::{Known, Reference, fill_body, references_in, templates};
use super::state::{StateChange, StateEntry, States};

/// The keys of entries that do something, in the order in which they are applied: everything that is made or changed, after what
/// it needs; then everything that is deleted, before what it needed.
#[must_use]
pub fn order(plan: &Plan) -> Vec<ResourceKey> {
    let edges = |deletes: bool| {
        plan.plan
            .iter()
            .filter(|(_, entry)| entry.action != Action::Skip && (entry.action == Action::Delete) == deletes)
            .map(|(key, entry)| (key.clone(), entry.depends_on.clone()))
            .collect::<graph::Edges>()
    };
    // A plan that this engine made has no cycle; for one that was edited, the keys that it names are enough.
    let sorted =
        |edges: graph::Edges| graph::topological(&edges).unwrap_or_else(|_cycle| edges.keys().cloned().collect());
    let mut keys = sorted(edges(false));
    // What a part needed outlives the object that it goes with: a table is dropped before the function that masks its columns.
    let deletes = edges(true);
    let outliving = graph::topological(&with_needs_of_parts(&deletes));
    keys.extend(outliving.unwrap_or_else(|_cycle| sorted(deletes)).into_iter().rev());
    keys
}

fn with_needs_of_parts(edges: &graph::Edges) -> graph::Edges {
    let mut all = edges.clone();
    for (key, needs) in edges.iter().filter(|(key, _)| key.sub.is_some()) {
        if let Some(parent) = all.get_mut(&key.parent()) {
            let others = needs
                .iter()
                .filter(|dependency| dependency.node.parent() != key.parent());
            parent.extend(others.cloned());
        }
    }
    all
}

/// Stands in a request for a token that is made, and written into the journal, before the request is sent for the first time: the
/// service does a request with the same token once.
pub(crate) const FRESH_TOKEN: &str = "{token}";
const TOKEN_FIELD: &str = "idempotency_token";

/// One remote call of a deployment, or, without a request, a change of the state alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The resource.
    pub key: ResourceKey,
    /// What the step does, for people: `create`, `reset`, `add column day`.
    pub description: String,
    /// The call; none when only the state entry changes.
    pub request: Option<Request>,
    /// Whether sending the request twice does the same as sending it once, so that it may simply be sent again when no answer came.
    pub idempotent: bool,
    /// Reads back whether a call without an answer took effect: read the answer with [`Step::judge_probe`].
    pub probe: Option<Request>,
    pub(super) answer: Answer,
    probe_answer: Option<ProbeAnswer>,
    after: After,
}

#[derive(Clone, Debug, PartialEq)]
enum After {
    Keep,
    Set {
        body: Value,
        depends_on: Vec<super::Dependency>,
    },
    Remove,
}

/// What a step did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Id of the object; of the deleted one after a delete.
    pub id: String,
    /// The etag that the service gave it, for kinds whose state keeps it.
    pub etag: Option<String>,
}

impl Outcome {
    pub(super) fn of(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            etag: None,
        }
    }
}

/// What the answer to a probe means.
#[derive(Clone, Debug, PartialEq)]
pub enum ProbeVerdict {
    /// The call took effect.
    Happened(Outcome),
    /// It did not; the request can be sent again.
    NotHappened,
    /// It cannot be told.
    Ambiguous(String),
}

/// A step cannot be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum StepError {
    /// The plan has no such entry.
    #[error("the plan has no entry `{0}`")]
    NoEntry(ResourceKey),
    /// The plan names a kind that this program does not know.
    #[error("`{0}` is of a kind that this program does not deploy")]
    UnknownKind(ResourceKey),
    /// An entry that makes or changes something has no desired state.
    #[error("the plan entry `{0}` has no `new_state`; make the plan again")]
    NoNewState(ResourceKey),
    /// A reference has no value after everything before it was applied.
    #[error("`{key}` cannot be applied: {fault}")]
    Reference {
        /// The resource.
        key: ResourceKey,
        /// Which reference, and why it has no value.
        fault: String,
    },
    /// The value of a secret is not known.
    #[error("`{0}` has no value to send; make the plan again")]
    NoSecret(ResourceKey),
}

/// What is known of resources while a plan is applied: it fills references and is kept up by [`Applied::record`].
#[derive(Clone, Debug, Default)]
pub struct Applied {
    known: BTreeMap<ResourceKey, Object>,
    old: BTreeMap<ResourceKey, StateEntry>,
    secrets: BTreeMap<ResourceKey, Secret<String>>,
}

#[derive(Clone, Debug, Default)]
struct Object {
    id: Option<String>,
    body: Option<Value>,
    remote: Option<Value>,
}

impl Applied {
    /// What is known before the first step.
    #[must_use]
    pub fn new(plan: &Plan, states: &States) -> Self {
        let old: BTreeMap<ResourceKey, StateEntry> = states
            .entries()
            .map(|(key, entry)| (key.clone(), entry.clone()))
            .collect();
        let known = plan
            .plan
            .iter()
            .filter(|(_, entry)| entry.action == Action::Skip)
            .map(|(key, entry)| {
                let object = Object {
                    id: entry.id.clone(),
                    body: old.get(key).map(|entry| entry.state.clone()),
                    remote: entry.remote_state.clone(),
                };
                (key.clone(), object)
            })
            .collect();
        Self {
            known,
            old,
            secrets: BTreeMap::new(),
        }
    }

    /// With the values that are given to secrets.
    #[must_use]
    pub fn with_secrets(self, secrets: &BTreeMap<ResourceKey, Secret<String>>) -> Self {
        let secrets = secrets.clone();
        Self { secrets, ..self }
    }

    /// Takes in what a step did to the state.
    pub fn record(&mut self, key: &ResourceKey, change: &StateChange) {
        match change {
            StateChange::Keep => {}
            StateChange::Set(entry) => {
                let object = Object {
                    id: Some(entry.id.clone()),
                    body: Some(entry.state.clone()),
                    remote: None,
                };
                self.known.insert(key.clone(), object);
                self.old.insert(key.clone(), entry.clone());
            }
            StateChange::Remove => {
                self.known.remove(key);
                self.old.remove(key);
            }
        }
    }

    /// Takes in the answer to a read of [`refreshes`].
    pub fn observe(&mut self, key: &ResourceKey, observation: Observation) {
        if let Observation::Present { id, remote } = observation {
            let object = self.known.entry(key.clone()).or_default();
            object.id = Some(id);
            object.remote = Some(remote);
        }
    }

    fn lookup(&self, reference: &Reference) -> Known {
        let Some(object) = self.known.get(&reference.node) else {
            return Known::Later;
        };
        let field = reference.field.to_string();
        let natural = || kinds::of(&reference.node)?.natural_id(object.body.as_ref()?);
        let value = match field.as_str() {
            "id" => object.id.clone().map(Value::String),
            _ => None,
        };
        let named = matches!(field.as_str(), "full_name" | "name");
        value
            .or_else(|| reference.field.find(object.body.as_ref()?).cloned())
            .or_else(|| reference.field.find(object.remote.as_ref()?).cloned())
            .or_else(|| natural().filter(|_| named).map(Value::String))
            .map_or(Known::Later, Known::Value)
    }
}

/// The reads without which an entry's references cannot be filled: fields that only the workspace knows, of objects that were just
/// made. Give the observations to [`Applied::observe`] before calling [`steps`].
#[must_use]
pub fn refreshes(plan: &Plan, key: &ResourceKey, applied: &Applied) -> Vec<Read> {
    let state = plan.plan.get(key).and_then(|entry| entry.new_state.as_ref());
    let mut reads: Vec<Read> = Vec::new();
    for (_, template) in state.map(|state| templates(&state.value)).unwrap_or_default() {
        for reference in references_in(&template) {
            let unread = applied.lookup(&reference) == Known::Later;
            let id = applied
                .known
                .get(&reference.node)
                .and_then(|object| object.id.as_deref());
            if let (true, Some(id), Some(kind)) = (unread, id, kinds::of(&reference.node))
                && !reads.iter().any(|read| read.key == reference.node)
            {
                reads.push(Read::object(&reference.node, kind, id));
            }
        }
    }
    reads
}

/// The steps of one entry, in order. Empty only for an entry that does nothing.
///
/// # Errors
/// When the entry cannot be turned into calls: unknown to the plan or the program, or with a reference that has no value.
pub fn steps(plan: &Plan, key: &ResourceKey, applied: &Applied) -> Result<Vec<Step>, StepError> {
    let entry = plan.plan.get(key).ok_or_else(|| StepError::NoEntry(key.clone()))?;
    let kind = kinds::of(key).ok_or_else(|| StepError::UnknownKind(key.clone()))?;
    let old = applied.old.get(key);
    if entry.action == Action::Skip {
        return Ok(Vec::new());
    }
    if entry.action == Action::Delete {
        return Ok(delete_steps(key, kind, entry, old));
    }
    let state = entry
        .new_state
        .as_ref()
        .ok_or_else(|| StepError::NoNewState(key.clone()))?;
    let mut body = state.value.clone();
    let (waiting, mut faults) = fill_body(kind, &mut body, |reference| applied.lookup(reference));
    faults.extend(
        waiting
            .into_iter()
            .map(|(path, template)| format!("`{path}` needs `{template}`, which has no value yet")),
    );
    if let Some(fault) = faults.into_iter().next() {
        let key = key.clone();
        return Err(StepError::Reference { key, fault });
    }
    empty_values::remove(&mut body, kind.fields());
    let change = Change {
        id: entry.id.as_deref(),
        old: old.map(|entry| &entry.state),
        new: &body,
        entry,
    };
    let mut steps = Vec::new();
    let calls = match entry.action {
        Action::Create => kind.create(&change),
        Action::Recreate => {
            steps.extend(delete_steps(key, kind, entry, old));
            let fresh = Change {
                id: None,
                old: None,
                ..change
            };
            kind.create(&fresh)
        }
        Action::Skip | Action::Resize | Action::Update | Action::UpdateId | Action::Delete => kind.update(&change),
    };
    let calls = sealed(key, kind, calls, applied, &mut body)?;
    // The Databricks CLI reads `resources.json`, and knows nothing of catalog kinds.
    let mut depends_on = entry.depends_on.clone();
    depends_on.retain(|dependency| key.catalog || !dependency.node.catalog);
    let after = After::Set {
        body: body.clone(),
        depends_on,
    };
    if calls.is_empty() {
        let natural = kind.natural_id(&body);
        let id = if kind.is_access() {
            natural.or(entry.id.clone())
        } else {
            entry.id.clone().or(natural)
        };
        let id = id.unwrap_or_default();
        steps.push(state_step(key, "record", id, after.clone()));
    }
    let mut calls = calls.into_iter().peekable();
    while let Some(call) = calls.next() {
        // An id that the service made is in the state before anything else is done to the object, and what was made is there before
        // it is waited for.
        let waited_for = calls
            .peek()
            .is_none_or(|next| matches!(next.answer, Answer::Ready(..) | Answer::Run(_)));
        let made = matches!(call.answer, Answer::IdField(_) | Answer::Made(_));
        let keeps = made || waited_for && !matches!(call.answer, Answer::Part(_));
        steps.push(step(key, call, if keeps { after.clone() } else { After::Keep }));
    }
    if matches!(entry.action, Action::Resize | Action::Update | Action::UpdateId) {
        let etag = entry.remote_state.as_ref().and_then(|remote| remote.get("etag"));
        for step in &mut steps {
            step.keep_etag(etag.and_then(Value::as_str));
        }
    }
    Ok(steps)
}

/// The calls with the value of a secret for the wire, and the body as the state keeps it: without.
fn sealed(
    key: &ResourceKey,
    kind: &dyn Kind,
    mut calls: Vec<Call>,
    applied: &Applied,
    body: &mut Value,
) -> Result<Vec<Call>, StepError> {
    let Some(sealed) = kind.sealed() else { return Ok(calls) };
    let value = applied
        .secrets
        .get(key)
        .ok_or_else(|| StepError::NoSecret(key.clone()))?;
    for call in &mut calls {
        if let Body::Json(document) = &call.request.body
            && document.get(sealed.field).is_some()
        {
            call.request = call.request.clone().seal(sealed.field, value.clone());
        }
    }
    sealed.kept(body);
    Ok(calls)
}

fn delete_steps(key: &ResourceKey, kind: &dyn Kind, entry: &PlanEntry, old: Option<&StateEntry>) -> Vec<Step> {
    let id = entry.id.clone().unwrap_or_default();
    let body = old.map_or(Value::Null, |entry| entry.state.clone());
    let calls = match &entry.remote_state {
        _ if entry.gone => Vec::new(),
        Some(remote) => kind.delete_observed(&id, &body, remote),
        None => kind.delete(&id, &body),
    };
    let Some(last) = calls.len().checked_sub(1) else {
        return vec![state_step(key, "forget", id, After::Remove)];
    };
    let calls = calls.into_iter().enumerate();
    calls
        .map(|(index, call)| step(key, call, if index == last { After::Remove } else { After::Keep }))
        .collect()
}

fn step(key: &ResourceKey, call: Call, after: After) -> Step {
    let (probe, probe_answer) = call.probe.unzip();
    Step {
        key: key.clone(),
        description: call.description,
        request: Some(call.request),
        idempotent: call.idempotent,
        probe,
        answer: call.answer,
        probe_answer,
        after,
    }
}

fn state_step(key: &ResourceKey, description: &str, id: String, after: After) -> Step {
    Step {
        key: key.clone(),
        description: description.to_owned(),
        request: None,
        idempotent: true,
        probe: None,
        answer: Answer::Id(id),
        probe_answer: None,
        after,
    }
}

impl Step {
    /// The step with the id of its object in place of [`NEW_ID`](kinds::NEW_ID), after an earlier step of the same entry brought it.
    #[must_use]
    pub fn following(&self, outcome: &Outcome) -> Self {
        let mut step = self.clone();
        if let Some(request) = &mut step.request {
            request.path = request.path.replace(kinds::NEW_ID, &outcome.id);
            for (_, value) in &mut request.query {
                *value = value.replace(kinds::NEW_ID, &outcome.id);
            }
        }
        if let Some(Request {
            body: Body::Json(Value::Object(fields)),
            ..
        }) = &mut step.request
        {
            for value in fields.values_mut().filter(|value| *value == kinds::NEW_ID) {
                *value = outcome.id.as_str().into();
            }
        }
        if let Answer::Id(id) | Answer::Ready(id, _) | Answer::Run(id) = &mut step.answer
            && id == kinds::NEW_ID
        {
            id.clone_from(&outcome.id);
        }
        step.keep_etag(outcome.etag.as_deref());
        step
    }

    /// Whether the request has to be given a token, with [`Step::with_token`], before it is sent.
    #[must_use]
    pub fn needs_token(&self) -> bool {
        self.request.as_ref().is_some_and(|request| match &request.body {
            Body::Json(body) => body.get(TOKEN_FIELD).is_some_and(|token| token == FRESH_TOKEN),
            Body::None | Body::Bytes(_) => false,
        })
    }

    /// The step with this token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        let mut step = self.clone();
        if let Some(Request {
            body: Body::Json(body), ..
        }) = &mut step.request
        {
            body[TOKEN_FIELD] = token.into();
        }
        step
    }

    /// Puts an etag into the state that the step leaves, until a later answer brings another.
    fn keep_etag(&mut self, etag: Option<&str>) {
        let keeps = kinds::of(&self.key).is_some_and(Kind::has_etag);
        if let (After::Set { body, .. }, Some(etag), true) = (&mut self.after, etag, keeps) {
            body["etag"] = etag.into();
        }
    }

    /// The outcome of a step without a request.
    #[must_use]
    pub fn without_request(&self) -> Option<Outcome> {
        match (&self.request, &self.answer) {
            (None, Answer::Id(id)) => Some(Outcome::of(id)),
            _ => None,
        }
    }

    /// What the answer to the probe means.
    #[must_use]
    pub fn judge_probe(&self, response: &Response) -> ProbeVerdict {
        let (Some(rule), Some(kind)) = (&self.probe_answer, kinds::of(&self.key)) else {
            return ProbeVerdict::Ambiguous("the step has no probe".to_owned());
        };
        let happened = |id: &str| ProbeVerdict::Happened(Outcome::of(id));
        let answer = response.json().unwrap_or(Value::Null);
        if response.status >= 400 {
            if kind.is_absent(response.status, &answer) {
                return ProbeVerdict::NotHappened;
            }
            let (code, message) = kinds::error_of(response);
            return ProbeVerdict::Ambiguous(format!("{code}: {message}"));
        }
        match rule {
            ProbeAnswer::Exists(id) => happened(id),
            ProbeAnswer::Field { path, value, id } => {
                let remote = kind.expanded(&kind.observed(vec![answer]));
                let found = FieldPath::parse(path).and_then(|path| path.find(&remote).cloned());
                let value = value.as_ref().map(|value| {
                    let mut wanted = serde_json::Map::new();
                    wanted.insert(path.clone(), value.clone());
                    kind.expanded(&Value::Object(wanted))[path].clone()
                });
                if found == value {
                    happened(id)
                } else {
                    ProbeVerdict::NotHappened
                }
            }
            ProbeAnswer::Search { mark } => match &kind.found(&answer, mark)[..] {
                [] if answer.get("next_page_token").is_some() => {
                    ProbeVerdict::Ambiguous("there are more objects than one answer shows".to_owned())
                }
                [] => ProbeVerdict::NotHappened,
                [id] => happened(id),
                several => ProbeVerdict::Ambiguous(format!("several objects carry the mark: {}", several.join(", "))),
            },
        }
    }

    /// What becomes of the state entry when the step is done.
    #[must_use]
    pub fn state_after(&self, outcome: &Outcome) -> StateChange {
        match &self.after {
            After::Keep => StateChange::Keep,
            After::Remove => StateChange::Remove,
            After::Set { body, depends_on } => {
                let mut state = body.clone();
                let keeps_etag = kinds::of(&self.key).is_some_and(Kind::has_etag);
                if let (true, Some(etag)) = (keeps_etag, &outcome.etag) {
                    state["etag"] = etag.as_str().into();
                }
                StateChange::Set(StateEntry {
                    id: outcome.id.clone(),
                    state,
                    depends_on: depends_on.clone(),
                })
            }
        }
    }
}
