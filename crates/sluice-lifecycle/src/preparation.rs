//! Content made ready for an environment: exported from Git, resolved for it and for the environments before it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sluice_databricks::ClientError;
use sluice_model::{Digest, Node, ReleaseVersion, Tree};

use crate::blueprint::lock::{BlueprintLock, LockError};
use crate::bundle_files::{LoadError, LoadedBundle};
use crate::documents::{DocumentError, parse_document, read_document};
use crate::execution::Candidate;
use crate::execution::candidate::{Origin, resolve};
use crate::execution::replica::Side;
use crate::execution::stamp::{self, StampError};
use crate::guardrails;
use crate::platform::{Environment, Platform};
use crate::product::DESCRIPTOR;
use crate::release::{Export, ExportError, export};

/// Which content goes where.
#[derive(Clone, Debug)]
pub(crate) struct Preparation<'a> {
    pub(crate) repository: &'a Path,
    pub(crate) commit: &'a str,
    pub(crate) branch: Option<String>,
    /// Digest and version of the release; none for a commit that is not frozen.
    pub(crate) release: Option<(Digest, ReleaseVersion)>,
    pub(crate) platform: &'a Platform,
    pub(crate) environment: &'a Environment,
    pub(crate) local_state: PathBuf,
    pub(crate) process_environment: &'a BTreeMap<String, String>,
    /// Id of the ledger that this is recorded in.
    pub(crate) ledger: &'a str,
    /// Whether it is compared with the environments before this one, whose workspaces must answer then.
    pub(crate) compared: bool,
}

/// Content cannot be made ready. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PreparationError {
    /// It cannot be exported from Git.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// What the product's documents say does not fit its bundle.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The blueprint's lock cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The environment belongs to another ledger.
    #[error("environment `{environment}` is not this ledger's")]
    Stamp {
        /// The environment.
        environment: String,
        /// Why.
        #[source]
        source: Box<StampError>,
    },
    /// The bundle has errors for an environment, or its workspace does not answer.
    #[error("the bundle cannot be resolved for environment `{environment}`")]
    Load {
        /// The environment.
        environment: String,
        /// Why.
        #[source]
        source: Box<LoadError>,
    },
}

impl PreparationError {
    /// The failure of the workspace, when it is one.
    #[must_use]
    pub fn client_error(&self) -> Option<&ClientError> {
        match self {
            Self::Load { source, .. } => match source.as_ref() {
                LoadError::Client(error) => Some(error),
                LoadError::Refused(_)
                | LoadError::Read { .. }
                | LoadError::Configuration(_)
                | LoadError::Git(_)
                | LoadError::HalfCaptured { .. }
                | LoadError::Hook(_)
                | LoadError::Build(_)
                | LoadError::Python(_)
                | LoadError::Stuck(_) => None,
            },
            Self::Stamp { source, .. } => match source.as_ref() {
                StampError::Client { source, .. } => Some(source),
                StampError::OtherLedger { .. } | StampError::Unreadable { .. } => None,
            },
            Self::Export(_) | Self::Document(_) | Self::Lock(_) => None,
        }
    }

    /// The error, its causes and the findings about the bundle, one text each.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons = vec![crate::execution::checks::causes(self)];
        if let Self::Load { source, .. } = self
            && let LoadError::Refused(diagnostics) = source.as_ref()
        {
            reasons.extend(diagnostics.iter().map(|finding| finding.to_string().replace('\n', " ")));
        }
        reasons
    }
}

/// Exports and resolves. The export must live as long as the candidate is used.
pub(crate) async fn prepare(wanted: &Preparation<'_>) -> Result<(Export, Candidate), PreparationError> {
    let exported = export(wanted.repository, wanted.commit).await?;
    let documents = documents(&exported);
    let origin = Origin {
        repository: wanted.repository,
        branch: wanted.branch.clone(),
        local_state: wanted.local_state.clone(),
        process_environment: wanted.process_environment,
    };
    let environment = wanted.environment;
    let loaded = resolve(&exported, &origin, environment)
        .await
        .map_err(load_error(environment))?;
    stamp::check(&loaded, wanted.ledger)
        .await
        .map_err(|source| PreparationError::Stamp {
            environment: environment.name.to_string(),
            source: Box::new(source),
        })?;
    refuse_contradictions(&exported, &loaded, environment)?;
    let here = side(environment, &loaded, &documents);
    let mut upstream = Vec::new();
    for name in environment.requires.iter().filter(|_| wanted.compared) {
        if let Ok(other) = wanted.platform.environment(name.as_str()) {
            let loaded = resolve(&exported, &origin, other).await.map_err(load_error(other))?;
            upstream.push(side(other, &loaded, &documents));
        }
    }
    let content = exported.snapshot.content;
    let candidate = Candidate {
        environment: environment.clone(),
        descriptor: exported.snapshot.descriptor.clone(),
        commit: exported.snapshot.commit.clone(),
        content,
        digest: wanted.release.as_ref().map_or(content, |(digest, _)| *digest),
        version: wanted.release.as_ref().map(|(_, version)| version.clone()),
        loaded,
        upstream,
        here,
    };
    Ok((exported, candidate))
}

fn refuse_contradictions(
    exported: &Export,
    loaded: &LoadedBundle,
    environment: &Environment,
) -> Result<(), PreparationError> {
    let document = read_document(&exported.root().join(DESCRIPTOR), DESCRIPTOR)?;
    let lock = BlueprintLock::read(exported.root())?;
    let descriptor = &exported.snapshot.descriptor;
    let findings = guardrails::check(&loaded.bundle, descriptor, &document, lock.as_ref(), environment);
    if findings.is_empty() {
        Ok(())
    } else {
        Err(DocumentError::Faults { diagnostics: findings }.into())
    }
}

pub(crate) fn load_error(environment: &Environment) -> impl FnOnce(LoadError) -> PreparationError {
    let environment = environment.name.to_string();
    move |source| PreparationError::Load {
        environment,
        source: Box::new(source),
    }
}

fn side(environment: &Environment, loaded: &LoadedBundle, documents: &[Tree]) -> Side {
    let mut binding: Vec<(String, Tree)> = environment
        .values
        .iter()
        .map(|(name, value)| (format!("values.{name}"), value.clone()))
        .collect();
    let user = &loaded.bundle.current_user;
    binding.push(("host".to_owned(), loaded.client.host().to_string().into()));
    binding.push(("user".to_owned(), user.user_name.as_str().into()));
    binding.push(("user.display_name".to_owned(), user.display_name.as_str().into()));
    if let Some(warehouse) = loaded.bundle.catalog.get("warehouse_id") {
        binding.push(("warehouse_id".to_owned(), warehouse.clone()));
    }
    Side::of(
        environment.name.as_str(),
        &environment.target,
        loaded.bundle.config.clone(),
        loaded.bundle.catalog.clone(),
        binding,
        documents,
    )
}

/// The YAML files of the export that say something about targets. One that cannot be read is none of the bundle's: it was resolved.
fn documents(exported: &Export) -> Vec<Tree> {
    let is_yaml = |path: &str| path.ends_with(".yml") || path.ends_with(".yaml");
    exported
        .snapshot
        .files
        .iter()
        .filter(|file| is_yaml(&file.path))
        .filter_map(|file| {
            let text = std::fs::read_to_string(exported.root().join(&file.path)).ok()?;
            let tree = parse_document(&text, &file.path).ok()?;
            matches!(tree.get("targets")?.node, Node::Mapping(_)).then_some(tree)
        })
        .collect()
}
