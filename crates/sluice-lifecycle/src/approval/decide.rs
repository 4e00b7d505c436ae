//! `sluice approve` and `sluice reject`: one person's decision, or why they may not make it.

use std::path::Path;

use serde::Serialize;
use sluice_model::{ProductName, Timestamp};
use sluice_store::record::{
    Approval, ApprovalState, Attempt, Decision, Promotion, PromotionState, Refusal, Release, Statement,
};
use sluice_store::{Change, Store, StoreError};
use uuid::Uuid;

use super::request::{after, authors, has_decided, live, void_all};
use super::rules::{self, Objection, Provenance};
use crate::context::UseCase;
use crate::machines::IllegalTransition;
use crate::machines::approval::ApprovalEvent;
use crate::machines::promotion::{self, PromotionEvent, is_terminal};
use crate::notification;
use crate::people::Person;
use crate::platform::{Environment, GateKind, Platform, PlatformError};
use crate::policy::{GatherError, evaluator};
use crate::promotion::PromoteError;
use crate::release::verify::look_at;
use crate::release::{ReleaseVerification, VerifyReleaseError, verify_release};

/// How often a decision is taken again when another one came first.
const ATTEMPTS: usize = 8;

/// Who decides about what.
#[derive(Clone, Copy, Debug)]
pub struct DecideRequest<'a> {
    /// Id of the approval, or of the promotion that waits for it.
    pub id: &'a str,
    /// The product's repository.
    pub repository: &'a Path,
    /// The product that the repository holds.
    pub product: &'a ProductName,
    /// The platform.
    pub platform: &'a Platform,
    /// Who decides, as the workspace of the target environment says.
    pub person: &'a Person,
}

/// What a decision came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecisionReport {
    /// The promotion as it is now.
    pub promotion: Promotion,
    /// Its approvals.
    pub approvals: Vec<Approval>,
}

/// Nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// There is no such thing.
    #[error("there is no approval and no promotion `{id}`")]
    Unknown {
        /// The id.
        id: String,
    },
    /// Several roles wait, and the person holds more than one of them.
    #[error("promotion `{promotion}` waits for several of your roles: name one of {}", approvals.join(", "))]
    Several {
        /// The promotion.
        promotion: String,
        /// Ids and roles.
        approvals: Vec<String>,
    },
    /// It is about another product.
    #[error("`{id}` is about `{wanted}`; this is `{found}`")]
    OtherProduct {
        /// The id.
        id: String,
        /// The product that it is about.
        wanted: ProductName,
        /// The product of the directory.
        found: ProductName,
    },
    /// The person may not decide, or not about this any more. It is in the ledger.
    #[error("{attempt} `{id}` refused: {}", reasons.join("; "))]
    Refused {
        /// What was attempted.
        attempt: Attempt,
        /// The approval.
        id: String,
        /// Why not.
        reasons: Vec<String>,
        /// What would help.
        hints: Vec<String>,
    },
    /// The release, the environment or the workspace cannot be looked at.
    #[error(transparent)]
    Promotion(#[from] PromoteError),
}

impl From<StoreError> for DecideError {
    fn from(error: StoreError) -> Self {
        Self::Promotion(error.into())
    }
}

impl From<PlatformError> for DecideError {
    fn from(error: PlatformError) -> Self {
        Self::Promotion(error.into())
    }
}

impl From<IllegalTransition> for DecideError {
    fn from(error: IllegalTransition) -> Self {
        Self::Promotion(error.into())
    }
}

/// The promotion that an id leads to: its own, or that of an approval.
///
/// # Errors
/// When there is neither.
pub async fn decided_promotion(store: &Store, id: &str) -> Result<Promotion, DecideError> {
    let of_approval = store.approval(id).await?.map(|row| row.promotion);
    let promotion = store.promotion(of_approval.as_deref().unwrap_or(id)).await?;
    promotion.ok_or_else(|| DecideError::Unknown { id: id.to_owned() })
}

/// Agrees.
///
/// # Errors
/// When the person may not, or there is nothing to agree to. A refusal is recorded.
pub async fn approve(
    use_case: UseCase<'_>,
    request: &DecideRequest<'_>,
    comment: Option<&str>,
) -> Result<DecisionReport, DecideError> {
    for _ in 1..ATTEMPTS {
        let matter = Matter::of(use_case, request).await?;
        match matter.agree(comment).await {
            // Somebody else decided at the same time: what they did is looked at first.
            Err(DecideError::Promotion(PromoteError::Store(StoreError::Stale { .. }))) => {}
            other => return other,
        }
    }
    Matter::of(use_case, request).await?.agree(comment).await
}

/// Says no. Who asked for the promotion takes it back by this.
///
/// # Errors
/// When the person may not, or there is nothing to say no to. A refusal is recorded.
pub async fn reject(
    use_case: UseCase<'_>,
    request: &DecideRequest<'_>,
    reason: &str,
) -> Result<DecisionReport, DecideError> {
    Matter::of(use_case, request).await?.refuse(reason).await
}

/// What a person could do about an approval, and why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// What speaks against their agreeing; they may when this is empty.
    pub against_approving: Vec<Objection>,
    /// What speaks against their saying no; they may when this is empty.
    pub against_rejecting: Vec<Objection>,
    /// Whether their no takes back what they asked for themselves.
    pub takes_back: bool,
}

/// What a decision would meet: the rules of [`approve`] and [`reject`], asked beforehand. Nothing is recorded.
///
/// # Errors
/// When something that the rules look at cannot be read.
pub async fn outlook(use_case: UseCase<'_>, request: &DecideRequest<'_>) -> Result<Outlook, DecideError> {
    let matter = Matter::of(use_case, request).await?;
    let mut against_approving = matter.about_its_end();
    if against_approving.is_empty() {
        let (product, version) = (request.product, &matter.promotion.version);
        let recorded = use_case.store.release(product, version).await?;
        let found = look_at(recorded.as_ref(), request.repository, product, version).await;
        against_approving = matter.about_the_matter(found).await?;
    }
    against_approving.extend(matter.about_the_approver().await?);
    let takes_back = matter.may_take_back();
    Ok(Outlook {
        against_approving,
        against_rejecting: if takes_back {
            Vec::new()
        } else {
            matter.against_saying_no()
        },
        takes_back,
    })
}

/// What is decided about, as it is now.
struct Matter<'a> {
    use_case: UseCase<'a>,
    request: &'a DecideRequest<'a>,
    environment: &'a Environment,
    promotion: Promotion,
    approvals: Vec<Approval>,
    approval: Approval,
    now: Timestamp,
}

impl<'a> Matter<'a> {
    async fn of(use_case: UseCase<'a>, request: &'a DecideRequest<'a>) -> Result<Self, DecideError> {
        let promotion = decided_promotion(use_case.store, request.id).await?;
        if promotion.product != *request.product {
            return Err(DecideError::OtherProduct {
                id: request.id.to_owned(),
                wanted: promotion.product,
                found: request.product.clone(),
            });
        }
        let environment = request.platform.environment(promotion.environment.as_str())?;
        let approvals = use_case.store.approvals_of(&promotion.id).await?;
        let approval = choose(request, &promotion, &approvals)?;
        Ok(Self {
            use_case,
            request,
            environment,
            promotion,
            approvals,
            approval,
            now: use_case.clock.now(),
        })
    }

    async fn agree(&self, comment: Option<&str>) -> Result<DecisionReport, DecideError> {
        let mut objections = self.about_its_end();
        if objections.is_empty() {
            let (repository, product) = (self.request.repository, self.request.product);
            let found = verify_release(self.use_case, repository, product, &self.promotion.version).await;
            objections = self.about_the_matter(found).await?;
        }
        objections.extend(self.about_the_approver().await?);
        if !objections.is_empty() {
            return Err(self.refused(Attempt::Approve, objections).await?);
        }
        let mut row = self.approval.clone();
        row.decisions.push(self.decision(true, comment));
        let enough = rules::agreed(&row) >= usize::try_from(row.count).unwrap_or(usize::MAX);
        let row = after(&row, ApprovalEvent::Agree { enough }, self.now)?;
        self.record(vec![Change::Approval(row)]).await
    }

    async fn refuse(&self, reason: &str) -> Result<DecisionReport, DecideError> {
        if self.may_take_back() {
            let changes = void_all(self.use_case, &self.promotion, &format!("taken back: {reason}")).await?;
            return self.end(changes, PromotionEvent::Withdraw, reason).await;
        }
        let objections = self.against_saying_no();
        if !objections.is_empty() {
            return Err(self.refused(Attempt::Reject, objections).await?);
        }
        let mut changes = Vec::new();
        for row in live(self.approvals.clone()) {
            let (mut row, mine) = (row.clone(), row.id == self.approval.id);
            if mine {
                row.decisions.push(self.decision(false, Some(reason)));
            }
            let denied = mine && row.state == ApprovalState::Open;
            let event = if denied {
                ApprovalEvent::Deny
            } else {
                ApprovalEvent::Void
            };
            let mut row = after(&row, event, self.now)?;
            row.reasons = vec![format!("{} said no: {reason}", self.request.person.actor.subject)];
            changes.push(Change::Approval(row));
        }
        self.end(changes, PromotionEvent::Reject, reason).await
    }

    /// Ends the promotion together with its approvals.
    async fn end(
        &self,
        mut changes: Vec<Change>,
        event: PromotionEvent,
        reason: &str,
    ) -> Result<DecisionReport, DecideError> {
        changes.push(Change::Promotion(Promotion {
            state: promotion::step(Some(self.promotion.state), event)?,
            reasons: vec![format!("{}: {reason}", self.request.person.actor.subject)],
            changed_at: self.now,
            row_version: self.promotion.row_version + 1,
            ..self.promotion.clone()
        }));
        self.record(changes).await
    }

    async fn record(&self, changes: Vec<Change>) -> Result<DecisionReport, DecideError> {
        notification::record(self.use_case, self.request.platform, changes).await?;
        let store = self.use_case.store;
        Ok(DecisionReport {
            promotion: decided_promotion(store, &self.promotion.id).await?,
            approvals: store.approvals_of(&self.promotion.id).await?,
        })
    }

    fn decision(&self, granted: bool, comment: Option<&str>) -> Decision {
        let actor = &self.request.person.actor;
        Decision {
            subject: actor.subject.clone(),
            display_name: actor.display_name.clone(),
            issuer: actor.issuer.clone(),
            granted,
            comment: comment.map(str::to_owned),
            at: self.now,
        }
    }

    /// Whether the person asked for the promotion themselves, and nothing has begun.
    fn may_take_back(&self) -> bool {
        let requester = &self.promotion.requested_by;
        requester.eq_ignore_ascii_case(&self.request.person.actor.subject)
            && !is_terminal(self.promotion.state)
            && self.promotion.state != PromotionState::Executing
    }

    fn against_saying_no(&self) -> Vec<Objection> {
        let mut objections: Vec<Objection> = rules::spent(&self.approval, self.now)
            .map(Objection::new)
            .into_iter()
            .collect();
        objections.extend(self.in_role());
        objections
    }

    /// Why it cannot be agreed to any more: it is over, or granted already.
    fn about_its_end(&self) -> Vec<Objection> {
        if let Some(reason) = rules::spent(&self.approval, self.now) {
            return vec![Objection::new(reason)];
        }
        if self.approval.state == ApprovalState::Granted {
            let reason = format!("approval {} is granted already", self.approval.id);
            return vec![Objection::new(reason).hint(format!(
                "`sluice promote {} --to {}` executes it",
                self.promotion.version, self.promotion.environment
            ))];
        }
        Vec::new()
    }

    /// What differs from what was asked; `release` is what the release looks like now.
    async fn about_the_matter(
        &self,
        release: Result<ReleaseVerification, VerifyReleaseError>,
    ) -> Result<Vec<Objection>, DecideError> {
        let mut objections = Vec::new();
        let planned = super::request::statement(self.use_case, &self.promotion, self.environment).await?;
        let now = planned.map(|planned| Statement {
            binding: self.environment.binding().digest(),
            ..planned
        });
        let mut moved = now.map_or_else(Vec::new, |now| rules::moved(&self.approval.statement, &now));
        moved.extend(self.other_policies().await?);
        if !moved.is_empty() {
            let again = format!(
                "`sluice promote {} --to {}` asks anew, about what is the case now",
                self.promotion.version, self.promotion.environment
            );
            objections.push(Objection::new(format!("it is about something else: {}", moved.join("; "))).hint(again));
        }
        match release {
            Ok(found) if found.digest == self.approval.statement.release => {}
            Ok(found) => objections.push(Objection::new(format!(
                "release {} has digest {}, {} was asked about",
                self.promotion.version, found.digest, self.approval.statement.release
            ))),
            Err(error @ VerifyReleaseError::Quarantined { .. }) => objections.push(Objection::new(error.to_string())),
            Err(error) => return Err(PromoteError::from(error).into()),
        }
        Ok(objections)
    }

    /// The policies that judged the promotion last, when those of the platform are others now.
    async fn other_policies(&self) -> Result<Option<String>, DecideError> {
        if !self.environment.gates.contains(&GateKind::Policy) {
            return Ok(None);
        }
        let Some(judged) = self
            .use_case
            .store
            .policy_reports(Some(&self.promotion.id))
            .await?
            .pop()
        else {
            return Ok(None);
        };
        let now = evaluator(Some(self.request.platform))
            .map_err(|error| PromoteError::from(GatherError::from(error)))?
            .digest();
        Ok((now != judged.pack_digest).then(|| {
            format!(
                "the policies: {} judged it, now they are {}",
                judged.pack_digest.short(),
                now.short()
            )
        }))
    }

    async fn about_the_approver(&self) -> Result<Vec<Objection>, DecideError> {
        let release = self.release().await?;
        let platform = self.request.platform;
        let (repository, environment) = (self.request.repository, &self.environment.name);
        let authors = authors(self.use_case, repository, &platform.principals, &release, environment).await?;
        let provenance = Provenance {
            environment: environment.as_str(),
            authors: &authors,
            requested_by: &self.promotion.requested_by,
            frozen_by: &release.frozen_by,
        };
        let (person, role) = (self.request.person, &self.approval.role);
        let mut objections = rules::as_approver(person, role, platform.roles.get(role), &provenance);
        if let Some((row, decision)) = has_decided(&self.approvals, &person.actor.subject) {
            objections.push(Objection::new(format!(
                "`{}` agreed already, as role `{}` at {:.0}; somebody else decides",
                decision.subject, row.role, decision.at
            )));
        }
        Ok(objections)
    }

    fn in_role(&self) -> Vec<Objection> {
        let role = &self.approval.role;
        let found = self.request.platform.roles.get(role);
        rules::in_role(self.request.person, role, found, self.environment.name.as_str())
    }

    async fn release(&self) -> Result<Release, DecideError> {
        let (product, version) = (&self.promotion.product, &self.promotion.version);
        let release = self.use_case.store.release(product, version).await?;
        Ok(release.ok_or_else(|| PromoteError::NotRecorded {
            product: product.clone(),
            version: version.clone(),
        })?)
    }

    /// Records an attempt that is refused; what is found to be over ends with it.
    async fn refused(&self, attempt: Attempt, objections: Vec<Objection>) -> Result<DecideError, DecideError> {
        let reasons: Vec<String> = objections.iter().map(|objection| objection.reason.clone()).collect();
        let mut hints: Vec<String> = objections.into_iter().filter_map(|objection| objection.hint).collect();
        hints.dedup();
        let mut changes = vec![Change::Refusal(Refusal {
            id: format!("r-{}", &Uuid::new_v4().simple().to_string()[..12]),
            product: self.promotion.product.clone(),
            environment: self.promotion.environment.clone(),
            version: self.promotion.version.clone(),
            promotion: Some(self.promotion.id.clone()),
            approval: Some(self.approval.id.clone()),
            attempt,
            subject: self.request.person.actor.subject.clone(),
            reasons: reasons.clone(),
            at: self.now,
        })];
        changes.extend(self.expiry()?);
        notification::record(self.use_case, self.request.platform, changes).await?;
        Ok(DecideError::Refused {
            attempt,
            id: self.approval.id.clone(),
            reasons,
            hints,
        })
    }

    /// An approval whose time has passed ends its promotion and the approvals beside it.
    fn expiry(&self) -> Result<Vec<Change>, IllegalTransition> {
        let over = self.now >= self.approval.expires_at && live(vec![self.approval.clone()]).next().is_some();
        if !over {
            return Ok(Vec::new());
        }
        let reason = format!(
            "approval {} expired at {:.0}",
            self.approval.id, self.approval.expires_at
        );
        let mut changes = Vec::new();
        for row in live(self.approvals.clone()) {
            let mine = row.id == self.approval.id;
            let event = if mine {
                ApprovalEvent::Expire
            } else {
                ApprovalEvent::Void
            };
            let mut row = after(&row, event, self.now)?;
            row.reasons = vec![reason.clone()];
            changes.push(Change::Approval(row));
        }
        if let Ok(state) = promotion::step(Some(self.promotion.state), PromotionEvent::Expire) {
            changes.push(Change::Promotion(Promotion {
                state,
                reasons: vec![reason],
                changed_at: self.now,
                row_version: self.promotion.row_version + 1,
                ..self.promotion.clone()
            }));
        }
        Ok(changes)
    }
}

/// The approval that is meant: the named one; of a promotion, the live one of a role that the person holds, else the newest.
fn choose(request: &DecideRequest<'_>, promotion: &Promotion, approvals: &[Approval]) -> Result<Approval, DecideError> {
    if let Some(named) = approvals.iter().find(|row| row.id == request.id) {
        return Ok(named.clone());
    }
    let open: Vec<Approval> = live(approvals.to_vec())
        .filter(|row| row.state == ApprovalState::Open)
        .collect();
    let actor = &request.person.actor;
    let held = |row: &&Approval| {
        let role = request.platform.roles.get(&row.role);
        role.is_some_and(|role| role.is_held_by(&actor.subject, &request.person.groups))
    };
    let mine: Vec<&Approval> = open.iter().filter(held).collect();
    if let [_, _, ..] = mine.as_slice() {
        return Err(DecideError::Several {
            promotion: promotion.id.clone(),
            approvals: mine.iter().map(|row| format!("{} ({})", row.id, row.role)).collect(),
        });
    }
    let found = mine.first().copied().or(open.first()).or(approvals.last());
    found.cloned().ok_or_else(|| DecideError::Unknown {
        id: request.id.to_owned(),
    })
}
