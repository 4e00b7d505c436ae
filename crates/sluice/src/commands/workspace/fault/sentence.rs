//! A fault in one sentence.

use sluice_workspace::faults::{Action, Condition, Fault, Interference, Requests};

/// Such as: `requests 3 to 4 of those that write, as engineer@sluice.test: answered with 503, without effect`.
pub(super) fn sentence(fault: &Fault) -> String {
    let condition = conditions(&fault.condition);
    let of = if condition.is_empty() {
        String::new()
    } else {
        format!(" of those {}", condition.join(", "))
    };
    let share = fault
        .percent
        .map_or_else(String::new, |percent| format!(", {percent} in a hundred"));
    let rate = fault.rate.map_or_else(String::new, |rate| {
        format!(
            ", faster than {} a second after {} at once",
            rate.per_second, rate.burst
        )
    });
    format!("{}{of}{share}{rate}: {}", window(fault), action(&fault.action))
}

fn window(fault: &Fault) -> String {
    let first = fault.nth.get();
    let times = fault.times.map_or(1, std::num::NonZeroU64::get);
    if fault.until_cleared {
        format!("requests from number {first} on")
    } else if times == 1 {
        format!("request {first}")
    } else {
        format!("requests {first} to {}", first.saturating_add(times - 1))
    }
}

fn conditions(condition: &Condition) -> Vec<String> {
    let requests = match condition.requests {
        Requests::Any => None,
        Requests::Reading => Some("that read".to_owned()),
        Requests::Writing => Some("that write".to_owned()),
    };
    [
        requests,
        condition.operation.as_ref().map(|id| format!("for {id}")),
        condition.method.map(|method| format!("by {method}")),
        condition.path.as_ref().map(|path| format!("to {path}")),
        condition.principal.as_ref().map(|name| format!("as {name}")),
        condition
            .body_contains
            .as_ref()
            .map(|text| format!("whose body contains `{text}`")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn action(action: &Action) -> String {
    match action {
        Action::Status(reply) => format!("answered with {}, without effect", reply.status),
        Action::CommitThenFail(reply) => format!("executed, then answered with {}", reply.status),
        Action::Drop {} => "connection closed, without effect".to_owned(),
        Action::CommitThenDrop {} => "executed, then connection closed".to_owned(),
        Action::Latency { milliseconds } => format!("executed after {milliseconds} ms"),
        Action::Stale { reads } => format!("{reads} readings of an address from before the last write"),
        Action::Set { fields } => {
            let fields: Vec<String> = fields.iter().map(|(path, value)| format!("{path} = {value}")).collect();
            format!("executed, then answered with {}", fields.join(", "))
        }
        Action::Before(Interference { method, path, .. }) => {
            format!("executed after an administrator's {method} {path}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_says_which_requests_and_what_becomes_of_them() {
        for (fault, expected) in [
            (
                r#"{"action": {"kind": "drop"}}"#,
                "request 1: connection closed, without effect",
            ),
            (
                r#"{"match": {"requests": "writing", "principal": "a@b", "body_contains": "ALTER"}, "nth": 3, "times": 2,
                    "action": {"kind": "status", "status": 503}}"#,
                "requests 3 to 4 of those that write, as a@b, whose body contains `ALTER`: answered with 503, without effect",
            ),
            (
                r#"{"match": {"method": "POST", "path": "/x/*"}, "until_cleared": true,
                    "action": {"kind": "latency", "milliseconds": 5}}"#,
                "requests from number 1 on of those by POST, to /x/*: executed after 5 ms",
            ),
        ] {
            assert_eq!(sentence(&serde_json::from_str(fault).unwrap()), expected);
        }
    }
}
