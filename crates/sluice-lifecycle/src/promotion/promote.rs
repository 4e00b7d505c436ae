//! The driver of the promotion machine. The same command again goes on where the last one stopped.

use std::path::PathBuf;

use sluice_model::{Digest, ReleaseVersion};
use sluice_store::record::{Attempt, Deployment, DeploymentState, Promotion, PromotionState, Release, Verdict};
use sluice_store::{Change, StoreError};
use uuid::Uuid;

use super::gates;
use super::report::{PromotionReport, promotion_report};
use super::request::{PromoteError, PromoteRequest, Promoted};
use crate::approval::request;
use crate::context::UseCase;
use crate::deploy::{PlanWishes, PlannedDeployment, plan_bundle};
use crate::execution::Candidate;
use crate::execution::lease::HeldLease;
use crate::execution::saga::{self, Expectation};
use crate::machines::IllegalTransition;
use crate::machines::deployment::{self, is_unfinished};
use crate::machines::promotion::{self, PromotionEvent, is_terminal};
use crate::notification;
use crate::platform::{Environment, GateKind};
use crate::preparation::{Preparation, prepare};
use crate::release::{VerifyReleaseError, verify_release};

/// Brings a release to an environment: verifies it, plans, asks the gates, deploys, checks. What it came to is in the report.
///
/// # Errors
/// When it could not be driven to an end.
pub async fn promote(use_case: UseCase<'_>, request: &PromoteRequest<'_>) -> Result<Promoted, PromoteError> {
    let environment = request.platform.environment(request.environment)?;
    if let Err(error) = verify_release(use_case, request.repository, request.product, request.version).await {
        if let VerifyReleaseError::Quarantined { .. } = &error {
            refuse(use_case, request, environment, &error.to_string()).await?;
        }
        return Err(error.into());
    }
    let release = use_case.store.release(request.product, request.version).await?;
    let release = release.ok_or_else(|| PromoteError::NotRecorded {
        product: request.product.clone(),
        version: request.version.clone(),
    })?;
    let driver = Driver {
        use_case,
        request,
        environment,
        release,
        ledger: use_case.store.head().await?.ledger_id,
    };
    if let Some(done) = driver.finished().await? {
        return Ok(Promoted {
            report: driver.report(&done).await?,
            refused: Vec::new(),
        });
    }
    let lease = HeldLease::take(use_case, request.product, &environment.name).await?;
    let epoch = lease.epoch();
    let before = driver.refused().await?.len();
    let id = lease.during(use_case, driver.drive(epoch)).await?;
    Ok(Promoted {
        report: driver.report(&id).await?,
        refused: driver.refused().await?.split_off(before),
    })
}

/// Records that a promotion that people had agreed to is not executed.
async fn refuse(
    use_case: UseCase<'_>,
    request: &PromoteRequest<'_>,
    environment: &Environment,
    reason: &str,
) -> Result<(), PromoteError> {
    let open = async || {
        let mut rows = use_case.store.promotions(Some(request.product)).await?;
        rows.retain(|row| {
            row.environment == environment.name && row.version == *request.version && !is_terminal(row.state)
        });
        Ok::<_, PromoteError>(rows)
    };
    // Nothing was asked for: there is nothing to write, and nobody's environment to hold.
    if open().await?.is_empty() {
        return Ok(());
    }
    let lease = HeldLease::take(use_case, request.product, &environment.name).await?;
    let record = async {
        for row in open().await? {
            request::refuse_execution(use_case, request.platform, &row, reason).await?;
        }
        Ok(())
    };
    lease.during(use_case, record).await
}

pub(super) struct Driver<'world> {
    pub(super) use_case: UseCase<'world>,
    pub(super) request: &'world PromoteRequest<'world>,
    pub(super) environment: &'world Environment,
    release: Release,
    pub(super) ledger: String,
}

impl Driver<'_> {
    async fn report(&self, id: &str) -> Result<PromotionReport, PromoteError> {
        let report = promotion_report(self.use_case.store, id).await?;
        report.ok_or_else(|| {
            PromoteError::Store(StoreError::Stale {
                row: format!("promotions {id}"),
            })
        })
    }

    /// Attempts to execute that an approval refused, one line each. Only the holder of the lease makes them.
    async fn refused(&self) -> Result<Vec<String>, PromoteError> {
        let refusals = self.use_case.store.refusals(Some(self.request.product)).await?;
        Ok(refusals
            .into_iter()
            .filter(|row| row.environment == self.environment.name && row.attempt == Attempt::Execute)
            .map(|row| {
                format!(
                    "approval {}: {}",
                    row.approval.unwrap_or_default(),
                    row.reasons.join("; ")
                )
            })
            .collect())
    }

    /// The promotion that brought what runs, when that is this release with these values and nothing is open.
    async fn finished(&self) -> Result<Option<String>, PromoteError> {
        let promotions = self.promotions().await?;
        if promotions
            .iter()
            .any(|row| row.version == self.release.version && !is_terminal(row.state))
        {
            return Ok(None);
        }
        let Some(active) = self.active().await? else {
            return Ok(None);
        };
        // What another release left half-way comes first, although this one is what ran before.
        let deployments = self.use_case.store.deployments(Some(self.request.product)).await?;
        let unfinished = |row: &Deployment| row.environment == self.environment.name && is_unfinished(row.state);
        if deployments.iter().any(unfinished) {
            return Ok(None);
        }
        Ok(active.promotion)
    }

    /// What runs in the environment, when that is this release with these values.
    async fn active(&self) -> Result<Option<Deployment>, PromoteError> {
        let binding = self.environment.binding().digest();
        let active = self
            .use_case
            .store
            .active_deployment(self.request.product, &self.environment.name)
            .await?;
        Ok(active.filter(|row| row.digest == self.release.digest && row.binding_digest == binding))
    }

    async fn promotions(&self) -> Result<Vec<Promotion>, PromoteError> {
        let mut all = self.use_case.store.promotions(Some(self.request.product)).await?;
        all.retain(|row| row.environment == self.environment.name);
        Ok(all)
    }

    /// Drives the promotion to its end and gives its id.
    async fn drive(&self, epoch: u64) -> Result<String, PromoteError> {
        self.clear_the_way(epoch).await?;
        let mut row = self.open().await?;
        if row.state == PromotionState::Executing {
            row = self.resume(row, epoch).await?;
            return Ok(row.id);
        }
        row = self.advance(&row, PromotionEvent::Plan, |_| {}).await?;
        while !is_terminal(row.state)
            && row.state != PromotionState::Executing
            && row.state != PromotionState::AwaitingApproval
        {
            row = self.once(row, epoch).await?;
        }
        Ok(row.id)
    }

    /// Other promotions to this environment end: this one is newer. What they left unfinished is abandoned.
    async fn clear_the_way(&self, epoch: u64) -> Result<(), PromoteError> {
        let store = self.use_case.store;
        let promotions = self.promotions().await?;
        let ours: Vec<&str> = promotions
            .iter()
            .filter(|row| row.version == self.release.version && !is_terminal(row.state))
            .filter_map(|row| row.deployment.as_deref())
            .collect();
        for deployment in store.deployments(Some(self.request.product)).await? {
            if deployment.environment == self.environment.name
                && is_unfinished(deployment.state)
                && !ours.contains(&deployment.id.as_str())
            {
                // Half of it is back: the rest comes first, since only that deployment knows what was there.
                let deployment = self.finished_way_back(deployment, epoch).await?;
                if !is_unfinished(deployment.state) {
                    continue;
                }
                let reason = format!("{} {} took over", self.request.product, self.release.version);
                saga::abandon(self.use_case, &deployment, epoch, &reason).await?;
            }
        }
        for row in promotions
            .iter()
            .filter(|row| row.version != self.release.version && !is_terminal(row.state))
        {
            let deployment = match &row.deployment {
                Some(id) => store.deployment(id).await?,
                None => None,
            };
            // It had come to its end, but was stopped before it could say so.
            let event = match deployment.map(|deployment| deployment.state) {
                Some(DeploymentState::Active | DeploymentState::Superseded) => PromotionEvent::Succeeded,
                _ => PromotionEvent::Supersede,
            };
            self.advance(row, event, |_| {}).await?;
        }
        Ok(())
    }

    /// The open promotion of this release, else a new one.
    async fn open(&self) -> Result<Promotion, PromoteError> {
        let open = self
            .promotions()
            .await?
            .into_iter()
            .find(|row| row.version == self.release.version && !is_terminal(row.state));
        if let Some(open) = open {
            return Ok(open);
        }
        let now = self.use_case.clock.now();
        let row = Promotion {
            id: format!("p-{}", &Uuid::new_v4().simple().to_string()[..12]),
            product: self.request.product.clone(),
            environment: self.environment.name.clone(),
            version: self.release.version.clone(),
            digest: self.release.digest,
            state: promotion::step(None, PromotionEvent::Request)?,
            binding_digest: None,
            effect_digest: None,
            effects: Vec::new(),
            deployment: None,
            replanned: 0,
            reasons: Vec::new(),
            requested_at: now,
            requested_by: self.use_case.actor.subject.clone(),
            changed_at: now,
            row_version: 1,
        };
        self.use_case.record(Change::Promotion(row.clone())).await?;
        self.say(&row);
        Ok(row)
    }

    fn say(&self, row: &Promotion) {
        self.use_case
            .progress
            .say(&format!("promotion {}: {}", row.id, row.state));
    }

    fn after(
        &self,
        row: &Promotion,
        event: PromotionEvent,
        change: impl FnOnce(&mut Promotion),
    ) -> Result<Promotion, IllegalTransition> {
        let mut next = Promotion {
            state: promotion::step(Some(row.state), event)?,
            changed_at: self.use_case.clock.now(),
            row_version: row.row_version + 1,
            ..row.clone()
        };
        change(&mut next);
        Ok(next)
    }

    async fn advance(
        &self,
        row: &Promotion,
        event: PromotionEvent,
        change: impl FnOnce(&mut Promotion),
    ) -> Result<Promotion, PromoteError> {
        let next = self.after(row, event, change)?;
        let mut changes = Vec::new();
        if is_terminal(next.state) {
            let reason = format!("promotion {} is {}", next.id, next.state);
            changes = request::void_all(self.use_case, row, &reason).await?;
        }
        changes.push(Change::Promotion(next.clone()));
        notification::record(self.use_case, self.request.platform, changes).await?;
        self.say(&next);
        Ok(next)
    }

    /// Plans, asks the gates, and starts the deployment when they pass and the plan still is what it was.
    async fn once(&self, row: Promotion, epoch: u64) -> Result<Promotion, PromoteError> {
        if self.active().await?.is_some() {
            return self.advance(&row, PromotionEvent::NothingToDo, |_| {}).await;
        }
        let failed = |reasons: Vec<String>| move |next: &mut Promotion| next.reasons = reasons;
        let (_export, candidate) = match prepare(&self.preparation()).await {
            Ok(prepared) => prepared,
            Err(error) => {
                return self
                    .advance(&row, PromotionEvent::PlanFailed, failed(error.reasons()))
                    .await;
            }
        };
        let planned = match plan_bundle(&candidate.loaded, &PlanWishes::default()).await {
            Ok(planned) => planned,
            Err(error) => {
                let reasons = vec![saga::plan_reasons(&error)];
                return self.advance(&row, PromotionEvent::PlanFailed, failed(reasons)).await;
            }
        };
        let row = self
            .advance(&row, PromotionEvent::Planned, |next| {
                next.binding_digest = Some(self.environment.binding().digest());
                next.effect_digest = Some(planned.plan.effect_digest);
                next.effects = saga::effects(&planned.plan);
            })
            .await?;
        let row = self.ask_gates(row, &candidate, &planned).await?;
        if row.state != PromotionState::Ready {
            return Ok(row);
        }
        let again = match plan_bundle(&candidate.loaded, &PlanWishes::default()).await {
            Ok(again) => again,
            Err(error) => {
                let reasons = vec![saga::plan_reasons(&error)];
                return self.advance(&row, PromotionEvent::PlanFailed, failed(reasons)).await;
            }
        };
        let case = self.case(&row, &candidate, &again);
        let gate = gates::judge(case, GateKind::PlanUnchanged).await?.gate;
        if gate.verdict == Verdict::Fail {
            let times = row.replanned + 1;
            let moved = PromotionEvent::PlanMoved { times };
            return self
                .advance(&row, moved, |next| {
                    next.replanned = times;
                    next.reasons = gate.reasons;
                })
                .await;
        }
        self.start(row, &candidate, epoch).await
    }

    fn case<'a>(
        &'a self,
        row: &'a Promotion,
        candidate: &'a Candidate,
        planned: &'a PlannedDeployment,
    ) -> gates::Case<'a> {
        gates::Case {
            use_case: self.use_case,
            repository: self.request.repository,
            platform: self.request.platform,
            environment: self.environment,
            release: &self.release,
            promotion: row,
            candidate,
            planned,
            process_environment: self.request.process_environment,
        }
    }

    /// Judges the gates of the environment in their order, all of them, so that every reason is known at once.
    async fn ask_gates(
        &self,
        row: Promotion,
        candidate: &Candidate,
        planned: &PlannedDeployment,
    ) -> Result<Promotion, PromoteError> {
        let mut reasons = Vec::new();
        for kind in GateKind::ALL {
            // People are asked last, and only when nothing else is in the way; the plan is compared with the one that is executed.
            let later = [GateKind::Approval, GateKind::PlanUnchanged].contains(kind);
            if later || !self.environment.gates.contains(kind) {
                continue;
            }
            let gate = gates::judge(self.case(&row, candidate, planned), *kind).await?.gate;
            if gate.verdict != Verdict::Pass {
                let of_gate = |reason| format!("{}: {reason}", gate.kind);
                reasons.extend(gate.reasons.into_iter().map(of_gate));
            }
        }
        if !reasons.is_empty() {
            return self
                .advance(&row, PromotionEvent::GatesFailed, |next| next.reasons = reasons)
                .await;
        }
        if self.environment.gates.contains(&GateKind::Approval) {
            let judged = gates::judge(self.case(&row, candidate, planned), GateKind::Approval).await?;
            let event = match judged.gate.verdict {
                Verdict::Pass => PromotionEvent::GatesPassed,
                Verdict::Pending => PromotionEvent::ApprovalMissing,
                Verdict::Fail => judged.ends.unwrap_or(PromotionEvent::GatesFailed),
            };
            let reasons = judged
                .gate
                .reasons
                .into_iter()
                .map(|reason| format!("approval: {reason}"))
                .collect();
            return self.advance(&row, event, |next| next.reasons = reasons).await;
        }
        self.advance(&row, PromotionEvent::GatesPassed, |next| next.reasons.clear())
            .await
    }

    /// Records deployment and promotion together, so that neither is ever without the other.
    async fn start(&self, row: Promotion, candidate: &Candidate, epoch: u64) -> Result<Promotion, PromoteError> {
        let deployment = saga::queued(self.use_case, candidate, Some(row.id.clone()), epoch);
        let next = self.after(&row, PromotionEvent::Start, |next| {
            next.deployment = Some(deployment.id.clone());
            next.reasons.clear();
        })?;
        let mut changes = vec![Change::Deployment(deployment.clone())];
        changes.extend(self.used_approvals(&row, &deployment).await?);
        changes.push(Change::Promotion(next.clone()));
        notification::record(self.use_case, self.request.platform, changes).await?;
        self.say(&next);
        self.execute(next, candidate, deployment, epoch).await
    }

    /// The approvals that the deployment uses. They were looked at when the gates were judged; nothing may have happened since.
    async fn used_approvals(&self, row: &Promotion, deployment: &Deployment) -> Result<Vec<Change>, PromoteError> {
        let store = self.use_case.store;
        let rules = &self.environment.approvals;
        if rules.is_empty() {
            return Ok(Vec::new());
        }
        let Some(statement) = request::statement(self.use_case, row, self.environment).await? else {
            let reason = "nothing was planned that anybody could have agreed to".to_owned();
            return Err(PromoteError::Unapproved { reason });
        };
        let approvals = store.approvals_of(&row.id).await?;
        let now = self.use_case.clock.now();
        let used = request::consume(approvals, rules, &statement, &deployment.id, now)
            .map_err(|reason| PromoteError::Unapproved { reason })?;
        Ok(used.into_iter().map(Change::Approval).collect())
    }

    async fn execute(
        &self,
        row: Promotion,
        candidate: &Candidate,
        deployment: Deployment,
        epoch: u64,
    ) -> Result<Promotion, PromoteError> {
        // The tag is looked at once more, as late as possible: what is exported was computed from it.
        verify_release(
            self.use_case,
            self.request.repository,
            self.request.product,
            self.request.version,
        )
        .await?;
        let expectation = match row.effect_digest {
            Some(digest) => Expectation::Effects {
                digest,
                keys: row.effects.iter().map(|(key, _)| key.clone()).collect(),
            },
            None => Expectation::Any,
        };
        let store = self.use_case.store;
        let before = store
            .active_deployment(self.request.product, &self.environment.name)
            .await?;
        let way_back = before.as_ref().map(|before| before.id.as_str());
        let ran = saga::run(self.use_case, candidate, deployment, epoch, &expectation, way_back).await?;
        let deployment = self.way_back(ran.deployment, epoch).await?;
        self.settle(row, &deployment).await
    }

    /// What the deployment's state means for the promotion. One that needs attention stays open: the same command resumes it.
    async fn settle(&self, row: Promotion, deployment: &Deployment) -> Result<Promotion, PromoteError> {
        let reasons = deployment.reasons.clone();
        let keep = |next: &mut Promotion| next.reasons = reasons;
        match deployment.state {
            DeploymentState::Active | DeploymentState::Superseded => {
                self.advance(&row, PromotionEvent::Succeeded, keep).await
            }
            state if deployment::is_terminal(state) => self.advance(&row, PromotionEvent::Failed, keep).await,
            _ => Ok(row),
        }
    }

    async fn resume(&self, row: Promotion, epoch: u64) -> Result<Promotion, PromoteError> {
        let deployment = match &row.deployment {
            Some(id) => self.use_case.store.deployment(id).await?,
            None => None,
        };
        let Some(deployment) = deployment else {
            return self.advance(&row, PromotionEvent::Supersede, |_| {}).await;
        };
        if !is_unfinished(deployment.state) {
            return self.settle(row, &deployment).await;
        }
        if deployment.rollback.is_some() {
            let deployment = self.way_back(deployment, epoch).await?;
            return self.settle(row, &deployment).await;
        }
        if row.binding_digest != Some(self.environment.binding().digest()) {
            let reason = "the values of the environment changed after the gates passed; promote again";
            saga::abandon(self.use_case, &deployment, epoch, reason).await?;
            let fail = |next: &mut Promotion| next.reasons = vec![reason.to_owned()];
            return self.advance(&row, PromotionEvent::Failed, fail).await;
        }
        let (_export, candidate) = prepare(&self.preparation()).await?;
        self.execute(row, &candidate, deployment, epoch).await
    }

    fn preparation(&self) -> Preparation<'_> {
        let release = Some((self.release.digest, self.release.version.clone()));
        self.preparation_of(&self.release.commit, release)
    }

    /// How a commit is made ready for the environment.
    pub(super) fn preparation_of<'a>(
        &'a self,
        commit: &'a str,
        release: Option<(Digest, ReleaseVersion)>,
    ) -> Preparation<'a> {
        let local_state: PathBuf = self
            .request
            .data
            .join("deployments")
            .join(self.request.product.as_str())
            .join(self.environment.name.as_str());
        Preparation {
            repository: self.request.repository,
            commit,
            branch: None,
            release,
            platform: self.request.platform,
            environment: self.environment,
            local_state,
            process_environment: self.request.process_environment,
            ledger: &self.ledger,
            compared: true,
        }
    }
}
