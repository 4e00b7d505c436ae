//! After the failure: the same release, asked for and approved anew, arrives in production.

use serde::de::IgnoredAny;

use super::{THIRD, approval, has_arrived};
use crate::demo::player::ENGINEER;
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::CommandError;

pub(super) async fn perform(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    if !has_arrived(setting, THIRD, "prod").await? {
        approval::granted(setting, THIRD).await?;
        let arguments = ["promote", THIRD, "--to", "prod"];
        let (player, repository) = (setting.player(), setting.product());
        player.sluice::<IgnoredAny>(ENGINEER, &repository, &arguments).await?;
    }
    let mut evidence = vec![Evidence::new(
        format!("release {THIRD} runs in prod, under a new approval"),
        setting.host("prod").to_owned(),
    )];
    evidence.extend(setting.masked_columns().await?);
    Ok(evidence)
}
