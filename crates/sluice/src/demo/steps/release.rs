//! Step 8: the verified commit is frozen and goes to qa.

use serde::de::IgnoredAny;

use super::{FIRST, has_arrived, is_frozen};
use crate::demo::player::ENGINEER;
use crate::demo::product::NAME;
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::CommandError;

pub(super) async fn perform(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let repository = setting.product();
    if !has_arrived(setting, FIRST, "qa").await? {
        let player = setting.player();
        if !is_frozen(setting, FIRST).await? {
            let arguments = ["freeze", FIRST];
            player.sluice::<IgnoredAny>(ENGINEER, &repository, &arguments).await?;
        }
        let arguments = ["promote", FIRST, "--to", "qa"];
        player.sluice::<IgnoredAny>(ENGINEER, &repository, &arguments).await?;
    }
    Ok(vec![
        Evidence::new(
            format!("release {FIRST}, frozen"),
            format!("git show sluice/{NAME}/v{FIRST}"),
        ),
        Evidence::new(format!("release {FIRST} went to qa"), setting.host("qa").to_owned()),
    ])
}
