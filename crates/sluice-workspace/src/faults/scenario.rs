//! Named sets of faults: what platforms of users look like on a bad day.

use serde_json::json;

use super::fault::Fault;

/// Several faults under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// What happens, in one sentence.
    pub about: &'static str,
    /// Its faults, in the order in which they are added.
    pub faults: Vec<Fault>,
}

/// All scenarios, by name.
///
/// # Panics
/// Never: a test reads each of them.
#[must_use]
pub fn scenarios() -> Vec<Scenario> {
    let scenario = |name, about, faults: serde_json::Value| Scenario {
        name,
        about,
        faults: serde_json::from_value(faults).expect("invariant: the scenarios are faults"),
    };
    vec![
        scenario(
            "eventual",
            "After each write the first three readings of an address come from before it.",
            json!([{"match": {"requests": "reading"}, "until_cleared": true, "action": {"kind": "stale", "reads": 3}}]),
        ),
        scenario(
            "flaky-gateway",
            "One request in twenty is turned away by a gateway, one in ten is slow.",
            json!([
                {"until_cleared": true, "percent": 10, "seed": 2, "action": {"kind": "latency", "milliseconds": 300}},
                {"until_cleared": true, "percent": 5, "seed": 1, "action": {"kind": "status", "status": 503, "headers": {"Retry-After": "1"}}},
            ]),
        ),
        scenario(
            "half-deployed",
            "From its twelfth write on, the workspace cannot be reached any more for who writes.",
            json!([{"match": {"requests": "writing"}, "nth": 12, "until_cleared": true, "action": {"kind": "drop"}}]),
        ),
        scenario(
            "lost-reply",
            "One write in ten is executed, and its answer never arrives.",
            json!([{"match": {"requests": "writing"}, "until_cleared": true, "percent": 10, "seed": 1, "action": {"kind": "commit_then_drop"}}]),
        ),
        scenario(
            "throttled-monday",
            "Twenty requests at once, then ten in a second; all others are told to wait.",
            json!([{
                "until_cleared": true,
                "rate": {"per_second": 10, "burst": 20},
                "action": {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}},
            }]),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_is_sound_and_found_by_its_name() {
        let all = scenarios();
        let names: Vec<_> = all.iter().map(|scenario| scenario.name).collect();
        assert!(names.is_sorted() && names.len() == 5, "{names:?}");
        for fault in all.iter().flat_map(|scenario| &scenario.faults) {
            assert_eq!(fault.check(), Ok(()), "{fault:?}");
        }
    }
}
