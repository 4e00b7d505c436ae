//! Jobs and their permissions.

use serde_json::{Value, json};

use super::deployment::{Deployment, assert_unchanged, bundle, changed, deployed};

fn minimal() -> Value {
    json!({"name": "load"})
}

fn full() -> Value {
    json!({
        "name": "load",
        "description": "loads flights",
        "max_concurrent_runs": 2,
        "timeout_seconds": 3600,
        "tags": {"team": "flights", "a.b": "c"},
        "queue": {"enabled": true},
        "schedule": {"quartz_cron_expression": "0 0 6 * * ?", "timezone_id": "UTC", "pause_status": "UNPAUSED"},
        "parameters": [{"name": "catalog", "default": "dev"}, {"name": "day", "default": "1"}],
        "email_notifications": {"on_failure": ["team@sluice.test"]},
        "job_clusters": [{"job_cluster_key": "small", "new_cluster": {"spark_version": "16.4", "num_workers": 1}}],
        "tasks": [
            {"task_key": "load", "notebook_task": {"notebook_path": "/Workspace/load"}},
            {"task_key": "enrich", "depends_on": [{"task_key": "load"}], "max_retries": 2,
             "notebook_task": {"notebook_path": "/Workspace/enrich", "base_parameters": {"layer": "silver"}}},
            {"task_key": "heavy", "new_cluster": {"spark_version": "16.4", "apply_policy_default_values": true, "num_workers": 2},
             "spark_python_task": {"python_file": "/Workspace/heavy.py", "parameters": ["--a", "b"]}},
        ],
        "permissions": [{"level": "CAN_VIEW", "group_name": "analysts"}, {"level": "IS_OWNER", "user_name": "deployer"}],
    })
}

#[test]
fn a_deployed_job_plans_to_nothing() {
    for job in [minimal(), full()] {
        let deployment = deployed(&bundle(json!({"jobs": {"load": job}}), json!({})));
        assert_eq!(deployment.workspace.jobs.len(), 1);
        assert_eq!(deployment.workspace.jobs[&1]["deployment"]["kind"], "BUNDLE");
    }
}

#[test]
fn every_changed_field_is_the_only_one_that_the_plan_names() {
    let cases = [
        ("/description", json!("other"), "update description"),
        ("/max_concurrent_runs", json!(3), "update max_concurrent_runs"),
        ("/timeout_seconds", json!(60), "update timeout_seconds"),
        ("/tags/a.b", json!("d"), "update tags['a.b']"),
        ("/queue/enabled", json!(false), "update queue.enabled"),
        ("/schedule/timezone_id", json!("CET"), "update schedule.timezone_id"),
        (
            "/parameters/1/default",
            json!("2"),
            "update parameters[name='day'].default",
        ),
        (
            "/email_notifications/on_failure",
            json!(["x@sluice.test"]),
            "update email_notifications.on_failure",
        ),
        (
            "/job_clusters/0/new_cluster/num_workers",
            json!(4),
            "update job_clusters[job_cluster_key='small'].new_cluster.num_workers",
        ),
        (
            "/tasks/1/max_retries",
            json!(5),
            "update tasks[task_key='enrich'].max_retries",
        ),
        (
            "/tasks/1/notebook_task/base_parameters/layer",
            json!("gold"),
            "update tasks[task_key='enrich'].notebook_task.base_parameters.layer",
        ),
        (
            "/tasks/1/depends_on",
            json!([]),
            "update tasks[task_key='enrich'].depends_on[task_key='load']",
        ),
        (
            "/tasks/2/new_cluster/apply_policy_default_values",
            json!(false),
            "update tasks[task_key='heavy'].new_cluster.apply_policy_default_values",
        ),
        (
            "/tasks/2/spark_python_task/parameters",
            json!(["--a"]),
            "update tasks[task_key='heavy'].spark_python_task.parameters",
        ),
    ];
    for (pointer, value, expected) in cases {
        let mut deployment = deployed(&bundle(json!({"jobs": {"load": full()}}), json!({})));
        let mut job = full();
        *job.pointer_mut(pointer).unwrap() = value;
        let bundle = bundle(json!({"jobs": {"load": job}}), json!({}));
        let plan = deployment.plan(&bundle).unwrap();
        assert_eq!(changed(&plan, "resources.jobs.load"), [expected]);
        assert_eq!(
            plan.summary().to_string(),
            "0 to add, 1 to change, 0 to delete, 1 unchanged"
        );
        deployment.apply(&plan);
        assert_unchanged(&mut deployment, &bundle);
    }
}
