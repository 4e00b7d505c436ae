//! The deployment's state in the workspace: `resources.json` and `sluice.json` in the state path.

use sluice_bundle::engine::{StateError, States};
use sluice_databricks::{Client, ClientError};

use crate::deploy::local_state::{CATALOG, RESOURCES};

/// The state in the workspace cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RemoteStateError {
    /// The workspace refused or did not answer.
    #[error("cannot reach the deployment state in `{state_path}`")]
    Client {
        /// Where the state is.
        state_path: String,
        /// Why.
        #[source]
        source: ClientError,
    },
    /// A state file cannot be understood.
    #[error(transparent)]
    State(#[from] StateError),
    /// A state file is not text.
    #[error("`{path}` is not a deployment state: it is not UTF-8 text")]
    NotText {
        /// The file.
        path: String,
    },
    /// The deployment was made with Terraform.
    #[error(
        "`{state_path}` holds a Terraform state: migrate the deployment with `databricks bundle deployment migrate` first"
    )]
    Terraform {
        /// Where the state is.
        state_path: String,
    },
    /// The state cannot be written as JSON.
    #[error("cannot write the deployment state as JSON")]
    Render(#[source] serde_json::Error),
}

/// Reads both state files; files that are not there are empty states.
pub(crate) async fn pull(client: &Client, state_path: &str) -> Result<States, RemoteStateError> {
    let (resources, catalog) =
        tokio::try_join!(text(client, state_path, RESOURCES), text(client, state_path, CATALOG))?;
    if resources.is_none() && text(client, state_path, "terraform.tfstate").await?.is_some() {
        return Err(RemoteStateError::Terraform {
            state_path: state_path.to_owned(),
        });
    }
    Ok(States::parse(resources.as_deref(), catalog.as_deref())?)
}

async fn text(client: &Client, state_path: &str, name: &str) -> Result<Option<String>, RemoteStateError> {
    let path = format!("{state_path}/{name}");
    let content = client
        .download(&path)
        .await
        .map_err(|source| RemoteStateError::Client {
            state_path: state_path.to_owned(),
            source,
        })?;
    content
        .map(String::from_utf8)
        .transpose()
        .map_err(|_not_text| RemoteStateError::NotText { path })
}

/// Writes both state files; `resources.json` last, because its serial says which pair is the newest.
pub(crate) async fn push(client: &Client, state_path: &str, states: &States) -> Result<(), RemoteStateError> {
    for (name, state) in [(CATALOG, &states.catalog), (RESOURCES, &states.resources)] {
        let text = state.to_text().map_err(RemoteStateError::Render)?;
        client
            .upload(&format!("{state_path}/{name}"), text.into_bytes())
            .await
            .map_err(|source| RemoteStateError::Client {
                state_path: state_path.to_owned(),
                source,
            })?;
    }
    Ok(())
}
