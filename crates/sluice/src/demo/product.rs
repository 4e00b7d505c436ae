//! The content of the product `flight-punctuality`: what an engineer adds to the shell that the blueprint made.

use std::path::Path;

use include_dir::{Dir, include_dir};

use crate::demo::player::{ENGINEER, Player};
use crate::error::{CommandError, ExitKind};

/// Name of the product, of its repository and of its bundle.
pub(crate) const NAME: &str = "flight-punctuality";
/// Start of the names of its schemas.
pub(crate) const SCHEMA_PREFIX: &str = "flight_punctuality";
/// The layers, each a schema.
pub(crate) const LAYERS: [&str; 3] = ["bronze", "silver", "gold"];

static CONTENT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../demo/flight-punctuality");

/// Answers to the questions of the blueprint `data-product`.
pub(crate) const ANSWERS: [&str; 8] = [
    "product_name=flight-punctuality",
    "schema_prefix=flight_punctuality",
    "description=How punctual the flights from New York City are, by carrier and by visibility.",
    "domain=aviation",
    "owner=domain-owner@sluice.test",
    "steward=steward@sluice.test",
    "support=flights@sluice.test",
    "classification=internal",
];

/// Writes the content into the repository and commits it as the engineer. Returns the commit; nothing is committed when the
/// repository holds it already.
pub(crate) async fn commit(player: &Player<'_>, repository: &Path) -> Result<String, CommandError> {
    CONTENT.extract(repository).map_err(|error| {
        CommandError::new(
            ExitKind::Internal,
            format!(
                "cannot write the product's files to `{}`: {error}",
                repository.display()
            ),
        )
    })?;
    player.git(ENGINEER, repository, &["add", "--all"]).await?;
    if !player
        .git(ENGINEER, repository, &["status", "--porcelain"])
        .await?
        .trim()
        .is_empty()
    {
        let message = "Load, join and compute punctuality of flights";
        player
            .git(ENGINEER, repository, &["commit", "--quiet", "--message", message])
            .await?;
    }
    Ok(player
        .git(ENGINEER, repository, &["rev-parse", "HEAD"])
        .await?
        .trim()
        .to_owned())
}

/// Whether the repository holds more than the blueprint's own commit.
pub(crate) async fn is_committed(player: &Player<'_>, repository: &Path) -> Result<bool, CommandError> {
    Ok(player
        .git(ENGINEER, repository, &["rev-list", "--count", "HEAD"])
        .await?
        .trim()
        != "1")
}
