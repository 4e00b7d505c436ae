//! The faults of one workspace, in memory: what is armed, what each has counted, and what it did.
//!
//! A restart forgets them: a fault that somebody forgot must not spoil a workspace for longer than the process that allowed it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use super::bucket::Bucket;
use super::fault::{Action, Fault, Interference, Reply, Requests};
use super::pattern::{Pattern, Sighting};
use super::stale::Readings;
use crate::call::{JSON_LIMIT, RequestBody};

/// How many hits of a fault are remembered one by one.
const REMEMBERED_HITS: usize = 100;

/// A fault as the control plane shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmedFault {
    /// Its id: `f1`, `f2`, … since the process started.
    pub id: String,
    /// What is planned.
    pub fault: Fault,
    /// How many requests fulfilled its conditions.
    pub counted: u64,
    /// How many of them went wrong.
    pub fired: u64,
    /// The last hundred of those, oldest first.
    pub hits: Vec<Hit>,
}

/// A request that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Its number among the counted requests, from 1.
    pub number: u64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The request's id, as in the header `x-request-id`.
    pub request_id: String,
    /// HTTP method.
    pub method: String,
    /// Path.
    pub path: String,
    /// Id of its operation, where the API has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Who asked.
    pub principal: String,
    /// The status that the request really came to, where it was executed although its client got no answer or another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executed: Option<u16>,
    /// The status of what an administrator did before it, where the fault says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interference: Option<u16>,
}

/// When and as what a request came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion<'request> {
    pub(crate) request_id: &'request str,
    pub(crate) at: i64,
}

/// What a request meets with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Encounter {
    pauses: Vec<Pause>,
    /// What others do before it, and by which fault.
    pub(crate) before: Vec<(String, Interference)>,
    /// Whether the store has to keep what it holds now, for readings after this request.
    pub(crate) remember: bool,
    /// Whether it is answered from the past.
    pub(crate) past: bool,
    pub(crate) spoiled: Option<Spoiled>,
}

/// How an answer is spoiled, and by which fault.
#[derive(Clone, Debug)]
pub(crate) struct Spoiled {
    pub(crate) fault: String,
    pub(crate) by: Injury,
}

/// An [`Action`] that takes the place of the answer.
#[derive(Clone, Debug)]
pub(crate) enum Injury {
    Status(Reply),
    CommitThenFail(Reply),
    Drop,
    CommitThenDrop,
    Set(BTreeMap<String, Value>),
}

/// A pause that ends early when its fault is removed.
#[derive(Clone, Debug)]
struct Pause {
    length: Duration,
    removed: watch::Receiver<()>,
}

impl Encounter {
    /// Waits as long as the latencies say that the request meets with.
    pub(crate) async fn pause(&mut self) {
        for Pause { length, removed } in &mut self.pauses {
            // Either way the pause is over.
            drop(tokio::time::timeout(*length, removed.changed()).await);
        }
    }
}

/// One armed fault.
struct Armed {
    shown: ArmedFault,
    pattern: Pattern,
    bucket: Option<Bucket>,
    readings: Readings,
    /// Dropped with the fault, which its pauses notice.
    removed: watch::Sender<()>,
}

#[derive(Default)]
struct Register {
    last: u64,
    armed: Vec<Armed>,
}

/// The faults of one workspace.
pub struct Faults {
    allowed: bool,
    register: Mutex<Register>,
}

impl Faults {
    /// No faults; `allowed` says whether there may be any.
    pub(crate) fn new(allowed: bool) -> Self {
        Self {
            allowed,
            register: Mutex::default(),
        }
    }

    /// Whether the workspace was started with faults allowed.
    pub(crate) fn allowed(&self) -> bool {
        self.allowed
    }

    fn register(&self) -> MutexGuard<'_, Register> {
        self.register.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Arms a fault behind those that are armed already; or says everything that is wrong with it.
    pub(crate) fn add(&self, fault: Fault) -> Result<ArmedFault, Vec<String>> {
        let pattern = Pattern::of(&fault)?;
        let mut register = self.register();
        register.last += 1;
        let shown = ArmedFault {
            id: format!("f{}", register.last),
            fault,
            counted: 0,
            fired: 0,
            hits: Vec::new(),
        };
        register.armed.push(Armed {
            bucket: shown.fault.rate.map(Bucket::new),
            readings: Readings::default(),
            shown: shown.clone(),
            pattern,
            removed: watch::Sender::new(()),
        });
        Ok(shown)
    }

    /// All faults, in the order in which they were added.
    pub(crate) fn list(&self) -> Vec<ArmedFault> {
        self.register().armed.iter().map(|armed| armed.shown.clone()).collect()
    }

    /// Removes one fault; false when there is none with this id. Requests that it holds up go on.
    pub(crate) fn remove(&self, id: &str) -> bool {
        let mut register = self.register();
        let before = register.armed.len();
        register.armed.retain(|armed| armed.shown.id != id);
        register.armed.len() < before
    }

    /// Removes all faults and gives their number. Requests that they hold up go on.
    pub(crate) fn clear(&self) -> usize {
        std::mem::take(&mut self.register().armed).len()
    }

    /// Whether a fault is armed that answers from the past.
    pub(crate) fn remember(&self) -> bool {
        let stale = |armed: &Armed| matches!(armed.shown.fault.action, Action::Stale { .. });
        self.register().armed.iter().any(stale)
    }

    /// Counts a request and says what it meets with. Every fault whose conditions it fulfils counts it. Latencies and changes by others add
    /// up; of the actions that replace the answer the first that was added wins.
    pub(crate) async fn meet(&self, sighting: &Sighting<'_>, body: &RequestBody, occasion: Occasion<'_>) -> Encounter {
        let wants_body = {
            let register = self.register();
            if register.armed.is_empty() {
                return Encounter::default();
            }
            let asks = |armed: &Armed| armed.pattern.asks_for_body() && armed.pattern.fits(sighting);
            register.armed.iter().any(asks)
        };
        let text = if wants_body {
            Some(body.peek(JSON_LIMIT).await)
        } else {
            None
        };
        self.register().meet(sighting, text.as_deref(), occasion)
    }

    /// Notes the status that a request really came to.
    pub(crate) fn note_executed(&self, fault: &str, request_id: &str, status: u16) {
        let mut register = self.register();
        let armed = register.armed.iter_mut().find(|armed| armed.shown.id == fault);
        let hits = armed.into_iter().flat_map(|armed| armed.shown.hits.iter_mut());
        for hit in hits.filter(|hit| hit.request_id == request_id) {
            hit.executed = Some(status);
        }
    }

    /// Notes what came of an administrator's request before another.
    pub(crate) fn note_interference(&self, fault: &str, request_id: &str, status: u16) {
        let mut register = self.register();
        let armed = register.armed.iter_mut().find(|armed| armed.shown.id == fault);
        let hits = armed.into_iter().flat_map(|armed| armed.shown.hits.iter_mut());
        for hit in hits.filter(|hit| hit.request_id == request_id) {
            hit.interference = Some(status);
        }
    }
}

impl Register {
    /// A body is there when a fault asks for it; one that was added since then does not see this request.
    fn meet(&mut self, sighting: &Sighting<'_>, body: Option<&[u8]>, occasion: Occasion<'_>) -> Encounter {
        let mut encounter = Encounter::default();
        for armed in &mut self.armed {
            if matches!(armed.shown.fault.action, Action::Stale { .. }) && Requests::Writing.include(sighting.method) {
                armed.readings.write();
                encounter.remember = true;
            }
            if armed.concerns(sighting, body, occasion) {
                armed.act(&mut encounter, sighting, occasion);
            }
        }
        encounter
    }
}

impl Armed {
    /// Counts the request, when it fulfils the conditions, and says whether it goes wrong.
    fn concerns(&mut self, sighting: &Sighting<'_>, body: Option<&[u8]>, occasion: Occasion<'_>) -> bool {
        let pattern = &self.pattern;
        let fits_body = !pattern.asks_for_body() || body.is_some_and(|body| pattern.fits_body(body));
        if !pattern.fits(sighting) || !fits_body {
            return false;
        }
        self.shown.counted += 1;
        let slow_enough = self.bucket.as_mut().is_some_and(|bucket| bucket.take(occasion.at));
        !slow_enough && self.shown.fault.concerns(self.shown.counted)
    }

    fn act(&mut self, encounter: &mut Encounter, sighting: &Sighting<'_>, occasion: Occasion<'_>) {
        let shown = &mut self.shown;
        let fault = shown.id.clone();
        let by = match &shown.fault.action {
            Action::Latency { milliseconds } => {
                encounter.pauses.push(Pause {
                    length: Duration::from_millis(*milliseconds),
                    removed: self.removed.subscribe(),
                });
                return shown.hit(sighting, occasion);
            }
            Action::Before(interference) => {
                encounter.before.push((fault, interference.clone()));
                return shown.hit(sighting, occasion);
            }
            Action::Stale { reads } => {
                let address = format!("{}?{}", sighting.path, sighting.query);
                if self.readings.read(&address, *reads) {
                    encounter.past = true;
                    shown.hit(sighting, occasion);
                }
                return;
            }
            Action::Status(reply) => Injury::Status(reply.clone()),
            Action::CommitThenFail(reply) => Injury::CommitThenFail(reply.clone()),
            Action::Drop {} => Injury::Drop,
            Action::CommitThenDrop {} => Injury::CommitThenDrop,
            Action::Set { fields } => Injury::Set(fields.clone()),
        };
        if encounter.spoiled.is_none() {
            shown.hit(sighting, occasion);
            encounter.spoiled = Some(Spoiled { fault, by });
        }
    }
}

impl ArmedFault {
    fn hit(&mut self, sighting: &Sighting<'_>, occasion: Occasion<'_>) {
        self.fired += 1;
        if self.hits.len() == REMEMBERED_HITS {
            self.hits.remove(0);
        }
        self.hits.push(Hit {
            number: self.counted,
            at: occasion.at,
            request_id: occasion.request_id.to_owned(),
            method: sighting.method.to_string(),
            path: sighting.path.to_owned(),
            operation: sighting.operation().map(|operation| operation.id.to_owned()),
            principal: sighting.principal.to_owned(),
            executed: None,
            interference: None,
        });
    }
}
