//! What a task needs installed: found in the cache or put there, in a directory of its own that is never changed afterwards.

use std::path::PathBuf;

use crate::compute::EnvironmentError;
use crate::compute::environment::{self, Wheel};
use crate::error::ApiError;
use crate::files::WorkspacePath;
use crate::jobs::library::Library;
use crate::principal::Principal;
use crate::workspace::Workspace;

/// The largest wheel.
const WHEEL_LIMIT: usize = 256 << 20;

/// What a task needs cannot be installed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackagesError {
    /// A wheel or a file with requirements cannot be read.
    #[error("the library `{path}` of the task cannot be read: {reason}")]
    Unreadable {
        /// Where it should be.
        path: String,
        /// Why.
        reason: String,
    },
    /// The installer failed.
    #[error("the libraries of the task could not be installed: {0}")]
    Install(EnvironmentError),
}

/// The directory with the packages; none when the task needs nothing. Files are read with the grants of the principal.
pub(crate) async fn ensure(
    workspace: &Workspace,
    principal: &Principal,
    libraries: &[Library],
) -> Result<Option<PathBuf>, PackagesError> {
    if libraries.is_empty() {
        return Ok(None);
    }
    let mut requirements = Vec::new();
    let mut wheels = Vec::new();
    for library in libraries {
        match library {
            Library::Requirement(text) => requirements.push(text.clone()),
            Library::Wheel(path) => wheels.push(wheel(workspace, principal, path).await?),
            Library::Requirements(path) => {
                let text = read(workspace, principal, path).await?;
                requirements.extend(lines(path, &text)?);
            }
        }
    }
    let installed = environment::ensure_overlay(&workspace.cache_directory, requirements, wheels).await;
    installed.map(Some).map_err(PackagesError::Install)
}

async fn wheel(workspace: &Workspace, principal: &Principal, path: &str) -> Result<Wheel, PackagesError> {
    Ok(Wheel {
        name: path.rsplit('/').next().unwrap_or_default().to_owned(),
        content: read(workspace, principal, path).await?,
    })
}

/// A workspace file or a file of a volume.
async fn read(workspace: &Workspace, principal: &Principal, path: &str) -> Result<Vec<u8>, PackagesError> {
    let unreadable = |error: ApiError| PackagesError::Unreadable {
        path: path.to_owned(),
        reason: error.message,
    };
    if path.starts_with("/Volumes/") {
        let read = crate::volume_files::read(workspace, principal, path, WHEEL_LIMIT).await;
        return read.map_err(unreadable);
    }
    let parsed: WorkspacePath = path.parse().map_err(unreadable)?;
    let (_, content) = workspace
        .workspace_files()
        .read(principal, &parsed)
        .await
        .map_err(unreadable)?;
    Ok(content.to_vec())
}

/// The requirements of a file, without comments; options of an installer are refused.
fn lines(path: &str, text: &[u8]) -> Result<Vec<String>, PackagesError> {
    let unreadable = |reason: String| PackagesError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let text = std::str::from_utf8(text).map_err(|_not_utf8| unreadable("it is no text in UTF-8".to_owned()))?;
    let mut requirements = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        match Library::dependency(&format!("`{path}`"), line).map_err(|error| unreadable(error.message))? {
            Library::Requirement(requirement) => requirements.push(requirement),
            Library::Wheel(_) | Library::Requirements(_) => {
                return Err(unreadable(format!("`{line}` is no requirement")));
            }
        }
    }
    Ok(requirements)
}
