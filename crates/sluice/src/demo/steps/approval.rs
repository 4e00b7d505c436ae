//! Step 11: the promotion to prod waits for the domain owner; who wrote the change cannot agree to it.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{SECOND, newest_promotion};
use crate::demo::player::{DOMAIN_OWNER, ENGINEER};
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::{CommandError, ExitKind};

#[derive(Deserialize)]
struct Shown {
    approvals: Vec<Approval>,
    refusals: Vec<Refusal>,
}

#[derive(Deserialize)]
struct Approval {
    state: String,
}

#[derive(Deserialize)]
struct Refusal {
    reasons: Vec<String>,
}

pub(super) async fn perform(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let id = requested(setting, SECOND).await?;
    let mut shown = show(setting, &id).await?;
    if !is_granted(&shown) {
        let (player, repository) = (setting.player(), setting.product());
        if shown.refusals.is_empty() {
            player
                .refused(ENGINEER.at("prod"), &repository, &["approve", &id])
                .await?;
        }
        approve(setting, &id).await?;
        shown = show(setting, &id).await?;
    }
    let place = format!("sluice promotion show {id}");
    let mut evidence: Vec<_> = shown
        .refusals
        .iter()
        .map(|refusal| Evidence::new(format!("refused: {}", refusal.reasons.join("; ")), place.as_str()))
        .collect();
    evidence.push(Evidence::new(
        format!("{} approved {SECOND} for prod", DOMAIN_OWNER.email),
        place,
    ));
    evidence.push(Evidence::new(
        format!("{} notifications arrived at the webhook", setting.sink().received()),
        setting.sink().file().display().to_string(),
    ));
    Ok(evidence)
}

/// The promotion of a release to prod that was asked for; asks for it when it was not.
async fn requested(setting: &Setting<'_>, version: &str) -> Result<String, CommandError> {
    let waits = |state: &str| ["awaiting_approval", "executing", "completed"].contains(&state);
    if let Some(known) = newest_promotion(setting, version, "prod").await?
        && waits(&known.state)
    {
        return Ok(known.id);
    }
    let arguments = ["promote", version, "--to", "prod"];
    setting
        .player()
        .sluice::<IgnoredAny>(ENGINEER, &setting.product(), &arguments)
        .await?;
    let promotion = newest_promotion(setting, version, "prod").await?;
    let missing = || CommandError::new(ExitKind::Internal, "the promotion to prod is not in the ledger");
    Ok(promotion.ok_or_else(missing)?.id)
}

/// Asks for a release in prod, and gets the approval of the domain owner.
pub(super) async fn granted(setting: &Setting<'_>, version: &str) -> Result<(), CommandError> {
    let id = requested(setting, version).await?;
    if is_granted(&show(setting, &id).await?) {
        return Ok(());
    }
    approve(setting, &id).await
}

async fn approve(setting: &Setting<'_>, id: &str) -> Result<(), CommandError> {
    let comment = "Accepted in qa by business, legal and security";
    let arguments = ["approve", id, "--comment", comment];
    let (player, repository) = (setting.player(), setting.product());
    player
        .sluice::<IgnoredAny>(DOMAIN_OWNER.at("prod"), &repository, &arguments)
        .await
        .map(drop)
}

async fn show(setting: &Setting<'_>, id: &str) -> Result<Shown, CommandError> {
    setting
        .player()
        .sluice(ENGINEER, &setting.product(), &["promotion", "show", id])
        .await
}

fn is_granted(shown: &Shown) -> bool {
    let granted = |state: &str| ["granted", "consumed"].contains(&state);
    shown.approvals.iter().any(|approval| granted(&approval.state))
}
