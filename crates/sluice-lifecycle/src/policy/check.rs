//! `sluice check`: what the policies say about a checkout or a release in several environments, before anybody promotes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sluice_model::{ReleaseVersion, Timestamp};
use sluice_policy::input::ReleaseFacts;
use sluice_policy::{Evaluator, Report};
use sluice_store::Store;

use super::gather::{Content, GatherError, Gathering, Workspace, evaluate};
use crate::artifacts::build;
use crate::bundle_files::{BundleRequest, LoadError, LoadedBundle, load};
use crate::context::UseCase;
use crate::deploy::{PlanWishes, plan_bundle};
use crate::execution::checks::causes;
use crate::platform::{Environment, Platform};
use crate::ports::Progress;
use crate::preparation::PreparationError;
use crate::product::Product;
use crate::release::{Export, ExportError, VerifyReleaseError, export, verify_release};

/// What is checked for which environments.
#[derive(Clone, Copy, Debug)]
pub struct CheckRequest<'a> {
    /// The product's checkout.
    pub product: &'a Product,
    /// The release; the files as they are in the checkout when there is none.
    pub release: Option<&'a FrozenContent>,
    /// The platform.
    pub platform: &'a Platform,
    /// The environments.
    pub environments: &'a [&'a Environment],
    /// The rules.
    pub evaluator: &'a Evaluator,
    /// The directory of the platform's ledger.
    pub data: &'a Path,
    /// The process environment.
    pub process_environment: &'a BTreeMap<String, String>,
}

/// Nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// What rules would look at cannot be read.
    #[error(transparent)]
    Gather(#[from] GatherError),
    /// The bundle has errors.
    #[error(transparent)]
    Preparation(#[from] PreparationError),
    /// The release cannot be relied on.
    #[error(transparent)]
    Release(#[from] VerifyReleaseError),
    /// The release cannot be exported.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// Evaluates all rules for each environment, in order, as of `now`. Changes nothing.
///
/// # Errors
/// When files, the ledger or Git cannot be read, or the bundle has errors. A workspace that does not answer is missing evidence.
pub async fn check(
    store: &Store,
    now: Timestamp,
    progress: &dyn Progress,
    request: &CheckRequest<'_>,
) -> Result<Vec<Report>, CheckError> {
    let root = request
        .release
        .map_or(request.product.root.as_path(), |frozen| frozen.export.root());
    let content = Content {
        root,
        repository: &request.product.root,
        release: request.release.map(|frozen| &frozen.facts),
    };
    let mut reports = Vec::new();
    for environment in request.environments {
        progress.say(&format!("checking for {}", environment.name));
        let loaded = resolve(request, environment, root, progress).await?;
        let plan = match &loaded {
            Ok(loaded) => plan_bundle(loaded, &PlanWishes::default())
                .await
                .map_err(|error| causes(&error)),
            Err(reason) => Err(reason.clone()),
        };
        let workspace = Workspace {
            loaded: loaded.as_ref().map_err(String::as_str),
            plan: plan.as_ref().map(|planned| &planned.plan).map_err(String::as_str),
        };
        let gathering = Gathering {
            store,
            platform: request.platform,
            environment,
            content,
            workspace,
            now,
        };
        reports.push(evaluate(request.evaluator, gathering).await?);
    }
    Ok(reports)
}

/// The files of a release, proved to be what was frozen. They go away with this value.
#[derive(Debug)]
pub struct FrozenContent {
    export: Export,
    facts: ReleaseFacts,
}

impl FrozenContent {
    /// Exports a release.
    ///
    /// # Errors
    /// When there is no such release, or it is not what was frozen.
    pub async fn of(use_case: UseCase<'_>, product: &Product, version: &ReleaseVersion) -> Result<Self, CheckError> {
        let verified = verify_release(use_case, &product.root, &product.descriptor.name, version).await?;
        Ok(Self {
            export: export(&product.root, &verified.commit).await?,
            facts: ReleaseFacts {
                version: version.to_string(),
                digest: verified.digest.to_string(),
                commit: verified.commit,
                recorded: verified.recorded,
            },
        })
    }
}

/// The bundle for the environment; why there is none when only its workspace is not to be reached.
async fn resolve(
    request: &CheckRequest<'_>,
    environment: &Environment,
    root: &Path,
    progress: &dyn Progress,
) -> Result<Result<LoadedBundle, String>, CheckError> {
    let process_environment = request
        .process_environment
        .iter()
        .filter(|(name, _)| !name.starts_with("BUNDLE_VAR_"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let wanted = BundleRequest {
        root: root.to_owned(),
        target: Some(environment.target.clone()),
        binding: environment.values.clone(),
        host: Some(environment.host.to_string()),
        credential: environment.credentials.clone(),
        environment: process_environment,
        local_state: Some(local_state(request, environment)),
        ..BundleRequest::default()
    };
    match load(&wanted).await {
        Ok(mut loaded) => match build(&mut loaded, progress).await {
            Ok(()) => Ok(Ok(loaded)),
            Err(source) => Err(PreparationError::Load {
                environment: environment.name.to_string(),
                source: Box::new(source.into()),
            }
            .into()),
        },
        Err(error @ (LoadError::Client(_) | LoadError::Configuration(_))) => Ok(Err(causes(&error))),
        Err(source) => Err(PreparationError::Load {
            environment: environment.name.to_string(),
            source: Box::new(source),
        }
        .into()),
    }
}

/// Where deployments to the environment keep their local state: a gated one in the platform's data, others beside the bundle.
fn local_state(request: &CheckRequest<'_>, environment: &Environment) -> PathBuf {
    if environment.requires.is_empty() {
        request
            .product
            .root
            .join(".databricks/bundle")
            .join(&environment.target)
    } else {
        request
            .data
            .join("deployments")
            .join(request.product.descriptor.name.as_str())
            .join(environment.name.as_str())
    }
}
