//! The driver of the deployment machine: performs what each state asks for and records every transition.

use sluice_bundle::engine::{Action, Plan};
use sluice_model::{Digest, ResourceKey};
use sluice_store::record::{Check, Deployment, DeploymentState, Verification};
use sluice_store::{Change, StoreError};
use uuid::Uuid;

use super::candidate::Candidate;
use super::checks::{self, causes};
use super::journal::LedgerJournal;
use super::{pins, rollback, stamp};
use crate::context::UseCase;
use crate::deploy::{DeployError, DeployOptions, PlanError, PlanWishes, PlannedDeployment, deploy, plan_bundle};
use crate::machines::IllegalTransition;
use crate::machines::deployment::{self, DeploymentEvent};
use crate::ports::JournalError;

/// What the plan must be when the deployment begins.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// Whatever it is: nobody decided about it before.
    Any,
    /// Exactly what was decided about; after an interrupted attempt, a part of it.
    Effects {
        /// Digest of the effects.
        digest: Digest,
        /// Resources that it may touch.
        keys: Vec<ResourceKey>,
    },
}

/// A deployment could not be driven on. What is recorded stands.
#[derive(Debug, thiserror::Error)]
pub enum ExecutionError {
    /// The ledger failed, or the lease was lost.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The recorded state does not allow what has to be done.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// A step of the way back cannot be recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// What a run of the saga came to.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The deployment as recorded last.
    pub(crate) deployment: Deployment,
    /// The verification, when it came to that.
    pub(crate) verification: Option<Verification>,
    /// What the plan did; empty when it did not come to that.
    pub(crate) effects: Vec<(ResourceKey, String)>,
}

/// The resources that a plan touches, with what it does to them.
pub(crate) fn effects(plan: &Plan) -> Vec<(ResourceKey, String)> {
    plan.plan
        .iter()
        .filter(|(_, entry)| entry.action != Action::Skip)
        .map(|(key, entry)| (key.clone(), entry.action.as_str().to_owned()))
        .collect()
}

/// A new deployment, not yet recorded.
pub(crate) fn queued(
    use_case: UseCase<'_>,
    candidate: &Candidate,
    promotion: Option<String>,
    epoch: u64,
) -> Deployment {
    let state = deployment::step(None, DeploymentEvent::Enqueue).expect("invariant: what is absent can be queued");
    Deployment {
        id: format!("d-{}", &Uuid::new_v4().simple().to_string()[..12]),
        product: candidate.descriptor.name.clone(),
        environment: candidate.environment.name.clone(),
        promotion,
        version: candidate.version.clone(),
        digest: candidate.digest,
        commit: candidate.commit.clone(),
        binding_digest: candidate.environment.binding().digest(),
        effect_digest: None,
        state,
        epoch,
        reasons: Vec::new(),
        pins: None,
        rollback: None,
        started_at: use_case.clock.now(),
        active_at: None,
        started_by: use_case.actor.subject.clone(),
        row_version: 1,
    }
}

/// The row after an event.
pub(crate) fn after(row: &Deployment, event: DeploymentEvent) -> Result<Deployment, IllegalTransition> {
    Ok(Deployment {
        state: deployment::step(Some(row.state), event)?,
        row_version: row.row_version + 1,
        ..row.clone()
    })
}

pub(super) async fn advance(use_case: UseCase<'_>, row: Deployment) -> Result<Deployment, ExecutionError> {
    use_case.record(Change::Deployment(row.clone())).await?;
    use_case.progress.say(&format!("deployment {}: {}", row.id, row.state));
    Ok(row)
}

/// Ends what another deployment left unfinished in the environment, under the lease that was just taken.
pub(crate) async fn abandon(
    use_case: UseCase<'_>,
    row: &Deployment,
    epoch: u64,
    reason: &str,
) -> Result<(), ExecutionError> {
    let mut row = after(row, DeploymentEvent::Abandon)?;
    row.epoch = epoch;
    row.reasons.push(reason.to_owned());
    advance(use_case, row).await?;
    Ok(())
}

/// Drives a deployment from where it is to active, failed, needing attention, or to the begin of the way back to the deployment that
/// `way_back` names: whoever called does the rest of that, see [`super::rollback`].
///
/// # Errors
/// When the ledger fails or the lease is lost; what the deployment itself came to is in the answer.
pub(crate) async fn run(
    use_case: UseCase<'_>,
    candidate: &Candidate,
    row: Deployment,
    epoch: u64,
    expectation: &Expectation,
    way_back: Option<&str>,
) -> Result<Ran, ExecutionError> {
    let begin = if row.state == DeploymentState::Queued {
        DeploymentEvent::Lock
    } else {
        DeploymentEvent::Resume
    };
    let mut row = after(&row, begin)?;
    row.epoch = epoch;
    row.reasons.clear();
    let row = advance(use_case, row).await?;
    let row = advance(use_case, after(&row, DeploymentEvent::Check)?).await?;
    let touched = !use_case.store.steps(&row.id).await?.is_empty();
    let ledger = use_case.store.head().await?.ledger_id;
    let ready = match preflight(candidate, expectation, touched, &ledger).await {
        // What was there before the first change is what it goes back to, also after a stop.
        Ok(planned) if row.pins.is_some() => Ok((planned, row.pins.clone())),
        Ok(planned) => pins::take(candidate, &planned.base.states)
            .await
            .map(|pins| (planned, Some(pins))),
        Err(reason) => Err(reason),
    };
    let (planned, pins) = match ready {
        Ok(ready) => ready,
        Err(reason) => {
            let event = DeploymentEvent::PreflightFailed { touched };
            let way_back = way_back.filter(|_| touched);
            return stop(use_case, &row, event, vec![reason], way_back).await;
        }
    };
    let mut row = after(&row, DeploymentEvent::PreflightPassed)?;
    row.effect_digest = Some(planned.plan.effect_digest);
    row.pins = pins;
    let row = advance(use_case, row).await?;
    let row = advance(use_case, after(&row, DeploymentEvent::Apply)?).await?;
    let effects = effects(&planned.plan);
    let mut journal = LedgerJournal::open(use_case, &row.id, epoch).await?;
    let options = DeployOptions::default();
    let deployed = deploy(&candidate.loaded, planned, options, &mut journal, use_case.progress).await;
    if let Err(error) = deployed {
        let touched = error.may_have_changed() || !use_case.store.steps(&row.id).await?.is_empty();
        // Who stopped it may go on; nobody said that it is to come back.
        let stopped = matches!(error, DeployError::Stopped(_));
        let way_back = way_back.filter(|_| touched && !stopped);
        return stop(use_case, &row, DeploymentEvent::ApplyFailed, reasons(&error), way_back).await;
    }
    let row = advance(use_case, after(&row, DeploymentEvent::Applied)?).await?;
    let checks = checks::all(candidate, use_case.progress).await;
    verified(use_case, candidate, row, checks, way_back)
        .await
        .map(|(deployment, verification)| Ran {
            deployment,
            verification: Some(verification),
            effects,
        })
}

/// Records what the checks said, and what follows.
async fn verified(
    use_case: UseCase<'_>,
    candidate: &Candidate,
    row: Deployment,
    checks: Vec<Check>,
    way_back: Option<&str>,
) -> Result<(Deployment, Verification), ExecutionError> {
    let failed: Vec<String> = checks
        .iter()
        .filter(|check| !check.passed)
        .map(|check| format!("{} `{}`: {}", check.kind, check.subject, check.found))
        .collect();
    let verification = Verification {
        id: format!("v-{}", &Uuid::new_v4().simple().to_string()[..12]),
        product: row.product.clone(),
        environment: row.environment.clone(),
        content: candidate.content,
        commit: candidate.commit.clone(),
        passed: failed.is_empty(),
        deployment: Some(row.id.clone()),
        checks,
        at: use_case.clock.now(),
        by: use_case.actor.subject.clone(),
    };
    // Who stopped it may go on; nobody said that it is to come back.
    let way_back = way_back.filter(|_| !use_case.progress.stop_requested());
    let deployment = finish(use_case, row, &verification, failed, way_back).await?;
    Ok((deployment, verification))
}

/// Stamps the environment, plans once more and compares with what was decided about.
async fn preflight(
    candidate: &Candidate,
    expectation: &Expectation,
    touched: bool,
    ledger: &str,
) -> Result<PlannedDeployment, String> {
    stamp::claim(&candidate.loaded, ledger)
        .await
        .map_err(|error| causes(&error))?;
    let wishes = PlanWishes {
        // Where only promotions deploy, nobody builds: what differs there is drift, and a promotion puts it right.
        overwrite_uncaptured: candidate.environment.require_ungated().is_err(),
        triggers: true,
        ..PlanWishes::default()
    };
    let planned = plan_bundle(&candidate.loaded, &wishes)
        .await
        .map_err(|error| plan_reasons(&error))?;
    if !planned.uncaptured.is_empty() && !wishes.overwrite_uncaptured {
        return Err(plan_reasons(&PlanError::Uncaptured(planned.uncaptured)));
    }
    let now = planned.plan.effect_digest;
    match expectation {
        Expectation::Effects { digest, .. } if !touched && *digest != now => {
            Err(format!("the plan moved: {digest} was decided about, now it is {now}"))
        }
        Expectation::Effects { keys, .. } if touched => {
            let others: Vec<String> = effects(&planned.plan)
                .into_iter()
                .filter(|(key, _)| !keys.contains(key))
                .map(|(key, action)| format!("{action} {key}"))
                .collect();
            if others.is_empty() {
                Ok(planned)
            } else {
                Err(format!(
                    "the rest of the plan does what was not decided about: {}",
                    others.join(", ")
                ))
            }
        }
        Expectation::Any | Expectation::Effects { .. } => Ok(planned),
    }
}

/// Why no plan can be made, with the findings of the engine.
pub(crate) fn plan_reasons(error: &crate::deploy::PlanError) -> String {
    match error {
        crate::deploy::PlanError::Refused(diagnostics) => {
            let findings: Vec<String> = diagnostics
                .iter()
                .map(|finding| finding.to_string().replace('\n', " "))
                .collect();
            format!("{error}: {}", findings.join("; "))
        }
        other => causes(other),
    }
}

pub(super) fn reasons(error: &DeployError) -> Vec<String> {
    match error {
        DeployError::Incomplete(incomplete) | DeployError::Stopped(incomplete) => {
            let mut reasons = vec![causes(error)];
            let failed = incomplete.report.failed.iter();
            reasons.extend(failed.map(|entry| format!("{}: {}", entry.key, entry.message)));
            reasons.extend(incomplete.halted.clone());
            reasons.extend(incomplete.not_pushed.clone());
            reasons
        }
        DeployError::Plan(error) => vec![plan_reasons(error)],
        DeployError::Base(_)
        | DeployError::PlanMoved { .. }
        | DeployError::Lock(_)
        | DeployError::Local(_)
        | DeployError::Journal(_)
        | DeployError::Client(_)
        | DeployError::Files(_)
        | DeployError::FolderPermissions(_)
        | DeployError::NotRecorded(_) => vec![causes(error)],
    }
}

async fn stop(
    use_case: UseCase<'_>,
    row: &Deployment,
    event: DeploymentEvent,
    reasons: Vec<String>,
    way_back: Option<&str>,
) -> Result<Ran, ExecutionError> {
    let deployment = if let Some(to) = way_back {
        advance(use_case, rollback::begun(row, to, reasons)?).await?
    } else {
        let mut row = after(row, event)?;
        row.reasons = reasons;
        advance(use_case, row).await?
    };
    Ok(Ran {
        deployment,
        verification: None,
        effects: Vec::new(),
    })
}

/// Records the verification with what follows from it, in one transaction: the deployment before is superseded, this one is active.
async fn finish(
    use_case: UseCase<'_>,
    row: Deployment,
    verification: &Verification,
    failed: Vec<String>,
    way_back: Option<&str>,
) -> Result<Deployment, ExecutionError> {
    let now = use_case.clock.now();
    let mut changes = vec![Change::Verification(verification.clone())];
    let row = if failed.is_empty() {
        if let Some(before) = use_case.store.active_deployment(&row.product, &row.environment).await? {
            let mut before = after(&before, DeploymentEvent::Replace)?;
            before.epoch = row.epoch;
            changes.push(Change::Deployment(before));
        }
        let mut row = after(&row, DeploymentEvent::VerificationPassed)?;
        row.active_at = Some(now);
        row
    } else if let Some(to) = way_back {
        rollback::begun(&row, to, failed)?
    } else {
        let mut row = after(&row, DeploymentEvent::VerificationFailed)?;
        row.reasons = failed;
        row
    };
    changes.push(Change::Deployment(row.clone()));
    use_case.store.record_all(now, use_case.actor, changes).await?;
    use_case.progress.say(&format!("deployment {}: {}", row.id, row.state));
    Ok(row)
}
