//! Step 10: the policies of prod, for the frozen release.

use super::SECOND;
use crate::demo::player::ENGINEER;
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::CommandError;

pub(super) async fn perform(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let arguments = ["check", "--for", "prod", "--release", SECOND];
    let checked: super::policies::Checked = setting
        .player()
        .sluice(ENGINEER, &setting.product(), &arguments)
        .await?;
    Ok(vec![Evidence::new(
        format!("release {SECOND}: {}", checked.summary()),
        format!("sluice {}", arguments.join(" ")),
    )])
}
