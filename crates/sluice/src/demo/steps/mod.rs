//! The twelve steps of the lifecycle, and the two of a release that fails in production, one file each. Every step goes through the commands that users have, and can be repeated: what
//! is done already is found and reported.

mod approval;
mod blueprint;
mod build;
mod capture;
mod enrich;
mod failure;
mod first_deploy;
mod policies;
mod production;
mod readiness;
mod recovery;
mod release;
mod uat;
mod verify;

use serde::Deserialize;

use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::CommandError;

/// The first release.
const FIRST: &str = "1.0.0";
/// The release that answers the change which a reviewer asks for; this one goes to production.
const SECOND: &str = "1.0.1";

/// The release that fails in production, and succeeds later.
const THIRD: &str = "1.1.0";

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A repository from the blueprint.
    Blueprint,
    /// The empty shell in dev.
    FirstDeploy,
    /// The engineer builds in dev, with Databricks' own tools.
    Build,
    /// What was built comes into Git.
    Capture,
    /// Contracts, terms and tags.
    Enrich,
    /// The product verified in dev, end to end.
    Verify,
    /// The policies of qa and prod, before anything goes there.
    Policies,
    /// The release, frozen and promoted to qa.
    Release,
    /// The reviewers accept, or ask for a change.
    Uat,
    /// The policies of prod, for the release that goes there.
    Readiness,
    /// The domain owner agrees.
    Approval,
    /// The release in production.
    Production,
    /// Another release fails in production, and what ran before comes back.
    Failure,
    /// The same release succeeds.
    Recovery,
}

impl Step {
    /// The lifecycle, in order.
    pub(crate) const LIFECYCLE: [Self; 12] = [
        Self::Blueprint,
        Self::FirstDeploy,
        Self::Build,
        Self::Capture,
        Self::Enrich,
        Self::Verify,
        Self::Policies,
        Self::Release,
        Self::Uat,
        Self::Readiness,
        Self::Approval,
        Self::Production,
    ];
    /// Production that fails, in order; after the lifecycle.
    pub(crate) const PRODUCTION_THAT_FAILS: [Self; 2] = [Self::Failure, Self::Recovery];

    /// Its number in the lifecycle.
    pub(crate) fn number(self) -> u8 {
        self as u8 + 1
    }

    /// What it is called.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Blueprint => "Create the product from a blueprint",
            Self::FirstDeploy => "Deploy the empty shell to dev",
            Self::Build => "Build in dev with Databricks' own tools",
            Self::Capture => "Capture what was built into Git",
            Self::Enrich => "Enrich with contracts, terms and tags",
            Self::Verify => "Verify the product in dev",
            Self::Policies => "Check the policies of qa and prod",
            Self::Release => "Freeze the release and promote it to qa",
            Self::Uat => "Accept in qa, and change what a reviewer asks for",
            Self::Readiness => "Check that the release is ready for prod",
            Self::Approval => "Ask for approval and get it",
            Self::Production => "Promote the release to production",
            Self::Failure => "Another release fails in production, and what ran before comes back",
            Self::Recovery => "The same release succeeds",
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// Those of the commands.
    pub(crate) async fn perform(self, setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
        match self {
            Self::Blueprint => blueprint::perform(setting).await,
            Self::FirstDeploy => first_deploy::perform(setting).await,
            Self::Build => build::perform(setting).await,
            Self::Capture => capture::perform(setting).await,
            Self::Enrich => enrich::perform(setting).await,
            Self::Verify => verify::perform(setting).await,
            Self::Policies => policies::perform(setting).await,
            Self::Release => release::perform(setting).await,
            Self::Uat => uat::perform(setting).await,
            Self::Readiness => readiness::perform(setting).await,
            Self::Approval => approval::perform(setting).await,
            Self::Production => production::perform(setting).await,
            Self::Failure => failure::perform(setting).await,
            Self::Recovery => recovery::perform(setting).await,
        }
    }
}

/// A promotion, as `promotion list` shows it.
#[derive(Debug, Deserialize)]
struct Promotion {
    id: String,
    version: String,
    environment: String,
    state: String,
}

/// The promotions of a release to an environment, oldest first.
async fn promotions(setting: &Setting<'_>, version: &str, environment: &str) -> Result<Vec<Promotion>, CommandError> {
    let mut all: Vec<Promotion> = setting
        .player()
        .sluice(
            crate::demo::player::ENGINEER,
            &setting.product(),
            &["promotion", "list"],
        )
        .await?;
    all.retain(|promotion| promotion.version == version && promotion.environment == environment);
    Ok(all)
}

/// The newest promotion of a release to an environment.
async fn newest_promotion(
    setting: &Setting<'_>,
    version: &str,
    environment: &str,
) -> Result<Option<Promotion>, CommandError> {
    Ok(promotions(setting, version, environment).await?.pop())
}

/// Whether the release was frozen.
async fn is_frozen(setting: &Setting<'_>, version: &str) -> Result<bool, CommandError> {
    let releases = setting.releases().await?;
    Ok(releases.iter().any(|release| release.version == version))
}

/// Whether a release has arrived in an environment at some time.
async fn has_arrived(setting: &Setting<'_>, version: &str, environment: &str) -> Result<bool, CommandError> {
    let promotion = newest_promotion(setting, version, environment).await?;
    Ok(promotion.is_some_and(|promotion| promotion.state == "completed"))
}
