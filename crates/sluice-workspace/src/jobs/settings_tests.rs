//! Settings of jobs: what is refused, what is filled in.

use super::*;
use crate::jobs::task_plan::{EXECUTED_KINDS, REFUSED_KINDS};

fn object(value: Value) -> Object {
    value.as_object().unwrap().clone()
}

fn refusal(settings: Value) -> String {
    JobPlan::read(&object(settings)).unwrap_err().to_string()
}

#[test]
fn defaults_are_filled_in_and_everything_given_stays() {
    let given = json!({
        "name": "n", "tags": {"a": "b"}, "access_control_list": [], "x_unknown": [1, {"y": null}],
        "tasks": [{
            "task_key": "t", "notebook_task": {"notebook_path": "/n"}, "timeout_seconds": 5,
            "depends_on": [{"task_key": "z"}, {"task_key": "a"}],
        }],
    });
    let settings = with_defaults(object(given), true);
    assert_eq!(
        Value::Object(settings),
        json!({
            "name": "n", "tags": {"a": "b"}, "x_unknown": [1, {"y": null}],
            "tasks": [{
                "task_key": "t", "notebook_task": {"notebook_path": "/n", "source": "WORKSPACE"}, "timeout_seconds": 5,
                "depends_on": [{"task_key": "a"}, {"task_key": "z"}],
                "run_if": "ALL_SUCCESS", "email_notifications": {}, "webhook_notifications": {},
            }],
            "format": "MULTI_TASK", "max_concurrent_runs": 1, "timeout_seconds": 0,
            "email_notifications": {}, "webhook_notifications": {}, "queue": {"enabled": true},
        })
    );
    assert!(
        !with_defaults(Object::new(), false).contains_key("queue"),
        "version 2.1 does not queue by default"
    );
}

#[test]
fn every_task_kind_that_is_not_executed_is_refused_by_its_name() {
    for kind in REFUSED_KINDS {
        let text = refusal(json!({"tasks": [{"task_key": "t", kind: {}}]}));
        assert!(
            text.starts_with("NOT_IMPLEMENTED: the task `t`")
                && text.contains(&format!("task type `{kind}` is not executed by the local workspace")),
            "{text}"
        );
    }
    let described = sluice_wire::types::class("jobs.Task").unwrap();
    let unknown: Vec<_> = described
        .iter()
        .map(|field| field.name.as_str())
        .filter(|name| name.ends_with("_task") && !REFUSED_KINDS.contains(name) && !EXECUTED_KINDS.contains(name))
        .collect();
    assert_eq!(
        unknown,
        Vec::<&str>::new(),
        "every task kind of the API description is either executed or refused"
    );
}

#[test]
fn what_could_not_be_executed_is_refused_by_name() {
    let task = |extra: Value| {
        let mut task = object(json!({"task_key": "t", "notebook_task": {"notebook_path": "/n"}}));
        task.extend(object(extra));
        json!({"tasks": [task]})
    };
    let sql = |sql_task: Value| json!({"tasks": [{"task_key": "t", "sql_task": sql_task}]});
    let cases = [
        (
            task(json!({"libraries": [{"jar": "/Volumes/a/b/c.jar"}]})),
            "the library kind `jar` of the task `t`",
        ),
        (task(json!({"sql_task": {}})), "exactly one of"),
        (
            task(json!({"notebook_task": {"notebook_path": "relative"}})),
            "`notebook_task.notebook_path` of the task `t` is `relative`",
        ),
        (
            task(json!({"notebook_task": {"notebook_path": "/n", "source": "GIT"}})),
            "the source of the task `t`",
        ),
        (
            task(json!({"depends_on": [{"task_key": "u"}]})),
            "depends on `u`, which is no task",
        ),
        (
            task(json!({"depends_on": [{"task_key": "t"}]})),
            "`t` depend on each other in a circle",
        ),
        (
            json!({"tasks": [{"task_key": "a b", "notebook_task": {"notebook_path": "/n"}}]}),
            "`a b` is not a task key",
        ),
        (json!({"tasks": [{"task_key": "t"}]}), "it has none"),
        (
            sql(json!({"warehouse_id": "w", "query": {"query_id": "q"}})),
            "`sql_task.query` of the task `t`",
        ),
        (
            sql(json!({"file": {"path": "/f.sql"}})),
            "needs `sql_task.warehouse_id`",
        ),
        (json!({"git_source": {"git_url": "u"}}), "`git_source`"),
        (
            json!({"parameters": [{"name": "p"}, {"name": "p"}]}),
            "`p` is declared twice",
        ),
        (
            json!({"environments": [{"environment_key": "e", "spec": {"dependencies": ["--index-url x"]}}]}),
            "the dependency `--index-url x` of the environment `e`",
        ),
        (
            json!({"max_concurrent_runs": "many"}),
            "the job's settings cannot be read",
        ),
    ];
    for (settings, expected) in cases {
        let text = refusal(settings);
        assert!(text.contains(expected), "{text} should contain {expected}");
    }
}

#[test]
fn a_start_that_would_not_happen_is_known() {
    let plan = |settings: Value| JobPlan::read(&object(settings)).unwrap();
    let hourly = json!({"quartz_cron_expression": "0 0 * * * ?", "timezone_id": "UTC"});
    let scheduled = plan(json!({"schedule": hourly}));
    assert!(scheduled.timer().is_some() && scheduled.ignored_start().is_none());
    let mut paused = hourly;
    paused["pause_status"] = json!("PAUSED");
    assert!(plan(json!({"schedule": paused})).timer().is_none());
    let ignored = |settings: Value| plan(settings).ignored_start();
    assert_eq!(
        ignored(json!({"continuous": {"pause_status": "UNPAUSED"}})),
        Some("continuous")
    );
    assert_eq!(
        ignored(json!({"trigger": {"file_arrival": {"url": "x"}}})),
        Some("trigger")
    );
    assert_eq!(
        ignored(json!({"trigger": {"periodic": {"interval": 1, "unit": "HOURS"}}})),
        None
    );
}

#[test]
fn what_a_task_finds_installed_comes_from_its_environment_and_its_libraries() {
    let plan = JobPlan::read(&object(json!({
        "environments": [{"environment_key": "e", "spec": {"dependencies": ["humanize==4.9.0"]}}],
        "tasks": [{
            "task_key": "t", "environment_key": "e", "libraries": [{"whl": "/Workspace/x.whl"}],
            "python_wheel_task": {"package_name": "p", "entry_point": "main"},
        }],
    })))
    .unwrap();
    let expected = [
        Library::Wheel("/Workspace/x.whl".to_owned()),
        Library::Requirement("humanize==4.9.0".to_owned()),
    ];
    assert_eq!(plan.libraries(&plan.tasks[0]).unwrap(), expected);
}
