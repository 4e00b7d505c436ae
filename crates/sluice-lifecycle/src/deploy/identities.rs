//! `identities.json` beside the deployment's state: which objects of Unity Catalog the last deployment left, and whose they were.
//!
//! The state files know such objects by their names alone. An object that was dropped and made again under its name is another one:
//! drift tells the two apart by what stands here.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use sluice_bundle::engine::{self, Action, Identity, Observation, Plan, States};
use sluice_databricks::ClientError;
use sluice_model::ResourceKey;

use super::planning::{PARALLEL, PlanError, perform};
use crate::bundle_files::LoadedBundle;

/// Name of the file in the deployment's state folder.
const FILE: &str = "identities.json";
const VERSION: u32 = 1;

/// Identities by key.
pub(crate) type Identities = BTreeMap<ResourceKey, Identity>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    objects: Identities,
}

/// The recorded identities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentitiesError {
    /// The workspace refused or did not answer.
    #[error("cannot reach `{path}`")]
    Client {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: ClientError,
    },
    /// It is not a document of this version.
    #[error("`{path}` does not say which objects the last deployment left; deploy again to write it anew")]
    Unreadable {
        /// The file.
        path: String,
    },
}

fn path(loaded: &LoadedBundle) -> String {
    format!("{}/{FILE}", loaded.bundle.workspace.state_path)
}

/// What the last deployment recorded; none when it was made by a program that records nothing.
pub(crate) async fn read(loaded: &LoadedBundle) -> Result<Option<Identities>, IdentitiesError> {
    let path = path(loaded);
    let content = loaded.client.download(&path).await;
    let content = content.map_err(|source| IdentitiesError::Client {
        path: path.clone(),
        source,
    })?;
    let Some(content) = content else { return Ok(None) };
    match serde_json::from_slice::<Document>(&content) {
        Ok(document) if document.version == VERSION => Ok(Some(document.objects)),
        Ok(_) | Err(_) => Err(IdentitiesError::Unreadable { path }),
    }
}

/// Records the identities after a deployment. What the plan left alone was read for the plan; the rest is read now.
///
/// # Errors
/// When an object cannot be read or the file cannot be written; the next deployment records them.
pub(crate) async fn write(loaded: &LoadedBundle, plan: &Plan, states: &States) -> Result<(), PlanError> {
    let as_planned = |key: &ResourceKey| {
        let entry = plan.plan.get(key).filter(|entry| entry.action == Action::Skip)?;
        engine::identity(key, entry.remote_state.as_ref()?)
    };
    let found: Vec<(ResourceKey, Option<Identity>)> = stream::iter(engine::identity_reads(states))
        .map(|read| async move {
            let identity = match as_planned(&read.key) {
                Some(identity) => Some(identity),
                None => match perform(&loaded.client, &read).await? {
                    Observation::Present { remote, .. } => engine::identity(&read.key, &remote),
                    Observation::Absent | Observation::Lost | Observation::Found(_) => None,
                },
            };
            Ok::<_, PlanError>((read.key, identity))
        })
        .buffer_unordered(PARALLEL)
        .try_collect()
        .await?;
    let objects = found.into_iter().filter_map(|(key, identity)| Some((key, identity?)));
    let document = Document {
        version: VERSION,
        objects: objects.collect(),
    };
    let content = serde_json::to_vec_pretty(&document).expect("invariant: keys are texts");
    Ok(loaded.client.upload(&path(loaded), content).await?)
}
