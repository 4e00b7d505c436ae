//! The rows of Git folders.

use std::collections::BTreeSet;

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _};

use super::clones;
use super::program::Clone;
use super::sparse::SparseCheckout;
use crate::error::ApiError;
use crate::files::WorkspacePath;
use crate::workspace::Workspace;

/// A Git folder.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) id: i64,
    pub(super) path: WorkspacePath,
    pub(super) url: String,
    pub(super) provider: String,
    pub(super) branch: Option<String>,
    pub(super) head_commit_id: Option<String>,
    pub(super) sparse: Option<SparseCheckout>,
    pub(super) credential_id: Option<i64>,
    pub(super) clone: String,
}

impl FromRow<'_, SqliteRow> for Folder {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let path: String = row.try_get("path")?;
        let sparse: Option<String> = row.try_get("sparse")?;
        Ok(Self {
            id: row.try_get("id")?,
            path: path
                .parse()
                .map_err(|error: ApiError| sqlx::Error::Decode(error.into()))?,
            url: row.try_get("url")?,
            provider: row.try_get("provider")?,
            branch: row.try_get("branch")?,
            head_commit_id: row.try_get("head_commit_id")?,
            sparse: sparse
                .map(|text| serde_json::from_str(&text))
                .transpose()
                .map_err(|error| sqlx::Error::Decode(error.into()))?,
            credential_id: row.try_get("credential_id")?,
            clone: row.try_get("clone")?,
        })
    }
}

impl Folder {
    /// Its bare clone.
    pub(super) fn bare(&self, workspace: &Workspace) -> Clone {
        Clone {
            directory: clones(workspace).join(&self.clone),
        }
    }
}

/// All Git folders, sorted by path.
pub(super) async fn folders(workspace: &Workspace) -> Result<Vec<Folder>, ApiError> {
    let found =
        sqlx::query_as("SELECT git_folder.*, path FROM git_folder JOIN workspace_object USING (id) ORDER BY path")
            .fetch_all(workspace.store.reader())
            .await?;
    Ok(found)
}

/// The Git folder with this number.
///
/// # Errors
/// 404.
pub(super) async fn folder(workspace: &Workspace, number: &str) -> Result<Folder, ApiError> {
    let found: Option<Folder> = sqlx::query_as(
        "SELECT git_folder.*, path FROM git_folder JOIN workspace_object USING (id) WHERE CAST(id AS TEXT) = ?",
    )
    .bind(number)
    .fetch_optional(workspace.store.reader())
    .await?;
    found.ok_or_else(|| ApiError::not_found(format!("Repo {number} does not exist.")))
}

/// The numbers of all Git folders: which directories of the tree are some.
pub(crate) async fn numbers(workspace: &Workspace) -> Result<BTreeSet<i64>, ApiError> {
    let rows: Vec<(i64,)> = sqlx::query_as("SELECT id FROM git_folder")
        .fetch_all(workspace.store.reader())
        .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Whether the directory with this number is a Git folder.
pub(crate) async fn is_git_folder(workspace: &Workspace, number: &str) -> Result<bool, ApiError> {
    let found: Option<(i64,)> = sqlx::query_as("SELECT 1 FROM git_folder WHERE CAST(id AS TEXT) = ?")
        .bind(number)
        .fetch_optional(workspace.store.reader())
        .await?;
    Ok(found.is_some())
}

/// Refuses a place inside of a Git folder.
///
/// # Errors
/// 400 naming the folder.
pub(super) async fn check_outside(workspace: &Workspace, path: &WorkspacePath) -> Result<(), ApiError> {
    let above: BTreeSet<WorkspacePath> = std::iter::successors(path.parent(), WorkspacePath::parent).collect();
    match folders(workspace)
        .await?
        .iter()
        .find(|folder| above.contains(&folder.path))
    {
        Some(folder) => Err(ApiError::invalid(format!(
            "{path} is inside of the Git folder {}: Git folders do not stand in each other",
            folder.path
        ))),
        None => Ok(()),
    }
}
