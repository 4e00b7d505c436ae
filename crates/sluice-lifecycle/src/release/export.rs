//! The files of a release in a directory of their own, byte for byte what was frozen.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sluice_model::Digest;
use tempfile::TempDir;

use super::manifest::{ManifestError, Snapshot};
use crate::bundle_files::GitError;
use crate::git::git;

/// Files in a directory that goes away with this value.
#[derive(Debug)]
pub struct Export {
    directory: TempDir,
    /// What was exported.
    pub snapshot: Snapshot,
}

impl Export {
    /// Where the files are.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.directory.path()
    }
}

/// A release cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A file cannot be written or read back.
    #[error("cannot write the files of a release to `{path}`")]
    Write {
        /// The path.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What was written is not what is in Git.
    #[error("`{path}` of the exported release has digest {found}, Git has {expected}")]
    Differs {
        /// The path.
        path: String,
        /// What was written.
        found: Digest,
        /// What should be there.
        expected: Digest,
    },
    /// The commit cannot be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Writes the files of a commit to a new temporary directory, and reads every one back. It is a Git checkout of its own with a detached
/// head at the commit (objects shared with the repository), so that a bundle in it knows its commit.
///
/// # Errors
/// When git fails, or a file cannot be written as it is in Git.
pub async fn export(repository: &Path, commit: &str) -> Result<Export, ExportError> {
    let snapshot = Snapshot::of(repository, commit).await?;
    let write = |path: &Path| {
        let path = path.to_owned();
        move |source| ExportError::Write { path, source }
    };
    let directory = tempfile::Builder::new()
        .prefix("sluice-release-")
        .tempdir()
        .map_err(write(Path::new("")))?;
    let root = directory.path().display().to_string();
    git(
        repository,
        &[
            "clone",
            "--quiet",
            "--shared",
            "--no-checkout",
            "--template=",
            ".",
            &root,
        ],
    )
    .await?;
    // Attributes of the commit must not change a byte on the way out: no line-end conversion, no filters, no export-subst.
    let info = directory.path().join(".git/info");
    std::fs::create_dir_all(&info).map_err(write(&info))?;
    let attributes = info.join("attributes");
    std::fs::write(&attributes, "* -text -filter -ident -working-tree-encoding\n").map_err(write(&attributes))?;
    git(directory.path(), &["checkout", "--quiet", "--detach", &snapshot.commit]).await?;
    for file in &snapshot.files {
        let path = directory.path().join(&file.path);
        let content = if file.mode == "120000" {
            let target = std::fs::read_link(&path).map_err(write(&path))?;
            target.into_os_string().into_encoded_bytes()
        } else {
            std::fs::read(&path).map_err(write(&path))?
        };
        let found = Digest::of(&content);
        if found != file.digest {
            return Err(ExportError::Differs {
                path: file.path.clone(),
                found,
                expected: file.digest,
            });
        }
        if file.mode != "120000" {
            let mode = if file.mode == "100755" { 0o755 } else { 0o644 };
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).map_err(write(&path))?;
        }
    }
    Ok(Export { directory, snapshot })
}
