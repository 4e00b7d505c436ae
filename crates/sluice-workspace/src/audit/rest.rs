//! The control plane: administrators read the decisions, the newest first.

use axum::Json;
use serde::{Deserialize, Serialize};

use super::record::{Decision, RuleKind};
use crate::call::Call;
use crate::error::ApiError;
use crate::route::Route;
use crate::seed::{principal_name, seeded_principals};

/// The path of the control plane.
pub const AUDIT_PATH: &str = "/_sluice/audit";

/// How many are shown when nobody says otherwise, and at most.
const PAGE: i64 = 100;
const LARGEST_PAGE: i64 = 10_000;

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decisions {
    /// The newest first.
    pub decisions: Vec<Decision>,
    /// The parameter `before` that gets the next ones; none when there are no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<i64>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get(AUDIT_PATH, list)]
}

async fn list(call: Call) -> Result<Json<Decisions>, ApiError> {
    call.principal.require_admin("read the audit of decisions")?;
    let workspace = &call.workspace;
    let text = |name: &str| call.query(name).filter(|value| !value.is_empty());
    let principal = text("principal").map(|name| match seeded_principals().contains(&name) {
        true => principal_name(name),
        false => name.to_owned(),
    });
    let allowed: Option<bool> = call.parse_query("allowed")?;
    let rule = text("rule").map(str::parse::<RuleKind>).transpose()?;
    let limit = call.parse_query("limit")?.unwrap_or(PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return Err(ApiError::invalid(format!(
            "`limit` must be between 1 and {LARGEST_PAGE}, it is {limit}"
        )));
    }
    workspace.audit.write(&workspace.store).await?;
    let decisions: Vec<Decision> = sqlx::query_as(
        "SELECT * FROM audit_decision WHERE coalesce(principal = ?, 1) AND coalesce(action = ?, 1) \
         AND coalesce(instr(object, ?) > 0, 1) AND coalesce(allowed = ?, 1) AND coalesce(rule = ?, 1) \
         AND coalesce(request_id = ?, ?) AND coalesce(at >= ?, 1) AND coalesce(sequence < ?, 1) \
         ORDER BY sequence DESC LIMIT ?",
    )
    .bind(principal)
    .bind(text("action"))
    .bind(text("object"))
    .bind(allowed)
    .bind(rule.map(RuleKind::as_str))
    .bind(text("request_id"))
    // A decision without a request answers no question about one.
    .bind(text("request_id").is_none())
    .bind(call.parse_query::<i64>("since")?)
    .bind(call.parse_query::<i64>("before")?)
    .bind(limit)
    .fetch_all(workspace.store.reader())
    .await?;
    let full = i64::try_from(decisions.len()).is_ok_and(|count| count == limit);
    let before = decisions.last().filter(|_| full).map(|last| last.sequence);
    Ok(Json(Decisions { decisions, before }))
}
