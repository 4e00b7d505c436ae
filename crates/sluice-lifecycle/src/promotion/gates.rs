//! The conditions of a promotion, as uniform records.

use serde_json::json;
use sluice_model::Digest;
use sluice_store::record::{Deployment, Gate, Promotion, Release, Verdict, Verification};
use sluice_store::{Change, Store, StoreError};

use crate::context::UseCase;
use crate::platform::{Environment, GateKind};
use crate::release::Manifest;

/// What a gate found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) inputs: Digest,
    pub(crate) reasons: Vec<String>,
    pub(crate) evidence: Vec<String>,
}

/// Records what a gate says about a promotion; no reasons against it means that it passes.
pub(crate) async fn record(
    use_case: UseCase<'_>,
    promotion: &Promotion,
    kind: GateKind,
    finding: Finding,
) -> Result<Gate, StoreError> {
    let before = use_case
        .store
        .gates(&promotion.id)
        .await?
        .into_iter()
        .find(|gate| gate.kind == kind.as_str());
    let gate = Gate {
        promotion: promotion.id.clone(),
        kind: kind.as_str().to_owned(),
        inputs_digest: finding.inputs,
        verdict: if finding.reasons.is_empty() {
            Verdict::Pass
        } else {
            Verdict::Fail
        },
        reasons: finding.reasons,
        evidence: finding.evidence,
        evaluated_at: use_case.clock.now(),
        row_version: before.map_or(1, |gate| gate.row_version + 1),
    };
    use_case.record(Change::Gate(gate.clone())).await?;
    Ok(gate)
}

/// Every required environment has this release verified: as this release, or as the same content before the freeze.
pub(crate) async fn upstream_verified(
    store: &Store,
    release: &Release,
    environment: &Environment,
) -> Result<Finding, StoreError> {
    let content = serde_json::from_value::<Manifest>(release.manifest.clone())
        .map_err(|source| StoreError::Decode {
            row: format!("releases {} {}", release.product, release.version),
            source,
        })?
        .head
        .content;
    let verifications = store.verifications(Some(&release.product)).await?;
    let deployments = store.deployments(Some(&release.product)).await?;
    Ok(judge_upstream(
        release,
        content,
        environment,
        &verifications,
        &deployments,
    ))
}

fn judge_upstream(
    release: &Release,
    content: Digest,
    environment: &Environment,
    verifications: &[Verification],
    deployments: &[Deployment],
) -> Finding {
    let mut reasons = Vec::new();
    let mut evidence = Vec::new();
    for required in &environment.requires {
        let last = verifications.iter().rev().find(|row| {
            let deployed = deployments
                .iter()
                .find(|deployment| row.deployment.as_ref() == Some(&deployment.id));
            // A promoted release counts under its own digest alone; before the freeze there is none, and the content counts.
            let same = deployed.is_some_and(|deployment| match &deployment.version {
                Some(_) => deployment.digest == release.digest,
                None => row.content == content,
            });
            row.environment == *required && same
        });
        match last {
            Some(row) if row.passed => evidence.push(row.id.clone()),
            Some(row) => {
                reasons.push(format!("its last verification in `{required}` failed ({})", row.id));
                evidence.push(row.id.clone());
            }
            None => reasons.push(format!(
                "{} {} was never verified in `{required}`",
                release.product, release.version
            )),
        }
    }
    let inputs = json!({"digest": release.digest, "requires": environment.requires, "evidence": evidence});
    Finding {
        inputs: Digest::of_canonical_json(&inputs).expect("invariant: it has only text keys"),
        reasons,
        evidence,
    }
}

/// What is about to be done is what was decided about.
pub(crate) fn plan_unchanged(decided: Option<Digest>, now: Digest, changes: &[String]) -> Finding {
    let inputs = json!({"decided": decided, "now": now});
    let reasons = if decided == Some(now) {
        Vec::new()
    } else {
        let decided = decided.map_or_else(|| "nothing".to_owned(), |digest| digest.to_string());
        vec![format!(
            "{decided} was decided about, now it is {now}: {}",
            changes.join(", ")
        )]
    };
    Finding {
        inputs: Digest::of_canonical_json(&inputs).expect("invariant: it has only text keys"),
        reasons,
        evidence: vec![now.to_string()],
    }
}
