//! Step 5: the steward writes the contracts of the gold tables and says what the product is.

use serde::de::IgnoredAny;

use crate::demo::player::STEWARD;
use crate::demo::product;
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::CommandError;

const SUBJECT: &str = "Contracts of the gold tables, and what the product is";
/// Edits by command: each is one commit, or none when it is there already.
const EDITS: [&[&str]; 3] = [
    &["metadata", "term", "carrier-month.carrier_name", "aviation/carrier"],
    &[
        "metadata",
        "tag",
        "weather-delay.mean_departure_delay",
        "classification=internal",
    ],
    &[
        "metadata",
        "describe",
        "weather-delay.flights",
        "Flights with a weather record in their hour of departure.",
    ],
];

pub(super) async fn perform(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let repository = setting.repository();
    let commit = match repository.commit_named(STEWARD, SUBJECT).await? {
        Some(commit) => commit,
        None => {
            product::enrich(repository.root())?;
            repository.commit(STEWARD, SUBJECT).await?
        }
    };
    let player = setting.player();
    for edit in EDITS {
        player.sluice::<IgnoredAny>(STEWARD, repository.root(), edit).await?;
    }
    let check = ["contract", "check"];
    player.sluice::<IgnoredAny>(STEWARD, repository.root(), &check).await?;
    Ok(vec![
        Evidence::new(
            "two contracts, ports, owner, usage and retention",
            format!("git show {commit}"),
        ),
        Evidence::new("both contracts are sound and fit their tables", "sluice contract check"),
    ])
}
