//! Workspace objects as they are stored.

use sluice_model::Digest;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _, SqliteExecutor};

use crate::error::ApiError;
use crate::files::content::Language;
use crate::files::path::WorkspacePath;
use crate::permissions::{Object, ObjectKind};

/// What a workspace object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A directory.
    Directory,
    /// A file.
    File,
    /// A notebook in source format.
    Notebook,
    /// A dashboard; what it holds is in [`crate::dashboards`].
    Dashboard,
    /// A Genie space; what it holds is in [`crate::genie`].
    GenieSpace,
}

impl FileKind {
    /// As the REST API writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "DIRECTORY",
            Self::File => "FILE",
            Self::Notebook => "NOTEBOOK",
            Self::Dashboard => "DASHBOARD",
            Self::GenieSpace => "GENIE_SPACE",
        }
    }
}

/// An object of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceObject {
    /// Its id.
    pub id: i64,
    /// Where it stands.
    pub path: WorkspacePath,
    /// What it is.
    pub kind: FileKind,
    /// What permissions name it by: the id of a dashboard or Genie space, else its number.
    pub resource_id: String,
    /// The language of a notebook.
    pub language: Option<Language>,
    /// The blob with its content; none for a directory.
    pub digest: Option<Digest>,
    /// Bytes.
    pub size: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub modified_at: i64,
}

impl WorkspaceObject {
    /// The object as permissions know it.
    #[must_use]
    pub fn permission_object(&self) -> Object {
        let kind = match self.kind {
            FileKind::Directory => ObjectKind::Directory,
            FileKind::File => ObjectKind::File,
            FileKind::Notebook => ObjectKind::Notebook,
            FileKind::Dashboard => ObjectKind::Dashboard,
            FileKind::GenieSpace => ObjectKind::GenieSpace,
        };
        Object {
            kind,
            id: self.resource_id.clone(),
        }
    }

    /// Whether the workspace API shows it: its object types have no Genie space, so one is there for its folder's permissions alone.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.kind != FileKind::GenieSpace
    }
}

impl FromRow<'_, SqliteRow> for WorkspaceObject {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let decode = |error: ApiError| sqlx::Error::Decode(error.into());
        let path: String = row.try_get("path")?;
        let kind: String = row.try_get("kind")?;
        let language: Option<String> = row.try_get("language")?;
        let digest: Option<String> = row.try_get("digest")?;
        Ok(Self {
            id: row.try_get("id")?,
            path: path.parse().map_err(decode)?,
            kind: match kind.as_str() {
                "DIRECTORY" => FileKind::Directory,
                "NOTEBOOK" => FileKind::Notebook,
                "DASHBOARD" => FileKind::Dashboard,
                "GENIE_SPACE" => FileKind::GenieSpace,
                _ => FileKind::File,
            },
            resource_id: row.try_get("resource_id")?,
            language: language.map(|language| language.parse()).transpose().map_err(decode)?,
            digest: digest
                .map(|digest| digest.parse())
                .transpose()
                .map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            size: row.try_get("size")?,
            created_at: row.try_get("created_at")?,
            modified_at: row.try_get("modified_at")?,
        })
    }
}

pub(super) async fn find(
    executor: impl SqliteExecutor<'_>,
    path: &WorkspacePath,
) -> Result<Option<WorkspaceObject>, ApiError> {
    let found = sqlx::query_as("SELECT * FROM workspace_object WHERE path = ?").bind(path.as_str());
    Ok(found.fetch_optional(executor).await?)
}
