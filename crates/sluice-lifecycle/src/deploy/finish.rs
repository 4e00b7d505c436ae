//! The end of a deployment: the state is saved here and pushed, if nobody else moved it.

use sluice_bundle::engine::States;
use sluice_databricks::ClientError;

use crate::bundle_files::LoadedBundle;
use crate::deploy::apply::ApplyReport;
use crate::deploy::base_state::{self, BaseState, Version};
use crate::deploy::local_state::{LocalState, LocalStateError};
use crate::deploy::metadata;
use crate::deploy::remote_state::{self, RemoteStateError};

/// The state could not be saved on both sides.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SaveError {
    #[error(transparent)]
    Local(#[from] LocalStateError),
    #[error(transparent)]
    Remote(#[from] RemoteStateError),
    #[error("somebody else changed the deployment state meanwhile: it was {}, it is {}", shown(before.as_ref()), shown(now.as_ref()))]
    Moved {
        before: Option<Version>,
        now: Option<Version>,
    },
}

fn shown(version: Option<&Version>) -> String {
    version.map_or_else(
        || "absent".to_owned(),
        |version| format!("lineage {} serial {}", version.lineage, version.serial),
    )
}

/// Saves the state on this machine and pushes it. When this machine cannot write (its disk is full), the push is done all the
/// same: it alone keeps what was made from being forgotten.
pub(crate) async fn save(
    loaded: &LoadedBundle,
    local: &LocalState,
    base: &BaseState,
    states: &States,
    report: &ApplyReport,
) -> Result<(), SaveError> {
    let changed = !report.done.is_empty() || !states.entries().eq(base.states.entries());
    let changed = changed || states.protected() != base.states.protected();
    if !changed && !base.unpushed {
        return Ok(align(loaded, local, base)?);
    }
    let states = if changed { states } else { &base.states };
    let saved = local.finalise(states);
    let state_path = &loaded.bundle.workspace.state_path;
    let now = base_state::version(&remote_state::pull(&loaded.client, state_path).await?);
    if now != base.remote {
        return Err(SaveError::Moved {
            before: base.remote.clone(),
            now,
        });
    }
    remote_state::push(&loaded.client, state_path, states).await?;
    saved?;
    Ok(local.record_push(&base_state::place(loaded), states)?)
}

/// Makes the local copy that of the workspace, also when the last deployment died between its push and the record of it.
fn align(loaded: &LoadedBundle, local: &LocalState, base: &BaseState) -> Result<(), LocalStateError> {
    if base.remote.is_none() {
        return local.forget();
    }
    local.finalise(&base.states)?;
    local.record_push(&base_state::place(loaded), &base.states)
}

/// Writes `metadata.json`: which objects belong to this deployment, for the workspace's pages and other tools.
pub(crate) async fn write_metadata(loaded: &LoadedBundle, states: &States) -> Result<(), ClientError> {
    let path = format!("{}/metadata.json", loaded.bundle.workspace.state_path);
    let content = metadata::document(&loaded.bundle, states);
    loaded.client.upload(&path, content.to_string().into_bytes()).await
}
