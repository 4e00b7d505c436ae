//! From text to a resolved bundle. Start at [`resolve`]; its stages stand in the order of `resolve.rs`:
//!
//! 1. `yaml`, `include`, `merge`: the root file and what it includes as one tree with places. `scripts`: what runs around that.
//! 2. `shape`, `check`: which fields there are, and what does not fit. `unsupported`, `cli_version`: what this version refuses by name.
//! 3. `target`: the chosen target and its overrides. `catalog_files`, `settings`: the documents that are Sluice's own.
//! 4. `variables`, `workspace`, `reference`, `interpolate`: values of variables, the place in the workspace, references.
//! 5. `python`: what functions of the bundle add and change. `secrets`: values that leave the configuration at once.
//! 6. `contents`, `alert_files`, `apps`, `normalise`, `clusters`, `compute`, `presets`, `mode`, `permissions`, `defaults`, `sync`, `paths`,
//!    `volume_paths`, `graph`, `task_graph`: the resources as they are deployed. `artifacts`, `libraries`: what is built and uploaded for them.
//!
//! Nothing here reads a file or asks a workspace: what is missing is a [`Need`]. Errors are held back while something on this disk
//! is still unknown, so that they come together, and the workspace is asked only when there are none. What stays to be
//! filled in by the engine are `${resources.…}` references, and `${catalog.…}` ones in catalog files.

mod alert_files;
mod apps;
pub mod artifacts;
mod catalog_files;
mod check;
mod cli_version;
mod clusters;
mod compute;
mod contents;
mod defaults;
mod file_names;
pub mod glob;
mod graph;
mod include;
mod interpolate;
pub mod libraries;
mod merge;
mod mode;
mod normalise;
mod paths;
mod permissions;
mod presets;
mod python;
pub(crate) mod reference;
mod resolve;
mod scripts;
mod secrets;
mod session;
mod settings;
mod shape;
pub(crate) mod suggest;
mod sync;
mod target;
mod task_graph;
mod unsupported;
mod variables;
mod volume_paths;
mod workspace;
mod yaml;

#[cfg(test)]
mod tests;

pub use python::{PythonAnswer, PythonCall};
pub use resolve::{Resolving, resolve};
pub use yaml::parse as parse_yaml;
pub(crate) use yaml::reads_as_text;

use std::collections::{BTreeMap, BTreeSet};

use sluice_model::{Diagnostic, ResourceKey, Secret, Tree};

impl Bundle {
    /// The configuration as `databricks bundle validate -o json` shows it.
    #[must_use]
    pub fn shown(&self) -> serde_json::Value {
        contents::shown(&self.config)
    }
}

/// Whether a text holds what a bundle reads as a reference.
pub(crate) fn has_references(text: &str) -> bool {
    !reference::references(text).is_empty()
}

/// Everything that resolution may look at. The shell fills it in rounds: it calls [`resolve`], gets [`Resolution::Needs`], reads
/// what is asked for, adds it and calls again, until the bundle is resolved or refused.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Whether unknown fields and values outside an enumeration of a bundle file are errors; the CLI only warns. The default is
    /// strict. Documents of Sluice itself (catalog files, `sluice.yml`) are always strict.
    pub strict: bool,
    /// Texts of files by path relative to the bundle root (`databricks.yml`, `resources/a.yml`, `../shared/b.yml`); `None` when
    /// the shell looked and there is no such file.
    pub files: BTreeMap<String, Option<String>>,
    /// Matches of glob patterns, sorted, relative to the bundle root; [`glob::matches`] has the rules.
    pub globs: BTreeMap<String, Vec<String>>,
    /// What stands at paths that the bundle refers to (notebooks, files, directories), relative to the bundle root.
    pub local_paths: BTreeMap<String, LocalPath>,
    /// The target of `--target`; the default target when there is none.
    pub target: Option<String>,
    /// `--var name=value`.
    pub variable_flags: BTreeMap<String, String>,
    /// `BUNDLE_VAR_<name>` from the environment, by `<name>`.
    pub variable_environment: BTreeMap<String, String>,
    /// Values that the environment's binding of `platform.yaml` gives to variables; they rank below flags and `BUNDLE_VAR_*`
    /// and above everything in the bundle's own files.
    pub variable_binding: BTreeMap<String, Tree>,
    /// The host that the chosen environment of `platform.yaml` names; it replaces `workspace.host`.
    pub host: Option<String>,
    /// The cluster of `--cluster-id`.
    pub cluster_override: Option<String>,
    /// `DATABRICKS_CLUSTER_ID` of the environment.
    pub cluster_environment: Option<String>,
    /// Who is signed in at the workspace.
    pub current_user: Option<CurrentUser>,
    /// The Git checkout around the bundle; `Some(None)` when the shell looked and there is none.
    pub git: Option<Option<GitCheckout>>,
    /// The bundle root on the disk, absolute, with `/` between folders; empty when nobody said so. Folders above the bundle root are known
    /// by it outside of a Git checkout, and the configuration shows the folders of artifacts with it.
    pub directory: String,
    /// Ids found by name: kind of lookup (`warehouse`, `job`, …) and name, to the id or to the message why there is none.
    pub lookups: BTreeMap<(String, String), Result<String, String>>,
    /// What the program of the bundle's Python functions answered.
    pub python: BTreeMap<PythonCall, PythonAnswer>,
}

impl Default for Inputs {
    fn default() -> Self {
        Self {
            strict: true,
            files: BTreeMap::new(),
            globs: BTreeMap::new(),
            local_paths: BTreeMap::new(),
            target: None,
            variable_flags: BTreeMap::new(),
            variable_environment: BTreeMap::new(),
            variable_binding: BTreeMap::new(),
            host: None,
            cluster_override: None,
            cluster_environment: None,
            current_user: None,
            git: None,
            directory: String::new(),
            lookups: BTreeMap::new(),
            python: BTreeMap::new(),
        }
    }
}

/// What stands at a local path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalPath {
    /// Nothing.
    Missing,
    /// A directory.
    Directory,
    /// A file that is not a notebook.
    File,
    /// A notebook, by its source header or as `.ipynb`.
    Notebook,
}

/// The identity that `scim/Me` answered.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrentUser {
    /// `userName`: an e-mail address, or the application id of a service principal.
    pub user_name: String,
    /// `displayName`.
    pub display_name: String,
    /// Whether this is a service principal.
    pub service_principal: bool,
    /// The whole answer, as `workspace.current_user` shows it.
    pub record: Tree,
}

/// The Git checkout that the bundle stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitCheckout {
    /// URL of `origin`, without credentials.
    pub origin_url: Option<String>,
    /// Branch that is checked out; none when the head is detached.
    pub branch: Option<String>,
    /// Commit that is checked out.
    pub commit: Option<String>,
    /// The bundle root relative to the top of the checkout, `.` when they are the same.
    pub bundle_root_path: String,
}

/// Something that only the shell can find out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The text of a file: fill [`Inputs::files`].
    File(String),
    /// The matches of a glob: fill [`Inputs::globs`].
    Glob(String),
    /// What stands at a path: fill [`Inputs::local_paths`].
    LocalPath(String),
    /// Who is signed in, at this host and profile: fill [`Inputs::current_user`].
    CurrentUser {
        /// `workspace.host` of the chosen target.
        host: Option<String>,
        /// `workspace.profile` of the chosen target.
        profile: Option<String>,
    },
    /// The Git checkout: fill [`Inputs::git`].
    Git,
    /// A run of the bundle's Python functions: fill [`Inputs::python`].
    Python(PythonCall),
    /// An id by name: fill [`Inputs::lookups`].
    Lookup {
        /// Kind of lookup, such as `warehouse`.
        kind: String,
        /// Name to look for.
        name: String,
    },
}

impl Need {
    /// Whether this machine knows it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::File(_) | Self::Glob(_) | Self::LocalPath(_) | Self::Git => true,
            Self::CurrentUser { .. } | Self::Lookup { .. } | Self::Python(_) => false,
        }
    }
}

/// What [`resolve`] came to.
#[derive(Debug)]
pub enum Resolution {
    /// Ask for these first.
    Needs(BTreeSet<Need>),
    /// The bundle, with warnings and recommendations.
    Resolved(Box<Bundle>, Vec<Diagnostic>),
    /// At least one error; everything found is here.
    Refused(Vec<Diagnostic>),
}

/// A resolved bundle of one target.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// `bundle.name`.
    pub name: String,
    /// The chosen target.
    pub target: String,
    /// The target's mode.
    pub mode: Option<Mode>,
    /// The whole resolved configuration, as `validate -o json` prints it. `resources.*` still holds `${resources…}` references;
    /// everything else is resolved.
    pub config: Tree,
    /// The catalog files, resolved like the bundle: kind (`tables`, `views`, `grants`) → key → body.
    pub catalog: Tree,
    /// Where things go in the workspace.
    pub workspace: WorkspacePaths,
    /// Who is signed in.
    pub current_user: CurrentUser,
    /// The Git checkout.
    pub git: Option<GitCheckout>,
    /// Which local files a deployment uploads.
    pub sync: SyncRules,
    /// The resources that `sluice.yml` protects: never deleted or recreated.
    pub protected: Vec<ResourceKey>,
    /// The fields that `sluice.yml` leaves to the workspace, as paths in the plan's notation: what is there stays.
    pub ignored: BTreeMap<ResourceKey, Vec<String>>,
    /// The values of Unity Catalog secrets. They stand nowhere else: `config` has `[redacted]` in their places.
    pub secrets: BTreeMap<ResourceKey, Secret<String>>,
}

/// The mode of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Prefixed names, paused triggers, no lock unless asked for.
    Development,
    /// Checked paths, no change to names.
    Production,
}

/// Where a deployment stands in the workspace; every path starts with `/Workspace/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspacePaths {
    /// Host of the workspace, without a slash at the end.
    pub host: String,
    /// Everything of this deployment.
    pub root_path: String,
    /// Uploaded files.
    pub file_path: String,
    /// Objects with a place in the workspace tree.
    pub resource_path: String,
    /// Built artifacts; also a folder of a volume.
    pub artifact_path: String,
    /// State and lock.
    pub state_path: String,
}

/// Which local files a deployment uploads: what Git would not ignore below `paths`, plus `include`, minus `exclude`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SyncRules {
    /// The common ancestor of `paths`, relative to the bundle root (`.` or `..`); remote paths are relative to it.
    pub root: String,
    /// The bundle root relative to `root`; none when that cannot be known.
    pub bundle_root: Option<String>,
    /// Directories and files, relative to the bundle root.
    pub paths: Vec<String>,
    /// Patterns in the syntax of gitignore, relative to `root`.
    pub include: Vec<String>,
    /// Patterns in the syntax of gitignore, relative to `root`.
    pub exclude: Vec<String>,
}
