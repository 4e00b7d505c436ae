//! Deployments while the workspace fails: a lost or refused request is repeated where that is safe, and looked up where it is not.

use serde_json::{Value, json};
use sluice_wire::{Method, Request};

use crate::place::{Answer, Place};

/// Puts this fault in place of all others.
fn inject(place: &Place, fault: Value) {
    let client = place.client("admin");
    place.runtime.block_on(async {
        client
            .send(&Request::new(Method::Delete, "/_sluice/faults"))
            .await
            .unwrap();
        let add = Request::new(Method::Post, "/_sluice/faults").json(fault);
        client.send(&add).await.unwrap();
    });
}

/// The fault, as the workspace lists it.
fn listed(place: &Place) -> Value {
    place.get("/_sluice/faults", &[])["faults"][0].clone()
}

/// One deployment for each request of this kind, which goes wrong in this way; `judge` sees what the deployment came to. Given again,
/// the same command must reach the same end, with everything there once.
fn check_every(requests: &str, action: &Value, judge: impl Fn(&Answer)) {
    let place = Place::new();
    for number in 1.. {
        let name = format!("sweep_{number}");
        place.write_bundle(&name, &place.host);
        let of = json!({"requests": requests, "principal": "engineer"});
        inject(&place, json!({"match": of, "nth": number, "action": action}));
        let first = place.sluice(&["deploy", "-o", "json"]);
        let hit = listed(&place)["hits"][0].clone();
        if hit == Value::Null {
            assert_eq!(first.code, Some(0), "{first:?}");
            // A deployment of this bundle asks at least this often; fewer would mean that no fault fired.
            assert!(number > 15, "{number}");
            return;
        }
        judge(&first);
        let again = place.sluice(&["deploy", "-o", "json"]);
        let story = format!("{action}, {hit}: {first:?}, then {again:?}");
        assert_eq!(again.code, Some(0), "{story}");
        let plan = place.sluice(&["plan"]);
        let nothing = "Plan: 0 to add, 0 to change, 0 to delete, 5 unchanged\n";
        assert_eq!(plan.stdout, nothing, "{story}");
        let jobs = place.jobs();
        let created = jobs.iter().filter(|job| **job == format!("{name} load")).count();
        assert_eq!(created, 1, "{story}: {jobs:?}");
    }
}

fn succeeded(answer: &Answer) {
    assert_eq!(answer.code, Some(0), "{answer:?}");
}

#[test]
fn a_read_that_is_turned_away_is_repeated_wherever_it_stands() {
    let busy = json!({"kind": "status", "status": 503, "headers": {"Retry-After": "0"}});
    check_every("reading", &busy, succeeded);
}

#[test]
fn a_write_whose_answer_is_lost_is_looked_up_wherever_it_stands() {
    check_every("writing", &json!({"kind": "commit_then_drop"}), succeeded);
}

#[test]
fn a_write_that_seems_to_fail_is_completed_by_the_same_command() {
    let failed = json!({"kind": "commit_then_fail", "status": 500});
    check_every("writing", &failed, |answer| {
        assert!(matches!(answer.code, Some(0 | 4 | 5)), "{answer:?}");
    });
}

#[test]
fn what_was_not_done_is_sent_again_and_what_was_done_is_not() {
    for (kind, sent) in [("drop", 2), ("commit_then_drop", 1)] {
        let place = Place::new();
        place.write_bundle("shop", &place.host);
        let of = json!({"operation": "jobs.JobsAPI.create"});
        inject(&place, json!({"match": of, "action": {"kind": kind}}));
        succeeded(&place.sluice(&["deploy"]));
        let fault = listed(&place);
        assert_eq!(
            (&fault["counted"], &fault["fired"]),
            (&json!(sent), &json!(1)),
            "{kind}"
        );
        assert_eq!(place.jobs(), ["shop load"], "{kind}");
    }
}

#[test]
fn a_read_whose_connection_is_lost_is_repeated() {
    let place = Place::new();
    place.write_bundle("shop", &place.host);
    let of = json!({"operation": "iam.CurrentUserAPI.me"});
    inject(&place, json!({"match": of, "action": {"kind": "drop"}}));
    succeeded(&place.sluice(&["validate"]));
    let fault = listed(&place);
    assert_eq!((&fault["counted"], &fault["fired"]), (&json!(2), &json!(1)));
}

#[test]
fn a_lock_that_was_taken_although_the_workspace_failed_is_ours() {
    let place = Place::new();
    place.write_bundle("shop", &place.host);
    let of = json!({"path": "**/deploy.lock", "method": "POST"});
    let failed = json!({"kind": "commit_then_fail", "status": 500});
    inject(&place, json!({"match": of, "action": failed}));
    succeeded(&place.sluice(&["deploy"]));
    assert_eq!(listed(&place)["fired"], 1);
    // Where it cannot be taken at all, the workspace is named, not somebody who holds it.
    let refused = json!({"kind": "status", "status": 500, "message": "broken on purpose"});
    inject(&place, json!({"match": of, "until_cleared": true, "action": refused}));
    let failed = place.sluice(&["deploy"]);
    assert!(failed.refusal(4).contains("broken on purpose"), "{failed:?}");
}

#[test]
fn a_call_that_cannot_be_looked_up_is_said_to_be_uncertain() {
    for (operation, key) in [
        ("jobs.JobsAPI.set_permissions", "resources.jobs.load.permissions"),
        ("catalog.GrantsAPI.update", "resources.schemas.sales.grants"),
    ] {
        let place = Place::new();
        place.write_bundle("shop", &place.host);
        let failed = json!({"kind": "commit_then_fail", "status": 500, "message": "broken on purpose"});
        inject(&place, json!({"match": {"operation": operation}, "action": failed}));
        let deployed = place.sluice(&["deploy"]);
        let line = format!(
            "  failed {key}: broken on purpose [INTERNAL_ERROR]; whether it took effect is looked up by the next deployment\n"
        );
        assert!(deployed.refusal(5).contains(&line), "{deployed:?}");
        succeeded(&place.sluice(&["deploy"]));
    }
}

/// What a deployment of the bundle `shop` has set: the job, its permissions, the schema's grants, the volume.
fn standing(place: &Place) -> Value {
    let jobs = place.get("/api/2.2/jobs/list", &[("expand_tasks", "true")]);
    let job = &jobs["jobs"][0];
    let id = job["job_id"].to_string();
    let volume = place.get("/api/2.1/unity-catalog/volumes/dev.shop.landing", &[]);
    json!({
        "jobs": jobs["jobs"].as_array().unwrap().len(),
        "job": job["settings"],
        "permissions": place.get(&format!("/api/2.0/permissions/jobs/{id}"), &[]),
        "grants": place.get("/api/2.1/unity-catalog/permissions/schema/dev.shop", &[]),
        "comment": volume["comment"],
    })
}

#[test]
fn the_former_content_brings_back_what_a_change_that_seemed_to_fail_has_changed() {
    let place = Place::new();
    place.write_bundle("shop", &place.host);
    succeeded(&place.sluice(&["deploy"]));
    let before = standing(&place);
    let former = std::fs::read_to_string(place.bundle.join("databricks.yml")).unwrap();
    let later = [
        ("[USE_SCHEMA]", "[USE_SCHEMA, SELECT]"),
        ("CAN_VIEW", "CAN_MANAGE_RUN"),
        ("default: hello", "default: bye"),
        ("name: landing}", "name: landing, comment: files}"),
    ]
    .iter()
    .fold(former.clone(), |text, (old, new)| text.replace(old, new));
    let of = json!({"requests": "writing", "principal": "engineer"});
    let action = json!({"kind": "commit_then_fail", "status": 500});
    for number in 1.. {
        place.write("databricks.yml", &later);
        inject(&place, json!({"match": of, "nth": number, "action": action}));
        let changed = place.sluice(&["deploy"]);
        let hit = listed(&place)["hits"][0].clone();
        if hit == Value::Null {
            succeeded(&changed);
            let after = standing(&place);
            for part in ["job", "permissions", "grants", "comment"] {
                assert_ne!(after[part], before[part]);
            }
            assert!(number > 8, "{number}");
            return;
        }
        place.write("databricks.yml", &former);
        // What is not known to be done is no different from what somebody else has done.
        let back = place.sluice(&["deploy", "--overwrite-uncaptured"]);
        assert_eq!(back.code, Some(0), "{hit}: {changed:?}, then {back:?}");
        assert_eq!(standing(&place), before, "{hit}: {changed:?}, then {back:?}");
    }
}
