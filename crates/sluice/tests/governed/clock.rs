//! Time that passes: what was asked for long ago, by a clock of the test.

use std::collections::BTreeMap;

use serde_json::json;
use sluice_lifecycle::context::{Clock, UseCase};
use sluice_lifecycle::platform::Platform;
use sluice_lifecycle::ports::Silent;
use sluice_lifecycle::promotion::{PromoteRequest, promote};
use sluice_model::{Actor, Timestamp};
use sluice_store::Store;
use sluice_store::record::PromotionState;

use crate::world::{ONE, World, environment};

struct HoursAgo(i64);

impl Clock for HoursAgo {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(Timestamp::now().as_second() - self.0 * 3600).unwrap()
    }
}

/// Asks for production so many hours ago.
fn asked_hours_ago(world: &World<'_>, hours: i64) -> String {
    let work = world.environment.work();
    let platform = Platform::read(&work.join("platform.yaml")).unwrap();
    let data = world.environment.data().join("trial");
    let actor = Actor {
        subject: "deployer".to_owned(),
        display_name: "deployer".to_owned(),
        issuer: String::new(),
        service: true,
    };
    let variables: BTreeMap<String, String> = [
        ("HOME".to_owned(), work.display().to_string()),
        (
            "DATABRICKS_CONFIG_FILE".to_owned(),
            world.profile_file().display().to_string(),
        ),
    ]
    .into();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&data.join("ledger.sqlite")).await.unwrap();
        let use_case = UseCase {
            store: &store,
            actor: &actor,
            clock: &HoursAgo(hours),
            progress: &Silent,
        };
        let request = PromoteRequest {
            repository: &work.join("flights"),
            product: &"flights".parse().unwrap(),
            version: &"1.0.0".parse().unwrap(),
            platform: &platform,
            environment: "prod",
            data: &data,
            process_environment: &variables,
        };
        let promoted = promote(use_case, &request).await.unwrap();
        store.close().await;
        assert_eq!(promoted.report.promotion.state, PromotionState::AwaitingApproval);
        promoted.report.approvals.last().unwrap().id.clone()
    })
}

#[test]
fn what_was_asked_too_long_ago_has_expired_for_who_decides_and_for_who_goes_on() {
    let environment = environment();
    let world = World::new(&environment, ONE);
    world.to_qa("1.0.0");

    let late = asked_hours_ago(&world, 73);
    let approve = ["approve", &late, "--profile", "prod-domain-owner"];
    world.refused(&approve, "expired at");
    assert_eq!(world.done(&["promotion", "list"])[0]["state"], "expired");
    world.refused(&approve, "expired");

    let granted = asked_hours_ago(&world, 71);
    world.done(&["approve", &granted, "--profile", "prod-domain-owner"]);
    assert_eq!(
        world.done(&["promote", "1.0.0", "--to", "prod"])["promotion"]["state"],
        "completed"
    );
}

#[test]
fn a_granted_approval_that_was_not_used_in_time_is_refused_and_asked_for_anew() {
    let environment = environment();
    let world = World::new(&environment, "    approvals: [{role: domain-owner, expires: 1h}]\n");
    world.to_qa("1.0.0");
    let late = asked_hours_ago(&world, 2);
    let refused = world.refused(
        &["promote", "1.0.0", "--to", "prod"],
        &format!("approval {late} expired at"),
    );
    assert!(refused.contains("hint: the same command again asks anew"), "{refused}");
    assert_eq!(world.done(&["status"])[2]["running"], serde_json::Value::Null);
    let (_, again) = world.asked("1.0.0");
    world.done(&["approve", &again, "--profile", "prod-domain-owner"]);
    let done = world.done(&["promote", "1.0.0", "--to", "prod"]);
    assert_eq!(done["promotion"]["state"], "completed");
    let kinds = world.decisions();
    assert_eq!(
        json!(kinds),
        json!([
            "approval.requested",
            "approval.refused",
            "approval.expired",
            "approval.requested",
            "approval.granted",
            "approval.consumed",
        ])
    );
}
