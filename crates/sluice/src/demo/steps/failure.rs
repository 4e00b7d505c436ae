//! After the twelve: release 1.1.0 changes a column, a grant, the mask, the job and the Genie space. In production it fails after it altered a
//! table and its job rewrote all of them, and what ran before comes back, rows included.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{THIRD, approval, has_arrived, is_frozen, promotions, uat};
use crate::demo::player::ENGINEER;
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::{CommandError, ExitKind};

const SUBJECT: &str = "Add the worst delay, and let stewards read it";
/// File, what stands there, what is to stand there.
const EDITS: [(&str, &str, &str); 8] = [
    (
        "catalog/gold.yml",
        "      - {name: mean_departure_delay, type: double}\n",
        "      - {name: mean_departure_delay, type: double}\n      - {name: worst_departure_delay, type: int}\n",
    ),
    (
        "catalog/gold.yml",
        "      layer: gold\n  weather_delay:\n",
        "      layer: gold\n    grants:\n      - {principal: stewards, privileges: [SELECT]}\n  weather_delay:\n",
    ),
    (
        "src/gold/weather_delay.sql",
        "  avg(dep_delay) AS mean_departure_delay\n",
        "  avg(dep_delay) AS mean_departure_delay,\n  max(dep_delay) AS worst_departure_delay\n",
    ),
    (
        "contracts/weather_delay.odcs.yaml",
        "team:\n",
        "      - name: worst_departure_delay\n        logicalType: integer\n        physicalType: int\n        description: Longest known departure \
         delay, in minutes.\n        classification: internal\nteam:\n",
    ),
    (
        "contracts/weather_delay.odcs.yaml",
        "\nversion: 1.0.0\n",
        "\nversion: 1.1.0\n",
    ),
    ("catalog/silver.yml", "THEN '***' ELSE", "THEN 'hidden' ELSE"),
    (
        "resources/flight_punctuality.job.yml",
        "timeout_seconds: 3600",
        "timeout_seconds: 1800",
    ),
    (
        "resources/flight_punctuality_genie_space.genie_space.yml",
        "How much does poor visibility delay departures?",
        "How much does fog delay departures at worst?",
    ),
];
/// What goes wrong in production: after the job the check of a table is turned away. By then the tables are rewritten.
const FAULT: [&str; 15] = [
    "workspace",
    "fault",
    "add",
    "--environment",
    "prod",
    "--principal",
    "deployer",
    "--body-contains",
    "SELECT count(*) FROM",
    "--nth",
    "3",
    "--status",
    "400",
    "--message",
    "the warehouse was stopped",
];

#[derive(Deserialize)]
struct Shown {
    deployment: Option<Deployment>,
}

#[derive(Deserialize)]
struct Deployment {
    id: String,
    state: String,
    rollback: Option<Rollback>,
}

#[derive(Deserialize)]
struct Rollback {
    because: Vec<String>,
    restored: Vec<String>,
    recreated: Vec<String>,
    not_restorable: Vec<String>,
    needs_human: Vec<String>,
}

pub(super) async fn perform(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    ready(setting).await?;
    let found = match rolled_back(setting).await? {
        Some(found) => found,
        None => {
            fail(setting).await?;
            let missing = || CommandError::new(ExitKind::Internal, format!("{THIRD} was not taken back in prod"));
            rolled_back(setting).await?.ok_or_else(missing)?
        }
    };
    let (id, rollback) = found;
    let place = format!("sluice deployment show {id}");
    let line = |text: String| Evidence::new(text, place.as_str());
    Ok(vec![
        line(format!("{THIRD} failed in prod: {}", rollback.because.join("; "))),
        line(format!(
            "{} restored, {} recreated, {} for a human; not restorable: {}",
            rollback.restored.len(),
            rollback.recreated.len(),
            rollback.needs_human.len(),
            rollback.not_restorable.join("; ")
        )),
    ])
}

/// The release is verified in dev, accepted in qa, and approved for prod.
async fn ready(setting: &Setting<'_>) -> Result<(), CommandError> {
    let (player, repository) = (setting.player(), setting.repository());
    if repository.commit_named(ENGINEER, SUBJECT).await?.is_none() {
        for (file, old, new) in EDITS {
            repository.replace(file, old, new)?;
        }
        repository.commit(ENGINEER, SUBJECT).await?;
    }
    if !is_frozen(setting, THIRD).await? {
        for arguments in [["verify", "--target", "dev"].as_slice(), &["freeze", THIRD]] {
            player
                .sluice::<IgnoredAny>(ENGINEER, repository.root(), arguments)
                .await?;
        }
    }
    if !has_arrived(setting, THIRD, "qa").await? {
        let arguments = ["promote", THIRD, "--to", "qa"];
        player
            .sluice::<IgnoredAny>(ENGINEER, repository.root(), &arguments)
            .await?;
    }
    uat::accepted(setting, THIRD).await.map(drop)
}

/// Lets production fail.
async fn fail(setting: &Setting<'_>) -> Result<(), CommandError> {
    let (player, repository) = (setting.player(), setting.product());
    approval::granted(setting, THIRD).await?;
    // A demo that was stopped here has its fault already; two would be one too many for the next step.
    let clear = ["workspace", "fault", "clear", "--environment", "prod"];
    for arguments in [clear.as_slice(), &FAULT] {
        player.sluice::<IgnoredAny>(ENGINEER, &repository, arguments).await?;
    }
    let arguments = ["promote", THIRD, "--to", "prod"];
    player.refused(ENGINEER, &repository, &arguments).await?;
    player
        .sluice::<IgnoredAny>(ENGINEER, &repository, &clear)
        .await
        .map(drop)
}

/// The deployment of the release to prod that was taken back, with what came of that.
async fn rolled_back(setting: &Setting<'_>) -> Result<Option<(String, Rollback)>, CommandError> {
    for promotion in promotions(setting, THIRD, "prod").await? {
        let arguments = ["promotion", "show", &promotion.id];
        let shown: Shown = setting
            .player()
            .sluice(ENGINEER, &setting.product(), &arguments)
            .await?;
        if let Some(deployment) = shown.deployment
            && deployment.state == "rolled_back"
            && let Some(rollback) = deployment.rollback
        {
            return Ok(Some((deployment.id, rollback)));
        }
    }
    Ok(None)
}
