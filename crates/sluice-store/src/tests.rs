//! The store against real SQLite files.

mod policy_report;

use std::path::Path;

use sluice_model::{Actor, Digest, Timestamp};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use crate::error::StoreError;
use crate::record::{
    Approval, ApprovalState, Attempt, Change, ChangeRequest, ChangeRequestState, Deployment, DeploymentState, Evidence,
    Gate, Notification, NotificationState, PolicyDecision, Promotion, PromotionState, Refusal, Release, ReleaseState,
    Signoff, SignoffVerdict, Statement, Step, StepState, Verdict,
};
use crate::store::{MIGRATIONS, Store};
use crate::verify::{FaultKind, verify_export};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn actor() -> Actor {
    Actor {
        subject: "engineer@sluice.test".to_owned(),
        display_name: "Engineer".to_owned(),
        issuer: "http://127.0.0.1:7341".to_owned(),
        service: false,
    }
}

fn release(version: &str) -> Release {
    Release {
        product: "flights".parse().unwrap(),
        version: version.parse().unwrap(),
        state: ReleaseState::Frozen,
        digest: Digest::of(version.as_bytes()),
        commit: "c0ffee".to_owned(),
        tree: "beef".to_owned(),
        tag: format!("sluice/flights/v{version}"),
        frozen_at: at(0),
        frozen_by: "engineer@sluice.test".to_owned(),
        manifest: serde_json::json!({"version": 1}),
        verification: None,
        reason: None,
        row_version: 1,
    }
}

fn promotion(id: &str, state: PromotionState) -> Promotion {
    Promotion {
        id: id.to_owned(),
        product: "flights".parse().unwrap(),
        environment: "qa".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        digest: Digest::of(b"1"),
        state,
        binding_digest: None,
        effect_digest: None,
        effects: Vec::new(),
        deployment: None,
        replanned: 0,
        reasons: Vec::new(),
        requested_at: at(1),
        requested_by: "engineer@sluice.test".to_owned(),
        changed_at: at(1),
        row_version: 1,
    }
}

fn deployment(id: &str, state: DeploymentState) -> Deployment {
    Deployment {
        id: id.to_owned(),
        product: "flights".parse().unwrap(),
        environment: "qa".parse().unwrap(),
        promotion: None,
        version: None,
        digest: Digest::of(b"1"),
        commit: "c0ffee".to_owned(),
        binding_digest: Digest::of(b"binding"),
        effect_digest: None,
        state,
        epoch: 0,
        reasons: Vec::new(),
        pins: None,
        rollback: None,
        started_at: at(2),
        active_at: None,
        started_by: "engineer@sluice.test".to_owned(),
        row_version: 1,
    }
}

async fn store(directory: &Path) -> Store {
    Store::open(&directory.join("p/ledger.sqlite")).await.unwrap()
}

async fn raw(directory: &Path) -> SqlitePool {
    SqlitePool::connect_with(SqliteConnectOptions::new().filename(directory.join("p/ledger.sqlite")))
        .await
        .unwrap()
}

async fn three_entries(store: &Store) {
    for version in ["1.0.0", "1.1.0", "2.0.0"] {
        store
            .record(at(0), &actor(), Change::Release(release(version)))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_change_and_its_event_are_both_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let first = store(directory.path()).await;
    three_entries(&first).await;
    first.close().await;
    let store = store(directory.path()).await;
    let row = store
        .release(&"flights".parse().unwrap(), &"1.1.0".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(row, Some(release("1.1.0")));
    let events = store.events(0, 10).await.unwrap();
    let kinds: Vec<_> = events.iter().map(|event| (event.seq, event.kind.as_str())).collect();
    assert_eq!(
        kinds,
        [(1, "release.frozen"), (2, "release.frozen"), (3, "release.frozen")]
    );
    let verified = store.verify().await.unwrap();
    assert_eq!((verified.entries, verified.fault), (3, None));
}

#[tokio::test]
async fn everybody_who_did_something_is_named_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    three_entries(&store).await;
    let deployer = Actor {
        subject: "de910e50".to_owned(),
        display_name: "deployer".to_owned(),
        service: true,
        ..actor()
    };
    store
        .record(at(1), &deployer, Change::Release(release("3.0.0")))
        .await
        .unwrap();
    assert_eq!(store.actors().await.unwrap(), [actor(), deployer]);
}

#[tokio::test]
async fn a_refused_row_leaves_no_event() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    three_entries(&store).await;
    let again = store.record(at(1), &actor(), Change::Release(release("1.0.0"))).await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
    let stale = Release {
        row_version: 3,
        ..release("1.0.0")
    };
    let stale = store.record(at(1), &actor(), Change::Release(stale)).await;
    assert!(matches!(stale, Err(StoreError::Stale { .. })), "{stale:?}");
    let verified = store.verify().await.unwrap();
    assert_eq!((verified.entries, verified.fault), (3, None));
}

#[tokio::test]
async fn one_promotion_one_unfinished_and_one_active_deployment_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let record = |change| store.record(at(1), &ACTOR, change);
    record(Change::Promotion(promotion("a", PromotionState::Requested)))
        .await
        .unwrap();
    let second = record(Change::Promotion(promotion("b", PromotionState::Requested))).await;
    assert!(matches!(second, Err(StoreError::Conflict { .. })), "{second:?}");
    record(Change::Promotion(promotion("c", PromotionState::Blocked)))
        .await
        .unwrap();

    record(Change::Deployment(deployment("a", DeploymentState::Queued)))
        .await
        .unwrap();
    let second = record(Change::Deployment(deployment("b", DeploymentState::NeedsAttention))).await;
    assert!(matches!(second, Err(StoreError::Conflict { .. })), "{second:?}");
    record(Change::Deployment(deployment("c", DeploymentState::Active)))
        .await
        .unwrap();
    let second = record(Change::Deployment(deployment("d", DeploymentState::Active))).await;
    assert!(matches!(second, Err(StoreError::Conflict { .. })), "{second:?}");
}

static ACTOR: std::sync::LazyLock<Actor> = std::sync::LazyLock::new(actor);

#[tokio::test]
async fn a_writer_whose_lease_was_taken_over_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let (product, environment) = ("flights".parse().unwrap(), "qa".parse().unwrap());
    let place = (&product, &environment);
    store
        .record(
            at(1),
            &ACTOR,
            Change::Deployment(deployment("a", DeploymentState::Queued)),
        )
        .await
        .unwrap();
    let old = store
        .take_lease(at(1), at(61), &ACTOR, place, "one", None)
        .await
        .unwrap();
    let held = store.take_lease(at(2), at(62), &ACTOR, place, "two", None).await;
    assert!(
        matches!(held, Err(StoreError::LeaseHeld { ref holder, .. }) if holder == "one"),
        "{held:?}"
    );
    let new = store
        .take_lease(at(61), at(121), &ACTOR, place, "two", None)
        .await
        .unwrap();
    assert_eq!((old.epoch, new.epoch), (1, 2));

    let locked = |epoch| {
        Change::Deployment(Deployment {
            epoch,
            row_version: 2,
            ..deployment("a", DeploymentState::Locked)
        })
    };
    let stale = store.record(at(62), &ACTOR, locked(1)).await;
    assert!(matches!(stale, Err(StoreError::Stale { .. })), "{stale:?}");
    let lost = store.renew_lease(&old, at(200)).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost { .. })), "{lost:?}");
    store.record(at(62), &ACTOR, locked(2)).await.unwrap();

    let taken = store
        .take_lease(at(63), at(123), &ACTOR, place, "three", Some("two"))
        .await
        .unwrap();
    assert_eq!(taken.epoch, 3);
    store.release_lease(at(64), &ACTOR, &taken).await.unwrap();
    assert_eq!(
        store.lease(&product, &environment).await.unwrap().unwrap().lease.holder,
        None
    );
    assert_eq!(store.verify().await.unwrap().fault, None);
}

#[tokio::test]
async fn a_step_is_in_the_journal_before_its_outcome() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let (product, environment) = ("flights".parse().unwrap(), "qa".parse().unwrap());
    store
        .record(
            at(1),
            &ACTOR,
            Change::Deployment(deployment("a", DeploymentState::Queued)),
        )
        .await
        .unwrap();
    store
        .take_lease(at(1), at(2), &ACTOR, (&product, &environment), "one", None)
        .await
        .unwrap();
    let intended = Step {
        deployment: "a".to_owned(),
        number: 1,
        key: "resources.jobs.load".to_owned(),
        action: "create".to_owned(),
        state: StepState::Intended,
        epoch: 1,
        intended_at: at(1),
        finished_at: None,
        outcome: None,
        row_version: 1,
    };
    store
        .record(at(1), &ACTOR, Change::Step(intended.clone()))
        .await
        .unwrap();
    assert_eq!(store.steps("a").await.unwrap(), std::slice::from_ref(&intended));
    let done = Step {
        state: StepState::Done,
        finished_at: Some(at(2)),
        outcome: Some("17".to_owned()),
        row_version: 2,
        ..intended.clone()
    };
    store.record(at(2), &ACTOR, Change::Step(done.clone())).await.unwrap();
    assert_eq!(store.steps("a").await.unwrap(), std::slice::from_ref(&done));
    store
        .take_lease(at(3), at(9), &ACTOR, (&product, &environment), "two", None)
        .await
        .unwrap();
    let late = store
        .record(at(4), &ACTOR, Change::Step(Step { number: 2, ..intended }))
        .await;
    assert!(matches!(late, Err(StoreError::Stale { .. })), "{late:?}");
}

/// Runs SQL on a ledger of three releases behind the store's back and gives the fault that `verify` names.
async fn fault_after(sql: &'static str) -> (Option<u64>, FaultKind) {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    three_entries(&store).await;
    store.close().await;
    let raw = raw(directory.path()).await;
    sqlx::raw_sql(sql).execute(&raw).await.unwrap();
    raw.close().await;
    let store = self::store(directory.path()).await;
    let fault = store.verify().await.unwrap().fault.expect("a fault");
    (fault.seq, fault.kind)
}

#[tokio::test]
async fn what_was_done_to_the_ledger_is_named_with_the_first_bad_entry() {
    let cases = [
        (
            "UPDATE events SET actor = replace(actor, 'engineer', 'somebody') WHERE seq = 2",
            Some(2),
            FaultKind::Edited,
        ),
        (
            "UPDATE events SET at = '2020-01-01T00:00:00Z' WHERE seq = 1",
            Some(1),
            FaultKind::Edited,
        ),
        (
            "UPDATE events SET payload = replace(payload, 'c0ffee', 'dec0de') WHERE seq = 3",
            Some(3),
            FaultKind::Edited,
        ),
        ("DELETE FROM events WHERE seq = 2", Some(2), FaultKind::Removed),
        (
            "DELETE FROM events WHERE seq = 2; UPDATE events SET seq = 2 WHERE seq = 3",
            Some(2),
            FaultKind::Edited,
        ),
        ("DELETE FROM events WHERE seq = 3", Some(3), FaultKind::Truncated),
        ("DELETE FROM events", Some(1), FaultKind::Truncated),
        (
            "UPDATE events SET seq = 99 WHERE seq = 1; UPDATE events SET seq = 1 WHERE seq = 2; UPDATE events SET seq = 2 WHERE seq = 99",
            Some(1),
            FaultKind::Edited,
        ),
        (
            "UPDATE releases SET record = replace(record, 'c0ffee', 'dec0de') WHERE version = '1.1.0'",
            Some(2),
            FaultKind::StateChanged,
        ),
        (
            "DELETE FROM releases WHERE version = '2.0.0'",
            Some(3),
            FaultKind::StateChanged,
        ),
        (
            "DELETE FROM events WHERE seq = 3; UPDATE ledger_head SET seq = 2, entry_hash = (SELECT entry_hash FROM events WHERE seq = 2)",
            None,
            FaultKind::StateChanged,
        ),
    ];
    for (sql, seq, kind) in cases {
        assert_eq!(fault_after(sql).await, (seq, kind), "{sql}");
    }
}

#[tokio::test]
async fn an_export_verifies_and_any_changed_byte_of_any_line_shows() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    three_entries(&store).await;
    let text = store.export().await.unwrap();
    let sound = verify_export(&text).unwrap();
    assert_eq!((sound.entries, sound.fault), (3, None));
    assert_eq!(sound.head, store.head().await.unwrap());
    for position in 0..text.len() {
        for bit in [0x01, 0x02, 0x20] {
            let mut bytes = text.clone().into_bytes();
            bytes[position] ^= bit;
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            let noticed = match verify_export(&changed) {
                Ok(verification) => verification.fault.is_some(),
                Err(_) => true,
            };
            assert!(noticed, "byte {position} xor {bit:#x} went unnoticed");
        }
    }
    let last_line = text.trim_end().rfind('\n').unwrap();
    let cut = verify_export(&text[..=last_line]).unwrap().fault.unwrap();
    assert_eq!((cut.seq, cut.kind), (Some(3), FaultKind::Truncated));
}

#[tokio::test]
async fn concurrent_writers_make_one_gapless_chain() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let other = self::store(directory.path()).await;
    let mut tasks = Vec::new();
    for number in 0..20 {
        let store = if number % 2 == 0 { store.clone() } else { other.clone() };
        tasks.push(tokio::spawn(async move {
            let row = release(&format!("1.0.{number}"));
            store
                .record(at(number), &ACTOR, Change::Release(row))
                .await
                .map(|event| event.seq)
        }));
    }
    let mut numbers = Vec::new();
    for task in tasks {
        numbers.push(task.await.unwrap().unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<u64>>());
    assert_eq!(store.verify().await.unwrap().fault, None);
}

fn approval(id: &str, state: ApprovalState, row_version: u64) -> Approval {
    Approval {
        id: id.to_owned(),
        promotion: "p".to_owned(),
        product: "flights".parse().unwrap(),
        environment: "prod".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        statement: Statement {
            release: Digest::of(b"1"),
            binding: Digest::of(b"2"),
            effect: Digest::of(b"3"),
            policy: None,
        },
        effects: vec![("resources.jobs.load".parse().unwrap(), "create".to_owned())],
        role: "domain-owner".to_owned(),
        count: 1,
        state,
        decisions: Vec::new(),
        deployment: None,
        reasons: Vec::new(),
        requested_at: at(1),
        expires_at: at(100),
        changed_at: at(1),
        row_version,
    }
}

#[tokio::test]
async fn an_approval_is_used_once_and_only_when_granted() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let record = |row| store.record(at(1), &ACTOR, Change::Approval(row));
    record(approval("a", ApprovalState::Open, 1)).await.unwrap();
    let second = record(approval("b", ApprovalState::Open, 1)).await;
    assert!(matches!(second, Err(StoreError::Conflict { .. })), "{second:?}");
    let early = record(approval("a", ApprovalState::Consumed, 2)).await;
    assert!(matches!(early, Err(StoreError::Stale { .. })), "{early:?}");
    record(approval("a", ApprovalState::Granted, 2)).await.unwrap();
    record(approval("a", ApprovalState::Consumed, 3)).await.unwrap();
    for state in ApprovalState::ALL {
        let again = record(approval("a", *state, 4)).await;
        assert!(matches!(again, Err(StoreError::Stale { .. })), "{state}: {again:?}");
    }
    record(approval("b", ApprovalState::Open, 1)).await.unwrap();
    let kinds: Vec<String> = store
        .events(0, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|event| event.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            "approval.requested",
            "approval.granted",
            "approval.consumed",
            "approval.requested"
        ]
    );
    assert_eq!(store.verify().await.unwrap().fault, None);
}

/// One row of every kind that came after the first schema.
fn governed_rows() -> Vec<Change> {
    vec![
        Change::Approval(approval("a", ApprovalState::Open, 1)),
        Change::Refusal(Refusal {
            id: "r".to_owned(),
            product: "flights".parse().unwrap(),
            environment: "prod".parse().unwrap(),
            version: "1.0.0".parse().unwrap(),
            promotion: Some("p".to_owned()),
            approval: Some("a".to_owned()),
            attempt: Attempt::Approve,
            subject: "engineer@sluice.test".to_owned(),
            reasons: vec!["wrote it".to_owned()],
            at: at(2),
        }),
        Change::Signoff(Signoff {
            id: "s".to_owned(),
            product: "flights".parse().unwrap(),
            environment: "qa".parse().unwrap(),
            version: "1.0.0".parse().unwrap(),
            digest: Digest::of(b"1"),
            deployment: "d".to_owned(),
            criterion: "business-acceptance".to_owned(),
            role: "business".to_owned(),
            verdict: SignoffVerdict::Accepted,
            evidence: Evidence::Text("seen".to_owned()),
            subject: "business@sluice.test".to_owned(),
            display_name: "business".to_owned(),
            issuer: "http://127.0.0.1:7342".to_owned(),
            at: at(2),
        }),
        Change::ChangeRequest(ChangeRequest {
            id: "c".to_owned(),
            product: "flights".parse().unwrap(),
            request: "a column".to_owned(),
            signoff: Some("s".to_owned()),
            version: "1.1.0".parse().unwrap(),
            environment: "qa".parse().unwrap(),
            state: ChangeRequestState::Requested,
            commit: "c0ffee".to_owned(),
            verification: None,
            digest: None,
            promotions: Vec::new(),
            requested_at: at(3),
            requested_by: "engineer@sluice.test".to_owned(),
            changed_at: at(3),
            row_version: 1,
        }),
        Change::Notification(Notification {
            id: "n".to_owned(),
            event: "approval.requested".to_owned(),
            subject: crate::event::Subject::default(),
            about: "a".to_owned(),
            message: "look".to_owned(),
            command: None,
            receiver: Digest::of(b"url"),
            state: NotificationState::Pending,
            attempts: 0,
            next_at: at(3),
            failure: None,
            made_at: at(3),
            row_version: 1,
        }),
        Change::PolicyReport(Box::new(policy_report::policy_report(
            "o",
            "p",
            PolicyDecision::Deny,
            3,
        ))),
    ]
}

#[tokio::test]
async fn a_ledger_of_the_first_schema_goes_on_and_keeps_its_proof() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("p/ledger.sqlite");
    let old = Store::open_with(&path, &MIGRATIONS[..1]).await.unwrap();
    three_entries(&old).await;
    for (id, state) in [("a", PromotionState::Requested), ("b", PromotionState::Blocked)] {
        old.record(at(1), &ACTOR, Change::Promotion(promotion(id, state)))
            .await
            .unwrap();
    }
    let gate = |row_version, verdict| {
        Change::Gate(Gate {
            promotion: "a".to_owned(),
            kind: "approval".to_owned(),
            inputs_digest: Digest::of(b"inputs"),
            verdict,
            reasons: Vec::new(),
            evidence: Vec::new(),
            evaluated_at: at(1),
            row_version,
        })
    };
    old.record(at(1), &ACTOR, gate(1, Verdict::Pass)).await.unwrap();
    let waits = Promotion {
        row_version: 2,
        ..promotion("a", PromotionState::AwaitingApproval)
    };
    let unknown = old.record(at(2), &ACTOR, Change::Promotion(waits.clone())).await;
    assert!(matches!(unknown, Err(StoreError::Query { .. })), "{unknown:?}");
    let (rows, head) = (old.all_promotions_and_gates().await, old.head().await.unwrap());
    old.close().await;

    let store = store(directory.path()).await;
    assert_eq!(
        (store.all_promotions_and_gates().await, store.head().await.unwrap()),
        (rows, head)
    );
    assert_eq!(store.verify().await.unwrap().fault, None);
    store.record(at(2), &ACTOR, Change::Promotion(waits)).await.unwrap();
    store.record(at(2), &ACTOR, gate(2, Verdict::Pending)).await.unwrap();
    let second = store
        .record(
            at(2),
            &ACTOR,
            Change::Promotion(promotion("c", PromotionState::Requested)),
        )
        .await;
    assert!(
        matches!(second, Err(StoreError::Conflict { .. })),
        "one that waits is open: {second:?}"
    );
    store.record_all(at(3), &ACTOR, governed_rows()).await.unwrap();
    let verified = store.verify().await.unwrap();
    assert_eq!((verified.entries, verified.fault), (14, None));
    assert_eq!(verify_export(&store.export().await.unwrap()).unwrap().fault, None);
}

#[tokio::test]
async fn a_changed_row_of_any_kind_shows() {
    let tables = [
        "approvals",
        "refusals",
        "signoffs",
        "change_requests",
        "notifications",
        "policy_reports",
    ];
    for (table, seq) in tables.into_iter().zip(1_u64..) {
        let directory = tempfile::tempdir().unwrap();
        let store = store(directory.path()).await;
        store.record_all(at(3), &ACTOR, governed_rows()).await.unwrap();
        store.close().await;
        let raw = raw(directory.path()).await;
        let sql = format!("DELETE FROM {table}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&raw).await.unwrap();
        raw.close().await;
        let fault = self::store(directory.path())
            .await
            .verify()
            .await
            .unwrap()
            .fault
            .expect("a fault");
        assert_eq!((fault.seq, fault.kind), (Some(seq), FaultKind::StateChanged), "{table}");
    }
}

impl Store {
    async fn all_promotions_and_gates(&self) -> (Vec<Promotion>, Vec<Gate>) {
        (self.promotions(None).await.unwrap(), self.gates("a").await.unwrap())
    }
}
