//! Gate `upstream-verified`: every required environment has this release verified.

use serde_json::json;
use sluice_model::Digest;
use sluice_store::StoreError;
use sluice_store::record::{Deployment, Release, Verification};

use super::{Case, Finding};
use crate::platform::Environment;
use crate::release::Manifest;

/// Every required environment has this release verified: as this release, or as the same content before the freeze.
pub(super) async fn find(case: Case<'_>) -> Result<Finding, StoreError> {
    let (store, release) = (case.use_case.store, case.release);
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
        case.environment,
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
    Finding::of(&inputs, reasons, evidence)
}
