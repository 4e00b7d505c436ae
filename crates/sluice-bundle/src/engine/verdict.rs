//! What the answer to a step means: done, going on, or failed.

use serde_json::Value;
use sluice_wire::{Method, Request, Response};

use super::kinds::job_runs::is_over;
use super::kinds::rest_object::{self, Ready};
use super::kinds::{self, Answer};
use super::steps::{Outcome, Step};

/// What an answer to a step means.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The step is done.
    Done(Outcome),
    /// The work is running: wait, send this, and judge its answer in the same way.
    Poll(Request),
    /// The workspace refused or the work failed.
    Failed {
        /// Code of the error, such as `INVALID_PARAMETER_VALUE` or a code of a failed statement.
        code: String,
        /// Its message.
        message: String,
    },
}

impl Step {
    /// What the answer to the request, or to a poll of it, means. Give it every answer, errors too: some of them mean that the
    /// step is done.
    #[must_use]
    pub fn judge(&self, response: &Response) -> Verdict {
        let failed = || {
            let (code, message) = kinds::error_of(response);
            Verdict::Failed { code, message }
        };
        let answer = response.json().unwrap_or(Value::Null);
        if response.status >= 400 {
            let kind = kinds::of(&self.key);
            let absent = kind.is_some_and(|kind| kind.is_absent(response.status, &answer));
            return match &self.answer {
                Answer::Gone if absent => Verdict::Done(Outcome::of("")),
                Answer::GoneFrom(id) if absent => Verdict::Done(Outcome::of(id)),
                Answer::GoneByOperation if absent || is_of_parent(&answer) => Verdict::Done(Outcome::of("")),
                Answer::Gone
                | Answer::GoneFrom(_)
                | Answer::GoneByStatement(_)
                | Answer::GoneByOperation
                | Answer::IdField(_)
                | Answer::Id(_)
                | Answer::Made(_)
                | Answer::Part(_)
                | Answer::Run(_)
                | Answer::Over(_)
                | Answer::Operation(_)
                | Answer::Ready(..)
                | Answer::Statement(_) => failed(),
            };
        }
        let etag = answer.get("etag").and_then(Value::as_str);
        let done = |id: &str| {
            Verdict::Done(Outcome {
                etag: etag.map(str::to_owned),
                ..Outcome::of(id)
            })
        };
        match &self.answer {
            Answer::Id(id) | Answer::Made(id) | Answer::GoneFrom(id) => done(id),
            Answer::Gone => done(""),
            Answer::IdField(field) | Answer::Part(field) => match answer.get(field) {
                Some(Value::String(id)) => done(id),
                Some(Value::Number(id)) => done(&id.to_string()),
                _ => Verdict::Failed {
                    code: "UNEXPECTED_ANSWER".to_owned(),
                    message: format!("the workspace's answer has no `{field}`"),
                },
            },
            Answer::Statement(id) | Answer::GoneByStatement(id) => judge_statement(&answer, id),
            Answer::Operation(id) => judge_operation(&answer, id),
            Answer::GoneByOperation => judge_operation(&answer, ""),
            Answer::Run(id) => match &self.request {
                Some(read) => judge_run(&answer, id, read),
                None => done(id),
            },
            Answer::Over(id) => match &self.request {
                Some(read) if !is_over(&answer) => Verdict::Poll(read.clone()),
                _ => done(id),
            },
            Answer::Ready(id, ready) => match &self.request {
                Some(read) => judge_ready(&answer, id, *ready, read),
                None => done(id),
            },
        }
    }
}

/// A statement's answer is HTTP 200 whether it succeeded, failed or runs still; its state says which.
fn judge_statement(answer: &Value, id: &str) -> Verdict {
    let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
    match (text("/status/state"), text("/statement_id")) {
        (Some("SUCCEEDED"), _) => Verdict::Done(Outcome::of(id)),
        (Some("PENDING" | "RUNNING"), Some(statement)) => Verdict::Poll(Request::new(
            Method::Get,
            format!(
                "/api/2.0/sql/statements/{}",
                sluice_wire::request::encode_segment(statement)
            ),
        )),
        (state, _) => Verdict::Failed {
            code: text("/status/error/error_code")
                .or(state)
                .unwrap_or("UNEXPECTED_ANSWER")
                .to_owned(),
            message: text("/status/error/message")
                .unwrap_or("the statement did not succeed, and the workspace gave no reason")
                .to_owned(),
        },
    }
}

/// An operation of a service that works on: `name`, `done`, and `error` or `response`
/// (<https://docs.databricks.com/api/workspace/postgres/getoperation>).
fn judge_operation(answer: &Value, id: &str) -> Verdict {
    let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
    match (answer.get("error").filter(|error| !error.is_null()), text("/name")) {
        (Some(_), _) => Verdict::Failed {
            code: text("/error/error_code").unwrap_or("OPERATION_FAILED").to_owned(),
            message: text("/error/message")
                .unwrap_or("the operation failed, and the workspace gave no reason")
                .to_owned(),
        },
        (None, Some(name)) if answer.get("done").and_then(Value::as_bool) != Some(true) => {
            Verdict::Poll(rest_object::operation(name))
        }
        (None, _) => Verdict::Done(Outcome::of(id)),
    }
}

/// A run that is over has succeeded when its result says so.
fn judge_run(answer: &Value, id: &str, read: &Request) -> Verdict {
    let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
    let result = text("/state/result_state");
    match text("/state/life_cycle_state") {
        Some(_) if is_over(answer) && result == Some("SUCCESS") => Verdict::Done(Outcome::of(id)),
        Some(state) if is_over(answer) => Verdict::Failed {
            code: result.unwrap_or(state).to_owned(),
            message: format!(
                "run {id} did not succeed: {}; its page: {}",
                text("/state/state_message")
                    .filter(|message| !message.is_empty())
                    .unwrap_or("no reason given"),
                text("/run_page_url").unwrap_or("not known")
            ),
        },
        Some(_) | None => Verdict::Poll(read.clone()),
    }
}

/// What belongs to its parent cannot be deleted by itself and goes with it.
fn is_of_parent(answer: &Value) -> bool {
    ["error_code", "message"]
        .iter()
        .filter_map(|field| answer.get(field).and_then(Value::as_str))
        .any(|text| text.contains("MANAGED_BY_PARENT"))
}

fn judge_ready(answer: &Value, id: &str, ready: Ready, read: &Request) -> Verdict {
    let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
    match text(ready.state) {
        Some(state) if ready.good.contains(&state) => Verdict::Done(Outcome::of(id)),
        Some(state) if ready.bad.contains(&state) => {
            let reason = text(ready.message).filter(|reason| !reason.is_empty());
            Verdict::Failed {
                code: "NOT_READY".to_owned(),
                message: format!(
                    "it is there, and {state} instead of {}: {}",
                    ready.good.join(" or "),
                    reason.unwrap_or("the workspace gives no reason")
                ),
            }
        }
        Some(_) | None => Verdict::Poll(read.clone()),
    }
}
