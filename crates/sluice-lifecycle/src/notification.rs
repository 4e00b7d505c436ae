//! Telling people: messages are written into the ledger's outbox in the transaction that they tell of, and delivered afterwards.
//!
//! Delivery is at least once: a message whose answer is lost is sent again, under the same id. It never holds up or fails what it tells
//! of: what cannot be delivered waits for the next command, longer each time, and is given up after [`ATTEMPTS`] attempts.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Serialize;
use sluice_model::Timestamp;
use sluice_store::record::{Approval, ApprovalState, Notification, NotificationState, Promotion, Refusal, Signoff};
use sluice_store::{Change, Event, StoreError, Subject};
use uuid::Uuid;

use crate::context::UseCase;
use crate::platform::{NotificationRoute, Platform, Role};

/// After so many attempts a message is given up.
pub const ATTEMPTS: u32 = 8;
/// The pause after the first attempt, doubled each time.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// Writes changes with the messages that they cause, in one transaction.
///
/// # Errors
/// As [`sluice_store::Store::record_all`].
pub(crate) async fn record(
    use_case: UseCase<'_>,
    platform: &Platform,
    changes: Vec<Change>,
) -> Result<Vec<Event>, StoreError> {
    let now = use_case.clock.now();
    let mut all = Vec::with_capacity(changes.len());
    for change in changes {
        let event = change.kind();
        let routes = platform
            .notifications
            .iter()
            .filter(|route| route.events.contains(&event.as_str()));
        let messages: Vec<Change> = routes
            .filter_map(|route| message(&change, &event, route, platform, now))
            .map(Change::Notification)
            .collect();
        all.push(change);
        all.extend(messages);
    }
    use_case.store.record_all(now, use_case.actor, all).await
}

fn message(
    change: &Change,
    event: &str,
    route: &NotificationRoute,
    platform: &Platform,
    now: Timestamp,
) -> Option<Notification> {
    let (about, message, command) = match change {
        Change::Approval(row) => of_approval(row, platform.roles.get(&row.role)),
        Change::Refusal(row) => of_refusal(row),
        Change::Signoff(row) => of_signoff(row),
        Change::Promotion(row) => of_promotion(row),
        _ => return None,
    };
    Some(Notification {
        id: format!("n-{}", &Uuid::new_v4().simple().to_string()[..12]),
        event: event.to_owned(),
        subject: Subject::of(change),
        about,
        message,
        command,
        receiver: route.address.receiver(),
        state: NotificationState::Pending,
        attempts: 0,
        next_at: now,
        failure: None,
        made_at: now,
        row_version: 1,
    })
}

type Told = (String, String, Option<String>);

fn of_approval(row: &Approval, role: Option<&Role>) -> Told {
    let what = format!("{} {} to {}", row.product, row.version, row.environment);
    let message = match row.state {
        ApprovalState::Open if row.decisions.is_empty() => format!(
            "{what} waits for {} of role `{}` ({}), until {:.0}",
            row.count,
            row.role,
            role.map(Role::holders).unwrap_or_default(),
            row.expires_at
        ),
        state => {
            let mut message = format!("{what}: the approval of role `{}` is {state}", row.role);
            if let Some(decision) = row.decisions.last() {
                message.push_str(&format!(", decided last by {}", decision.subject));
            }
            if !row.reasons.is_empty() {
                message.push_str(&format!(": {}", row.reasons.join("; ")));
            }
            message
        }
    };
    let command = match row.state {
        ApprovalState::Open => Some(format!("sluice approve {}", row.id)),
        ApprovalState::Granted => Some(format!("sluice promote {} --to {}", row.version, row.environment)),
        ApprovalState::Denied | ApprovalState::Expired | ApprovalState::Voided | ApprovalState::Consumed => None,
    };
    (row.id.clone(), message, command)
}

fn of_refusal(row: &Refusal) -> Told {
    let message = format!(
        "{} {} to {}: {} by {} was refused: {}",
        row.product,
        row.version,
        row.environment,
        row.attempt,
        row.subject,
        row.reasons.join("; ")
    );
    (row.id.clone(), message, None)
}

fn of_signoff(row: &Signoff) -> Told {
    let message = format!(
        "{} {} in {}: `{}` was {} by {}",
        row.product, row.version, row.environment, row.criterion, row.verdict, row.subject
    );
    (row.id.clone(), message, None)
}

fn of_promotion(row: &Promotion) -> Told {
    let mut message = format!("{} {} to {}: {}", row.product, row.version, row.environment, row.state);
    if !row.reasons.is_empty() {
        message.push_str(&format!(": {}", row.reasons.join("; ")));
    }
    (row.id.clone(), message, None)
}

/// What a receiver gets, as JSON.
#[derive(Serialize)]
struct Posted<'a> {
    id: &'a str,
    event: &'a str,
    at: Timestamp,
    attempt: u32,
    subject: &'a Subject,
    about: &'a str,
    message: &'a str,
    command: Option<&'a str>,
}

/// Delivers what is due. Failures are recorded with their row and warned of; nothing is refused because of them.
pub async fn deliver(use_case: UseCase<'_>, platform: &Platform, environment: &BTreeMap<String, String>) {
    if let Err(error) = deliver_due(use_case, platform, environment).await {
        let message = crate::execution::checks::causes(&error);
        use_case
            .progress
            .warn(&format!("notifications stay in the outbox: {message}"));
    }
}

async fn deliver_due(
    use_case: UseCase<'_>,
    platform: &Platform,
    environment: &BTreeMap<String, String>,
) -> Result<(), StoreError> {
    // A receiver that does not answer is not waited for once per message.
    let mut silent = Vec::new();
    for row in use_case.store.notifications_due(use_case.clock.now()).await? {
        if silent.contains(&row.receiver) {
            continue;
        }
        let outcome = post(&row, platform, environment).await;
        if outcome.is_err() {
            silent.push(row.receiver);
        }
        let next = after(&row, outcome.err(), use_case.clock.now());
        if let Some(failure) = &next.failure {
            let word = if next.state == NotificationState::Dead {
                "given up"
            } else {
                "tried again later"
            };
            use_case.progress.warn(&format!(
                "notification {} ({}) was not delivered, {word}: {failure}",
                row.id, row.event
            ));
        }
        match use_case.record(Change::Notification(next)).await {
            // Another command delivered it at the same time; the receiver knows its id.
            Ok(_) | Err(StoreError::Stale { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn post(row: &Notification, platform: &Platform, environment: &BTreeMap<String, String>) -> Result<(), String> {
    let route = platform
        .notifications
        .iter()
        .find(|route| route.address.receiver() == row.receiver);
    let route = route.ok_or_else(|| "platform.yaml has no such receiver any more".to_owned())?;
    let webhook = route
        .address
        .resolve(environment)
        .map_err(|error| crate::execution::checks::causes(&error))?;
    let posted = Posted {
        id: &row.id,
        event: &row.event,
        at: row.made_at,
        attempt: row.attempts + 1,
        subject: &row.subject,
        about: &row.about,
        message: &row.message,
        command: row.command.as_deref(),
    };
    let json = serde_json::to_string(&posted).map_err(|error| error.to_string())?;
    webhook.post(json).await.map_err(|error| error.to_string())
}

/// The row after an attempt.
fn after(row: &Notification, failure: Option<String>, now: Timestamp) -> Notification {
    let attempts = row.attempts + 1;
    let state = match &failure {
        None => NotificationState::Delivered,
        Some(_) if attempts >= ATTEMPTS => NotificationState::Dead,
        Some(_) => NotificationState::Pending,
    };
    let pause = FIRST_PAUSE * 2_i32.pow(attempts.min(ATTEMPTS) - 1);
    Notification {
        state,
        attempts,
        next_at: now.checked_add(pause).unwrap_or(Timestamp::MAX),
        failure,
        row_version: row.row_version + 1,
        ..row.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_a_message_is_given_up() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let mut row = Notification {
            id: "n-1".to_owned(),
            event: "approval.requested".to_owned(),
            subject: Subject::default(),
            about: "a-1".to_owned(),
            message: String::new(),
            command: None,
            receiver: sluice_model::Digest::of(b""),
            state: NotificationState::Pending,
            attempts: 0,
            next_at: now,
            failure: None,
            made_at: now,
            row_version: 1,
        };
        let mut pauses = Vec::new();
        while row.state == NotificationState::Pending {
            row = after(&row, Some("no answer".to_owned()), now);
            pauses.push(row.next_at.duration_since(now).as_secs());
        }
        assert_eq!(row.state, NotificationState::Dead);
        assert_eq!(pauses, [30, 60, 120, 240, 480, 960, 1920, 3840]);
        let delivered = after(
            &Notification {
                state: NotificationState::Pending,
                ..row
            },
            None,
            now,
        );
        assert_eq!(
            (delivered.state, delivered.failure),
            (NotificationState::Delivered, None)
        );
    }
}
