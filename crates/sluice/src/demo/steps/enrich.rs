//! Step 5: the steward writes the contracts of the gold tables and says what the product is; the engineer says of the mask what
//! policies want to know, and asks for a waiver.

use jiff::SignedDuration;
use serde::de::IgnoredAny;
use sluice_model::Timestamp;

use crate::demo::player::{ENGINEER, STEWARD};
use crate::demo::product;
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::CommandError;

const SUBJECT: &str = "Contracts of the gold tables, and what the product is";
const DECLARED: &str = "Declare the mask deterministic, and waive a tag for a month";
/// A mask has to be deterministic, and to say so: file, what stands there, what is to stand there.
const MASK: (&str, &str, &str) = (
    "catalog/silver.yml",
    "    returns: string\n",
    "    returns: string\n    deterministic: true\n",
);
/// For how long the tag that the job lacks is waived.
const WAIVED: SignedDuration = SignedDuration::from_hours(30 * 24);
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
    if repository.commit_named(ENGINEER, DECLARED).await?.is_none() {
        for edit in EDITS {
            player.sluice::<IgnoredAny>(STEWARD, repository.root(), edit).await?;
        }
        let (file, old, new) = MASK;
        repository.replace(file, old, new)?;
        repository.write("waivers.yaml", &waivers(Timestamp::now()))?;
        repository.commit(ENGINEER, DECLARED).await?;
    }
    let check = ["contract", "check"];
    player.sluice::<IgnoredAny>(STEWARD, repository.root(), &check).await?;
    Ok(vec![
        Evidence::new(
            "two contracts, ports, owner, usage and retention",
            format!("git show {commit}"),
        ),
        Evidence::new("both contracts are sound and fit their tables", "sluice contract check"),
        Evidence::new(
            "a waiver of one finding, for 30 days",
            repository.root().join("waivers.yaml").display().to_string(),
        ),
    ])
}

/// The waiver of a tag that the job lacks until the accounts are set up: a reason, who agreed, and an end.
fn waivers(now: Timestamp) -> String {
    let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
    let end = now.saturating_add(WAIVED).unwrap_or(now);
    format!(
        "version: 1\nwaivers:\n  - id: W-1\n    rule: AR-12\n    subject: resources.jobs.flight_punctuality\n    environments: [qa, prod]\n    \
         reason: Costs are split by workspace until the accounts are set up.\n    ticket: FIN-17\n    requested_by: engineer@sluice.test\n    \
         approved_by: security@sluice.test\n    created: {}\n    expires: {}\n",
        day(now),
        day(end)
    )
}
