//! Step 3: the engineer builds in dev with `databricks-sdk`. Nothing of Sluice takes part.

use super::capture;
use crate::demo::engineer;
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::CommandError;

pub(super) async fn perform(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let host = setting.host("dev").to_owned();
    if let Some(commit) = capture::commit(setting).await? {
        let text = format!("built before, captured in commit {commit}");
        return Ok(vec![Evidence::new(text, host)]);
    }
    engineer::build(setting).await
}
