//! A fault as data: which requests it waits for, which of them it spoils, and how. Decides nothing and counts nothing.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};

use serde::{Deserialize, Serialize};
use serde_json::Value;
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
    /// Of the requests that would go wrong, only this share does, in percent; which ones depends on `seed` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    /// Chooses the requests that `percent` concerns: the same seed chooses the same numbers.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seed: u64,
    /// Only requests that come faster than this go wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// What happens instead of an ordinary answer.
    pub action: Action,
}

/// A token bucket: it holds `burst` tokens, a counted request takes one, and `per_second` come back each second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Tokens that come back in a second.
    pub per_second: NonZeroU32,
    /// Tokens of a full bucket.
    pub burst: NonZeroU32,
}

fn first() -> NonZeroU64 {
    NonZeroU64::MIN
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

impl Fault {
    /// Whether the counted request with this number, from 1, goes wrong, as far as its number says.
    #[must_use]
    pub fn concerns(&self, number: u64) -> bool {
        let first = self.nth.get();
        let times = self.times.unwrap_or(NonZeroU64::MIN).get();
        let inside = number >= first && (self.until_cleared || number - first < times);
        inside && self.percent.is_none_or(|percent| drawn(self.seed, number) < percent)
    }
}

/// A number from 0 to 99 that depends on the seed and the request's number alone.
fn drawn(seed: u64, number: u64) -> u8 {
    let digest = sluice_model::Digest::of(format!("{seed}/{number}").as_bytes());
    let bits = u32::from_str_radix(&digest.hex()[..8], 16).expect("invariant: a digest is hexadecimal");
    u8::try_from(bits % 100).expect("invariant: below 100")
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
    /// A reading request is answered from what the workspace held before the last request that wrote: what was made is not there yet, what
    /// was changed or deleted still is as it was. After so many readings of the same address the answer is up to date.
    Stale {
        /// How many readings of one address come from the past after each write.
        reads: NonZeroU32,
    },
    /// The request is executed; fields of its JSON answer are replaced: long work that never ends, or ends badly.
    Set {
        /// Values by the field's path in the answer, as `state.life_cycle_state`.
        fields: BTreeMap<String, Value>,
    },
    /// Before the request is executed, an administrator does something else: a change past the client.
    Before(Interference),
}

/// Another request that an administrator makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interference {
    /// HTTP method.
    pub method: Method,
    /// Path, with its query.
    pub path: String,
    /// JSON body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
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
    fn a_share_of_the_requests_is_chosen_by_the_seed() {
        let chosen = |seed: u64, percent: u8| -> Vec<u64> {
            let text = format!(
                r#"{{"until_cleared": true, "percent": {percent}, "seed": {seed}, "action": {{"kind": "drop"}}}}"#
            );
            let fault = fault(&text);
            (1..=1000).filter(|number| fault.concerns(*number)).collect()
        };
        assert_eq!(chosen(7, 30), chosen(7, 30));
        assert_ne!(chosen(7, 30), chosen(8, 30));
        assert!((250..350).contains(&chosen(7, 30).len()), "{}", chosen(7, 30).len());
        assert_eq!(chosen(7, 100).len(), 1000);
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
