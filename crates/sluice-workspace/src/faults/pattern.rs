//! A fault's conditions in the form that requests are compared with, and everything that is wrong with a fault.

use axum::http::{HeaderName, HeaderValue, header};
use globset::{GlobBuilder, GlobMatcher};
use sluice_wire::{Method, Operation, find_operation, operations};

use super::body::contains_text;
use super::fault::{Action, Condition, Fault, Interference, LONGEST_LATENCY_MS, Reply, Requests};

/// What a fault sees of a request before its body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sighting<'request> {
    pub(crate) method: Method,
    pub(crate) path: &'request str,
    /// What follows the question mark.
    pub(crate) query: &'request str,
    /// Name of who asks.
    pub(crate) principal: &'request str,
}

impl Sighting<'_> {
    /// The operation that is asked for, where the API has one.
    pub(crate) fn operation(&self) -> Option<&'static Operation> {
        find_operation(self.method, self.path)
    }
}

impl Fault {
    /// Checks what can be checked without a workspace.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<String>> {
        Pattern::of(self).map(drop)
    }
}

/// Conditions that were checked.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    operation: Option<&'static Operation>,
    method: Option<Method>,
    path: Option<GlobMatcher>,
    principal: Option<String>,
    requests: Requests,
    body_contains: Option<String>,
}

impl Pattern {
    /// The pattern of a fault, or everything that is wrong with the fault. The principal is taken as it stands.
    pub(super) fn of(fault: &Fault) -> Result<Self, Vec<String>> {
        let mut wrong = Vec::new();
        let pattern = Self {
            operation: operation(&fault.condition, &mut wrong),
            method: fault.condition.method,
            path: path(&fault.condition, &mut wrong),
            principal: fault.condition.principal.clone(),
            requests: fault.condition.requests,
            body_contains: fault.condition.body_contains.clone(),
        };
        if pattern.body_contains.as_deref() == Some("") {
            wrong.push("`match.body_contains` is empty: leave it out to match any body".to_owned());
        }
        if fault.until_cleared && fault.times.is_some() {
            wrong.push("`times` and `until_cleared` exclude each other".to_owned());
        }
        if fault.percent.is_some_and(|percent| !(1..=100).contains(&percent)) {
            wrong.push("`percent` may be 1 to 100".to_owned());
        }
        if fault.seed != 0 && fault.percent.is_none() {
            wrong.push("`seed` chooses what `percent` concerns, which is not given".to_owned());
        }
        check_action(&fault.action, &mut wrong);
        if matches!(fault.action, Action::Stale { .. }) && fault.condition.requests != Requests::Reading {
            wrong.push("`action` stale concerns requests that read: `match.requests` has to be `reading`".to_owned());
        }
        if wrong.is_empty() { Ok(pattern) } else { Err(wrong) }
    }

    /// Whether everything but the body fits.
    pub(super) fn fits(&self, sighting: &Sighting<'_>) -> bool {
        self.requests.include(sighting.method)
            && self.method.is_none_or(|method| method == sighting.method)
            && self.path.as_ref().is_none_or(|path| path.is_match(sighting.path))
            && self.principal.as_ref().is_none_or(|name| name == sighting.principal)
            && self.operation.is_none_or(|wanted| sighting.operation() == Some(wanted))
    }

    /// Whether the body has to be known.
    pub(super) fn asks_for_body(&self) -> bool {
        self.body_contains.is_some()
    }

    /// Whether the body fits.
    pub(super) fn fits_body(&self, body: &[u8]) -> bool {
        self.body_contains.as_ref().is_none_or(|text| contains_text(body, text))
    }
}

/// Where several methods of the SDK send the same request, the entry that requests are found as.
fn operation(condition: &Condition, wrong: &mut Vec<String>) -> Option<&'static Operation> {
    let id = condition.operation.as_deref()?;
    let Some(named) = operations().iter().find(|operation| operation.id == id) else {
        wrong.push(unknown_operation(id));
        return None;
    };
    let method = condition.method.unwrap_or(named.method);
    if method != named.method || !condition.requests.include(named.method) {
        wrong.push(format!(
            "no request fulfils `match`: `{id}` is a {} of {}",
            named.method, named.path
        ));
    }
    find_operation(named.method, named.path)
}

fn unknown_operation(id: &str) -> String {
    let letters = |text: &str| -> String {
        let kept = text.chars().filter(char::is_ascii_alphanumeric);
        kept.collect::<String>().to_ascii_lowercase()
    };
    // `StatementExecution/ExecuteStatement`, `executeStatement` and `execute_statement` mean the same method.
    let method = letters(id.rsplit(['.', '/']).next().unwrap_or(id));
    let similar: Vec<String> = operations()
        .iter()
        .filter(|operation| letters(operation.id.rsplit('.').next().unwrap_or_default()) == method)
        .map(|operation| format!("`{}`", operation.id))
        .take(5)
        .collect();
    let hint = if similar.is_empty() {
        "ids are those of `databricks-sdk`, such as `jobs.JobsAPI.create`".to_owned()
    } else {
        format!("did you mean {}?", similar.join(" or "))
    };
    format!("`match.operation`: the API has no operation `{id}`; {hint}")
}

fn path(condition: &Condition, wrong: &mut Vec<String>) -> Option<GlobMatcher> {
    let text = condition.path.as_deref()?;
    if !text.starts_with(['/', '*']) {
        wrong.push(format!("`match.path`: `{text}` begins with neither `/` nor `*`"));
    }
    match GlobBuilder::new(text).literal_separator(true).build() {
        Ok(glob) => Some(glob.compile_matcher()),
        Err(error) => {
            wrong.push(format!("`match.path`: {error}"));
            None
        }
    }
}

fn check_action(action: &Action, wrong: &mut Vec<String>) {
    match action {
        Action::Status(reply) | Action::CommitThenFail(reply) => check_reply(reply, wrong),
        Action::Drop {} | Action::CommitThenDrop {} | Action::Stale { .. } => {}
        Action::Set { fields } => {
            if fields.is_empty() {
                wrong.push("`action.fields` names no field".to_owned());
            }
            let broken = fields.keys().filter(|path| path.split('.').any(str::is_empty));
            wrong.extend(
                broken.map(|path| {
                    format!("`action.fields`: `{path}` is no path of a field, as `state.life_cycle_state`")
                }),
            );
        }
        Action::Before(interference) => check_interference(interference, wrong),
        Action::Latency { milliseconds } => {
            if !(1..=LONGEST_LATENCY_MS).contains(milliseconds) {
                wrong.push(format!(
                    "`action.milliseconds` is {milliseconds}: it may be 1 to {LONGEST_LATENCY_MS}"
                ));
            }
        }
    }
}

fn check_interference(Interference { method, path, .. }: &Interference, wrong: &mut Vec<String>) {
    let bare = path.split('?').next().unwrap_or_default();
    if find_operation(*method, bare).is_none() {
        wrong.push(format!("`action`: the API has no operation {method} {bare}"));
    }
}

/// Headers with which an answer of the workspace could not be read to its end.
const FRAMING: [HeaderName; 4] = [
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
];

fn check_reply(reply: &Reply, wrong: &mut Vec<String>) {
    if !(400..600).contains(&reply.status) {
        wrong.push(format!(
            "`action.status` is {}: it may be 400 to 599, because a fault is an error",
            reply.status
        ));
    }
    for (name, value) in &reply.headers {
        match HeaderName::try_from(name) {
            Ok(name) if FRAMING.contains(&name) => {
                wrong.push(format!("`action.headers`: `{name}` is the server's own matter"));
            }
            Ok(_) if HeaderValue::try_from(value).is_ok() => {}
            Ok(_) | Err(_) => wrong.push(format!("`action.headers`: `{name}: {value}` is no HTTP header")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(condition: &str) -> Result<Pattern, Vec<String>> {
        let text = format!(r#"{{"match": {condition}, "action": {{"kind": "drop"}}}}"#);
        Pattern::of(&serde_json::from_str(&text).unwrap())
    }

    #[track_caller]
    fn check(condition: &str, fitting: &[(Method, &str)], other: &[(Method, &str)]) {
        let pattern = pattern(condition).unwrap();
        for (requests, expected) in [(fitting, true), (other, false)] {
            for (method, path) in requests {
                let sighting = Sighting {
                    method: *method,
                    path,
                    query: "",
                    principal: "engineer@sluice.test",
                };
                assert_eq!(pattern.fits(&sighting), expected, "{condition}: {method} {path}");
            }
        }
    }

    const CREATE: (Method, &str) = (Method::Post, "/api/2.2/jobs/create");
    const LIST: (Method, &str) = (Method::Get, "/api/2.2/jobs/list");
    const FILE: (Method, &str) = (Method::Put, "/api/2.0/fs/files/Volumes/dev/s/v/a.csv");
    const ME: (Method, &str) = (Method::Get, "/api/2.0/preview/scim/v2/Me");

    #[test]
    fn every_condition_narrows() {
        check("{}", &[CREATE, LIST, FILE, ME], &[]);
        check(r#"{"operation": "jobs.JobsAPI.create"}"#, &[CREATE], &[LIST, FILE]);
        check(r#"{"operation": "files.FilesAPI.upload"}"#, &[FILE], &[CREATE]);
        check(r#"{"method": "GET"}"#, &[LIST, ME], &[CREATE, FILE]);
        check(r#"{"requests": "writing"}"#, &[CREATE, FILE], &[LIST, ME]);
        check(r#"{"requests": "reading"}"#, &[LIST, ME], &[CREATE, FILE]);
        check(r#"{"principal": "engineer@sluice.test"}"#, &[LIST], &[]);
        check(r#"{"principal": "admin@sluice.test"}"#, &[], &[LIST]);
        check(
            r#"{"path": "/api/*/jobs/*", "method": "POST"}"#,
            &[CREATE],
            &[LIST, FILE],
        );
    }

    #[test]
    fn a_star_stays_within_a_segment_and_two_do_not() {
        check(r#"{"path": "/api/2.0/fs/*"}"#, &[], &[FILE]);
        check(r#"{"path": "/api/2.0/fs/**"}"#, &[FILE], &[LIST]);
        check(r#"{"path": "**/jobs/*"}"#, &[CREATE, LIST], &[FILE]);
    }

    #[test]
    fn methods_of_the_sdk_that_send_the_same_request_are_the_same() {
        let same: Vec<_> = operations()
            .iter()
            .filter(|operation| find_operation(operation.method, operation.path) != Some(operation))
            .collect();
        assert!(!same.is_empty());
        for operation in same {
            let condition = format!(r#"{{"operation": "{}"}}"#, operation.id);
            check(&condition, &[(operation.method, operation.path)], &[]);
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let fault = r#"{
            "match": {"operation": "StatementExecution/ExecuteStatement", "path": "api/[", "body_contains": ""},
            "times": 2, "until_cleared": true,
            "action": {"kind": "status", "status": 200, "headers": {"content-length": "1", "a b": "c", "x": "\n"}}
        }"#;
        let wrong = Pattern::of(&serde_json::from_str(fault).unwrap()).unwrap_err();
        assert_eq!(
            wrong,
            [
                "`match.operation`: the API has no operation `StatementExecution/ExecuteStatement`; \
                 did you mean `sql.StatementExecutionAPI.execute_statement`?",
                "`match.path`: `api/[` begins with neither `/` nor `*`",
                "`match.path`: error parsing glob 'api/[': unclosed character class; missing ']'",
                "`match.body_contains` is empty: leave it out to match any body",
                "`times` and `until_cleared` exclude each other",
                "`action.status` is 200: it may be 400 to 599, because a fault is an error",
                "`action.headers`: `a b: c` is no HTTP header",
                "`action.headers`: `content-length` is the server's own matter",
                "`action.headers`: `x: \n` is no HTTP header",
            ]
        );
    }

    #[test]
    fn conditions_that_no_request_fulfils_are_refused() {
        for condition in [
            r#"{"operation": "jobs.JobsAPI.create", "method": "GET"}"#,
            r#"{"operation": "jobs.JobsAPI.create", "requests": "reading"}"#,
        ] {
            assert_eq!(
                pattern(condition).unwrap_err(),
                ["no request fulfils `match`: `jobs.JobsAPI.create` is a POST of /api/2.2/jobs/create"]
            );
        }
    }

    #[test]
    fn latency_has_a_limit() {
        for (milliseconds, fine) in [(0, false), (1, true), (60_000, true), (60_001, false)] {
            let fault = format!(r#"{{"action": {{"kind": "latency", "milliseconds": {milliseconds}}}}}"#);
            let result = Pattern::of(&serde_json::from_str(&fault).unwrap());
            assert_eq!(result.is_ok(), fine, "{milliseconds}");
        }
    }
}
