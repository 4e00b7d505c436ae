//! Making, changing and trashing spaces.

use serde::Deserialize;
use sqlx::{Sqlite, Transaction};

use super::{Space, require, serialized, sources};
use crate::error::ApiError;
use crate::files::{FileKind, NewObject, WorkspacePath};
use crate::permissions::Level;
use crate::principal::Principal;
use crate::warehouses;
use crate::workspace::Workspace;

const UNTITLED: &str = "New Space";

/// What a client writes; what is absent is left as it is, or has its default.
#[derive(Default, Deserialize)]
pub(super) struct Request {
    title: Option<String>,
    description: Option<String>,
    parent_path: Option<String>,
    warehouse_id: Option<String>,
    serialized_space: Option<String>,
    etag: Option<String>,
}

/// Adds a space below `parent_path`, or in the principal's home.
///
/// # Errors
/// 400 for a document that breaks a rule or names what is not there; 403 without `SELECT` on a table, `CAN_USE` on the warehouse or
/// `CAN_EDIT` on the folder; 404 without warehouse or folder.
pub(super) async fn create(workspace: &Workspace, principal: &Principal, request: Request) -> Result<Space, ApiError> {
    let required = |value: Option<String>, name: &str| {
        let value = value.filter(|value| !value.is_empty());
        value.ok_or_else(|| ApiError::invalid(format!("`{name}` is required")))
    };
    let warehouse_id = required(request.warehouse_id, "warehouse_id")?;
    let text = required(request.serialized_space, "serialized_space")?;
    let serialized = serialized::read(&text)?;
    warehouses::require(workspace, principal, &warehouse_id, Level::CanUse).await?;
    sources::check(workspace, principal, &serialized).await?;
    let parent = match request.parent_path.filter(|path| !path.is_empty()) {
        Some(path) => path.parse()?,
        None => home(principal)?,
    };
    let id = workspace.ids.hex32();
    let now = workspace.clock.now_ms();
    let mut transaction = workspace.store.begin().await?;
    let new = NewObject {
        path: &place(&parent, &id),
        kind: FileKind::GenieSpace,
        resource_id: Some(&id),
    };
    let files = workspace.workspace_files();
    let object_id = files.insert(&mut transaction, principal, new).await?;
    sqlx::query(
        "INSERT INTO genie_space (space_id, object_id, title, description, warehouse_id, serialized_space, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
    )
    .bind(&id)
    .bind(object_id)
    .bind(request.title.filter(|title| !title.is_empty()).unwrap_or_else(|| UNTITLED.to_owned()))
    .bind(request.description.unwrap_or_default())
    .bind(warehouse_id)
    .bind(serialized.text)
    .bind(now)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    require(workspace, principal, &id, Level::CanRead).await
}

/// Changes a space; a document in the request replaces the whole one.
///
/// # Errors
/// 409 when the etag is not the space's; else as [`create`], and 403 without `CAN_EDIT` on the space.
pub(super) async fn update(
    workspace: &Workspace,
    principal: &Principal,
    id: &str,
    request: Request,
) -> Result<Space, ApiError> {
    let space = require(workspace, principal, id, Level::CanEdit).await?;
    let serialized = request.serialized_space.as_deref().map(serialized::read).transpose()?;
    if let Some(serialized) = &serialized {
        sources::check(workspace, principal, serialized).await?;
    }
    if let Some(warehouse_id) = &request.warehouse_id {
        warehouses::require(workspace, principal, warehouse_id, Level::CanUse).await?;
    }
    if request.title.as_deref() == Some("") {
        return Err(ApiError::invalid("`title` must not be empty"));
    }
    let mut transaction = workspace.store.begin().await?;
    let done = sqlx::query(
        "UPDATE genie_space SET title = COALESCE(?2, title), description = COALESCE(?3, description), \
         warehouse_id = COALESCE(?4, warehouse_id), serialized_space = COALESCE(?5, serialized_space), \
         version = version + 1, updated_at = ?6 \
         WHERE space_id = ?1 AND object_id IS NOT NULL AND (?7 IS NULL OR CAST(version AS TEXT) = ?7)",
    )
    .bind(id)
    .bind(&request.title)
    .bind(&request.description)
    .bind(&request.warehouse_id)
    .bind(serialized.map(|serialized| serialized.text))
    .bind(workspace.clock.now_ms())
    .bind(&request.etag)
    .execute(&mut *transaction)
    .await?;
    if done.rows_affected() == 0 {
        return Err(ApiError::conflict(
            "ABORTED",
            format!("Genie space {id} was changed since it had this etag: read it again, then change it"),
        ));
    }
    if let Some(parent) = request.parent_path.as_deref() {
        move_below(workspace, &mut transaction, principal, &space, &parent.parse()?).await?;
    }
    transaction.commit().await?;
    require(workspace, principal, id, Level::CanRead).await
}

async fn move_below(
    workspace: &Workspace,
    transaction: &mut Transaction<'_, Sqlite>,
    principal: &Principal,
    space: &Space,
    parent: &WorkspacePath,
) -> Result<(), ApiError> {
    if space.object.path.parent().as_ref() == Some(parent) {
        return Ok(());
    }
    let files = workspace.workspace_files();
    // Moving takes the space out of one folder, which changes who may do what with it.
    files.require(principal, &space.object, Level::CanManage).await?;
    let path = place(parent, &space.record.space_id);
    let parent = files.parent_to_add_to(transaction, principal, &path).await?;
    sqlx::query("UPDATE workspace_object SET parent_id = ?, path = ? WHERE id = ?")
        .bind(parent.object.id)
        .bind(path.as_str())
        .bind(space.object.id)
        .execute(&mut **transaction)
        .await?;
    let id = space.record.space_id.clone();
    files.let_manage(transaction, principal, &parent, id).await
}

/// Moves a space to the trash: nobody finds it any more.
///
/// # Errors
/// 404; 403 without `CAN_MANAGE`.
pub(super) async fn trash(workspace: &Workspace, principal: &Principal, id: &str) -> Result<(), ApiError> {
    let space = require(workspace, principal, id, Level::CanManage).await?;
    let files = workspace.workspace_files();
    files.delete(principal, &space.object.path, false).await
}

/// Titles need not be unique in a folder, so a space stands there under its id.
fn place(parent: &WorkspacePath, id: &str) -> WorkspacePath {
    parent.join(id)
}

fn home(principal: &Principal) -> Result<WorkspacePath, ApiError> {
    format!("/Users/{}", principal.name).parse()
}
