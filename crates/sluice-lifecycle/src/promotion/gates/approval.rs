//! Gate `approval`: those whose agreement the environment wants agree, to exactly this.

use serde_json::json;
use sluice_store::record::Verdict;

use super::{Case, Finding};
use crate::approval::request::{self, Standing};
use crate::machines::promotion::PromotionEvent;
use crate::promotion::PromoteError;

/// The gate asks for what is missing, so it writes: approvals that no longer hold end here, new ones are opened.
pub(super) async fn find(case: Case<'_>) -> Result<Finding, PromoteError> {
    let statement = request::statement(case.use_case, case.promotion, case.environment).await?;
    let inputs = json!({"statement": statement, "roles": case.environment.approvals.iter()
        .map(|rule| (&rule.role, rule.count)).collect::<Vec<_>>()});
    Ok(match request::settle(case).await? {
        Standing::Granted(used) => Finding::of(&inputs, Vec::new(), used.into_iter().map(|row| row.id).collect()),
        Standing::Waiting(reasons) => Finding {
            verdict: Verdict::Pending,
            ..Finding::of(&inputs, reasons, Vec::new())
        },
        Standing::Denied(reasons) => Finding::of(&inputs, reasons, Vec::new()),
        Standing::Expired(reasons) => Finding {
            ends: Some(PromotionEvent::Expire),
            ..Finding::of(&inputs, reasons, Vec::new())
        },
    })
}
