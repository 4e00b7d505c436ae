//! `lifecycle.started`: whether an object that can be stopped is to run when a deployment ends.
//!
//! A body has it as `{"lifecycle": {"started": true}}`, which the state keeps and no request carries. Without it, nobody starts or
//! stops anything.

use serde_json::{Value, json};
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

use super::rest_object::{Ready, changing};
use super::{Answer, Call, Change};

/// The field of a body.
pub(crate) const LIFECYCLE: &str = "lifecycle";
const POINTER: &str = "/lifecycle/started";

/// The kinds that can be started and stopped.
pub(crate) const KINDS: [&str; 3] = ["apps", "clusters", "sql_warehouses"];

/// How objects of a kind are started and stopped.
pub(crate) struct Started {
    /// Where the state stands in the answer to a read, as a JSON pointer.
    pub(crate) state: &'static str,
    /// Where the reason stands.
    pub(crate) message: &'static str,
    /// What the state is when it runs.
    pub(crate) running: &'static [&'static str],
    /// What the state is on the way there.
    pub(crate) coming_up: &'static [&'static str],
    /// States from which it does not come up by itself.
    pub(crate) broken: &'static [&'static str],
    /// What the state is when it is stopped.
    pub(crate) stopped: &'static [&'static str],
    /// `POST` to this path starts it.
    pub(crate) start: &'static str,
    /// `POST` to this path stops it.
    pub(crate) stop: &'static str,
    /// The field of those requests with the id; none where the path has it.
    pub(crate) id: Option<&'static str>,
    /// Whether what was just made comes up by itself.
    pub(crate) comes_up: bool,
    /// What a creation is asked, unless the object is to run.
    pub(crate) unless_started: &'static [(&'static str, &'static str)],
    /// What follows when it runs, from the id and the body.
    pub(crate) then: fn(&str, &Value) -> Vec<Call>,
}

/// Nothing follows.
pub(crate) fn nothing(_id: &str, _body: &Value) -> Vec<Call> {
    Vec::new()
}

/// Whether a body says that the object is to run.
pub(crate) fn wanted(body: &Value) -> Option<bool> {
    body.pointer(POINTER).and_then(Value::as_bool)
}

/// What of a document's `lifecycle` belongs to the body.
pub(crate) fn of_document(document: &Value) -> Option<Value> {
    let started = document.pointer(POINTER)?.as_bool()?;
    Some(json!({"started": started}))
}

impl Started {
    fn state<'remote>(&self, remote: &'remote Value) -> Option<&'remote str> {
        remote.pointer(self.state).and_then(Value::as_str)
    }

    /// Whether an observed object runs, or is about to.
    fn runs(&self, remote: &Value) -> bool {
        let state = self.state(remote);
        state.is_some_and(|state| self.running.contains(&state) || self.coming_up.contains(&state))
    }

    /// Shows in a comparable object whether it runs, where that was or is asked for.
    pub(crate) fn compare(&self, comparable: &mut Value, remote: &Value, old: Option<&Value>, new: &Value) {
        if wanted(new).or_else(|| wanted(old?)).is_some() {
            comparable[LIFECYCLE] = json!({"started": self.runs(remote)});
        }
    }

    /// The calls after an object was made.
    pub(crate) fn after_creation(&self, id: &str, body: &Value, read: &Request) -> Vec<Call> {
        match wanted(body) {
            None => Vec::new(),
            Some(true) if self.comes_up => self.up(id, body, read),
            Some(true) => [vec![self.act("start", self.start, id)], self.up(id, body, read)].concat(),
            Some(false) if self.comes_up => {
                let up = self.wait(id, read, self.running);
                vec![up, self.act("stop", self.stop, id), self.down(id, read)]
            }
            Some(false) => Vec::new(),
        }
    }

    /// The calls after an object was changed.
    pub(crate) fn after_change(&self, id: &str, change: &Change<'_>, read: &Request) -> Vec<Call> {
        let runs = change.entry.remote_state.as_ref().map(|remote| self.runs(remote));
        match (wanted(change.new), runs) {
            (Some(true), Some(true)) => (self.then)(id, change.new),
            (Some(true), _) => [vec![self.act("start", self.start, id)], self.up(id, change.new, read)].concat(),
            (Some(false), Some(true)) => vec![self.act("stop", self.stop, id), self.down(id, read)],
            (Some(false), _) | (None, _) => Vec::new(),
        }
    }

    fn up(&self, id: &str, body: &Value, read: &Request) -> Vec<Call> {
        let mut calls = vec![self.wait(id, read, self.running)];
        calls.extend((self.then)(id, body));
        calls
    }

    fn down(&self, id: &str, read: &Request) -> Call {
        let mut call = self.wait(id, read, self.stopped);
        if let Answer::Ready(_, ready) = &mut call.answer {
            ready.bad = &[];
        }
        call
    }

    fn wait(&self, id: &str, read: &Request, good: &'static [&'static str]) -> Call {
        let ready = Ready {
            state: self.state,
            good,
            bad: self.broken,
            message: self.message,
            after_update: false,
        };
        Call {
            answer: Answer::Ready(id.to_owned(), ready),
            ..changing("wait".to_owned(), id, read.clone())
        }
    }

    fn act(&self, what: &str, path: &str, id: &str) -> Call {
        let body = self.id.map_or_else(|| json!({}), |field| json!({field: id}));
        let encoded = if id == super::NEW_ID {
            id.to_owned()
        } else {
            encode_segment(id)
        };
        let request = Request::new(Method::Post, path.replace("{id}", &encoded)).json(body);
        changing(what.to_owned(), id, request)
    }
}
