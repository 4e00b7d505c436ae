//! Whole trees that come from outside, such as the commit of a Git folder: what stands below a directory, and changing it in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use sluice_model::Digest;
use sqlx::{Sqlite, Transaction};

use super::content::{ImportFormat, Language, Recognised, recognise};
use super::object::{FileKind, WorkspaceObject, find};
use super::path::WorkspacePath;
use super::write::{NewObject, insert_object};
use crate::error::ApiError;
use crate::permissions::{Object, ObjectKind};
use crate::workspace::Workspace;

/// A file whose content is stored already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlacedFile {
    pub(crate) language: Option<Language>,
    pub(crate) digest: Digest,
    pub(crate) size: i64,
}

impl PlacedFile {
    fn kind(&self) -> FileKind {
        match self.language {
            Some(_) => FileKind::Notebook,
            None => FileKind::File,
        }
    }

    /// Whether an object of the tree is this file, unchanged.
    pub(crate) fn is(&self, object: &WorkspaceObject) -> bool {
        object.kind == self.kind() && object.digest == Some(self.digest)
    }
}

/// Stores a content and says what it becomes at a path, and where: a notebook loses its extension.
///
/// # Errors
/// When the disk refuses.
pub(crate) async fn placed(
    workspace: &Workspace,
    path: &WorkspacePath,
    content: Bytes,
) -> Result<(WorkspacePath, PlacedFile), ApiError> {
    let Recognised {
        language,
        name,
        content,
    } = recognise(ImportFormat::Auto, path.name(), content);
    let size = i64::try_from(content.len()).expect("invariant: a content fits into memory");
    let stored = workspace.store.blobs().put(content).await;
    let digest = stored.map_err(|error| ApiError::from_io(path, &error))?;
    let file = PlacedFile { language, digest, size };
    Ok((path.with_name(&name), file))
}

/// Everything below a directory, by path.
///
/// # Errors
/// When the store fails.
pub(crate) async fn standing(
    transaction: &mut Transaction<'_, Sqlite>,
    directory: i64,
) -> Result<BTreeMap<WorkspacePath, WorkspaceObject>, ApiError> {
    let found: Vec<WorkspaceObject> = sqlx::query_as(
        "WITH RECURSIVE below (id) AS (
             SELECT id FROM workspace_object WHERE parent_id = ?
             UNION ALL SELECT workspace_object.id FROM workspace_object JOIN below ON parent_id = below.id)
         SELECT workspace_object.* FROM workspace_object JOIN below USING (id)",
    )
    .bind(directory)
    .fetch_all(&mut **transaction)
    .await?;
    Ok(found.into_iter().map(|object| (object.path.clone(), object)).collect())
}

/// What changes below a directory.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TreeChange {
    /// Files that go, with the directories that they leave empty.
    pub(crate) removed: BTreeSet<WorkspacePath>,
    /// Files that come or get another content, with the directories that they need.
    pub(crate) written: BTreeMap<WorkspacePath, PlacedFile>,
    /// Directories that are there in any case.
    pub(crate) directories: BTreeSet<WorkspacePath>,
}

impl TreeChange {
    /// Makes the change below `root`; objects that stay keep their numbers and permissions.
    ///
    /// # Errors
    /// 400 when something of another kind stands where a file has to; when the store fails.
    pub(crate) async fn apply(
        &self,
        workspace: &Workspace,
        transaction: &mut Transaction<'_, Sqlite>,
        root: &WorkspaceObject,
    ) -> Result<(), ApiError> {
        for path in &self.removed {
            if let Some(object) = find(&mut **transaction, path).await? {
                delete(workspace, transaction, &object).await?;
            }
        }
        let above = |path: &WorkspacePath| {
            let root = root.path.clone();
            std::iter::successors(path.parent(), WorkspacePath::parent).take_while(move |directory| *directory != root)
        };
        let left: BTreeSet<WorkspacePath> = self.removed.iter().flat_map(above).collect();
        // Deeper paths sort after the directories that they are in.
        for path in left.iter().rev() {
            if let Some(object) = find(&mut **transaction, path).await? {
                let (children,): (i64,) = sqlx::query_as("SELECT count(*) FROM workspace_object WHERE parent_id = ?")
                    .bind(object.id)
                    .fetch_one(&mut **transaction)
                    .await?;
                if children == 0 {
                    delete(workspace, transaction, &object).await?;
                }
            }
        }
        let mut needed: BTreeSet<WorkspacePath> =
            self.written.keys().chain(&self.directories).flat_map(above).collect();
        needed.extend(self.directories.iter().cloned());
        let mut known = BTreeMap::from([(root.path.clone(), root.id)]);
        for path in needed {
            let id = self.directory(workspace, transaction, &known, &path).await?;
            known.insert(path, id);
        }
        for (path, file) in &self.written {
            let parent = path.parent().and_then(|parent| known.get(&parent).copied());
            write(workspace, transaction, parent, path, file).await?;
        }
        Ok(())
    }

    async fn directory(
        &self,
        workspace: &Workspace,
        transaction: &mut Transaction<'_, Sqlite>,
        known: &BTreeMap<WorkspacePath, i64>,
        path: &WorkspacePath,
    ) -> Result<i64, ApiError> {
        match find(&mut **transaction, path).await? {
            Some(object) if object.kind == FileKind::Directory => Ok(object.id),
            Some(object) => Err(in_the_way(&object)),
            None => {
                let parent = path.parent().and_then(|parent| known.get(&parent).copied());
                insert_object(
                    workspace,
                    transaction,
                    parent,
                    NewObject::numbered(path, FileKind::Directory),
                )
                .await
            }
        }
    }
}

fn in_the_way(object: &WorkspaceObject) -> ApiError {
    ApiError::invalid(format!(
        "a {} stands at {}, where something else has to: move or delete it first",
        object.kind.as_str().to_lowercase(),
        object.path
    ))
}

async fn write(
    workspace: &Workspace,
    transaction: &mut Transaction<'_, Sqlite>,
    parent: Option<i64>,
    path: &WorkspacePath,
    file: &PlacedFile,
) -> Result<(), ApiError> {
    let existing = find(&mut **transaction, path).await?;
    let id = match existing {
        Some(object) if object.kind == file.kind() => object.id,
        Some(object) if matches!(object.kind, FileKind::File | FileKind::Notebook) => {
            delete(workspace, transaction, &object).await?;
            insert_object(workspace, transaction, parent, NewObject::numbered(path, file.kind())).await?
        }
        Some(object) => return Err(in_the_way(&object)),
        None => insert_object(workspace, transaction, parent, NewObject::numbered(path, file.kind())).await?,
    };
    sqlx::query("UPDATE workspace_object SET language = ?, digest = ?, size = ?, modified_at = ? WHERE id = ?")
        .bind(file.language.map(Language::as_str))
        .bind(file.digest.to_string())
        .bind(file.size)
        .bind(workspace.clock.now_ms())
        .bind(id)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn delete(
    workspace: &Workspace,
    transaction: &mut Transaction<'_, Sqlite>,
    object: &WorkspaceObject,
) -> Result<(), ApiError> {
    let named = Object {
        kind: ObjectKind::Directory,
        id: object.resource_id.clone(),
    };
    workspace.permissions().clear(transaction, &named).await?;
    sqlx::query("DELETE FROM workspace_object WHERE id = ?")
        .bind(object.id)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
