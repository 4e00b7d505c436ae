//! The scripts of a bundle that run at certain moments of a command: `experimental.scripts`.
//!
//! They run on this machine with the rights of whoever runs the command, also for commands that only look; every run is announced. A
//! promotion refuses a bundle that has them: what they do is not in the plan that people approve.

use sluice_model::{Tree, TreePath};

use crate::bundle_files::LoadedBundle;
use crate::ports::Progress;
use crate::shell::{Script, ScriptError};

/// When a script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// Before the files that the root file includes are read.
    PreInit,
    /// After the bundle is resolved.
    PostInit,
    /// Before artifacts are built.
    PreBuild,
    /// After artifacts are built.
    PostBuild,
    /// Before a deployment changes anything.
    PreDeploy,
    /// After a deployment.
    PostDeploy,
}

impl Hook {
    /// Its key in `experimental.scripts`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::PreInit => "preinit",
            Self::PostInit => "postinit",
            Self::PreBuild => "prebuild",
            Self::PostBuild => "postbuild",
            Self::PreDeploy => "predeploy",
            Self::PostDeploy => "postdeploy",
        }
    }
}

/// A script failed.
#[derive(Debug, thiserror::Error)]
#[error("the bundle's script `{key}` failed")]
pub struct HookError {
    /// When it ran.
    pub key: &'static str,
    /// How it ended.
    #[source]
    pub source: ScriptError,
}

/// Runs the script for this moment, if the bundle has one.
///
/// # Errors
/// When it fails.
pub async fn run(loaded: &LoadedBundle, hook: Hook, progress: &dyn Progress) -> Result<(), HookError> {
    match text(&loaded.bundle.config, hook) {
        Some(text) => execute(&text, hook, &loaded.root, progress).await,
        None => Ok(()),
    }
}

/// The script of a configuration for this moment.
pub(crate) fn text(config: &Tree, hook: Hook) -> Option<String> {
    let path = TreePath::keys(["experimental", "scripts", hook.key()]);
    let text = config.at_path(&path)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

pub(crate) async fn execute(
    text: &str,
    hook: Hook,
    directory: &std::path::Path,
    progress: &dyn Progress,
) -> Result<(), HookError> {
    progress.say(&format!("running the bundle's script `{}`", hook.key()));
    let script = Script {
        text,
        executable: None,
        directory,
    };
    let ended = script.run(|line| progress.say(&format!("  {line}"))).await;
    ended.map_err(|source| HookError {
        key: hook.key(),
        source,
    })
}
