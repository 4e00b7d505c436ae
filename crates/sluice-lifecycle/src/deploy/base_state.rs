//! Which state a plan starts from: the one in the workspace, or the one on this machine that was not pushed yet.

use sluice_bundle::engine::States;
use sluice_model::ResourceKey;

use crate::bundle_files::LoadedBundle;
use crate::deploy::local_state::{LocalSnapshot, LocalState, LocalStateError, Place};
use crate::deploy::remote_state::{self, RemoteStateError};

/// The state that a plan starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct BaseState {
    /// The states.
    pub states: States,
    /// Whether they hold something that the workspace's state files do not know yet.
    pub unpushed: bool,
    /// Keys that an interrupted deployment of this machine had applied.
    pub recovered: Vec<ResourceKey>,
    /// Lineage and serial of the state in the workspace; none when it has none.
    pub remote: Option<Version>,
}

/// Which state a file holds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Version {
    /// UUID of the line of states.
    pub lineage: String,
    /// Rises with each deployment.
    pub serial: u64,
}

/// There is no state to start from.
#[derive(Debug, thiserror::Error)]
pub enum BaseStateError {
    /// The local state cannot be used.
    #[error(transparent)]
    Local(#[from] LocalStateError),
    /// The state in the workspace cannot be used.
    #[error(transparent)]
    Remote(#[from] RemoteStateError),
    /// Both sides went on from the same state.
    #[error(
        "the deployment state in `{state_path}` (serial {remote_serial}) moved on while a deployment of this machine was not \
         finished (serial {local_serial} in `{local}`)"
    )]
    Diverged {
        /// Where the state is in the workspace.
        state_path: String,
        /// Its serial.
        remote_serial: u64,
        /// Where the local state is.
        local: String,
        /// Its serial.
        local_serial: u64,
    },
}

/// Reads both sides and chooses.
pub(crate) async fn read(loaded: &LoadedBundle) -> Result<BaseState, BaseStateError> {
    let local = LocalState::new(&loaded.local_state);
    let state_path = &loaded.bundle.workspace.state_path;
    let snapshot = local.read(&place(loaded))?;
    let remote = remote_state::pull(&loaded.client, state_path).await?;
    let (remote_serial, local_serial) = (remote.resources.serial, snapshot.states.resources.serial);
    choose(snapshot, remote).ok_or_else(|| BaseStateError::Diverged {
        state_path: state_path.clone(),
        remote_serial,
        local: local.directory().display().to_string(),
        local_serial,
    })
}

/// Where the deployment's state is.
pub(crate) fn place(loaded: &LoadedBundle) -> Place {
    Place {
        host: loaded.client.host().to_string(),
        state_path: loaded.bundle.workspace.state_path.clone(),
    }
}

/// Which version a pair of state files is; none when there is no state. `resources.json` says it: it is written last, so a newer
/// `sluice.json` beside it belongs to a push that was interrupted.
pub(crate) fn version(states: &States) -> Option<Version> {
    Some(&states.resources)
        .filter(|state| state.exists())
        .map(|state| Version {
            lineage: state.lineage.clone(),
            serial: state.serial,
        })
}

/// The workspace's state is the truth, unless this machine applied something that it could not push; none when both moved on.
fn choose(local: LocalSnapshot, remote: States) -> Option<BaseState> {
    let remote_version = version(&remote);
    let from_remote = |remote: States| BaseState {
        states: remote,
        unpushed: false,
        recovered: Vec::new(),
        remote: remote_version.clone(),
    };
    if !local.unpushed {
        return Some(from_remote(remote));
    }
    if let Some(remote_version) = &remote_version {
        // Written by the Databricks CLI, which keeps no record of its pushes: equal states are the same deployment.
        if local.states == remote {
            return Some(from_remote(remote));
        }
        let continues = local.states.resources.lineage == remote_version.lineage
            && local.states.resources.serial > remote_version.serial;
        if !continues {
            return None;
        }
    }
    Some(BaseState {
        states: local.states,
        unpushed: true,
        recovered: local.recovered,
        remote: remote_version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(lineage: &str, serial: u64) -> States {
        let mut states = States::default();
        for state in [&mut states.resources, &mut states.catalog] {
            lineage.clone_into(&mut state.lineage);
            state.serial = serial;
        }
        states
    }

    fn check(local: Option<(&str, u64, bool)>, remote: Option<(&str, u64)>) -> Option<(u64, bool)> {
        let local = local.map_or_else(LocalSnapshot::default, |(lineage, serial, unpushed)| LocalSnapshot {
            states: states(lineage, serial),
            unpushed,
            recovered: Vec::new(),
        });
        let remote = remote.map_or_else(States::default, |(lineage, serial)| states(lineage, serial));
        choose(local, remote).map(|base| (base.states.resources.serial, base.unpushed))
    }

    #[test]
    fn the_workspace_is_the_truth() {
        assert_eq!(check(None, None), Some((0, false)));
        assert_eq!(check(None, Some(("a", 3))), Some((3, false)));
        assert_eq!(check(Some(("a", 3, false)), Some(("a", 4))), Some((4, false)));
        assert_eq!(check(Some(("a", 3, false)), Some(("b", 1))), Some((1, false)));
        assert_eq!(check(Some(("a", 3, false)), None), Some((0, false)));
    }

    #[test]
    fn what_was_applied_and_not_pushed_is_not_forgotten() {
        assert_eq!(check(Some(("a", 1, true)), None), Some((1, true)));
        assert_eq!(check(Some(("a", 4, true)), Some(("a", 3))), Some((4, true)));
        assert_eq!(check(Some(("a", 4, true)), Some(("a", 4))), Some((4, false)));
    }

    #[test]
    fn half_a_push_is_not_a_state_of_its_own() {
        let local = LocalSnapshot {
            states: states("a", 1),
            unpushed: true,
            recovered: Vec::new(),
        };
        let mut remote = states("a", 1);
        remote.resources = States::default().resources;
        let base = choose(local, remote).unwrap();
        assert_eq!(
            (base.states.resources.serial, base.unpushed, base.remote),
            (1, true, None)
        );
    }

    #[test]
    fn two_ends_of_one_state_are_not_mixed() {
        assert_eq!(check(Some(("a", 4, true)), Some(("a", 5))), None);
        assert_eq!(check(Some(("a", 4, true)), Some(("b", 1))), None);
    }
}
