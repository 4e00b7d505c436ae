//! The files of the workspace that a task finds beside its own: copied into its directory, which it cannot write.

use std::path::{Path, PathBuf};

use crate::error::ApiError;
use crate::files::{FileKind, WorkspacePath};
use crate::jobs::process::ProcessError;
use crate::principal::Principal;
use crate::workspace::Workspace;

/// A task gets at most this many files,
const COUNT_LIMIT: usize = 5000;
/// and at most this many bytes.
const SIZE_LIMIT: i64 = 256 << 20;

/// Refuses a task whose own file the principal may not read, or that is something else than the task says.
pub(crate) async fn require(
    workspace: &Workspace,
    principal: &Principal,
    path: &str,
    is_notebook: bool,
) -> Result<(), ApiError> {
    let path: WorkspacePath = path.parse()?;
    let object = workspace.workspace_files().get(principal, &path).await?;
    match (object.kind, is_notebook) {
        (FileKind::Notebook, true) | (FileKind::File, false) => Ok(()),
        (FileKind::Notebook, false) => Err(ApiError::invalid(format!(
            "`{}` is a notebook, not a Python file: run it with `notebook_task`",
            path.as_str()
        ))),
        (FileKind::File | FileKind::Directory | FileKind::Dashboard | FileKind::GenieSpace, _) => {
            Err(ApiError::invalid(format!(
                "`{}` is a {}, not a {}",
                path.as_str(),
                object.kind.as_str().to_lowercase(),
                if is_notebook { "notebook" } else { "file" }
            )))
        }
    }
}

/// Copies the files below the workspace directory `root` to `target`, under their workspace paths; notebooks and dashboards are no files and stay out.
pub(crate) async fn materialize(
    workspace: &Workspace,
    principal: &Principal,
    root: &str,
    target: &Path,
) -> Result<(), ProcessError> {
    let files = workspace.workspace_files();
    let root: WorkspacePath = root.parse()?;
    let objects = files.tree(principal, &root).await?;
    let count = objects.iter().filter(|object| object.kind == FileKind::File).count();
    let size: i64 = objects.iter().map(|object| object.size).sum();
    if count > COUNT_LIMIT || size > SIZE_LIMIT {
        return Err(ApiError::invalid(format!(
            "the directory `{}` of the task holds {count} files with {size} bytes, more than a task gets ({COUNT_LIMIT} files, {SIZE_LIMIT} bytes)",
            root.as_str()
        ))
        .into());
    }
    make_directory(&below(target, &root)).await?;
    for object in &objects {
        let path = below(target, &object.path);
        match object.kind {
            FileKind::Directory => make_directory(&path).await?,
            FileKind::Notebook | FileKind::Dashboard | FileKind::GenieSpace => {}
            FileKind::File => {
                // The directory itself may be one that the principal cannot read.
                if let Some(parent) = path.parent() {
                    make_directory(parent).await?;
                }
                let content = files.content(object).await?;
                tokio::fs::write(&path, content)
                    .await
                    .map_err(|source| ProcessError::File { path, source })?;
            }
        }
    }
    Ok(())
}

/// The text of a workspace file that the principal may read.
pub(crate) async fn read_text(workspace: &Workspace, principal: &Principal, path: &str) -> Result<String, ApiError> {
    let path: WorkspacePath = path.parse()?;
    let (_, content) = workspace.workspace_files().read(principal, &path).await?;
    String::from_utf8(content.to_vec())
        .map_err(|_not_utf8| ApiError::invalid(format!("`{}` is no text in UTF-8", path.as_str())))
}

/// The path without the prefix `/Workspace`, as it stands below the directory that [`materialize`] filled.
pub(crate) fn plain(path: &str) -> Result<String, ApiError> {
    let path: WorkspacePath = path.parse()?;
    Ok(path.as_str().to_owned())
}

fn below(target: &Path, path: &WorkspacePath) -> PathBuf {
    target.join(path.as_str().trim_start_matches('/'))
}

async fn make_directory(path: &Path) -> Result<(), ProcessError> {
    let path = path.to_owned();
    tokio::fs::create_dir_all(&path)
        .await
        .map_err(|source| ProcessError::File { path, source })
}
