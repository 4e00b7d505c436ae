//! What a workspace is compared with: the content of the active deployment, the deployment's state, and the moment of both.

use sluice_bundle::engine::States;
use sluice_model::ProductName;
use sluice_store::Store;
use sluice_store::record::Deployment;

use super::{DriftError, DriftRequest, states};
use crate::bundle_files::LoadedBundle;
use crate::execution::candidate::{Origin, resolve};
use crate::execution::stamp;
use crate::machines::deployment::is_unfinished;
use crate::platform::Environment;
use crate::preparation::{PreparationError, load_error};
use crate::release::{Export, export};

/// What the ledger said at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    /// The active deployment.
    pub(super) row: Deployment,
    /// The newest fencing number of the environment.
    pub(super) epoch: u64,
    /// How many deployments there were.
    count: usize,
}

impl Seen {
    /// # Errors
    /// When nothing is active, or a deployment is not finished.
    pub(super) async fn of(
        store: &Store,
        product: &ProductName,
        environment: &Environment,
    ) -> Result<Self, DriftError> {
        let rows = store.deployments(Some(product)).await?;
        let rows = rows.into_iter().filter(|row| row.environment == environment.name);
        let rows: Vec<Deployment> = rows.collect();
        if let Some(row) = rows.iter().find(|row| is_unfinished(row.state)) {
            return Err(DriftError::UnderWay {
                deployment: row.id.clone(),
                state: row.state.to_string(),
            });
        }
        let active = store.active_deployment(product, &environment.name).await?;
        let row = active.ok_or_else(|| DriftError::NothingDeployed {
            product: product.to_string(),
            environment: environment.name.to_string(),
        })?;
        Ok(Self {
            row,
            epoch: rows.iter().map(|row| row.epoch).max().unwrap_or_default(),
            count: rows.len(),
        })
    }
}

/// The content that was deployed: made ready here, or lent.
enum Content<'a> {
    Own(Box<LoadedBundle>),
    Lent(&'a LoadedBundle),
}

/// Everything that the workspace is compared with.
pub(super) struct Deployed<'a> {
    content: Content<'a>,
    /// Product, or bundle.
    pub(super) product: String,
    /// Environment, or target.
    pub(super) environment: String,
    /// What the ledger says; none without a platform.
    pub(super) seen: Option<Seen>,
    /// The deployment's state.
    pub(super) states: States,
    /// Whether the content is what was deployed; otherwise the state says it.
    pub(super) as_deployed: bool,
    /// What people have to know about the comparison.
    pub(super) notes: Vec<String>,
}

impl Deployed<'_> {
    /// The content, resolved for the place.
    pub(super) fn loaded(&self) -> &LoadedBundle {
        match &self.content {
            Content::Own(loaded) => loaded,
            Content::Lent(loaded) => loaded,
        }
    }

    /// Whether the state in the workspace is still the same.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) async fn is_current(&self) -> Result<bool, DriftError> {
        Ok(states(self.loaded()).await? == self.states)
    }
}

/// What is active in an environment. The export must live as long as the content is used.
///
/// # Errors
/// When the content cannot be made ready or the state cannot be read.
pub(super) async fn of_environment<'a>(
    store: &Store,
    request: DriftRequest<'a>,
    environment: &Environment,
    seen: Seen,
) -> Result<(Export, Deployed<'a>), DriftError> {
    let repository = &request.product.root;
    let product = &request.product.descriptor.name;
    let exported = export(repository, &seen.row.commit)
        .await
        .map_err(PreparationError::from)?;
    let deployments = request.data.join("deployments");
    let origin = Origin {
        repository,
        branch: None,
        local_state: deployments.join(product.as_str()).join(environment.name.as_str()),
        process_environment: request.process_environment,
    };
    let loaded = resolve(&exported, &origin, environment)
        .await
        .map_err(load_error(environment))?;
    let ledger = store.head().await?.ledger_id;
    stamp::check(&loaded, &ledger)
        .await
        .map_err(|source| PreparationError::Stamp {
            environment: environment.name.to_string(),
            source: Box::new(source),
        })?;
    let states = states(&loaded).await?;
    let as_deployed = seen.row.binding_digest == environment.binding().digest();
    let mut notes = Vec::new();
    if !as_deployed {
        notes.push(format!(
            "the values of `{}` changed after {}: compared is what was applied then, not what they come to now",
            environment.name, seen.row.id
        ));
    }
    let deployed = Deployed {
        content: Content::Own(Box::new(loaded)),
        product: product.to_string(),
        environment: environment.name.to_string(),
        seen: Some(seen),
        states,
        as_deployed,
        notes,
    };
    Ok((exported, deployed))
}

/// What was deployed to a target from some checkout: the files may have moved on, the state has not.
///
/// # Errors
/// When nothing was deployed or the state cannot be read.
pub(super) async fn of_target(loaded: &LoadedBundle) -> Result<Deployed<'_>, DriftError> {
    let bundle = &loaded.bundle;
    let states = states(loaded).await.map_err(|error| match error {
        DriftError::StateGone { .. } => DriftError::NothingDeployed {
            product: bundle.name.clone(),
            environment: bundle.target.clone(),
        },
        other => other,
    })?;
    Ok(Deployed {
        content: Content::Lent(loaded),
        product: bundle.name.clone(),
        environment: bundle.target.clone(),
        seen: None,
        states,
        as_deployed: false,
        notes: Vec::new(),
    })
}
