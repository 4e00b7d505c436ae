//! Receivers are told, again when they did not answer, and never in the way.

use serde_json::{Value, json};
use sluice_lifecycle::context::{Clock, UseCase};
use sluice_lifecycle::notification::{ATTEMPTS, deliver};
use sluice_lifecycle::platform::Platform;
use sluice_lifecycle::ports::Silent;
use sluice_model::{Actor, Timestamp};
use sluice_store::Store;

use crate::sink::Sink;
use crate::world::{ONE, ROLES, World, environment};

fn routes(events: &str, webhook: &str) -> String {
    format!("{ROLES}notifications:\n  - {{events: [{events}], webhook: {webhook}}}\n")
}

#[test]
fn a_receiver_is_told_what_to_do_and_its_secret_address_stays_secret() {
    let environment = environment();
    let world = World::new(&environment, ONE);
    let sink = Sink::start("s3cret");
    environment.write("address", &format!("{}\n", sink.url));
    let file = environment.work().join("address");
    let events = "approval.requested, approval.granted, promotion.completed";
    world.platform(ONE, &routes(events, &format!("{{file: {}}}", file.display())));
    world.to_qa("1.0.0");
    assert_eq!(sink.take().len(), 1, "qa was completed");
    let (promotion, approval) = world.asked("1.0.0");
    let told = sink.take();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (
            &told[0]["event"],
            &told[0]["about"],
            &told[0]["command"],
            &told[0]["subject"]["promotion"]
        ),
        (
            &json!("approval.requested"),
            &json!(approval),
            &json!(format!("sluice approve {approval}")),
            &json!(promotion)
        )
    );
    assert!(
        told[0]["message"]
            .as_str()
            .unwrap()
            .contains("members of `domain-owners`"),
        "{told:?}"
    );

    // A receiver that fails is in nobody's way, is not asked again before its time, and knows repetitions by their id.
    sink.answer(500);
    let (code, _, stderr) = world.sluice(&["approve", &approval, "--profile", "prod-domain-owner"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stderr.contains("was not delivered, tried again later: answered with status 500"),
        "{stderr}"
    );
    let failed = sink.take();
    assert_eq!(failed[0]["event"], "approval.granted");
    sink.answer(204);
    let done = world.done(&["promote", "1.0.0", "--to", "prod"]);
    let events: Vec<Value> = sink.take().into_iter().map(|told| told["event"].clone()).collect();
    assert_eq!(events, ["promotion.completed"]);
    let later = deliver_later(&world, 60);
    assert_eq!((later, sink.take()[0]["id"].clone()), (0, failed[0]["id"].clone()));
    assert_eq!(done["promotion"]["state"], "completed");

    let export = environment.work().join("ledger.jsonl");
    world.done(&["ledger", "export", export.to_str().unwrap()]);
    assert!(!std::fs::read_to_string(&export).unwrap().contains("s3cret"));
    assert!(!format!("{stderr}{}", world.done(&["promotion", "show", &promotion])).contains("s3cret"));
    world.ledger_is_sound();
}

#[test]
fn what_never_arrives_is_given_up_and_seen() {
    let environment = environment();
    let world = World::new(&environment, ONE);
    world.platform(ONE, &routes("approval.requested", "{env: SLUICE_TEST_WEBHOOK}"));
    world.to_qa("1.0.0");
    let (promotion, approval) = world.asked("1.0.0");
    for attempt in 1..=ATTEMPTS {
        deliver_later(&world, i64::from(attempt) * 7200);
    }
    let shown = world.done(&["promotion", "show", &promotion]);
    let row = &shown["notifications"][0];
    assert_eq!((&row["state"], &row["about"]), (&json!("dead"), &json!(approval)));
    let text = String::from_utf8(
        world
            .command(&["promotion", "show", &promotion])
            .output()
            .unwrap()
            .stdout,
    )
    .unwrap();
    assert!(
        text.contains("dead after 8 attempts: environment variable `SLUICE_TEST_WEBHOOK` is not set"),
        "{text}"
    );
    world.done(&["approve", &approval, "--profile", "prod-domain-owner"]);
    world.ledger_is_sound();
}

struct In(i64);

impl Clock for In {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(Timestamp::now().as_second() + self.0).unwrap()
    }
}

/// Delivers as a command does that comes so many seconds later; how many messages wait then.
fn deliver_later(world: &World<'_>, seconds: i64) -> usize {
    let platform = Platform::read(&world.environment.work().join("platform.yaml")).unwrap();
    let actor = Actor {
        subject: "engineer@sluice.test".to_owned(),
        display_name: "engineer".to_owned(),
        issuer: String::new(),
        service: false,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&world.environment.data().join("trial/ledger.sqlite"))
            .await
            .unwrap();
        let use_case = UseCase {
            store: &store,
            actor: &actor,
            clock: &In(seconds),
            progress: &Silent,
        };
        deliver(use_case, &platform, &[].into()).await;
        let waiting = store.notifications_due(In(seconds).now()).await.unwrap().len();
        store.close().await;
        waiting
    })
}
