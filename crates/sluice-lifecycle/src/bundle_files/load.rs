//! The loop around the pure resolution: it asks, this reads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sluice_bundle::engine;
use sluice_bundle::language::{
    Bundle, CurrentUser, GitCheckout, Inputs, Need, Resolution, Resolving, libraries, parse_yaml,
};
use sluice_databricks::{Client, ClientError, ConfigurationError, ConfigurationSources, CredentialReference};
use sluice_model::{Actor, Diagnostic, Tree, TreePath};
use sluice_wire::{Method, Request};

use crate::artifacts::BuildError;
use crate::artifacts::build::Library;
use crate::bundle_files::git::{self, GitError};
use crate::bundle_files::python::{self, PythonError};
use crate::bundle_files::root::ROOT_FILES;
use crate::bundle_files::{glob, local_path, lookup};
use crate::capture::write::is_unfinished;
use crate::contracts;
use crate::documents::DocumentError;
use crate::hooks::{self, Hook, HookError};
use crate::ports::{Progress, Silent};

/// Which bundle, for which target, with which values, at which workspace.
#[derive(Clone, Debug, Default)]
pub struct BundleRequest {
    /// The bundle's directory.
    pub root: PathBuf,
    /// The target; the default target when there is none.
    pub target: Option<String>,
    /// `--var name=value`.
    pub variables: BTreeMap<String, String>,
    /// Whether unknown fields and values are warnings instead of errors, as with the Databricks CLI.
    pub lenient: bool,
    /// Values of an environment's binding.
    pub binding: BTreeMap<String, Tree>,
    /// Whether `experimental.scripts` are run; a bundle that has them is refused otherwise.
    pub scripts: bool,
    /// The cluster that all tasks run on instead of their own.
    pub cluster: Option<String>,
    /// The host that an environment names; the bundle's own when there is none.
    pub host: Option<String>,
    /// The credential that an environment names.
    pub credential: Option<CredentialReference>,
    /// The process environment; `DATABRICKS_*` and `BUNDLE_VAR_*` are looked at.
    pub environment: BTreeMap<String, String>,
    /// The checkout that the files come from, when the directory is an export of a commit and not a checkout itself.
    pub git: Option<GitCheckout>,
    /// Where local state is kept; `.databricks/bundle/<target>` in the bundle's directory when there is none.
    pub local_state: Option<PathBuf>,
}

/// A resolved bundle with the client of its workspace.
#[derive(Clone, Debug)]
pub struct LoadedBundle {
    /// The bundle.
    pub bundle: Bundle,
    /// Warnings and recommendations.
    pub findings: Vec<Diagnostic>,
    /// The client, signed in as the bundle's current user.
    pub client: Client,
    /// The bundle's directory.
    pub root: PathBuf,
    /// Where local state is kept.
    pub local_state: PathBuf,
    /// The files that a deployment uploads for its resources; none before the bundle was built, when its libraries still are local paths.
    pub libraries: Option<Vec<Library>>,
}

impl LoadedBundle {
    /// Whether it has to be built before it can be planned: it builds something, or uses libraries of this disk.
    #[must_use]
    pub fn is_unbuilt(&self) -> bool {
        let artifacts = self.bundle.config.get("artifacts").and_then(Tree::as_mapping);
        self.libraries.is_none()
            && (artifacts.is_some_and(|all| !all.is_empty()) || !libraries::local(&self.bundle).is_empty())
    }

    /// Who acts: the identity behind the token.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let user = &self.bundle.current_user;
        Actor {
            subject: user.user_name.clone(),
            display_name: user.display_name.clone(),
            issuer: self.client.host().to_string(),
            service: user.service_principal,
        }
    }
}

/// A bundle cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Its files have errors; all that were found.
    #[error("the bundle has errors")]
    Refused(Vec<Diagnostic>),
    /// A local file exists and cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Half of the files of a capture are there.
    #[error("the files in `{}` are those of a capture that did not come to its end", root.display())]
    HalfCaptured {
        /// The bundle's directory.
        root: PathBuf,
    },
    /// It is not clear which workspace is meant, or there is no token for it.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The workspace cannot be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Git cannot be asked.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A script of the bundle failed.
    #[error(transparent)]
    Hook(#[from] HookError),
    /// Its Python functions cannot be run.
    #[error(transparent)]
    Python(#[from] Box<PythonError>),
    /// It cannot be built.
    #[error(transparent)]
    Build(Box<BuildError>),
    /// Resolution asks again for what it was given.
    #[error("resolution does not get on: it asks again for {0}")]
    Stuck(String),
}

/// Descriptor and contracts belong to what is loaded.
impl From<DocumentError> for LoadError {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Faults { diagnostics } => Self::Refused(diagnostics),
            DocumentError::Read { path, source } => Self::Read { path, source },
        }
    }
}

/// What is wrong with libraries is wrong with the bundle.
impl From<BuildError> for LoadError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Libraries(diagnostics) => Self::Refused(diagnostics),
            error @ (BuildError::Command { .. } | BuildError::Hook(_) | BuildError::Read { .. }) => {
                Self::Build(Box::new(error))
            }
        }
    }
}

/// Loads and resolves a bundle and puts the metadata of the product's contracts onto it: reads files, Git, the current user and lookups as resolution asks for them.
///
/// # Errors
/// When the bundle has errors or what it needs cannot be read.
pub async fn load(request: &BundleRequest) -> Result<LoadedBundle, LoadError> {
    load_showing(request, &Silent).await
}

/// As [`load`], and shows what the bundle's scripts say.
///
/// # Errors
/// As [`load`].
pub async fn load_showing(request: &BundleRequest, progress: &dyn Progress) -> Result<LoadedBundle, LoadError> {
    if is_unfinished(&request.root) {
        let root = request.root.clone();
        return Err(LoadError::HalfCaptured { root });
    }
    before_includes(request, progress).await?;
    let (mut loader, mut resolving) = (Loader::new(request), Resolving::default());
    let mut unreachable = None;
    loop {
        match resolving.resolve(&loader.inputs) {
            Resolution::Needs(needs) => {
                let (local, remote): (BTreeSet<Need>, BTreeSet<Need>) = needs.into_iter().partition(Need::is_local);
                let nothing_local = local.is_empty();
                loader.fill(local, progress).await?;
                // What is wrong in the files counts for more than a workspace that cannot be asked.
                match unreachable.take() {
                    Some(error) if nothing_local => return Err(error),
                    Some(error) => unreachable = Some(error),
                    None => unreachable = loader.fill(remote, progress).await.err(),
                }
            }
            Resolution::Refused(diagnostics) => return Err(LoadError::Refused(diagnostics)),
            Resolution::Resolved(mut bundle, mut findings) => {
                refuse_scripts(&bundle.config, request)?;
                findings.extend(contracts::project(&request.root, &mut bundle)?);
                let faults = engine::check(&bundle);
                if !faults.is_empty() {
                    return Err(LoadError::Refused(faults));
                }
                let client = match loader.client.take() {
                    Some(client) => client,
                    None => loader.connect(Some(bundle.workspace.host.clone()), None)?,
                };
                // The host may come from the process environment or a profile; then the bundle does not know it.
                bundle.workspace.host = client.host().to_string();
                let local_state = request
                    .local_state
                    .clone()
                    .unwrap_or_else(|| request.root.join(".databricks/bundle").join(&bundle.target));
                let loaded = LoadedBundle {
                    bundle: *bundle,
                    findings,
                    client,
                    root: request.root.clone(),
                    local_state,
                    libraries: None,
                };
                hooks::run(&loaded, Hook::PostInit, progress).await?;
                return Ok(loaded);
            }
        }
    }
}

/// Runs the script that stands before everything else, which may write the files that are included. Refuses all scripts where they are
/// not wanted.
async fn before_includes(request: &BundleRequest, progress: &dyn Progress) -> Result<(), LoadError> {
    for name in ROOT_FILES {
        let Some(text) = read_text(&request.root.join(name))? else {
            continue;
        };
        // Faults of the file are resolution's to report.
        let Ok(tree) = parse_yaml(&text, name) else {
            return Ok(());
        };
        refuse_scripts(&tree, request)?;
        if let Some(text) = hooks::text(&tree, Hook::PreInit) {
            hooks::execute(&text, Hook::PreInit, &request.root, progress).await?;
        }
        return Ok(());
    }
    Ok(())
}

/// Refuses scripts where they are not wanted; they stand in the root file, or in one that it includes.
fn refuse_scripts(config: &Tree, request: &BundleRequest) -> Result<(), LoadError> {
    let scripts = config.get("experimental").and_then(|block| block.get("scripts"));
    match scripts.filter(|scripts| !scripts.is_null() && !request.scripts) {
        None => Ok(()),
        Some(scripts) => Err(LoadError::Refused(vec![
            Diagnostic::error("`experimental.scripts` are not run where releases are promoted")
                .path(TreePath::keys(["experimental", "scripts"]))
                .location(scripts.key_location.clone())
                .help("what they do is in no plan and nobody approves it; make it a task of a job"),
        ])),
    }
}

struct Loader<'a> {
    request: &'a BundleRequest,
    inputs: Inputs,
    asked: BTreeSet<Need>,
    client: Option<Client>,
}

impl<'a> Loader<'a> {
    fn new(request: &'a BundleRequest) -> Self {
        let variable_environment = request
            .environment
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("BUNDLE_VAR_")?.to_owned(), value.clone())))
            .collect();
        Self {
            request,
            inputs: Inputs {
                strict: !request.lenient,
                target: request.target.clone(),
                variable_flags: request.variables.clone(),
                variable_environment,
                variable_binding: request.binding.clone(),
                host: request.host.clone(),
                directory: directory(&request.root),
                cluster_override: request.cluster.clone(),
                cluster_environment: request.environment.get("DATABRICKS_CLUSTER_ID").cloned(),
                git: request.git.clone().map(Some),
                ..Inputs::default()
            },
            asked: BTreeSet::new(),
            client: None,
        }
    }

    async fn fill(&mut self, needs: BTreeSet<Need>, progress: &dyn Progress) -> Result<(), LoadError> {
        if let Some(again) = needs.iter().find(|need| self.asked.contains(need)) {
            return Err(LoadError::Stuck(format!("{again:?}")));
        }
        let root = &self.request.root;
        for need in &needs {
            match need {
                Need::File(path) => {
                    let text = read_text(&root.join(path))?;
                    self.inputs.files.insert(path.clone(), text);
                }
                Need::Glob(pattern) => {
                    let found = glob::matches(root, pattern);
                    self.inputs.globs.insert(pattern.clone(), found);
                }
                Need::LocalPath(path) => {
                    let at = root.join(path);
                    let found = local_path::classify(&at).map_err(|source| LoadError::Read { path: at, source })?;
                    self.inputs.local_paths.insert(path.clone(), found);
                }
                Need::CurrentUser { host, profile } => {
                    let client = self.connect(host.clone(), profile.clone())?;
                    self.inputs.current_user = Some(current_user(&client).await?);
                    self.client = Some(client);
                }
                Need::Python(call) => {
                    progress.say(&format!("running the bundle's Python functions: {}", call.phase));
                    let answer = python::run(root, call, self.client.as_ref()).await.map_err(Box::new)?;
                    self.inputs.python.insert(call.clone(), answer);
                }
                Need::Git => self.inputs.git = Some(git::checkout(root).await?),
                Need::Lookup { kind, name } => {
                    let client = match &self.client {
                        Some(client) => client.clone(),
                        None => self.connect(None, None)?,
                    };
                    let found = lookup::lookup(&client, kind, name).await?;
                    self.inputs.lookups.insert((kind.clone(), name.clone()), found);
                }
            }
        }
        self.asked.extend(needs);
        Ok(())
    }

    /// The client of the workspace that the environment, or else the bundle's target, names.
    fn connect(&self, host: Option<String>, profile: Option<String>) -> Result<Client, LoadError> {
        let sources = ConfigurationSources {
            host: self.request.host.clone().or(host),
            profile,
            credential: self.request.credential.clone(),
            environment: self.request.environment.clone(),
        };
        Ok(Client::new(&sources.resolve()?)?)
    }
}

/// The absolute path of a directory with `/` between folders; empty when it has none that is text.
pub(crate) fn directory(root: &Path) -> String {
    let absolute = std::fs::canonicalize(root).unwrap_or_default();
    let folders = absolute.to_str().unwrap_or_default();
    folders.replace(std::path::MAIN_SEPARATOR, "/")
}

fn read_text(path: &Path) -> Result<Option<String>, LoadError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(source) => Err(LoadError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

/// What `scim/Me` answers; `userName` is always there.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Me(serde_json::Map<String, serde_json::Value>);

/// Who is signed in.
///
/// # Errors
/// When the workspace cannot be asked.
pub async fn current_user(client: &Client) -> Result<CurrentUser, ClientError> {
    let answer: Me = client
        .fetch(&Request::new(Method::Get, "/api/2.0/preview/scim/v2/Me"))
        .await?;
    let record = Tree::from_json(&serde_json::Value::Object(answer.0));
    let text = |field: &str| record.get(field).and_then(Tree::as_str).unwrap_or_default().to_owned();
    let (user_name, display_name) = (text("userName"), text("displayName"));
    Ok(CurrentUser {
        // A service principal signs in under its application id, which is a UUID; a user name never is one.
        service_principal: uuid::Uuid::try_parse(&user_name).is_ok(),
        display_name: if display_name.is_empty() {
            user_name.clone()
        } else {
            display_name
        },
        user_name,
        record,
    })
}
