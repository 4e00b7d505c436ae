//! Which task may run next.

use serde_json::json;

use super::*;

fn task(key: &str, depends_on: &[&str], run_if: &str) -> TaskPlan {
    let depends_on: Vec<_> = depends_on.iter().map(|key| json!({"task_key": key})).collect();
    serde_json::from_value(json!({"task_key": key, "depends_on": depends_on, "run_if": run_if})).unwrap()
}

fn decided(run_if: &str, upstream: &[ResultState]) -> Step {
    let keys: Vec<_> = (0..upstream.len()).map(|number| format!("u{number}")).collect();
    let names: Vec<_> = keys.iter().map(String::as_str).collect();
    let ended = keys.iter().cloned().zip(upstream.iter().copied()).collect();
    let tasks = [task("t", &names, run_if)];
    let found = next(&tasks, &BTreeSet::new(), &ended);
    assert_eq!(found.len(), 1);
    found[0].1
}

#[test]
fn tasks_are_decided_when_all_that_they_depend_on_has_ended() {
    let tasks = [
        task("a", &[], "ALL_SUCCESS"),
        task("b", &["a"], "ALL_SUCCESS"),
        task("c", &["a", "b"], "ALL_SUCCESS"),
    ];
    let keys = |begun: &[&str], ended: &[&str]| -> Vec<String> {
        let begun = begun.iter().map(|key| (*key).to_owned()).collect();
        let ended = ended
            .iter()
            .map(|key| ((*key).to_owned(), ResultState::Success))
            .collect();
        next(&tasks, &begun, &ended)
            .into_iter()
            .map(|(task, _)| task.task_key.clone())
            .collect()
    };
    assert_eq!(keys(&[], &[]), ["a"]);
    assert_eq!(keys(&["a"], &[]), Vec::<String>::new());
    assert_eq!(keys(&["a"], &["a"]), ["b"]);
    assert_eq!(keys(&["a", "b"], &["a", "b"]), ["c"]);
}

#[test]
fn run_if_decides_by_how_the_upstream_tasks_ended() {
    use ResultState as R;
    let start = Step::Start;
    let skip = Step::Skip;
    let cases = [
        ("ALL_SUCCESS", vec![R::Success, R::Success], start),
        ("ALL_SUCCESS", vec![R::Success, R::Failed], skip(R::UpstreamFailed)),
        ("ALL_SUCCESS", vec![R::Success, R::Canceled], skip(R::UpstreamCanceled)),
        ("ALL_SUCCESS", vec![R::UpstreamFailed], skip(R::UpstreamFailed)),
        ("ALL_SUCCESS", vec![R::Excluded], skip(R::Excluded)),
        ("ALL_DONE", vec![R::Failed, R::Canceled], start),
        ("NONE_FAILED", vec![R::Success, R::Excluded], start),
        ("NONE_FAILED", vec![R::Success, R::TimedOut], skip(R::UpstreamFailed)),
        ("AT_LEAST_ONE_SUCCESS", vec![R::Failed, R::Success], start),
        ("AT_LEAST_ONE_SUCCESS", vec![R::Failed], skip(R::UpstreamFailed)),
        ("ALL_FAILED", vec![R::Failed, R::UpstreamFailed], start),
        ("ALL_FAILED", vec![R::Failed, R::Success], skip(R::Excluded)),
        ("AT_LEAST_ONE_FAILED", vec![R::Failed, R::Success], start),
        ("AT_LEAST_ONE_FAILED", vec![R::Success], skip(R::Excluded)),
    ];
    for (run_if, upstream, expected) in cases {
        assert_eq!(decided(run_if, &upstream), expected, "{run_if} {upstream:?}");
    }
}

#[test]
fn the_leaves_decide_the_result_of_the_run() {
    use ResultState as R;
    let tasks = [task("a", &[], "ALL_SUCCESS"), task("b", &["a"], "ALL_DONE")];
    let result = |a: R, b: R| super::result(&tasks, &[("a".to_owned(), a), ("b".to_owned(), b)].into());
    assert_eq!(result(R::Success, R::Success), R::Success);
    assert_eq!(result(R::Failed, R::Success), R::SuccessWithFailures);
    assert_eq!(result(R::Success, R::Failed), R::Failed);
    assert_eq!(result(R::Failed, R::UpstreamFailed), R::Failed);
    assert_eq!(result(R::Success, R::Disabled), R::Success);
}
