//! The steps of the lifecycle that this version performs, each through the commands that users have.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::demo::product::{self, ANSWERS, NAME};
use crate::demo::report::Evidence;
use crate::demo::setting::{ENVIRONMENTS, Setting};
use crate::error::CommandError;

/// The version that the demo releases.
const VERSION: &str = "1.0.0";

/// A step of the twelve. The ones that are missing come with later versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A repository from the blueprint.
    Blueprint,
    /// The empty shell in dev.
    FirstDeploy,
    /// The product verified in dev, end to end.
    Verify,
    /// The release, frozen and promoted to qa.
    FreezeAndQa,
    /// The release in production.
    Production,
}

#[derive(Deserialize)]
struct Counted {
    counts: Counts,
}

#[derive(Deserialize)]
struct Counts {
    create: usize,
    unchanged: usize,
}

impl Step {
    /// In order.
    pub(crate) const ALL: [Self; 5] = [
        Self::Blueprint,
        Self::FirstDeploy,
        Self::Verify,
        Self::FreezeAndQa,
        Self::Production,
    ];

    /// Its number in the lifecycle.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Blueprint => 1,
            Self::FirstDeploy => 2,
            Self::Verify => 6,
            Self::FreezeAndQa => 8,
            Self::Production => 12,
        }
    }

    /// What it is called.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Blueprint => "Create the product from a blueprint",
            Self::FirstDeploy => "Deploy the empty shell to dev",
            Self::Verify => "Verify the product in dev",
            Self::FreezeAndQa => "Freeze the release and promote it to qa",
            Self::Production => "Promote the release to production",
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// Those of the commands.
    pub(crate) async fn perform(self, setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
        match self {
            Self::Blueprint => blueprint(setting).await,
            Self::FirstDeploy => first_deploy(setting).await,
            Self::Verify => verify(setting).await,
            Self::FreezeAndQa => freeze_and_qa(setting).await,
            Self::Production => promote(setting, "prod").await,
        }
    }
}

async fn blueprint(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let repository = setting.product();
    if !repository.is_dir() {
        let hosts: Vec<_> = ENVIRONMENTS
            .iter()
            .map(|(name, _)| format!("{name}_host={}", setting.host(name)))
            .collect();
        let mut arguments = vec!["new", "data-product", NAME];
        for answer in ANSWERS.iter().copied().chain(hosts.iter().map(String::as_str)) {
            arguments.extend(["--set", answer]);
        }
        setting
            .player()
            .sluice::<IgnoredAny>(setting.directory(), &arguments)
            .await?;
    }
    let lock = repository.join("blueprint.lock");
    Ok(vec![
        Evidence::new(format!("Git repository of `{NAME}`"), repository.display().to_string()),
        Evidence::new("blueprint, version and answers", lock.display().to_string()),
    ])
}

async fn first_deploy(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let place = format!("{}/explore/data/dev", setting.host("dev"));
    if product::is_committed(setting.player(), &setting.product()).await? {
        return Ok(vec![Evidence::new(
            "deployed before; the product has grown since",
            place,
        )]);
    }
    let deployed: Counted = setting
        .player()
        .sluice_as("dev-engineer", &setting.product(), &["deploy", "--target", "dev"])
        .await?;
    let Counts { create, unchanged } = deployed.counts;
    Ok(vec![Evidence::new(
        format!("{create} resources created, {unchanged} there already"),
        place,
    )])
}

async fn verify(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let repository = setting.product();
    let commit = product::commit(setting.player(), &repository).await?;
    setting
        .player()
        .sluice::<IgnoredAny>(&repository, &["verify", "--target", "dev"])
        .await?;
    Ok(vec![
        Evidence::new(
            format!("the product's code, commit {}", &commit[..commit.len().min(12)]),
            repository.display().to_string(),
        ),
        Evidence::new("deployed, jobs run, tables checked", "sluice history"),
    ])
}

async fn freeze_and_qa(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let repository = setting.product();
    setting
        .player()
        .sluice::<IgnoredAny>(&repository, &["freeze", VERSION])
        .await?;
    let mut evidence = vec![Evidence::new(
        format!("release {VERSION}, frozen"),
        format!("git show sluice/{NAME}/v{VERSION}"),
    )];
    evidence.extend(promote(setting, "qa").await?);
    Ok(evidence)
}

async fn promote(setting: &Setting<'_>, environment: &str) -> Result<Vec<Evidence>, CommandError> {
    let arguments = ["promote", VERSION, "--to", environment];
    setting
        .player()
        .sluice::<IgnoredAny>(&setting.product(), &arguments)
        .await?;
    Ok(vec![Evidence::new(
        format!("release {VERSION} runs in {environment}"),
        setting.host(environment).to_owned(),
    )])
}
