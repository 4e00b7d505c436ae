//! Step 4: what lives in dev comes into Git.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::demo::player::ENGINEER;
use crate::demo::report::Evidence;
use crate::demo::setting::Setting;
use crate::error::CommandError;

const SUBJECT: &str = "Capture what was built in dev";

#[derive(Deserialize)]
struct Captured {
    files: Vec<IgnoredAny>,
}

/// The commit that captured what was built, when that was done.
pub(super) async fn commit(setting: &Setting<'_>) -> Result<Option<String>, CommandError> {
    setting.repository().commit_named(ENGINEER, SUBJECT).await
}

pub(super) async fn perform(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let repository = setting.repository();
    if let Some(commit) = commit(setting).await? {
        let place = format!("git show {commit}");
        return Ok(vec![Evidence::new("captured before", place)]);
    }
    let captured: Captured = setting
        .player()
        .sluice(ENGINEER.at("dev"), repository.root(), &["capture", "--target", "dev"])
        .await?;
    let commit = repository.commit(ENGINEER, SUBJECT).await?;
    let text = format!("{} files written and committed", captured.files.len());
    Ok(vec![Evidence::new(text, format!("git show {commit}"))])
}
