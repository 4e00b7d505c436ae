//! A fault as data: which requests it waits for, which of them it spoils, and how. Decides nothing and counts nothing.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};
use sluice_wire::Method;

/// The longest latency that a fault may add to one request, in milliseconds.
pub const LONGEST_LATENCY_MS: u64 = 60_000;

/// What is planned to go wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which requests are counted; without conditions every request of a principal.
    #[serde(default, rename = "match")]
    pub condition: Condition,
    /// The number, from 1, of the first counted request that goes wrong.
    #[serde(default = "first")]
    pub nth: NonZeroU64,
    /// How many counted requests in a row go wrong; one when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<NonZeroU64>,
    /// Every counted request from the nth on goes wrong, until the fault is removed. Excludes `times`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub until_cleared: bool,
    /// What happens instead of an ordinary answer.
    pub action: Action,
}

fn first() -> NonZeroU64 {
    NonZeroU64::MIN
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

impl Fault {
    /// Whether the counted request with this number, from 1, goes wrong.
    #[must_use]
    pub fn concerns(&self, number: u64) -> bool {
        let first = self.nth.get();
        let times = self.times.unwrap_or(NonZeroU64::MIN).get();
        number >= first && (self.until_cleared || number - first < times)
    }
}

/// Which requests are counted: those that fulfil every condition that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Id of an operation in the words of `databricks-sdk`, such as `jobs.JobsAPI.create`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// HTTP method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Glob of the path as it was sent, without query: `*` stays within a segment, `**` does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// User name or application id of who asks; names of seeded principals may be short (`engineer`, `deployer`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// Requests that read, that write, or both.
    #[serde(default)]
    pub requests: Requests,
    /// Text that the body has to contain, in any case of ASCII letters: in one of its strings when the body is JSON, else anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_contains: Option<String>,
}

/// Requests by what their method may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requests {
    /// All.
    #[default]
    Any,
    /// `GET` and `HEAD`.
    Reading,
    /// All others; that a `POST` may be a query makes no difference.
    Writing,
}

impl Requests {
    /// Whether a method is of this kind.
    #[must_use]
    pub fn include(self, method: Method) -> bool {
        let reads = matches!(method, Method::Get | Method::Head);
        match self {
            Self::Any => true,
            Self::Reading => reads,
            Self::Writing => !reads,
        }
    }
}

/// What happens instead of an ordinary answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// The request takes no effect and gets an error answer.
    Status(Reply),
    /// The request is executed; an error answer takes the place of its own.
    CommitThenFail(Reply),
    /// The request takes no effect, and the connection is closed without an answer.
    Drop {},
    /// The request is executed, then the connection is closed without an answer.
    CommitThenDrop {},
    /// The request is executed after a pause.
    Latency {
        /// How long, at most [`LONGEST_LATENCY_MS`].
        milliseconds: u64,
    },
}

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// HTTP status, 400 to 599.
    pub status: u16,
    /// `error_code` of the body; when not given, the one that usually goes with the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// Message of the body; when not given, it names the fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// More headers, such as `Retry-After`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    fn concerned(text: &str) -> Vec<u64> {
        let fault = fault(text);
        (1..=5).filter(|number| fault.concerns(*number)).collect()
    }

    #[test]
    fn the_window_is_one_request_unless_said_otherwise() {
        assert_eq!(concerned(r#"{"action": {"kind": "drop"}}"#), [1]);
        assert_eq!(
            concerned(r#"{"nth": 2, "times": 3, "action": {"kind": "drop"}}"#),
            [2, 3, 4]
        );
        assert_eq!(
            concerned(r#"{"nth": 4, "until_cleared": true, "action": {"kind": "drop"}}"#),
            [4, 5]
        );
        let farthest = format!(r#"{{"nth": 5, "times": {}, "action": {{"kind": "drop"}}}}"#, u64::MAX);
        assert_eq!(concerned(&farthest), [5]);
    }

    #[test]
    fn what_is_not_known_is_refused_wherever_it_stands() {
        for text in [
            r#"{"action": {"kind": "drop"}, "nht": 1}"#,
            r#"{"action": {"kind": "drop", "status": 500}}"#,
            r#"{"action": {"kind": "status", "status": 500, "body": "x"}}"#,
            r#"{"action": {"kind": "latency", "milliseconds": 1, "seconds": 1}}"#,
            r#"{"action": {"kind": "explode"}}"#,
            r#"{"action": {"kind": "drop"}, "match": {"opration": "x"}}"#,
            r#"{"action": {"kind": "drop"}, "nth": 0}"#,
            r#"{"action": {"kind": "drop"}, "times": 0}"#,
            r#"{"nth": 1}"#,
        ] {
            assert!(serde_json::from_str::<Fault>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_fault_is_written_as_it_is_read() {
        let text = concat!(
            r#"{"match":{"operation":"jobs.JobsAPI.create","requests":"writing"},"nth":3,"times":2,"#,
            r#""action":{"kind":"commit_then_fail","status":503,"headers":{"Retry-After":"1"}}}"#
        );
        assert_eq!(serde_json::to_string(&fault(text)).unwrap(), text);
    }
}
