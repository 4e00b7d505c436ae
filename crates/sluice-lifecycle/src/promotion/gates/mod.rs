//! The conditions of a promotion, as uniform records: one file per gate, judged in the order of [`GateKind::ALL`].
//!
//! A new gate is a kind in [`GateKind`], a file here with a function from a [`Case`] to a [`Finding`], and a line in [`judge`].

mod approval;
mod contract;
mod plan_unchanged;
mod policy;
mod signoff;
mod upstream_verified;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use sluice_model::Digest;
use sluice_store::record::{Gate, Promotion, Release, Verdict};
use sluice_store::{Change, StoreError};

use super::request::PromoteError;
use crate::context::UseCase;
use crate::deploy::PlannedDeployment;
use crate::execution::Candidate;
use crate::machines::promotion::PromotionEvent;
use crate::platform::{Environment, GateKind, Platform};

/// What a gate may look at.
#[derive(Clone, Copy)]
pub(crate) struct Case<'world> {
    pub(crate) use_case: UseCase<'world>,
    /// The product's repository.
    pub(crate) repository: &'world Path,
    pub(crate) platform: &'world Platform,
    /// Where the release is to go.
    pub(crate) environment: &'world Environment,
    pub(crate) release: &'world Release,
    /// The promotion, with the digests of what is decided about.
    pub(crate) promotion: &'world Promotion,
    /// The release, resolved for the environment.
    pub(crate) candidate: &'world Candidate,
    /// The plan as it is now.
    pub(crate) planned: &'world PlannedDeployment,
    /// The process environment, where tokens are.
    pub(crate) process_environment: &'world BTreeMap<String, String>,
}

/// What a gate found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Digest of everything that it looked at.
    pub(crate) inputs: Digest,
    pub(crate) verdict: Verdict,
    /// Why it does not pass, one line each.
    pub(crate) reasons: Vec<String>,
    /// What proves it: ids of deployments, verifications, approvals.
    pub(crate) evidence: Vec<String>,
    /// What becomes of the promotion, when it is something else than being blocked.
    pub(crate) ends: Option<PromotionEvent>,
}

impl Finding {
    /// A finding that passes when there is no reason against it. `inputs` has text keys alone.
    pub(crate) fn of(inputs: &impl Serialize, reasons: Vec<String>, evidence: Vec<String>) -> Self {
        Self {
            inputs: Digest::of_canonical_json(inputs).expect("invariant: it has only text keys"),
            verdict: if reasons.is_empty() {
                Verdict::Pass
            } else {
                Verdict::Fail
            },
            reasons,
            evidence,
            ends: None,
        }
    }
}

/// What a gate says, recorded.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) gate: Gate,
    /// What becomes of the promotion, when it is something else than being blocked.
    pub(crate) ends: Option<PromotionEvent>,
}

/// Judges one gate and records what it says.
///
/// # Errors
/// When something that it looks at cannot be read.
pub(crate) async fn judge(case: Case<'_>, kind: GateKind) -> Result<Judged, PromoteError> {
    let finding = match kind {
        GateKind::UpstreamVerified => upstream_verified::find(case).await?,
        GateKind::Contract => contract::find(case).await?,
        GateKind::Signoff => signoff::find(case).await?,
        GateKind::Approval => approval::find(case).await?,
        GateKind::Policy => policy::find(case).await?,
        GateKind::PlanUnchanged => plan_unchanged::find(case),
    };
    let ends = finding.ends;
    Ok(Judged {
        gate: record(case, kind, finding).await?,
        ends,
    })
}

async fn record(case: Case<'_>, kind: GateKind, finding: Finding) -> Result<Gate, StoreError> {
    let before = case
        .use_case
        .store
        .gates(&case.promotion.id)
        .await?
        .into_iter()
        .find(|gate| gate.kind == kind.as_str());
    let gate = Gate {
        promotion: case.promotion.id.clone(),
        kind: kind.as_str().to_owned(),
        inputs_digest: finding.inputs,
        verdict: finding.verdict,
        reasons: finding.reasons,
        evidence: finding.evidence,
        evaluated_at: case.use_case.clock.now(),
        row_version: before.map_or(1, |gate| gate.row_version + 1),
    };
    case.use_case.record(Change::Gate(gate.clone())).await?;
    Ok(gate)
}
