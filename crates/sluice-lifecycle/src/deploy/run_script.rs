//! Runs a script of the bundle's `scripts` block, on this machine and in the identity of the target.

use std::collections::BTreeMap;

use sluice_model::{Tree, TreePath};

use crate::bundle_files::LoadedBundle;
use crate::shell::{Script, ScriptError};

/// A script cannot be run, or ended with an error.
#[derive(Debug, thiserror::Error)]
pub enum ScriptRunError {
    /// The shell does not start.
    #[error(transparent)]
    Shell(#[from] ScriptError),
    /// It ended with an error.
    #[error("script `{name}` ended with {status}")]
    Failed {
        /// Its name.
        name: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
}

/// Whether the bundle has a script of this name.
#[must_use]
pub fn has_script(loaded: &LoadedBundle, name: &str) -> bool {
    script(loaded, name).is_some()
}

fn script<'a>(loaded: &'a LoadedBundle, name: &str) -> Option<&'a Tree> {
    loaded.bundle.config.at_path(&TreePath::keys(["scripts", name]))
}

/// Runs it with this process's standard streams. Host and token of the target stand in its environment as the official clients read
/// them; what the script's `env` says comes on top.
///
/// # Errors
/// When it cannot be started or does not end with 0.
pub async fn run_script(loaded: &LoadedBundle, name: &str) -> Result<(), ScriptRunError> {
    let script = script(loaded, name);
    let text = script.and_then(|script| script.get("content")?.as_str());
    let mut command = Script {
        text: text.unwrap_or_default(),
        executable: None,
        directory: &loaded.root,
    }
    .command()?;
    command.envs(BTreeMap::from([
        ("DATABRICKS_HOST", loaded.client.host().to_string()),
        ("DATABRICKS_TOKEN", loaded.client.token().expose().clone()),
        ("DATABRICKS_AUTH_TYPE", "pat".to_owned()),
    ]));
    // A profile would contradict the host that is meant.
    command.env_remove("DATABRICKS_CONFIG_PROFILE");
    let own = script.and_then(|script| script.get("env")?.as_mapping());
    for (key, value) in own.into_iter().flatten() {
        command.env(key, value.as_str().unwrap_or_default());
    }
    let status = command.status().await.map_err(|source| ScriptError::Start {
        shell: "the shell".to_owned(),
        directory: loaded.root.clone(),
        source,
    })?;
    if status.success() {
        Ok(())
    } else {
        let name = name.to_owned();
        Err(ScriptRunError::Failed { name, status })
    }
}
