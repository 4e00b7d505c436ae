//! What the policies said, and the migrations that the rows need.

use sluice_model::Digest;

use super::{ACTOR, at, raw, store};
use crate::error::StoreError;
use crate::record::{Change, PolicyDecision, PolicyReport};
use crate::store::MIGRATIONS;

pub(super) fn policy_report(id: &str, promotion: &str, decision: PolicyDecision, second: i64) -> PolicyReport {
    PolicyReport {
        id: id.to_owned(),
        product: "flights".parse().unwrap(),
        environment: "prod".parse().unwrap(),
        promotion: promotion.to_owned(),
        version: "1.0.0".parse().unwrap(),
        digest: Digest::of(b"1"),
        pack_digest: Digest::of(b"pack"),
        input_digest: Digest::of(b"input"),
        decision,
        report: serde_json::json!({"violations": [{"rule": "naming", "text": "as printed: \"ü\""}]}),
        at: at(second),
        row_version: 1,
    }
}

#[tokio::test]
async fn what_the_policies_said_is_read_as_it_was_stored_and_never_changes() {
    let directory = tempfile::tempdir().unwrap();
    let first = store(directory.path()).await;
    let denied = policy_report("b", "p1", PolicyDecision::Deny, 1);
    let allowed = policy_report("a", "p1", PolicyDecision::Allow, 2);
    let other = policy_report("c", "p2", PolicyDecision::Allow, 3);
    for row in [&other, &allowed, &denied] {
        let change = Change::PolicyReport(Box::new(row.clone()));
        first.record(row.at, &ACTOR, change).await.unwrap();
    }
    let again = PolicyReport {
        decision: PolicyDecision::Allow,
        ..denied.clone()
    };
    let again = first.record(at(4), &ACTOR, Change::PolicyReport(Box::new(again))).await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
    first.close().await;

    let store = store(directory.path()).await;
    assert_eq!(
        store.policy_reports(Some("p1")).await.unwrap(),
        [denied.clone(), allowed.clone()],
        "oldest first"
    );
    assert_eq!(store.policy_reports(None).await.unwrap(), [denied, allowed, other]);
    assert_eq!(store.policy_reports(Some("p3")).await.unwrap(), []);
    let kinds: Vec<_> = store.events(0, 10).await.unwrap();
    let kinds: Vec<_> = kinds.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["policy_report.allow", "policy_report.allow", "policy_report.deny"]
    );
    assert_eq!(store.verify().await.unwrap().fault, None);
    store.close().await;

    let raw = raw(directory.path()).await;
    let sql = "UPDATE policy_reports SET record = replace(record, 'naming', 'nothing') WHERE id = 'b'";
    sqlx::raw_sql(sql).execute(&raw).await.unwrap();
    raw.close().await;
    let fault = self::store(directory.path()).await.verify().await.unwrap().fault;
    assert!(fault.is_some(), "a changed report shows");
}

#[test]
fn every_migration_beside_the_source_is_one_of_the_store() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut files: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let listed: Vec<String> = MIGRATIONS
        .iter()
        .map(|(number, name, _)| format!("{number:04}_{name}.sql"))
        .collect();
    assert_eq!(files, listed);
}
