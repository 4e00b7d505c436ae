//! Files, notebooks and directories of the workspace (`/Users/…`, `/Shared/…`), and where dashboards and Genie spaces stand among them;
//! files on volumes are in `volume_files`.
//!
//! [`WorkspaceFiles`] is the plain Rust interface; `rest.rs` its HTTP face. Contents are blobs; one transaction makes a change
//! visible, so importing without overwriting is atomic and can serve as a lock.

mod content;
mod jupyter;
mod object;
mod path;
mod rest;
mod tree;
mod way;
mod write;

use std::collections::BTreeSet;

use bytes::Bytes;

pub use content::Language;
pub use object::{FileKind, WorkspaceObject};
pub use path::WorkspacePath;
pub(crate) use tree::{PlacedFile, TreeChange, placed, standing};
pub use write::{NewFile, Overwrite};
pub(crate) use write::{NewObject, make_directory, make_home, repositories_of};

use crate::audit::{Rule, RuleKind};
use crate::error::ApiError;
use crate::module::Module;
use crate::permissions::{Level, ObjectKind};
use crate::principal::Principal;
use crate::store::Migrations;
use crate::workspace::Workspace;

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "files",
            steps: &[include_str!("schema.sql"), include_str!("schema_2.sql")],
        },
        routes: rest::routes,
    }
}

/// The files of one workspace.
#[derive(Clone, Copy)]
pub struct WorkspaceFiles<'a> {
    pub(crate) workspace: &'a Workspace,
}

impl Workspace {
    /// The files of the workspace.
    #[must_use]
    pub fn workspace_files(&self) -> WorkspaceFiles<'_> {
        WorkspaceFiles { workspace: self }
    }
}

impl WorkspaceFiles<'_> {
    /// The object at a path, when the principal may read it.
    ///
    /// # Errors
    /// 404 when there is nothing, 403 when the principal may not read it.
    pub async fn get(&self, principal: &Principal, path: &WorkspacePath) -> Result<WorkspaceObject, ApiError> {
        let object = self.find(path).await?.filter(WorkspaceObject::is_listed);
        let object = object.ok_or_else(|| path.missing())?;
        self.require(principal, &object, Level::CanRead).await?;
        Ok(object)
    }

    /// The object at a path, whoever asks; none when there is nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find(&self, path: &WorkspacePath) -> Result<Option<WorkspaceObject>, ApiError> {
        object::find(self.workspace.store.reader(), path).await
    }

    /// A file or notebook with its content, when the principal may read it. A notebook's content begins with its marker line.
    ///
    /// # Errors
    /// 404, 403; 400 for a directory.
    pub async fn read(
        &self,
        principal: &Principal,
        path: &WorkspacePath,
    ) -> Result<(WorkspaceObject, Bytes), ApiError> {
        let object = self.get(principal, path).await?;
        let content = self.content(&object).await?;
        Ok((object, content))
    }

    /// The content of a file or notebook that the caller has already got.
    ///
    /// # Errors
    /// 400 for a directory; when the disk fails.
    pub async fn content(&self, object: &WorkspaceObject) -> Result<Bytes, ApiError> {
        let Some(digest) = &object.digest else {
            return Err(ApiError::invalid(format!(
                "{} is a {}, it has no content of its own",
                object.path,
                object.kind.as_str().to_lowercase()
            )));
        };
        let read = self.workspace.store.blobs().get(digest).await;
        read.map_err(|error| ApiError::from_io(format!("the content of {}", object.path), &error))
    }

    /// What stands directly in a directory, sorted by path, as far as the principal may read it; the object itself for a file.
    ///
    /// # Errors
    /// 404, 403.
    pub async fn list(&self, principal: &Principal, path: &WorkspacePath) -> Result<Vec<WorkspaceObject>, ApiError> {
        let object = self.find(path).await?.filter(WorkspaceObject::is_listed);
        let object = object.ok_or_else(|| path.missing())?;
        if object.kind != FileKind::Directory {
            self.require(principal, &object, Level::CanRead).await?;
            return Ok(vec![object]);
        }
        let readable = !path.is_protected() && self.allows(principal, &object, Level::CanRead).await?;
        let readable = readable || principal.is_admin;
        let children: Vec<WorkspaceObject> = sqlx::query_as(
            "SELECT * FROM workspace_object WHERE parent_id = ? AND kind <> 'GENIE_SPACE' ORDER BY path",
        )
        .bind(object.id)
        .fetch_all(self.workspace.store.reader())
        .await?;
        if readable {
            return Ok(children);
        }
        let mut visible = Vec::new();
        for child in children {
            if self.allows(principal, &child, Level::CanRead).await? {
                visible.push(child);
            }
        }
        if visible.is_empty() && !path.is_protected() {
            self.require(principal, &object, Level::CanRead).await?;
        }
        Ok(visible)
    }

    /// Everything below a directory, parents first, when the principal may read the directory; below the directories that everybody may
    /// pass through (`/`, `/Users`, `/Shared`) what they may read.
    ///
    /// # Errors
    /// 404, 403.
    pub async fn tree(&self, principal: &Principal, path: &WorkspacePath) -> Result<Vec<WorkspaceObject>, ApiError> {
        let object = self.get(principal, path).await?;
        let below: Vec<WorkspaceObject> = sqlx::query_as(
            "WITH RECURSIVE below (id) AS (
                 SELECT id FROM workspace_object WHERE parent_id = ?
                 UNION ALL SELECT workspace_object.id FROM workspace_object JOIN below ON parent_id = below.id)
             SELECT workspace_object.* FROM workspace_object JOIN below USING (id) WHERE kind <> 'GENIE_SPACE' ORDER BY path",
        )
        .bind(object.id)
        .fetch_all(self.workspace.store.reader())
        .await?;
        if principal.is_admin || !path.is_protected() {
            return Ok(below);
        }
        let mut readable = Vec::new();
        for object in below {
            if self.allows(principal, &object, Level::CanRead).await? {
                readable.push(object);
            }
        }
        Ok(readable)
    }

    /// Refuses a principal with less than this level on the object.
    ///
    /// # Errors
    /// 403 naming principal, level and path.
    pub async fn require(&self, principal: &Principal, object: &WorkspaceObject, level: Level) -> Result<(), ApiError> {
        let rule = self.rule(principal, object, level).await?;
        self.noted(principal, object, level, rule)
    }

    /// Whether the principal has at least this level on the object.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn allows(
        &self,
        principal: &Principal,
        object: &WorkspaceObject,
        level: Level,
    ) -> Result<bool, ApiError> {
        let rule = self.rule(principal, object, level).await?;
        Ok(self.noted(principal, object, level, rule).is_ok())
    }

    async fn rule(&self, principal: &Principal, object: &WorkspaceObject, level: Level) -> Result<Rule, ApiError> {
        // The directories above all homes are everybody's way to their own.
        if level == Level::CanRead && object.path.is_protected() {
            return Ok(Rule::everybody());
        }
        let permissions = self.workspace.permissions();
        permissions.rule(principal, &object.permission_object(), level).await
    }

    /// Notes what was decided, and refuses whom no rule lets through.
    fn noted(&self, principal: &Principal, object: &WorkspaceObject, level: Level, rule: Rule) -> Result<(), ApiError> {
        let allowed = rule.kind != RuleKind::None;
        let path = object.path.as_str();
        self.workspace.decided(principal, level.as_str(), path, rule);
        if allowed {
            return Ok(());
        }
        Err(ApiError::denied(format!(
            "User '{}' does not have {} permission on {path}.",
            principal.name,
            level.as_str()
        )))
    }
}

/// The kind of the workspace object that permissions know by this id; none when there is none.
pub(crate) async fn kind_of(workspace: &Workspace, id: &str) -> Result<Option<ObjectKind>, ApiError> {
    let object: Option<WorkspaceObject> = sqlx::query_as("SELECT * FROM workspace_object WHERE resource_id = ?")
        .bind(id)
        .fetch_optional(workspace.store.reader())
        .await?;
    Ok(object.map(|object| object.permission_object().kind))
}

/// The object at a path of a transaction.
///
/// # Errors
/// 404.
pub(crate) async fn found(
    transaction: &mut sqlx::Transaction<'_, sqlx::Sqlite>,
    path: &WorkspacePath,
) -> Result<WorkspaceObject, ApiError> {
    object::find(&mut **transaction, path)
        .await?
        .ok_or_else(|| path.missing())
}

/// Removes contents that no object has any more. Runs before the first request, when nothing is being written.
pub(crate) async fn sweep(workspace: &Workspace) -> Result<(), ApiError> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT DISTINCT digest FROM workspace_object WHERE digest IS NOT NULL")
        .fetch_all(workspace.store.reader())
        .await?;
    let mut named = BTreeSet::new();
    for (digest,) in rows {
        named.insert(
            digest
                .parse()
                .map_err(|error| ApiError::internal(format!("a stored digest: {error}")))?,
        );
    }
    let swept = workspace.store.blobs().keep_only(&named).await;
    swept.map_err(|error| ApiError::from_io("the contents of workspace files", &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durability::Durability;
    use crate::store::Store;

    #[tokio::test]
    async fn a_tree_of_an_older_program_keeps_its_objects_and_their_names_in_permissions() {
        let directory = tempfile::tempdir().unwrap();
        let whole = module().migrations;
        let older = Migrations {
            steps: &whole.steps[..1],
            ..whole
        };
        let store = Store::open(directory.path(), &[older], Durability::Process)
            .await
            .unwrap();
        let mut transaction = store.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO workspace_object (id, parent_id, path, kind, created_at, modified_at) \
             VALUES (7, NULL, '/', 'DIRECTORY', 1, 2), (8, 7, '/a', 'FILE', 1, 2)",
        )
        .execute(&mut *transaction)
        .await
        .unwrap();
        transaction.commit().await.unwrap();
        store.close().await;
        let store = Store::open(directory.path(), &[whole], Durability::Process)
            .await
            .unwrap();
        let object = object::find(store.reader(), &"/a".parse().unwrap())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (object.id, object.kind, object.resource_id.as_str()),
            (8, FileKind::File, "8")
        );
        let mut transaction = store.begin().await.unwrap();
        let orphaned = sqlx::query("DELETE FROM workspace_object WHERE id = 7")
            .execute(&mut *transaction)
            .await;
        assert!(orphaned.is_err(), "the tree still holds together");
    }
}
