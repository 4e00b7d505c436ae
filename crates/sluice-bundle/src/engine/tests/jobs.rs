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

fn load() -> sluice_model::ResourceKey {
    sluice_model::ResourceKey::bundle("jobs", "load")
}

fn jobs(jobs: Value) -> crate::language::Bundle {
    bundle(json!({ "jobs": jobs }), json!({}))
}

#[test]
fn a_permission_is_the_only_thing_that_changes() {
    let mut deployment = deployed(&jobs(json!({"load": full()})));
    let mut job = full();
    job["permissions"] = json!([{"level": "CAN_MANAGE", "group_name": "analysts"}]);
    let bundle = jobs(json!({"load": job}));
    let plan = deployment.plan(&bundle).unwrap();
    assert_eq!(
        changed(&plan, "resources.jobs.load.permissions"),
        ["update __embed__[group_name='analysts'].level"]
    );
    deployment.apply(&plan);
    let list = &deployment.workspace.permissions["/jobs/1"];
    assert_eq!(
        list[..],
        [
            json!({"group_name": "analysts", "permission_level": "CAN_MANAGE"}),
            json!({"user_name": "deployer", "permission_level": "IS_OWNER"}),
        ]
    );
    assert_unchanged(&mut deployment, &bundle);
}

#[test]
fn a_removed_job_is_deleted_once() {
    let mut deployment = deployed(&jobs(json!({"load": full(), "other": minimal()})));
    let without = jobs(json!({"other": minimal()}));
    let lines = deployment.deploy(&without);
    assert_eq!(
        lines,
        [
            "delete jobs.load",
            "delete jobs.load.permissions",
            "",
            "Plan: 0 to add, 0 to change, 2 to delete, 1 unchanged"
        ]
    );
    assert_eq!(deployment.workspace.jobs.len(), 1);
    assert_unchanged(&mut deployment, &without);
}

#[test]
fn a_job_that_is_gone_is_made_again_with_its_permissions_or_forgotten() {
    let bundle = jobs(json!({"load": full()}));
    let mut deployment = deployed(&bundle);
    deployment.workspace.jobs.clear();
    let gone = deployment.plan(&jobs(json!({}))).unwrap();
    assert!(gone.plan[&load()].gone);
    assert_eq!(
        deployment.deploy(&bundle)[..2],
        ["create jobs.load", "create jobs.load.permissions"]
    );
    assert_eq!(deployment.workspace.permissions["/jobs/2"].len(), 2);
    assert_unchanged(&mut deployment, &bundle);
    deployment.workspace.jobs.clear();
    deployment.workspace.changes.clear();
    deployment.apply(&gone);
    assert!(deployment.workspace.changes.is_empty() && deployment.states.resources.state.is_empty());
}

#[test]
fn a_job_with_more_tasks_than_a_page_is_read_whole() {
    let tasks: Vec<Value> = (0..230)
        .map(|index| json!({"task_key": format!("t{index:03}")}))
        .collect();
    let bundle = jobs(json!({"load": {"name": "load", "tasks": tasks}}));
    let mut deployment = deployed(&bundle);
    deployment.workspace.jobs.get_mut(&1).unwrap()["tasks"][229]["max_retries"] = json!(3);
    let plan = deployment.plan(&bundle).unwrap();
    assert_eq!(
        changed(&plan, "resources.jobs.load"),
        ["update tasks[task_key='t229'].max_retries"]
    );
}

#[test]
fn what_somebody_changed_in_the_workspace_is_named_and_set_back() {
    let bundle = jobs(json!({"load": full()}));
    let mut deployment = deployed(&bundle);
    let job = deployment.workspace.jobs.get_mut(&1).unwrap();
    job["max_concurrent_runs"] = json!(9);
    job["tags"]["by_hand"] = json!("yes");
    job["tasks"].as_array_mut().unwrap().push(json!({"task_key": "extra"}));
    let plan = deployment.plan(&bundle).unwrap();
    assert_eq!(
        changed(&plan, "resources.jobs.load"),
        [
            "update max_concurrent_runs",
            "update tags.by_hand",
            "update tasks[task_key='extra']"
        ]
    );
    deployment.apply(&plan);
    assert_unchanged(&mut deployment, &bundle);
}

#[test]
fn a_job_left_behind_is_found_by_its_mark_and_two_are_not_chosen_between() {
    let bundle = jobs(json!({"load": minimal()}));
    let mut deployment = deployed(&bundle);
    deployment.workspace.jobs.insert(7, json!({"name": "load"}));
    deployment.states = Default::default();
    let plan = deployment.plan(&bundle).unwrap();
    assert_eq!(
        (plan.plan[&load()].adopted, plan.plan[&load()].id.as_deref()),
        (true, Some("1"))
    );
    assert_eq!(plan.lines()[0], "update jobs.load (exists already, taken over)");
    let twin = deployment.workspace.jobs[&1].clone();
    deployment.workspace.jobs.insert(8, twin);
    let faults = deployment.plan(&bundle).unwrap_err();
    assert_eq!(
        faults[0].summary,
        "`resources.jobs.load` has no state entry, and 2 objects of its name carry this deployment's mark: 1, 8"
    );
    deployment.workspace.jobs.remove(&8);
    deployment.apply(&plan);
    assert_unchanged(&mut deployment, &bundle);
}

#[test]
fn references_decide_the_order_and_are_filled_with_what_was_made() {
    let bundle = jobs(json!({
        "a": {"name": "a ${resources.jobs.z.name}", "description": "by ${resources.jobs.z.creator_user_name}", "tasks": [
            {"task_key": "run", "run_job_task": {"job_id": "${resources.jobs.z.id}"}},
            {"task_key": "say", "notebook_task": {"notebook_path": "/n", "base_parameters": {"job": "${resources.jobs.z.id}"}}},
        ]},
        "z": minimal(),
    }));
    let mut deployment = Deployment::default();
    let plan = deployment.plan(&bundle).unwrap();
    let order: Vec<String> = crate::engine::order(&plan).iter().map(|key| key.name.clone()).collect();
    assert_eq!(order, ["z", "a"]);
    let vars = &plan.plan[&"resources.jobs.a".parse().unwrap()]
        .new_state
        .as_ref()
        .unwrap()
        .vars;
    assert_eq!(
        vars.keys().collect::<Vec<_>>(),
        [
            "description",
            "tasks[0].run_job_task.job_id",
            "tasks[1].notebook_task.base_parameters.job"
        ]
    );
    deployment.apply(&plan);
    let made = &deployment.workspace.jobs[&2];
    assert_eq!(
        (&made["name"], &made["description"]),
        (&json!("a load"), &json!("by deployer"))
    );
    assert_eq!(made["tasks"][0]["run_job_task"]["job_id"], 1);
    assert_eq!(made["tasks"][1]["notebook_task"]["base_parameters"]["job"], "1");
    assert_unchanged(&mut deployment, &bundle);
    assert_eq!(
        deployment.states.resources.state[&"resources.jobs.a".parse().unwrap()]
            .depends_on
            .len(),
        3
    );
    deployment.options.destroy = true;
    let destroy = deployment.plan(&bundle).unwrap();
    let order: Vec<String> = crate::engine::order(&destroy)
        .iter()
        .map(|key| key.name.clone())
        .collect();
    assert_eq!(order, ["a", "z"]);
}

#[test]
fn references_that_cannot_be_filled_are_refused_before_anything_is_sent() {
    let task = |reference: &str| json!({"name": "x", "description": reference});
    let mut deployment = Deployment::default();
    let mut summaries = |jobs_of: Value| -> Vec<String> {
        let bundle = jobs(jobs_of);
        let faults = deployment.plan(&bundle).unwrap_err();
        assert_eq!(crate::engine::check(&bundle), faults);
        faults.into_iter().map(|fault| fault.summary).collect()
    };
    assert_eq!(
        summaries(json!({"load": task("${resources.jobs.lod.id}"), "b": task("${resources.jobs.load.nam}")})),
        [
            "`resources.jobs.load` refers to `${resources.jobs.lod.id}`, which does not exist (in `description`)",
            "`resources.jobs.b` `description`: `resources.jobs.load` has no field `nam`",
        ]
    );
    assert_eq!(
        summaries(json!({"a": task("${resources.jobs.b.id}"), "b": task("${resources.jobs.a.id}")})),
        ["resources need each other in a circle: `resources.jobs.a` → `resources.jobs.b` → `resources.jobs.a`"]
    );
    let unknown = bundle(json!({"shares": {"p": {"name": "p"}}}), json!({}));
    assert_eq!(
        deployment.plan(&unknown).unwrap_err()[0].summary,
        "`resources.shares.p` cannot be deployed: the kind `shares` is not supported"
    );
}

#[test]
fn a_number_that_a_text_refers_to_becomes_a_text() {
    let mut one = full();
    one["max_concurrent_runs"] = json!(3);
    let mut two = full();
    two["tags"] = json!({"runs": "${resources.jobs.one.max_concurrent_runs}"});
    two["timeout_seconds"] = json!("${resources.jobs.one.max_concurrent_runs}");
    let deployment = deployed(&jobs(json!({"one": one, "two": two})));
    let made = &deployment.workspace.jobs[&2];
    assert_eq!(
        (&made["tags"]["runs"], &made["timeout_seconds"]),
        (&json!("3"), &json!(3))
    );
}

#[test]
fn protected_resources_are_not_deleted_whoever_protects_them() {
    let mut job = full();
    job["lifecycle"] = json!({"prevent_destroy": true});
    let guarded = jobs(json!({"load": job}));
    let mut deployment = deployed(&guarded);
    assert_eq!(deployment.workspace.jobs[&1].get("lifecycle"), None);
    deployment.options.destroy = true;
    assert_eq!(
        deployment.plan(&guarded).unwrap_err()[0].summary,
        "`resources.jobs.load` is protected and cannot be deleted"
    );
    deployment.options.destroy = false;
    let mut without = jobs(json!({}));
    without.protected = vec![load()];
    assert_eq!(deployment.plan(&without).unwrap_err().len(), 1);
    without.protected.clear();
    assert_eq!(deployment.plan(&without).unwrap().summary().delete, 2);
}

#[test]
fn the_digest_of_effects_ignores_what_the_server_adds_and_sees_what_is_sent() {
    let mut deployment = deployed(&jobs(json!({"load": full()})));
    let mut job = full();
    job["description"] = json!("new");
    let first = deployment.plan(&jobs(json!({"load": job.clone()}))).unwrap();
    deployment.workspace.jobs.get_mut(&1).unwrap()["run_as"] = json!({"user_name": "somebody"});
    let noise = deployment.plan(&jobs(json!({"load": job.clone()}))).unwrap();
    assert_eq!(first.effect_digest, noise.effect_digest);
    job["description"] = json!("newer");
    let other = deployment.plan(&jobs(json!({"load": job}))).unwrap();
    assert_ne!(first.effect_digest, other.effect_digest);
    let edited = serde_json::to_string(&first).unwrap().replace(":\"new\"", ":\"evil\"");
    assert!(matches!(
        crate::engine::Plan::parse(&edited),
        Err(crate::engine::PlanFileError::Digest { .. })
    ));
}

#[test]
fn a_job_made_anew_by_an_interrupted_deployment_is_not_made_twice() {
    let bundle = jobs(json!({"load": minimal()}));
    let mut deployment = deployed(&bundle);
    let job = deployment.workspace.jobs.remove(&1).unwrap();
    deployment.workspace.jobs.insert(5, job);
    let plan = deployment.plan(&bundle).unwrap();
    assert_eq!(
        (plan.plan[&load()].adopted, plan.plan[&load()].id.as_deref()),
        (true, Some("5"))
    );
    deployment.apply(&plan);
    assert_eq!(deployment.states.resources.state[&load()].id, "5");
    assert_unchanged(&mut deployment, &bundle);
}
