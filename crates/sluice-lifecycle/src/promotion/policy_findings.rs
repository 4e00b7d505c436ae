//! What the policies said about a promotion, as the report in the ledger tells it.

use serde::{Deserialize, Serialize};
use sluice_model::{Digest, Timestamp};
use sluice_store::record::PolicyDecision;
use sluice_store::{Store, StoreError};

/// The last report of the policies about a promotion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyFindings {
    /// Id of the report: the evidence of gate `policy`.
    pub report: String,
    /// The decision.
    pub decision: PolicyDecision,
    /// Digest of the rules with their parameters.
    pub pack_digest: Digest,
    /// When.
    pub at: Timestamp,
    /// Rules that were asked, and how many of them hold.
    pub rules: usize,
    /// Rules that hold.
    pub passed: usize,
    /// What they found: what blocks first.
    pub findings: Vec<FindingLine>,
}

/// One finding, as far as people are shown it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingLine {
    /// The rule.
    pub id: String,
    /// Title of the rule.
    pub title: String,
    /// What it does: `deny` stops a promotion, `warn` and `info` do not.
    pub effect: String,
    /// About what.
    pub subject: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remediation: String,
    /// The waiver that covers it.
    pub waived: Option<WaivedLine>,
}

/// The waiver of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaivedLine {
    /// Id of the waiver.
    pub waiver: String,
    /// Why.
    pub reason: String,
    /// Who approved it.
    pub by: String,
    /// The last day on which it counts.
    pub expires: String,
}

#[derive(Deserialize)]
struct Recorded {
    summary: Counts,
    findings: Vec<FindingLine>,
}

#[derive(Deserialize)]
struct Counts {
    rules: usize,
    passed: usize,
}

/// The last report about a promotion; none when its environment asks no policies, or has not asked them yet.
///
/// # Errors
/// When the ledger cannot be read, or the report is of another version.
pub async fn policy_findings(store: &Store, promotion: &str) -> Result<Option<PolicyFindings>, StoreError> {
    let Some(row) = store.policy_reports(Some(promotion)).await?.pop() else {
        return Ok(None);
    };
    let recorded: Recorded = serde_json::from_value(row.report).map_err(|source| StoreError::Decode {
        row: format!("policy_reports {}", row.id),
        source,
    })?;
    Ok(Some(PolicyFindings {
        report: row.id,
        decision: row.decision,
        pack_digest: row.pack_digest,
        at: row.at,
        rules: recorded.summary.rules,
        passed: recorded.summary.passed,
        findings: recorded.findings,
    }))
}
