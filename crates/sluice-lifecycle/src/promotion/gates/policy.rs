//! Gate `policy`: no rule blocks. The report is kept in the ledger.

use serde_json::json;
use sluice_policy::input::ReleaseFacts;
use sluice_policy::{Decision, Report};
use sluice_store::Change;
use sluice_store::record::{PolicyDecision, PolicyReport};
use uuid::Uuid;

use super::{Case, Finding};
use crate::policy::{Content, Gathering, Workspace, evaluate, evaluator};
use crate::promotion::PromoteError;

/// Evaluates all rules on what is about to be deployed.
///
/// # Errors
/// When the rules have faults, or what they look at cannot be read.
pub(super) async fn find(case: Case<'_>) -> Result<Finding, PromoteError> {
    let evaluator = evaluator(Some(case.platform)).map_err(crate::policy::GatherError::from)?;
    let release = ReleaseFacts {
        version: case.release.version.to_string(),
        digest: case.release.digest.to_string(),
        commit: case.release.commit.clone(),
        recorded: true,
    };
    let loaded = &case.candidate.loaded;
    let gathering = Gathering {
        store: case.use_case.store,
        platform: case.platform,
        environment: case.environment,
        content: Content {
            root: &loaded.root,
            repository: case.repository,
            release: Some(&release),
        },
        workspace: Workspace {
            loaded: Ok(loaded),
            plan: Ok(&case.planned.plan),
        },
        now: case.use_case.clock.now(),
    };
    let report = evaluate(&evaluator, gathering).await?;
    let id = record(case, &report).await?;
    let inputs = json!({"policies": report.pack_digest, "input": report.input_digest, "decision": report.decision});
    let reasons = report.blocking().map(ToString::to_string).collect();
    Ok(Finding::of(&inputs, reasons, vec![id]))
}

async fn record(case: Case<'_>, report: &Report) -> Result<String, PromoteError> {
    let id = format!("c-{}", &Uuid::new_v4().simple().to_string()[..12]);
    let row = PolicyReport {
        id: id.clone(),
        product: case.release.product.clone(),
        environment: case.environment.name.clone(),
        promotion: case.promotion.id.clone(),
        version: case.release.version.clone(),
        digest: case.release.digest,
        pack_digest: report.pack_digest,
        input_digest: report.input_digest,
        decision: match report.decision {
            Decision::Allow => PolicyDecision::Allow,
            Decision::Deny => PolicyDecision::Deny,
        },
        report: json!(report),
        at: report.now,
        row_version: 1,
    };
    case.use_case.record(Change::PolicyReport(Box::new(row))).await?;
    Ok(id)
}
