//! Step 2: the empty shell in dev.

use serde::Deserialize;

use super::capture;
use crate::demo::player::ENGINEER;
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::CommandError;

#[derive(Deserialize)]
struct Counted {
    counts: Counts,
}

#[derive(Deserialize)]
struct Counts {
    create: usize,
    unchanged: usize,
}

pub(super) async fn perform(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let place = format!("{}/explore/data/dev", setting.host("dev"));
    if capture::commit(setting).await?.is_some() {
        let text = "deployed before; the product has grown since";
        return Ok(vec![Evidence::new(text, place)]);
    }
    let deployed: Counted = setting
        .player()
        .sluice(ENGINEER.at("dev"), &setting.product(), &["deploy", "--target", "dev"])
        .await?;
    let Counts { create, unchanged } = deployed.counts;
    Ok(vec![Evidence::new(
        format!("{create} resources created, {unchanged} there already"),
        place,
    )])
}
