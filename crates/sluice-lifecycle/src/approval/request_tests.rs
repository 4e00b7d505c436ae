//! Nothing is executed without an approval that was granted for exactly this, in time, and was not used before.

use jiff::SignedDuration;
use sluice_model::Digest;

use super::*;
use crate::machines::approval::ApprovalEvent as Event;

const PEOPLE: [&str; 3] = ["a@x", "b@x", "c@x"];

fn rule() -> ApprovalRule {
    ApprovalRule {
        role: "owner".to_owned(),
        count: 2,
        expires: SignedDuration::from_secs(100),
    }
}

fn statement(number: u8) -> Statement {
    Statement {
        release: Digest::of(b"release"),
        binding: Digest::of(b"binding"),
        effect: Digest::of(&[number]),
        policy: None,
    }
}

fn open(now: Timestamp, plan: u8) -> Approval {
    Approval {
        id: "a-1".to_owned(),
        promotion: "p-1".to_owned(),
        product: "flights".parse().unwrap(),
        environment: "prod".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        statement: statement(plan),
        effects: Vec::new(),
        role: rule().role,
        count: rule().count,
        state: approval::step(None, Event::Request).unwrap(),
        decisions: Vec::new(),
        deployment: None,
        reasons: Vec::new(),
        requested_at: now,
        expires_at: now.checked_add(rule().expires).unwrap(),
        changed_at: now,
        row_version: 1,
    }
}

fn agree(row: &Approval, who: &str, now: Timestamp) -> Option<Approval> {
    let mut row = row.clone();
    if super::rules::spent(&row, now).is_some() || has_decided(std::slice::from_ref(&row), who).is_some() {
        return None;
    }
    row.decisions.push(Decision {
        subject: who.to_owned(),
        display_name: who.to_owned(),
        issuer: String::new(),
        granted: true,
        comment: None,
        at: now,
    });
    let enough = super::rules::agreed(&row) >= 2;
    after(&row, Event::Agree { enough }, now).ok()
}

proptest::proptest! {
    #[test]
    fn nothing_is_executed_without_a_good_approval(
        moves in proptest::collection::vec((0..7_u8, 0..3_usize), 0..60),
    ) {
        let (mut second, mut plan) = (0_i64, 0_u8);
        let mut rows: Vec<Approval> = Vec::new();
        let mut used = Vec::new();
        for (index, (what, whom)) in moves.into_iter().enumerate() {
            let now = Timestamp::from_second(second).unwrap();
            match what {
                0 if rows.iter().all(|row| approval::is_terminal(row.state)) => {
                    rows.push(Approval { id: format!("a-{index}"), ..open(now, plan) });
                }
                1 | 2 => {
                    if let Some(last) = rows.last_mut() && let Some(next) = agree(last, PEOPLE[whom], now) {
                        *last = next;
                    }
                }
                3 => plan = (plan + 1) % 2,
                4 => second += 40,
                5 => {
                    if let Some(last) = rows.last_mut() && let Ok(next) = after(last, Event::Void, now) {
                        *last = next;
                    }
                }
                _ => {
                    let done = consume(rows.clone(), &[rule()], &statement(plan), "d-1", now);
                    let good = rows.iter().find(|row| {
                        let people: std::collections::BTreeSet<&str> =
                            row.decisions.iter().map(|decision| decision.subject.as_str()).collect();
                        row.state == ApprovalState::Granted
                            && people.len() >= 2
                            && row.statement == statement(plan)
                            && second < row.expires_at.as_second()
                            && !used.contains(&row.id)
                    });
                    proptest::prop_assert_eq!(done.is_ok(), good.is_some(), "{:?}", done);
                    for row in done.unwrap_or_default() {
                        used.push(row.id.clone());
                        let place = rows.iter_mut().find(|old| old.id == row.id).unwrap();
                        *place = row;
                    }
                }
            }
        }
        used.sort();
        let uses = used.len();
        used.dedup();
        proptest::prop_assert_eq!(uses, used.len(), "used twice");
    }
}

#[test]
fn what_moved_in_a_plan_is_named() {
    let effect = |key: &str, action: &str| (key.parse().unwrap(), action.to_owned());
    let decided = [
        effect("resources.jobs.load", "create"),
        effect("resources.schemas.gold", "create"),
    ];
    let now = [
        effect("resources.jobs.load", "update"),
        effect("resources.schemas.gold", "create"),
    ];
    assert_eq!(
        moved_effects(&decided, &now),
        [
            "now also: update resources.jobs.load",
            "no longer: create resources.jobs.load"
        ]
    );
    assert_eq!(moved_effects(&now, &now), ["the same resources, with other values"]);
}
