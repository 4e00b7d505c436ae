//! Step 6: the product verified in dev, end to end.

use serde::Deserialize;

use super::{FIRST, is_frozen};
use crate::demo::player::ENGINEER;
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::CommandError;

#[derive(Deserialize)]
struct Verified {
    commit: String,
    verification: String,
    checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    kind: String,
}

pub(super) async fn perform(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    if is_frozen(setting, FIRST).await? {
        let text = format!("verified before; release {FIRST} rests on it");
        return Ok(vec![Evidence::new(text, format!("sluice release show {FIRST}"))]);
    }
    let verified: Verified = setting
        .player()
        .sluice(ENGINEER, &setting.product(), &["verify", "--target", "dev"])
        .await?;
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for check in &verified.checks {
        match kinds.iter_mut().find(|(kind, _)| *kind == check.kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((&check.kind, 1)),
        }
    }
    let counts: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    let commit: String = verified.commit.chars().take(12).collect();
    Ok(vec![
        Evidence::new(
            format!("commit {commit} deployed to dev"),
            setting.host("dev").to_owned(),
        ),
        Evidence::new(
            format!("{} checks passed: {}", verified.checks.len(), counts.join(", ")),
            format!("sluice ledger show, verification {}", verified.verification),
        ),
    ])
}
