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
    let ended = keys
        .iter()
        .cloned()
        .zip(upstream.iter().map(|result| End::from(*result)))
        .collect();
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
            .map(|key| ((*key).to_owned(), End::from(ResultState::Success)))
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
    let result = |a: R, b: R| super::result(&tasks, &[("a".to_owned(), a.into()), ("b".to_owned(), b.into())].into());
    assert_eq!(result(R::Success, R::Success), R::Success);
    assert_eq!(result(R::Failed, R::Success), R::SuccessWithFailures);
    assert_eq!(result(R::Success, R::Failed), R::Failed);
    assert_eq!(result(R::Failed, R::UpstreamFailed), R::Failed);
    assert_eq!(result(R::Success, R::Disabled), R::Success);
}

#[test]
fn a_branch_that_is_not_taken_is_excluded_whatever_run_if_says() {
    let tasks: Vec<TaskPlan> = serde_json::from_value(json!([
        {"task_key": "c", "condition_task": {"op": "EQUAL_TO", "left": "1", "right": "1"}},
        {"task_key": "yes", "depends_on": [{"task_key": "c", "outcome": "true"}]},
        {"task_key": "no", "depends_on": [{"task_key": "c", "outcome": "false"}], "run_if": "ALL_DONE"},
        {"task_key": "join", "depends_on": [{"task_key": "yes"}, {"task_key": "no"}], "run_if": "NONE_FAILED"},
    ]))
    .unwrap();
    check(&tasks).unwrap();
    let condition = End {
        result: ResultState::Success,
        outcome: Some(true),
    };
    let mut ended = BTreeMap::from([("c".to_owned(), condition)]);
    let steps = |begun: &[&str], ended: &BTreeMap<String, End>| -> Vec<(String, Step)> {
        let begun = begun.iter().map(|key| (*key).to_owned()).collect();
        let found = next(&tasks, &begun, ended).into_iter();
        found.map(|(task, step)| (task.task_key.clone(), step)).collect()
    };
    let excluded = Step::Skip(ResultState::Excluded);
    assert_eq!(
        steps(&["c"], &ended),
        [("yes".to_owned(), Step::Start), ("no".to_owned(), excluded)]
    );
    ended.insert("yes".to_owned(), ResultState::Success.into());
    ended.insert("no".to_owned(), ResultState::Excluded.into());
    assert_eq!(steps(&["c", "yes", "no"], &ended), [("join".to_owned(), Step::Start)]);
    let mut wrong = tasks;
    wrong[3].depends_on[0].outcome = Some("true".to_owned());
    let text = check(&wrong).unwrap_err().to_string();
    assert!(text.contains("only a `condition_task` has an outcome"), "{text}");
}
