//! One workspace: its name, its store and the parts that act on it.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use sluice_model::Secret;

use crate::audit::Journal;
use crate::clock::{Clock, Ids};
use crate::compute::Compute;
use crate::durability::Durability;
use crate::error::ApiError;
use crate::faults::Faults;
use crate::jobs::Jobs;
use crate::module::modules;
use crate::oauth::Issuer;
use crate::pipelines::Pipelines;
use crate::route::Router;
use crate::secrets::disclosure::Disclosures;
use crate::secrets::vault::Vault;
use crate::sql::Sql;
use crate::store::{Store, StoreError};
use crate::unknown_fields::Counts;

/// A workspace that cannot be opened or started.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A directory or file of the workspace.
    #[error("could not access `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The first content (principals, catalog, warehouse) could not be made, or a part could not start.
    #[error("could not prepare the workspace `{workspace}`")]
    Prepare {
        /// Which.
        workspace: String,
        /// Why.
        source: ApiError,
    },
}

/// How to open a workspace.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its name, which is also the name of its first catalog: `dev`, `qa`, `prod`.
    pub name: String,
    /// Where it keeps everything.
    pub directory: PathBuf,
    /// Where Python environments are kept, shared by all workspaces.
    pub cache_directory: PathBuf,
    /// Its clock.
    pub clock: Clock,
    /// The token of the workspace's own processes.
    pub internal_token: Secret<String>,
    /// The command that starts the sandbox of a task.
    pub task_launcher: Vec<OsString>,
    /// Whether administrators may inject faults.
    pub allow_faults: bool,
    /// Whether requests with parameters or fields that the API description does not know are refused.
    pub strict: bool,
    /// What acknowledged writes survive.
    pub durability: Durability,
    /// The directories of this machine whose Git repositories may be cloned into Git folders.
    pub git_directories: Vec<PathBuf>,
}

/// One open workspace.
pub struct Workspace {
    /// Its name.
    pub name: String,
    /// Its id in `X-Databricks-Org-Id`.
    pub org_id: u64,
    /// Where it keeps everything.
    pub directory: PathBuf,
    /// Where Python environments are kept, shared by all workspaces.
    pub cache_directory: PathBuf,
    /// Its store.
    pub store: Store,
    /// Its clock.
    pub clock: Clock,
    /// Its source of ids.
    pub ids: Ids,
    /// Its engine.
    pub compute: Compute,
    /// Its statements.
    pub sql: Sql,
    /// Its jobs.
    pub jobs: Jobs,
    pub(crate) pipelines: Pipelines,
    pub(crate) pepper: Secret<String>,
    pub(crate) vault: Vault,
    pub(crate) issuer: Issuer,
    pub(crate) audit: Journal,
    pub(crate) strict: bool,
    /// What requests said in vain.
    pub(crate) ignored: Counts,
    pub(crate) git_directories: Vec<PathBuf>,
    /// Held while a Git folder is checked out anew.
    pub(crate) git_turn: tokio::sync::Mutex<()>,
    pub(crate) disclosures: Disclosures,
    pub(crate) internal_token: Secret<String>,
    pub(crate) faults: Faults,
    pub(crate) router: Router,
    /// Almost every answer about the catalog has it, and it never changes.
    pub(crate) metastore_id: tokio::sync::OnceCell<String>,
    address: OnceLock<SocketAddr>,
}

impl Workspace {
    /// Opens or creates a workspace. Nothing is served and no process started yet.
    ///
    /// # Errors
    /// When its directory or store cannot be used.
    pub async fn open(options: Options) -> Result<Arc<Self>, OpenError> {
        let Options {
            name,
            directory,
            cache_directory,
            clock,
            internal_token,
            task_launcher,
            allow_faults,
            strict,
            durability,
            git_directories,
        } = options;
        create_private_directory(&directory)?;
        let pepper = read_or_create_pepper(&directory.join("pepper"))?;
        let key_file = directory.join("secrets.key");
        let vault = Vault::open(&key_file).map_err(|source| OpenError::File { path: key_file, source })?;
        let issuer = Issuer::at(directory.join("oauth.key"));
        let modules = modules();
        let migrations: Vec<_> = modules.iter().map(|module| module.migrations).collect();
        let store = Store::open(&directory, &migrations, durability).await?;
        let workspace = Arc::new(Self {
            org_id: org_id(&name),
            router: Router::new(modules.iter().flat_map(|module| (module.routes)()).collect()),
            name,
            directory,
            cache_directory,
            store,
            clock,
            ids: Ids,
            compute: Compute::default(),
            sql: Sql::default(),
            jobs: Jobs::new(task_launcher),
            pipelines: Pipelines::default(),
            pepper,
            vault,
            issuer,
            audit: Journal::default(),
            strict,
            ignored: Counts::default(),
            git_directories,
            git_turn: tokio::sync::Mutex::default(),
            disclosures: Disclosures::default(),
            internal_token,
            faults: Faults::new(allow_faults),
            metastore_id: tokio::sync::OnceCell::new(),
            address: OnceLock::new(),
        });
        let prepared = async {
            crate::seed::seed(&workspace).await?;
            crate::files::sweep(&workspace).await?;
            crate::catalog::sweep(&workspace).await?;
            crate::git_folders::sweep(&workspace).await?;
            crate::volume_files::sweep(&workspace).await
        };
        prepared.await.map_err(|source| OpenError::Prepare {
            workspace: workspace.name.clone(),
            source,
        })?;
        Ok(workspace)
    }

    /// Starts what works in the background, once the address is known.
    pub(crate) async fn start(self: &Arc<Self>, address: SocketAddr) -> Result<(), OpenError> {
        self.address.get_or_init(|| address);
        Journal::start(self);
        Compute::start(self).await?;
        Sql::start(self).await?;
        Pipelines::start(self).await?;
        Jobs::start(self).await
    }

    /// Ends what works in the background; the store stays open for the last answers.
    pub(crate) async fn stop(&self) {
        // A request that a fault holds up goes on, so that the stop does not wait for it.
        self.faults.clear();
        self.jobs.stop().await;
        self.pipelines.stop().await;
        self.sql.stop().await;
        self.compute.stop().await;
    }

    /// `http://127.0.0.1:<port>`, where this workspace answers.
    ///
    /// # Panics
    /// Before the workspace is served; handlers and started parts run after that.
    #[must_use]
    pub fn host(&self) -> String {
        let address = self
            .address
            .get()
            .expect("invariant: parts start after the address is known");
        format!("http://{address}")
    }

    /// The token with which the workspace's own processes call `/_sluice/` routes.
    #[must_use]
    pub fn internal_token(&self) -> &Secret<String> {
        &self.internal_token
    }

    /// Where managed tables and volumes have their files.
    #[must_use]
    pub fn managed_directory(&self) -> PathBuf {
        self.directory.join("managed")
    }
}

/// A stable id in the range that no cloud workspace uses: 13 digits starting with `99`.
fn org_id(name: &str) -> u64 {
    let hex = sluice_model::Digest::of(name.as_bytes()).hex();
    let number = u64::from_str_radix(&hex[..8], 16).expect("invariant: a digest is hexadecimal");
    9_900_000_000_000 + number
}

fn create_private_directory(path: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| OpenError::File {
            path: path.to_owned(),
            source,
        })
}

/// The pepper of token hashes stands outside the database, so that a copy of the database alone tells nothing about tokens.
fn read_or_create_pepper(path: &Path) -> Result<Secret<String>, OpenError> {
    let failed = |source| OpenError::File {
        path: path.to_owned(),
        source,
    };
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Secret::new(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let pepper = Ids.token();
            crate::private_file::write(path, pepper.as_bytes()).map_err(failed)?;
            Ok(Secret::new(pepper))
        }
        Err(error) => Err(failed(error)),
    }
}
