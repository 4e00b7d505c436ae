//! The stamp of an environment: which ledger knows what was deployed there. It stands beside the deployment's state in the workspace, so
//! that a second ledger, which knows nothing of releases and approvals there, cannot deploy over it.

use serde::{Deserialize, Serialize};
use sluice_databricks::ClientError;

use crate::bundle_files::LoadedBundle;

/// Name of the file in the deployment's state folder.
const FILE: &str = "ledger.json";
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stamp {
    version: u32,
    ledger_id: String,
}

/// An environment cannot be used with this ledger. Nothing was changed there.
#[derive(Debug, thiserror::Error)]
pub enum StampError {
    /// It belongs to another ledger.
    #[error(
        "the deployment belongs to ledger {stamped}, as `{path}` says, and this is ledger {ledger}: what it would do was not decided here; \
         use the other ledger (SLUICE_DATA_DIR, or the machine that has it), or, when it is lost, remove `{path}` from the workspace to hand the deployment over"
    )]
    OtherLedger {
        /// The stamp.
        path: String,
        /// The ledger that it names.
        stamped: String,
        /// This one.
        ledger: String,
    },
    /// The stamp is not one of this version.
    #[error(
        "`{path}` does not say which ledger the deployment belongs to; remove it from the workspace to stamp the deployment anew"
    )]
    Unreadable {
        /// The stamp.
        path: String,
    },
    /// The workspace does not answer.
    #[error("cannot reach the stamp `{path}`")]
    Client {
        /// The stamp.
        path: String,
        /// Why.
        #[source]
        source: ClientError,
    },
}

fn path(loaded: &LoadedBundle) -> String {
    format!("{}/{FILE}", loaded.bundle.workspace.state_path)
}

/// Whether the deployment carries the stamp of this ledger; `false` when it carries none.
///
/// # Errors
/// When it carries that of another one, or cannot be looked at.
pub(crate) async fn check(loaded: &LoadedBundle, ledger: &str) -> Result<bool, StampError> {
    let path = path(loaded);
    let found = loaded.client.download(&path).await;
    let found = found.map_err(|source| StampError::Client {
        path: path.clone(),
        source,
    })?;
    let Some(bytes) = found else { return Ok(false) };
    match serde_json::from_slice::<Stamp>(&bytes) {
        Ok(stamp) if stamp.version == VERSION && stamp.ledger_id == ledger => Ok(true),
        Ok(stamp) if stamp.version == VERSION => Err(StampError::OtherLedger {
            path,
            stamped: stamp.ledger_id,
            ledger: ledger.to_owned(),
        }),
        Ok(_) | Err(_) => Err(StampError::Unreadable { path }),
    }
}

/// Puts the stamp of this ledger there, unless there is one. Of two ledgers that come at the same time one is refused.
///
/// # Errors
/// As [`check`].
pub(crate) async fn claim(loaded: &LoadedBundle, ledger: &str) -> Result<(), StampError> {
    if check(loaded, ledger).await? {
        return Ok(());
    }
    let path = path(loaded);
    let failed = |source| StampError::Client {
        path: path.clone(),
        source,
    };
    loaded
        .client
        .mkdirs(&loaded.bundle.workspace.state_path)
        .await
        .map_err(failed)?;
    let stamp = format!("{{\"version\": {VERSION}, \"ledger_id\": \"{ledger}\"}}\n");
    match loaded.client.upload_new(&path, stamp.into_bytes()).await {
        Ok(()) => Ok(()),
        Err(error) if error.is_conflict() => check(loaded, ledger).await.map(drop),
        Err(error) => Err(failed(error)),
    }
}
