//! Changing the tree of workspace objects.

use bytes::Bytes;
use sqlx::{Sqlite, Transaction};

use super::WorkspaceFiles;
use super::content::{ImportFormat, Recognised, recognise};
use super::object::{FileKind, WorkspaceObject, find};
use super::path::WorkspacePath;
use super::way::{self, Place};
use crate::error::ApiError;
use crate::permissions::{Level, Object, ObjectKind};
use crate::principal::Principal;
use crate::workspace::Workspace;

/// Whether an import may replace what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// Refuse when something is there; of several at once, one succeeds.
    Refuse,
    /// Replace something of the same kind.
    Replace,
}

/// A file or notebook to import.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Where. The extension of a notebook is dropped.
    pub path: WorkspacePath,
    pub(super) format: ImportFormat,
    /// What.
    pub content: Bytes,
    /// Whether it may replace what is there.
    pub overwrite: Overwrite,
}

/// Something to add to the tree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewObject<'a> {
    /// Where.
    pub(crate) path: &'a WorkspacePath,
    /// What.
    pub(crate) kind: FileKind,
    /// What permissions name it by; its number when none.
    pub(crate) resource_id: Option<&'a str>,
}

impl<'a> NewObject<'a> {
    /// A file, notebook or directory, which permissions name by its number.
    pub(super) fn numbered(path: &'a WorkspacePath, kind: FileKind) -> Self {
        Self {
            path,
            kind,
            resource_id: None,
        }
    }
}

impl WorkspaceFiles<'_> {
    /// Imports a file or notebook.
    ///
    /// # Errors
    /// 404 without the parent directory; 403 without `CAN_EDIT`; 409 (400 for a notebook) when something is there and may not be
    /// replaced; 400 when what is there is of another kind; 507 when the disk is full.
    pub async fn import(&self, principal: &Principal, new: NewFile) -> Result<WorkspaceObject, ApiError> {
        let workspace = self.workspace;
        let Recognised {
            language,
            name,
            content,
        } = recognise(new.format, new.path.name(), new.content);
        let path = new.path.with_name(&name);
        self.check_import(principal, &new.path).await?;
        let size = i64::try_from(content.len()).expect("invariant: a body fits into memory");
        let stored = workspace.store.blobs().put(content).await;
        let digest = stored.map_err(|error| ApiError::from_io(&path, &error))?;
        let mut transaction = workspace.store.begin().await?;
        let existing = find(&mut *transaction, &path).await?;
        let kind = if language.is_some() {
            FileKind::Notebook
        } else {
            FileKind::File
        };
        let id = match &existing {
            Some(existing) => {
                self.require(principal, existing, Level::CanEdit).await?;
                check_replaceable(existing, kind, new.overwrite)?;
                existing.id
            }
            None => {
                self.insert(&mut transaction, principal, NewObject::numbered(&path, kind))
                    .await?
            }
        };
        let imported = sqlx::query_as(
            "UPDATE workspace_object SET language = ?, digest = ?, size = ?, modified_at = ? WHERE id = ? RETURNING *",
        )
        .bind(language.map(super::Language::as_str))
        .bind(digest.to_string())
        .bind(size)
        .bind(workspace.clock.now_ms())
        .bind(id)
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(imported)
    }

    /// Whether the principal may import something at this path, asked before its content is read and stored.
    ///
    /// # Errors
    /// As [`Self::import`].
    pub async fn check_import(&self, principal: &Principal, path: &WorkspacePath) -> Result<(), ApiError> {
        let stem = path.name().rsplit_once('.').map_or(path.name(), |(stem, _)| stem);
        let parent = path.parent().unwrap_or_else(|| path.clone());
        for place in [path, &path.with_name(stem), &parent] {
            if let Some(object) = self.find(place).await? {
                return self.require(principal, &object, Level::CanEdit).await;
            }
        }
        Err(no_parent(&parent))
    }

    /// Adds an object below a directory that the principal may add to; who adds it may manage it.
    ///
    /// # Errors
    /// 404 without the directory, 403 without `CAN_EDIT` on it; when the path is taken, the store refuses.
    pub(crate) async fn insert(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        principal: &Principal,
        new: NewObject<'_>,
    ) -> Result<i64, ApiError> {
        let parent = self.parent_to_add_to(transaction, principal, new.path).await?;
        let id = insert_object(self.workspace, transaction, Some(parent.object.id), new).await?;
        let resource_id = new.resource_id.map_or_else(|| id.to_string(), str::to_owned);
        self.let_manage(transaction, principal, &parent, resource_id).await?;
        Ok(id)
    }

    /// Gives who puts an object into a directory `CAN_MANAGE` on it, when the directory does not give that already.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn let_manage(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        principal: &Principal,
        parent: &Place,
        resource_id: String,
    ) -> Result<(), ApiError> {
        if self.lets_manage(principal, parent) {
            return Ok(());
        }
        let object = Object {
            kind: ObjectKind::Directory,
            id: resource_id,
        };
        let permissions = self.workspace.permissions();
        permissions
            .put(transaction, &object, &principal.name, Level::CanManage)
            .await
    }

    /// The directory above a path, when the principal may add to it.
    ///
    /// # Errors
    /// 404 without the directory, 403 without `CAN_EDIT` on it.
    pub(crate) async fn parent_to_add_to(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        principal: &Principal,
        path: &WorkspacePath,
    ) -> Result<Place, ApiError> {
        let parent_path = path
            .parent()
            .ok_or_else(|| ApiError::invalid("the root is a directory"))?;
        let parent = way::nearest(transaction, &parent_path).await?;
        let Some(parent) = parent.filter(|parent| parent.object.path == parent_path) else {
            return Err(no_parent(&parent_path));
        };
        if parent.object.kind != FileKind::Directory {
            return Err(ApiError::invalid(format!("{parent_path} is not a directory")));
        }
        self.require_to_add(principal, &parent)?;
        Ok(parent)
    }

    /// Makes a directory and those above it; one that is there stays as it is.
    ///
    /// # Errors
    /// 403 without `CAN_EDIT` on the nearest existing directory; 400 when a file is in the way.
    pub async fn make_directories(&self, principal: &Principal, path: &WorkspacePath) -> Result<(), ApiError> {
        let mut transaction = self.workspace.store.begin().await?;
        let Some(nearest) = way::nearest(&mut transaction, path).await? else {
            return Err(ApiError::internal("the root directory is missing"));
        };
        if nearest.object.kind != FileKind::Directory {
            return Err(ApiError::new(
                axum::http::StatusCode::BAD_REQUEST,
                "RESOURCE_ALREADY_EXISTS",
                format!("Path ({}) already exists and is not a directory.", nearest.object.path),
            ));
        }
        let missing: Vec<_> = path.upwards().take_while(|path| *path != nearest.object.path).collect();
        if missing.is_empty() {
            return Ok(());
        }
        self.require_to_add(principal, &nearest)?;
        let mut parent = nearest.object.id;
        for (index, path) in missing.iter().rev().enumerate() {
            let new = NewObject::numbered(path, FileKind::Directory);
            parent = insert_object(self.workspace, &mut transaction, Some(parent), new).await?;
            if index == 0 {
                self.let_manage(&mut transaction, principal, &nearest, parent.to_string())
                    .await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    /// Deletes an object, a directory with all that is in it when `recursive`.
    ///
    /// # Errors
    /// 404; 403 without `CAN_MANAGE`; 400 `DIRECTORY_NOT_EMPTY`.
    pub async fn delete(&self, principal: &Principal, path: &WorkspacePath, recursive: bool) -> Result<(), ApiError> {
        let mut transaction = self.workspace.store.begin().await?;
        let object = find(&mut *transaction, path).await?.ok_or_else(|| path.missing())?;
        if path.is_protected() {
            return Err(ApiError::invalid(format!(
                "Path ({path}) cannot be deleted: every workspace has it."
            )));
        }
        self.require(principal, &object, Level::CanManage).await?;
        let below: Vec<(i64, String)> = sqlx::query_as(
            "WITH RECURSIVE below (id, depth) AS (
                 SELECT ?1, 0
                 UNION ALL SELECT workspace_object.id, depth + 1 FROM workspace_object JOIN below ON parent_id = below.id)
             SELECT id, resource_id FROM below JOIN workspace_object USING (id) ORDER BY depth DESC",
        )
        .bind(object.id)
        .fetch_all(&mut *transaction)
        .await?;
        if below.len() > 1 && !recursive {
            return Err(ApiError::new(
                axum::http::StatusCode::BAD_REQUEST,
                "DIRECTORY_NOT_EMPTY",
                format!("Folder ({path}) is not empty"),
            ));
        }
        for (id, resource_id) in below {
            let object = Object {
                kind: ObjectKind::Directory,
                id: resource_id,
            };
            self.workspace.permissions().clear(&mut transaction, &object).await?;
            sqlx::query("DELETE FROM workspace_object WHERE id = ?")
                .bind(id)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }
}

fn no_parent(path: &WorkspacePath) -> ApiError {
    ApiError::not_found(format!("The parent folder ({path}) does not exist."))
}

fn check_replaceable(existing: &WorkspaceObject, kind: FileKind, overwrite: Overwrite) -> Result<(), ApiError> {
    let path = &existing.path;
    if overwrite == Overwrite::Refuse {
        let message = format!("Path ({path}) already exists.");
        return Err(match existing.kind {
            FileKind::File => ApiError::conflict("RESOURCE_ALREADY_EXISTS", message),
            FileKind::Notebook | FileKind::Directory | FileKind::Dashboard | FileKind::GenieSpace => {
                ApiError::new(axum::http::StatusCode::BAD_REQUEST, "RESOURCE_ALREADY_EXISTS", message)
            }
        });
    }
    if existing.kind != kind {
        return Err(ApiError::invalid(format!(
            "Cannot overwrite the asset at {path} due to type mismatch (asked: {}, actual: {})",
            kind.as_str(),
            existing.kind.as_str()
        )));
    }
    Ok(())
}

/// Adds a directory of the first content of a workspace.
pub(crate) async fn make_directory(
    workspace: &Workspace,
    transaction: &mut Transaction<'_, Sqlite>,
    parent_id: Option<i64>,
    path: &str,
) -> Result<i64, ApiError> {
    let path = path.parse()?;
    insert_object(
        workspace,
        transaction,
        parent_id,
        NewObject::numbered(&path, FileKind::Directory),
    )
    .await
}

/// Makes the home of a principal, which it manages; a home that is there stays, with what is in it.
pub(crate) async fn make_home(
    workspace: &Workspace,
    transaction: &mut Transaction<'_, Sqlite>,
    name: &str,
) -> Result<(), ApiError> {
    make_own(workspace, transaction, &"/Users".parse()?, name).await
}

/// Makes `/Repos/<name>`, where the Git folders of a principal stand when nobody says otherwise, and returns it.
///
/// # Errors
/// When the store fails.
pub(crate) async fn repositories_of(workspace: &Workspace, name: &str) -> Result<WorkspacePath, ApiError> {
    let all: WorkspacePath = "/Repos".parse()?;
    let mut transaction = workspace.store.begin().await?;
    if find(&mut *transaction, &all).await?.is_none() {
        let root = find(&mut *transaction, &"/".parse()?).await?;
        make_directory(workspace, &mut transaction, root.map(|root| root.id), all.as_str()).await?;
    }
    make_own(workspace, &mut transaction, &all, name).await?;
    transaction.commit().await?;
    Ok(all.join(name))
}

/// Makes a directory of a principal below one that is everybody's.
async fn make_own(
    workspace: &Workspace,
    transaction: &mut Transaction<'_, Sqlite>,
    above: &WorkspacePath,
    name: &str,
) -> Result<(), ApiError> {
    let home: WorkspacePath = above.join(name).as_str().parse()?;
    let Some(parent) = find(&mut **transaction, above).await? else {
        return Err(ApiError::internal(format!("the directory {above} is missing")));
    };
    if home.parent().as_ref() != Some(above) {
        return Err(ApiError::invalid(format!(
            "`{name}` cannot be the name of a home directory"
        )));
    }
    let id = match find(&mut **transaction, &home).await? {
        Some(object) => object.id,
        None => {
            let new = NewObject::numbered(&home, FileKind::Directory);
            insert_object(workspace, transaction, Some(parent.id), new).await?
        }
    };
    let object = Object {
        kind: ObjectKind::Directory,
        id: id.to_string(),
    };
    workspace
        .permissions()
        .put(transaction, &object, name, Level::CanManage)
        .await
}

pub(super) async fn insert_object(
    workspace: &Workspace,
    transaction: &mut Transaction<'_, Sqlite>,
    parent_id: Option<i64>,
    new: NewObject<'_>,
) -> Result<i64, ApiError> {
    let NewObject {
        path,
        kind,
        resource_id,
    } = new;
    let id = workspace.ids.number();
    sqlx::query(
        "INSERT INTO workspace_object (id, parent_id, path, kind, created_at, modified_at, resource_id) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, COALESCE(?6, CAST(?1 AS TEXT)))",
    )
    .bind(id)
    .bind(parent_id)
    .bind(path.as_str())
    .bind(kind.as_str())
    .bind(workspace.clock.now_ms())
    .bind(resource_id)
    .execute(&mut **transaction)
    .await?;
    Ok(id)
}
