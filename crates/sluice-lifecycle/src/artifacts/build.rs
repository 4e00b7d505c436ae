//! Runs the builds of a bundle and puts the paths of its libraries in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sluice_bundle::language::libraries::{self, Found};
use sluice_bundle::language::{artifacts, glob};
use sluice_model::{Diagnostic, Digest};

use crate::bundle_files::{LoadedBundle, directory, matches};
use crate::hooks::{self, Hook, HookError};
use crate::ports::Progress;
use crate::shell::{Script, ScriptError};

/// A file that a deployment uploads, as it was when the bundle was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// Where it is.
    pub local: PathBuf,
    /// Where it goes.
    pub remote: String,
    /// Digest of its content.
    pub digest: Digest,
}

/// A bundle cannot be built. Nothing was sent to the workspace.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The command of an artifact failed.
    #[error("the build of artifact `{artifact}` failed: `{command}` in `{}`", directory.display())]
    Command {
        /// Key of the artifact.
        artifact: String,
        /// Its command.
        command: String,
        /// Where it ran.
        directory: PathBuf,
        /// How it ended.
        #[source]
        source: Box<ScriptError>,
    },
    /// A script of the bundle failed.
    #[error(transparent)]
    Hook(#[from] HookError),
    /// Files are missing, or two have one name.
    #[error("the libraries of the bundle cannot be used")]
    Libraries(Vec<Diagnostic>),
    /// A library cannot be read.
    #[error("cannot read the library `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Runs the builds, in the order of their artifacts' names, with the scripts before and after them, and puts the paths in the workspace
/// in the place of local libraries. A bundle without artifacts and local libraries stays as it is.
///
/// # Errors
/// When a command fails or a library does not exist.
pub async fn build(loaded: &mut LoadedBundle, progress: &dyn Progress) -> Result<(), BuildError> {
    hooks::run(loaded, Hook::PreBuild, progress).await?;
    for build in artifacts::builds(&loaded.bundle) {
        progress.say(&format!("building {}: {}", build.artifact, first_line(&build.command)));
        let directory = loaded.root.join(&build.directory);
        let script = Script {
            text: &build.command,
            executable: build.executable.as_deref(),
            directory: &directory,
        };
        let ended = script.run(|line| progress.say(&format!("  {line}"))).await;
        ended.map_err(|source| BuildError::Command {
            artifact: build.artifact.clone(),
            command: build.command.clone(),
            directory: directory.clone(),
            source: Box::new(source),
        })?;
    }
    hooks::run(loaded, Hook::PostBuild, progress).await?;
    let found = find(loaded);
    let files = libraries::place(&mut loaded.bundle, &found).map_err(BuildError::Libraries)?;
    let library = |file: libraries::LibraryFile| {
        let local = loaded.root.join(&file.local);
        match std::fs::read(&local) {
            Ok(content) => Ok(Library {
                digest: Digest::of(&content),
                remote: file.remote,
                local,
            }),
            Err(source) => Err(BuildError::Read { path: local, source }),
        }
    };
    loaded.libraries = Some(files.into_iter().map(library).collect::<Result<_, _>>()?);
    Ok(())
}

fn first_line(command: &str) -> &str {
    command.lines().next().unwrap_or_default()
}

/// The files that the bundle's patterns match now.
fn find(loaded: &LoadedBundle) -> Found {
    let mut found = Found {
        root: directory(&loaded.root),
        ..Found::default()
    };
    for pattern in artifacts::patterns(&loaded.bundle) {
        let files = files_of(&loaded.root, &pattern);
        found.artifacts.insert(pattern, files);
    }
    let mut libraries = BTreeMap::new();
    for library in libraries::local(&loaded.bundle) {
        let files = files_of(&loaded.root, &library.pattern);
        libraries.insert(library.pattern, files);
    }
    found.libraries = libraries;
    found
}

/// The files that a path or a pattern names: absolute ones when it is absolute, else relative to the root.
fn files_of(root: &Path, pattern: &str) -> Vec<String> {
    let found = if !glob::is_pattern(pattern) {
        vec![pattern.to_owned()]
    } else if pattern.starts_with('/') {
        let absolute = matches(Path::new("/"), pattern).into_iter();
        absolute.map(|path| format!("/{path}")).collect()
    } else {
        matches(root, pattern)
    };
    found.into_iter().filter(|path| root.join(path).is_file()).collect()
}
