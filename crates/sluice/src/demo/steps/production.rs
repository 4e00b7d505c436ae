//! Step 12: the approved release in production.

use serde::de::IgnoredAny;

use super::{SECOND, has_arrived};
use crate::demo::player::ENGINEER;
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::CommandError;

pub(super) async fn perform(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    if !has_arrived(setting, SECOND, "prod").await? {
        let arguments = ["promote", SECOND, "--to", "prod"];
        setting
            .player()
            .sluice::<IgnoredAny>(ENGINEER, &setting.product(), &arguments)
            .await?;
    }
    let mut evidence = vec![Evidence::new(
        format!("release {SECOND} runs in prod"),
        setting.host("prod").to_owned(),
    )];
    evidence.extend(setting.masked_columns().await?);
    Ok(evidence)
}
