//! Runs of jobs that belong to a deployment. A run happens once: whatever changes of it makes another run, and so does a run that did
//! not succeed. One that still goes on is waited for.
//!
//! A run is started with an idempotency token, which stands in the journal before the call: the same call again, also by the next
//! deployment after this one was killed, finds the run that it started.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sluice_wire::types::{self, Field};
use sluice_wire::{Method, Request};

use super::{Answer, Call, Change, Facts, Kind, NEW_ID};
use crate::engine::difference::{Rules, immutable};
use crate::engine::plan::{Action, FieldChange};
use crate::engine::steps::FRESH_TOKEN;

/// The kind `job_runs`.
pub(crate) struct JobRuns;

/// How a run ended; the configuration cannot say anything but that it has to end well.
const RESULT: &str = "result_state";
const SUCCESS: &str = "SUCCESS";

static RULES: Rules = Rules {
    keyed: &[],
    fields: &[immutable("*")],
    output_only: &[],
};

impl Kind for JobRuns {
    fn rules(&self) -> &Rules {
        &RULES
    }

    fn integers(&self) -> &'static [&'static str] {
        &["job_id"]
    }

    fn fields(&self) -> &'static [Field] {
        types::body("jobs.JobsAPI.run_now").unwrap_or(&[])
    }

    fn is_written_by_service(&self, field: &str) -> bool {
        !self.fields().iter().any(|known| known.name == field)
    }

    fn desired(&self, document: Value, _facts: &Facts) -> Result<Value, Vec<String>> {
        if document.get("job_id").is_none() {
            return Err(vec!["has no `job_id`".to_owned()]);
        }
        Ok(document)
    }

    fn read(&self, id: &str) -> Request {
        Request::new(Method::Get, "/api/2.2/jobs/runs/get").query("run_id", id)
    }

    fn is_absent(&self, status: u16, answer: &Value) -> bool {
        super::says_absent(status, answer)
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        super::first_page(pages)
    }

    /// What was asked for is not shown by a run, but for what it came to.
    fn comparable(&self, remote: &Value, old: Option<&Value>, new: &Value) -> Value {
        let mut comparable = old.unwrap_or(new).clone();
        if let Some(result) = remote.pointer("/state/result_state") {
            comparable[RESULT] = result.clone();
        }
        comparable
    }

    /// With the result that it has to have, which is only missing where the run said what it is.
    fn expanded(&self, body: &Value) -> Value {
        let mut body = body.clone();
        if body.get(RESULT).is_none() {
            body[RESULT] = json!(SUCCESS);
        }
        body
    }

    fn is_condition(&self, path: &str) -> bool {
        path == RESULT
    }

    fn decide(&self, changes: &mut BTreeMap<String, FieldChange>, remote: &Value) {
        if !is_over(remote) {
            let change = FieldChange {
                action: Action::Update,
                reason: Some("run in progress".to_owned()),
                old: None,
                new: Some(json!(SUCCESS)),
                remote: None,
            };
            changes.insert(RESULT.to_owned(), change);
        }
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        let mut body = change.new.clone();
        body["idempotency_token"] = json!(FRESH_TOKEN);
        vec![
            Call {
                description: "run".to_owned(),
                request: Request::new(Method::Post, "/api/2.2/jobs/run-now").json(body),
                answer: Answer::IdField("run_id"),
                idempotent: true,
                probe: None,
            },
            self.waiting(NEW_ID),
        ]
    }

    fn update(&self, change: &Change<'_>) -> Vec<Call> {
        change.id.map(|id| self.waiting(id)).into_iter().collect()
    }

    fn delete(&self, id: &str, _old: &Value) -> Vec<Call> {
        vec![call("delete the run", "/api/2.2/jobs/runs/delete", id, Answer::Gone)]
    }

    fn delete_observed(&self, id: &str, old: &Value, remote: &Value) -> Vec<Call> {
        let mut calls = Vec::new();
        if !is_over(remote) {
            let gone = Answer::GoneFrom(id.to_owned());
            calls.push(call("cancel the run", "/api/2.2/jobs/runs/cancel", id, gone));
            calls.push(Call {
                answer: Answer::Over(id.to_owned()),
                ..self.waiting(id)
            });
        }
        calls.extend(self.delete(id, old));
        calls
    }
}

impl JobRuns {
    fn waiting(&self, id: &str) -> Call {
        Call {
            description: "wait".to_owned(),
            request: self.read(id),
            answer: Answer::Run(id.to_owned()),
            idempotent: true,
            probe: None,
        }
    }
}

fn call(description: &str, path: &str, id: &str, answer: Answer) -> Call {
    let id = id.parse::<i64>().map_or_else(|_not_a_number| id.into(), Value::from);
    Call {
        description: description.to_owned(),
        request: Request::new(Method::Post, path).json(json!({"run_id": id})),
        answer,
        idempotent: true,
        probe: None,
    }
}

/// The states in which the life of a run ends (<https://docs.databricks.com/api/workspace/jobs/getrun>).
const OVER: [&str; 3] = ["TERMINATED", "SKIPPED", "INTERNAL_ERROR"];

/// Whether a run has ended, as an answer about it says.
pub(crate) fn is_over(remote: &Value) -> bool {
    let state = remote.pointer("/state/life_cycle_state").and_then(Value::as_str);
    state.is_some_and(|state| OVER.contains(&state))
}
