//! Step 1: a Git repository from the blueprint.

use serde::de::IgnoredAny;

use crate::demo::player::ENGINEER;
use crate::demo::product::{ANSWERS, NAME};
use crate::demo::report::Evidence;
use crate::demo::setting::{ENVIRONMENTS, Setting};
use crate::error::CommandError;

pub(super) async fn perform(setting: &Setting<'_>) -> Result<Vec<Evidence>, CommandError> {
    let repository = setting.product();
    if !repository.is_dir() {
        let hosts: Vec<_> = ENVIRONMENTS
            .iter()
            .map(|(name, _)| format!("{name}_host={}", setting.host(name)))
            .collect();
        let mut arguments = vec!["new", "data-product", NAME];
        for answer in ANSWERS.iter().copied().chain(hosts.iter().map(String::as_str)) {
            arguments.extend(["--set", answer]);
        }
        setting
            .player()
            .sluice::<IgnoredAny>(ENGINEER, setting.directory(), &arguments)
            .await?;
    }
    let lock = repository.join("blueprint.lock");
    Ok(vec![
        Evidence::new(format!("Git repository of `{NAME}`"), repository.display().to_string()),
        Evidence::new("blueprint, version and answers", lock.display().to_string()),
    ])
}
