//! What the people of the demo bring to the product `flight-punctuality`: the engineer's code, and the steward's contracts.

use std::path::Path;

use include_dir::{Dir, include_dir};

use crate::error::{CommandError, ExitKind};

/// Name of the product, of its repository and of its bundle.
pub(crate) const NAME: &str = "flight-punctuality";
/// Start of the names of its schemas.
pub(crate) const SCHEMA_PREFIX: &str = "flight_punctuality";
/// The layers, each a schema.
pub(crate) const LAYERS: [&str; 3] = ["bronze", "silver", "gold"];

static ENRICHMENT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../demo/enrich");

/// Answers to the questions of the blueprint `data-product`.
pub(crate) const ANSWERS: [&str; 8] = [
    "product_name=flight-punctuality",
    "schema_prefix=flight_punctuality",
    "description=How punctual the flights from New York City are, by carrier and by visibility.",
    "domain=aviation",
    "owner=domain-owners",
    "steward=stewards",
    "support=flights@sluice.test",
    "classification=internal",
];

/// Writes what the steward knows about the product into its repository: descriptor and contracts.
pub(crate) fn enrich(repository: &Path) -> Result<(), CommandError> {
    ENRICHMENT.extract(repository).map_err(|error| {
        let message = format!("cannot write the contracts to `{}`: {error}", repository.display());
        CommandError::new(ExitKind::Internal, message)
    })
}
