//! Asking for approvals when a promotion is judged, and looking at what was decided: at decision and again at consumption.

use std::collections::BTreeMap;

use sluice_model::{ResourceKey, Timestamp};
use sluice_store::record::{
    Approval, ApprovalState, Attempt, Decision, Deployment, Promotion, Refusal, Release, Statement,
};
use sluice_store::{Change, StoreError};
use uuid::Uuid;

use super::authors::{self, Authors};
use super::rules::{self, Provenance};
use crate::context::UseCase;
use crate::execution::connect;
use crate::machines::IllegalTransition;
use crate::machines::approval::{self, ApprovalEvent};
use crate::notification;
use crate::people;
use crate::platform::{ApprovalRule, Environment, GateKind, Platform, Role};
use crate::promotion::PromoteError;
use crate::promotion::gates::Case;

/// How the approvals of a promotion stand.
#[derive(Debug)]
pub(crate) enum Standing {
    /// Every role agrees: the approvals that a deployment may use.
    Granted(Vec<Approval>),
    /// People have to decide: one line each.
    Waiting(Vec<String>),
    /// Somebody said no to exactly this.
    Denied(Vec<String>),
    /// The time passed.
    Expired(Vec<String>),
}

/// The row after an event.
pub(crate) fn after(row: &Approval, event: ApprovalEvent, now: Timestamp) -> Result<Approval, IllegalTransition> {
    Ok(Approval {
        state: approval::step(Some(row.state), event)?,
        changed_at: now,
        row_version: row.row_version + 1,
        ..row.clone()
    })
}

/// Approvals that are open or granted.
pub(crate) fn live(approvals: Vec<Approval>) -> impl Iterator<Item = Approval> {
    approvals.into_iter().filter(|row| !approval::is_terminal(row.state))
}

/// Every approval of a promotion that is open or granted becomes void: the promotion has ended.
pub(crate) async fn void_all(
    use_case: UseCase<'_>,
    promotion: &Promotion,
    reason: &str,
) -> Result<Vec<Change>, PromoteError> {
    let now = use_case.clock.now();
    let mut changes = Vec::new();
    for row in live(use_case.store.approvals_of(&promotion.id).await?) {
        let mut row = after(&row, ApprovalEvent::Void, now)?;
        row.reasons = vec![reason.to_owned()];
        changes.push(Change::Approval(row));
    }
    Ok(changes)
}

/// What a promotion is about, as it was planned last; none before it was planned. What the policies said earlier is no part of it when the
/// environment does not ask them any more.
pub(crate) async fn statement(
    use_case: UseCase<'_>,
    promotion: &Promotion,
    environment: &Environment,
) -> Result<Option<Statement>, StoreError> {
    let gates = use_case.store.gates(&promotion.id).await?;
    let policy = gates
        .into_iter()
        .find(|gate| gate.kind == GateKind::Policy.as_str() && environment.gates.contains(&GateKind::Policy))
        .map(|gate| gate.inputs_digest);
    let (Some(binding), Some(effect)) = (promotion.binding_digest, promotion.effect_digest) else {
        return Ok(None);
    };
    Ok(Some(Statement {
        release: promotion.digest,
        binding,
        effect,
        policy,
    }))
}

/// Who wrote what would be new in the environment.
pub(crate) async fn authors(
    use_case: UseCase<'_>,
    repository: &std::path::Path,
    principals: &BTreeMap<String, String>,
    release: &Release,
    environment: &sluice_model::EnvironmentName,
) -> Result<Authors, PromoteError> {
    let active: Option<Deployment> = use_case.store.active_deployment(&release.product, environment).await?;
    let base = active.as_ref().map(|active| active.commit.as_str());
    Ok(authors::since(repository, base, &release.commit, principals).await?)
}

/// Brings the approvals of a promotion to what the plan and the platform say now: what no longer holds ends, what is missing is asked for.
///
/// # Errors
/// When something that it looks at cannot be read.
pub(crate) async fn settle(case: Case<'_>) -> Result<Standing, PromoteError> {
    let now = case.use_case.clock.now();
    let statement = statement(case.use_case, case.promotion, case.environment).await?;
    let statement = statement.expect("invariant: gates are judged when there is a plan");
    let every = case.use_case.store.approvals(Some(&case.release.product)).await?;
    let mut changes = Vec::new();
    let mut standing = Vec::new();
    let mut expired = Vec::new();
    for row in live(every.clone()).filter(|row| row.promotion == case.promotion.id) {
        let (event, reasons) = match look_at(case, &row, &statement, now).await? {
            None => {
                standing.push(row);
                continue;
            }
            Some(found) => found,
        };
        // What nobody had agreed to yet is simply asked anew; what somebody relied on is a refusal to execute.
        if row.state == ApprovalState::Granted || event == ApprovalEvent::Expire {
            changes.push(Change::Refusal(refusal(case.use_case, &row, reasons.clone())));
        }
        let mut ended = after(&row, event, now)?;
        ended.reasons.clone_from(&reasons);
        changes.push(Change::Approval(ended));
        if event == ApprovalEvent::Expire {
            expired.extend(reasons);
        }
    }
    let denied = denials(&every, &case, &statement);
    if expired.is_empty() && denied.is_empty() {
        for rule in &case.environment.approvals {
            if !standing.iter().any(|row| row.role == rule.role) {
                let row = requested(case, rule, statement, now)?;
                changes.push(Change::Approval(row.clone()));
                standing.push(row);
            }
        }
    }
    if !changes.is_empty() {
        notification::record(case.use_case, case.platform, changes).await?;
    }
    Ok(if !expired.is_empty() {
        Standing::Expired(expired)
    } else if !denied.is_empty() {
        Standing::Denied(denied)
    } else if standing.iter().all(|row| row.state == ApprovalState::Granted) {
        Standing::Granted(standing)
    } else {
        Standing::Waiting(waiting(&standing, &case.platform.roles))
    })
}

/// Why an approval that is open or granted cannot stay so.
async fn look_at(
    case: Case<'_>,
    row: &Approval,
    statement: &Statement,
    now: Timestamp,
) -> Result<Option<(ApprovalEvent, Vec<String>)>, PromoteError> {
    if let Some(reason) = rules::spent(row, now) {
        return Ok(Some((ApprovalEvent::Expire, vec![reason])));
    }
    let mut moved = rules::moved(&row.statement, statement);
    if row.statement.effect != statement.effect {
        moved.extend(moved_effects(&row.effects, &case.promotion.effects));
    }
    let rule = case.environment.approvals.iter().find(|rule| rule.role == row.role);
    match rule {
        None => moved.push(format!("role `{}` is not asked any more", row.role)),
        Some(rule) if rule.count != row.count => {
            moved.push(format!("{} must agree now, {} were asked for", rule.count, row.count));
        }
        Some(_) => {}
    }
    if moved.is_empty() && row.state == ApprovalState::Granted {
        moved = no_longer_entitled(case, row).await?;
    }
    Ok((!moved.is_empty()).then_some((ApprovalEvent::Void, moved)))
}

/// Those who agreed must still be entitled to when their word is used.
async fn no_longer_entitled(case: Case<'_>, row: &Approval) -> Result<Vec<String>, PromoteError> {
    let principals = &case.platform.principals;
    let authors = authors(
        case.use_case,
        case.repository,
        principals,
        case.release,
        &case.environment.name,
    )
    .await?;
    let provenance = Provenance {
        environment: case.environment.name.as_str(),
        authors: &authors,
        requested_by: &case.promotion.requested_by,
        frozen_by: &case.release.frozen_by,
    };
    let client = connect(case.environment, case.process_environment)?;
    let mut reasons = Vec::new();
    for decision in row.decisions.iter().filter(|decision| decision.granted) {
        let person = people::find(&client, &decision.subject).await?;
        let Some(person) = person else {
            reasons.push(format!(
                "`{}`, who agreed, is unknown in `{}`",
                decision.subject, provenance.environment
            ));
            continue;
        };
        let objections = rules::as_approver(&person, &row.role, case.platform.roles.get(&row.role), &provenance);
        reasons.extend(objections.into_iter().map(|objection| objection.reason));
    }
    Ok(reasons)
}

/// What a plan does more and less than the one that was decided about.
fn moved_effects(decided: &[(ResourceKey, String)], now: &[(ResourceKey, String)]) -> Vec<String> {
    let more = now.iter().filter(|effect| !decided.contains(effect));
    let less = decided.iter().filter(|effect| !now.contains(effect));
    let mut moved: Vec<String> = more.map(|(key, action)| format!("now also: {action} {key}")).collect();
    moved.extend(less.map(|(key, action)| format!("no longer: {action} {key}")));
    if moved.is_empty() {
        moved.push("the same resources, with other values".to_owned());
    }
    moved
}

/// A no is final for the release and the effects that it was said to, whatever promotion it was said in.
fn denials(every: &[Approval], case: &Case<'_>, statement: &Statement) -> Vec<String> {
    every
        .iter()
        .filter(|row| row.environment == case.environment.name)
        .filter(|row| row.statement.release == statement.release && row.statement.effect == statement.effect)
        .flat_map(|row| row.decisions.iter().filter(|decision| !decision.granted))
        .map(|decision| {
            format!(
                "{} said no to exactly this: {}",
                decision.subject,
                decision.comment.as_deref().unwrap_or_default()
            )
        })
        .collect()
}

fn requested(
    case: Case<'_>,
    rule: &ApprovalRule,
    statement: Statement,
    now: Timestamp,
) -> Result<Approval, IllegalTransition> {
    Ok(Approval {
        id: format!("a-{}", &Uuid::new_v4().simple().to_string()[..12]),
        promotion: case.promotion.id.clone(),
        product: case.promotion.product.clone(),
        environment: case.environment.name.clone(),
        version: case.promotion.version.clone(),
        statement,
        effects: case.promotion.effects.clone(),
        role: rule.role.clone(),
        count: rule.count,
        state: approval::step(None, ApprovalEvent::Request)?,
        decisions: Vec::new(),
        deployment: None,
        reasons: Vec::new(),
        requested_at: now,
        expires_at: now.checked_add(rule.expires).unwrap_or(Timestamp::MAX),
        changed_at: now,
        row_version: 1,
    })
}

/// A release that cannot be relied on is not executed, whoever agreed to it. What they agreed to stands: it is the release as it was
/// frozen, and a restored tag brings that back.
///
/// # Errors
/// When the ledger cannot be written.
pub(crate) async fn refuse_execution(
    use_case: UseCase<'_>,
    platform: &Platform,
    promotion: &Promotion,
    reason: &str,
) -> Result<(), StoreError> {
    let approvals = use_case.store.approvals_of(&promotion.id).await?;
    let changes: Vec<Change> = live(approvals)
        .filter(|row| row.state == ApprovalState::Granted)
        .map(|row| Change::Refusal(refusal(use_case, &row, vec![reason.to_owned()])))
        .collect();
    if !changes.is_empty() {
        notification::record(use_case, platform, changes).await?;
    }
    Ok(())
}

fn refusal(use_case: UseCase<'_>, row: &Approval, reasons: Vec<String>) -> Refusal {
    Refusal {
        id: format!("r-{}", &Uuid::new_v4().simple().to_string()[..12]),
        product: row.product.clone(),
        environment: row.environment.clone(),
        version: row.version.clone(),
        promotion: Some(row.promotion.clone()),
        approval: Some(row.id.clone()),
        attempt: Attempt::Execute,
        subject: use_case.actor.subject.clone(),
        reasons,
        at: use_case.clock.now(),
    }
}

/// Who has to decide, and how.
fn waiting(standing: &[Approval], roles: &BTreeMap<String, Role>) -> Vec<String> {
    standing
        .iter()
        .filter(|row| row.state == ApprovalState::Open)
        .map(|row| {
            let holders = roles.get(&row.role).map(Role::holders).unwrap_or_default();
            format!(
                "role `{}`: {} of {} agreed; {holders} decide by `sluice approve {}` or `sluice reject {} --reason TEXT`, until {:.0}",
                row.role,
                rules::agreed(row),
                row.count,
                row.id,
                row.id,
                row.expires_at
            )
        })
        .collect()
}

/// The approvals that a deployment uses, as rows, with the proof that each may be used for exactly this, now.
///
/// # Errors
/// The first reason why not.
pub(crate) fn consume(
    approvals: Vec<Approval>,
    rules: &[ApprovalRule],
    statement: &Statement,
    deployment: &str,
    now: Timestamp,
) -> Result<Vec<Approval>, String> {
    let granted: Vec<Approval> = live(approvals).collect();
    let mut used = Vec::new();
    for rule in rules {
        let Some(row) = granted.iter().find(|row| row.role == rule.role) else {
            return Err(format!("role `{}` has not agreed", rule.role));
        };
        if let Some(reason) = super::rules::unusable(row, now, statement) {
            return Err(reason);
        }
        if super::rules::agreed(row) < usize::try_from(rule.count).unwrap_or(usize::MAX) {
            return Err(format!("fewer than {} of role `{}` agree", rule.count, rule.role));
        }
        let mut row = after(row, ApprovalEvent::Consume, now).map_err(|error| error.to_string())?;
        row.deployment = Some(deployment.to_owned());
        used.push(row);
    }
    Ok(used)
}

/// Whether somebody agreed in any of these already: nobody counts twice for one promotion.
pub(crate) fn has_decided<'a>(approvals: &'a [Approval], subject: &str) -> Option<(&'a Approval, &'a Decision)> {
    approvals
        .iter()
        .filter(|row| !approval::is_terminal(row.state))
        .find_map(|row| {
            let mine = |decision: &&Decision| decision.subject.eq_ignore_ascii_case(subject);
            Some((row, row.decisions.iter().find(mine)?))
        })
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
