//! Gate `plan-unchanged`: what is about to be done is what was decided about.

use serde_json::json;

use super::{Case, Finding};
use crate::execution::checks;

pub(super) fn find(case: Case<'_>) -> Finding {
    let decided = case.promotion.effect_digest;
    let now = case.planned.plan.effect_digest;
    let reasons = if decided == Some(now) {
        Vec::new()
    } else {
        let decided = decided.map_or_else(|| "nothing".to_owned(), |digest| digest.to_string());
        let changes = checks::changes(&case.planned.plan).join(", ");
        vec![format!("{decided} was decided about, now it is {now}: {changes}")]
    };
    Finding::of(&json!({"decided": decided, "now": now}), reasons, vec![now.to_string()])
}
