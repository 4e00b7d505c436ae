//! What is about to be deployed where, and the connection to that place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sluice_bundle::language::GitCheckout;
use sluice_databricks::{Client, ClientError, ConfigurationError, ConfigurationSources};
use sluice_governance::Descriptor;
use sluice_model::{Actor, Digest, EnvironmentName, ReleaseVersion};

use crate::artifacts::build;
use crate::bundle_files::{BundleRequest, LoadError, LoadedBundle, load};
use crate::execution::replica::Side;
use crate::people;
use crate::platform::Environment;
use crate::ports::Silent;
use crate::release::Export;

/// Content for an environment, resolved against it.
#[derive(Debug)]
pub struct Candidate {
    /// The environment.
    pub environment: Environment,
    /// The product's descriptor, as it stands in the commit.
    pub descriptor: Descriptor,
    /// The commit.
    pub commit: String,
    /// Digest of the commit's files.
    pub content: Digest,
    /// Digest of the release; that of the content for a commit that is not frozen.
    pub digest: Digest,
    /// The release's version.
    pub version: Option<ReleaseVersion>,
    /// The bundle, resolved for the environment.
    pub loaded: LoadedBundle,
    /// The same content resolved for the environments before this one, for the replica check.
    pub upstream: Vec<Side>,
    /// The same content resolved for this one.
    pub here: Side,
}

/// Where the content comes from.
#[derive(Clone, Debug)]
pub(crate) struct Origin<'a> {
    /// The repository.
    pub(crate) repository: &'a Path,
    /// The branch that is checked out there, for a commit that is not frozen.
    pub(crate) branch: Option<String>,
    /// Where the local deployment state of this environment is kept.
    pub(crate) local_state: PathBuf,
    /// The process environment.
    pub(crate) process_environment: &'a BTreeMap<String, String>,
}

/// Resolves exported content for an environment. Variables come from the environment's values alone: `BUNDLE_VAR_*` is not looked at.
///
/// # Errors
/// When the bundle has errors for this environment, or its workspace does not answer.
pub(crate) async fn resolve(
    export: &Export,
    origin: &Origin<'_>,
    environment: &Environment,
) -> Result<LoadedBundle, LoadError> {
    let checkout = crate::bundle_files::git::checkout(origin.repository).await?;
    let process_environment = origin
        .process_environment
        .iter()
        .filter(|(name, _)| !name.starts_with("BUNDLE_VAR_"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut loaded = load(&BundleRequest {
        root: export.root().to_owned(),
        target: Some(environment.target.clone()),
        binding: environment.values.clone(),
        host: Some(environment.host.to_string()),
        credential: environment.credentials.clone(),
        environment: process_environment,
        git: Some(GitCheckout {
            origin_url: checkout.and_then(|checkout| checkout.origin_url),
            branch: origin.branch.clone(),
            commit: Some(export.snapshot.commit.clone()),
            bundle_root_path: ".".to_owned(),
        }),
        local_state: Some(origin.local_state.clone()),
        ..BundleRequest::default()
    })
    .await?;
    build(&mut loaded, &Silent).await?;
    Ok(loaded)
}

/// The client of an environment's workspace.
///
/// # Errors
/// When there is no token for it.
pub fn connect(
    environment: &Environment,
    process_environment: &BTreeMap<String, String>,
) -> Result<Client, ConnectError> {
    let configuration = ConfigurationSources {
        host: Some(environment.host.to_string()),
        credential: environment.credentials.clone(),
        environment: process_environment.clone(),
        ..ConfigurationSources::default()
    }
    .resolve()
    .map_err(|source| ConnectError::Configuration {
        environment: environment.name.clone(),
        source: Box::new(source),
    })?;
    Ok(Client::new(&configuration)?)
}

/// An environment's workspace cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// There is no token for it.
    #[error("no access to environment `{environment}`")]
    Configuration {
        /// The environment.
        environment: EnvironmentName,
        /// Why.
        #[source]
        source: Box<ConfigurationError>,
    },
    /// It refuses or does not answer.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Who the presented token belongs to.
///
/// # Errors
/// When the workspace refuses the token or does not answer.
pub async fn identify(client: &Client) -> Result<Actor, ClientError> {
    Ok(people::me(client).await?.actor)
}
