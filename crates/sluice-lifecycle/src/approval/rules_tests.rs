//! Each bar to approving, and what an approval is good for.

use std::collections::BTreeSet;

use sluice_model::{Actor, Digest};
use sluice_store::record::Decision;

use super::*;

fn person(subject: &str, groups: &[&str]) -> Person {
    Person {
        actor: Actor {
            subject: subject.to_owned(),
            display_name: subject.to_owned(),
            issuer: "http://127.0.0.1:1".to_owned(),
            service: subject.len() == 36,
        },
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        active: true,
    }
}

fn role() -> Role {
    Role {
        groups: vec!["owners".to_owned()],
        users: Vec::new(),
    }
}

fn check(person: &Person, authors: &Authors) -> Vec<String> {
    let provenance = Provenance {
        environment: "prod",
        authors,
        requested_by: "asker@x",
        frozen_by: "freezer@x",
    };
    let objections = as_approver(person, "owner", Some(&role()), &provenance);
    objections.into_iter().map(|objection| objection.reason).collect()
}

fn set(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn each_bar_to_approving_is_named() {
    let authors = Authors {
        subjects: set(&["author@x"]),
        unmapped: BTreeSet::new(),
    };
    assert_eq!(check(&person("owner@x", &["Owners"]), &authors), Vec::<String>::new());
    let cases = [
        (
            person("owner@x", &["others"]),
            "does not hold role `owner` in `prod`: members of `owners` do",
        ),
        (
            person("Author@x", &["owners"]),
            "`Author@x` wrote some of what would be new in `prod`",
        ),
        (person("ASKER@x", &["owners"]), "`ASKER@x` asked for this promotion"),
        (person("freezer@x", &["owners"]), "`freezer@x` froze the release"),
        (
            person("de910e50-0000-4000-8000-000000000001", &["owners"]),
            "is a service identity; only people decide",
        ),
        (
            Person {
                active: false,
                ..person("owner@x", &["owners"])
            },
            "`owner@x` is deactivated in `prod`",
        ),
    ];
    for (person, reason) in cases {
        let found = check(&person, &authors);
        assert!(found.len() == 1 && found[0].contains(reason), "{found:?}: {reason}");
    }
    let unknown = Authors {
        subjects: BTreeSet::new(),
        unmapped: set(&["me@home.test"]),
    };
    let objections = as_author(&person("owner@x", &["owners"]), &unknown, "prod");
    assert_eq!(
        objections[0].reason,
        "commits are by `me@home.test`, and whose address that is, is not known"
    );
    assert_eq!(
        objections[0].hint.as_deref(),
        Some("add it to `principals` in platform.yaml: `me@home.test: SUBJECT`")
    );
}

pub(super) fn statement(number: u8) -> Statement {
    Statement {
        release: Digest::of(b"release"),
        binding: Digest::of(b"binding"),
        effect: Digest::of(&[number]),
        policy: None,
    }
}

pub(super) fn approval(state: ApprovalState, agreeing: &[&str]) -> Approval {
    let decision = |subject: &&str| Decision {
        subject: (*subject).to_owned(),
        display_name: (*subject).to_owned(),
        issuer: String::new(),
        granted: true,
        comment: None,
        at: Timestamp::UNIX_EPOCH,
    };
    Approval {
        id: "a-1".to_owned(),
        promotion: "p-1".to_owned(),
        product: "flights".parse().unwrap(),
        environment: "prod".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        statement: statement(0),
        effects: Vec::new(),
        role: "owner".to_owned(),
        count: 1,
        state,
        decisions: agreeing.iter().map(decision).collect(),
        deployment: None,
        reasons: Vec::new(),
        requested_at: Timestamp::UNIX_EPOCH,
        expires_at: Timestamp::from_second(100).unwrap(),
        changed_at: Timestamp::UNIX_EPOCH,
        row_version: 1,
    }
}

#[test]
fn an_approval_is_good_for_its_digests_until_its_time() {
    let at = |second| Timestamp::from_second(second).unwrap();
    let granted = approval(ApprovalState::Granted, &["a@x"]);
    assert_eq!(unusable(&granted, at(99), &statement(0)), None);
    let late = unusable(&granted, at(100), &statement(0)).unwrap();
    assert_eq!(late, "approval a-1 expired at 1970-01-01T00:01:40Z");
    for other in [
        statement(1),
        Statement {
            release: Digest::of(b"x"),
            ..statement(0)
        },
        Statement {
            binding: Digest::of(b"x"),
            ..statement(0)
        },
        Statement {
            policy: Some(Digest::of(b"x")),
            ..statement(0)
        },
    ] {
        let reason = unusable(&granted, at(1), &other).unwrap();
        assert!(reason.starts_with("approval a-1 is about something else: "), "{reason}");
    }
    for state in ApprovalState::ALL
        .iter()
        .filter(|state| **state != ApprovalState::Granted)
    {
        assert!(
            unusable(&approval(*state, &["a@x"]), at(1), &statement(0)).is_some(),
            "{state}"
        );
    }
}

#[test]
fn one_person_counts_once() {
    assert_eq!(agreed(&approval(ApprovalState::Open, &["a@x", "A@X", "b@x"])), 2);
}
