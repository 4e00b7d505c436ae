//! What contracts are compared with: those of a release, of what runs in an environment, or of any commit.

use std::path::Path;

use serde::Serialize;
use sluice_model::{Diagnostic, EnvironmentName, ProductName};
use sluice_store::{Store, StoreError};

use super::compatibility::{PortComparison, compare_ports};
use super::{ProductContracts, read_contracts};
use crate::bundle_files::GitError;
use crate::documents::DocumentError;
use crate::git::{ask, git_line};
use crate::platform::Platform;
use crate::product::Product;
use crate::release::{ExportError, export};

/// What is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Baseline {
    /// What it is, for people: `release 1.0.0`, `1.0.0 in prod`, `main`.
    pub name: String,
    /// Its commit.
    pub commit: String,
}

/// What a product's contracts changed since a baseline.
#[derive(Clone, Debug, Serialize)]
pub struct ContractDiff {
    /// What is compared with; none when there is nothing yet.
    pub baseline: Option<Baseline>,
    /// Ports with contracts.
    pub ports: Vec<PortComparison>,
    /// Whether something breaks for a consumer.
    pub breaks: bool,
    /// Whether every contract's version tells enough about its changes.
    pub versions_sufficient: bool,
}

/// Contracts cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// There is no such environment and no such commit.
    #[error("`{against}` is neither an environment of the platform nor a commit, branch or tag of this repository")]
    Unknown {
        /// What was named.
        against: String,
    },
    /// There is no such port with a contract, now or in the baseline.
    #[error("no port `{port}` with a contract; there are: {known}")]
    Port {
        /// The name.
        port: String,
        /// Those that there are.
        known: String,
    },
    /// Contracts of now or of then cannot be used.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The commit cannot be read.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The ledger failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl DiffError {
    /// Findings to print, when it is about content.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Document(error) => error.diagnostics(),
            Self::Unknown { .. } | Self::Port { .. } | Self::Export(_) | Self::Store(_) | Self::Git(_) => &[],
        }
    }
}

/// Compares the contracts in a checkout, as they stand there, with a baseline: what was named, else the product's last release.
///
/// # Errors
/// When what was named is unknown, or contracts on one of the sides cannot be used.
pub async fn diff(
    store: &Store,
    platform: Option<&Platform>,
    product: &Product,
    against: Option<&str>,
    port: Option<&str>,
) -> Result<ContractDiff, DiffError> {
    let current = sound(read_contracts(&product.root)?)?;
    let baseline = find(store, platform, product, against).await?;
    let mut ports = match &baseline {
        Some(baseline) => {
            let previous = contracts_of(&product.root, &baseline.commit).await?;
            compare_ports(&previous, &current)
        }
        None => compare_ports(&ProductContracts::none(&current.descriptor), &current),
    };
    if let Some(wanted) = port {
        let known: Vec<String> = ports.iter().map(|one| format!("`{}`", one.port)).collect();
        ports.retain(|one| one.port == wanted);
        if ports.is_empty() {
            return Err(DiffError::Port {
                port: wanted.to_owned(),
                known: known.join(", "),
            });
        }
    }
    Ok(ContractDiff {
        breaks: ports.iter().any(PortComparison::breaks),
        versions_sufficient: ports.iter().all(|one| one.fault().is_none()),
        baseline,
        ports,
    })
}

/// The contracts of a commit.
///
/// # Errors
/// When the commit is not there, or one of its contracts cannot be used.
pub(crate) async fn contracts_of(repository: &Path, commit: &str) -> Result<ProductContracts, DiffError> {
    let exported = export(repository, commit).await?;
    Ok(sound(read_contracts(exported.root())?)?)
}

/// The commit of what runs in an environment, with its name for people.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) async fn running(
    store: &Store,
    product: &ProductName,
    environment: &EnvironmentName,
) -> Result<Option<Baseline>, StoreError> {
    let active = store.active_deployment(product, environment).await?;
    Ok(active.map(|deployment| {
        let what = match &deployment.version {
            Some(version) => version.to_string(),
            None => "a checkout".to_owned(),
        };
        Baseline {
            name: format!("{what} in {environment}"),
            commit: deployment.commit,
        }
    }))
}

fn sound(found: ProductContracts) -> Result<ProductContracts, DocumentError> {
    if found.faults.iter().any(Diagnostic::is_error) {
        return Err(DocumentError::Faults {
            diagnostics: found.faults,
        });
    }
    Ok(found)
}

async fn find(
    store: &Store,
    platform: Option<&Platform>,
    product: &Product,
    against: Option<&str>,
) -> Result<Option<Baseline>, DiffError> {
    let name = &product.descriptor.name;
    let Some(against) = against else {
        let last = store
            .releases(Some(name))
            .await?
            .into_iter()
            .max_by(|one, other| one.version.cmp(&other.version));
        return Ok(last.map(|release| Baseline {
            name: format!("release {}", release.version),
            commit: release.commit,
        }));
    };
    if let Some(environment) = platform.and_then(|platform| platform.environment(against).ok()) {
        return Ok(running(store, name, &environment.name).await?);
    }
    let reference = format!("{against}^{{commit}}");
    // What begins with a dash would be an option for Git.
    if against.starts_with('-')
        || ask(&product.root, &["rev-parse", "--verify", "--quiet", &reference])
            .await?
            .is_err()
    {
        return Err(DiffError::Unknown {
            against: against.to_owned(),
        });
    }
    let commit = git_line(&product.root, &["rev-parse", "--verify", &reference]).await?;
    Ok(Some(Baseline {
        name: against.to_owned(),
        commit,
    }))
}
