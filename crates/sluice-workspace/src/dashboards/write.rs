//! Making, changing and trashing drafts.

use axum::http::StatusCode;
use serde::Deserialize;
use sqlx::{Sqlite, Transaction};

use super::document::{Defaults, canonical};
use super::{Dashboard, get, require};
use crate::error::ApiError;
use crate::files::{FileKind, NewObject, WorkspacePath};
use crate::permissions::Level;
use crate::principal::Principal;
use crate::warehouses;
use crate::workspace::Workspace;

const EXTENSION: &str = ".lvdash.json";

/// What a client writes; what is absent is left as it is, or has its default.
#[derive(Default, Deserialize)]
pub(super) struct Request {
    display_name: Option<String>,
    parent_path: Option<String>,
    warehouse_id: Option<String>,
    serialized_dashboard: Option<String>,
    etag: Option<String>,
}

/// Adds a draft below `parent_path`, or in the principal's home.
///
/// # Errors
/// 400 for a document that is no dashboard or a name that no file can have; 404 without warehouse or folder; 403 without `CAN_USE` on the
/// warehouse or `CAN_EDIT` on the folder; 409 when the name is taken.
pub(super) async fn create(
    workspace: &Workspace,
    principal: &Principal,
    request: Request,
    defaults: Defaults<'_>,
) -> Result<Dashboard, ApiError> {
    let name = request.display_name.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| ApiError::invalid("`display_name` is required"))?;
    let document = canonical(request.serialized_dashboard.as_deref().unwrap_or_default(), defaults)?;
    let warehouse_id = request.warehouse_id.unwrap_or_default();
    if !warehouse_id.is_empty() {
        warehouses::require(workspace, principal, &warehouse_id, Level::CanUse).await?;
    }
    let parent: WorkspacePath = match request.parent_path.filter(|path| !path.is_empty()) {
        Some(path) => path.parse()?,
        None => format!("/Users/{}", principal.name).parse()?,
    };
    let path = place(&parent, &name)?;
    let id = workspace.ids.hex32();
    let mut transaction = workspace.store.begin().await?;
    check_free(&mut transaction, &path).await?;
    let new = NewObject {
        path: &path,
        kind: FileKind::Dashboard,
        resource_id: Some(&id),
    };
    let files = workspace.workspace_files();
    let object_id = files.insert(&mut transaction, principal, new).await?;
    sqlx::query(
        "INSERT INTO dashboard (dashboard_id, object_id, creator, display_name, warehouse_id, serialized_dashboard, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
    )
    .bind(&id)
    .bind(object_id)
    .bind(&principal.name)
    .bind(&name)
    .bind(warehouse_id)
    .bind(document)
    .bind(workspace.clock.now_ms())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    get(workspace, principal, &id).await
}

/// Changes a draft. What was published stays as it is.
///
/// # Errors
/// 409 when the etag is not the draft's or its new name is taken; 400 for another folder; else as [`create`], and 403 without `CAN_EDIT`.
pub(super) async fn update(
    workspace: &Workspace,
    principal: &Principal,
    id: &str,
    request: Request,
    defaults: Defaults<'_>,
) -> Result<Dashboard, ApiError> {
    let (record, object) = require(workspace, principal, id, Level::CanEdit).await?;
    let parent = object.path.parent().unwrap_or_else(|| object.path.clone());
    let asked: Option<WorkspacePath> = request.parent_path.as_deref().map(str::parse).transpose()?;
    if asked.is_some_and(|asked| asked != parent) {
        return Err(ApiError::invalid(format!(
            "`parent_path` of a dashboard cannot be changed, it is {parent}"
        )));
    }
    let changed = request.serialized_dashboard.is_some() || defaults.catalog.is_some() || defaults.schema.is_some();
    let document = request.serialized_dashboard.as_deref();
    let document = document.unwrap_or(&record.serialized_dashboard);
    let document = changed.then(|| canonical(document, defaults)).transpose()?;
    if let Some(warehouse_id) = request.warehouse_id.as_deref().filter(|id| !id.is_empty()) {
        warehouses::require(workspace, principal, warehouse_id, Level::CanUse).await?;
    }
    if request.display_name.as_deref() == Some("") {
        return Err(ApiError::invalid("`display_name` must not be empty"));
    }
    let now = workspace.clock.now_ms();
    let mut transaction = workspace.store.begin().await?;
    let done = sqlx::query(
        "UPDATE dashboard SET display_name = COALESCE(?2, display_name), warehouse_id = COALESCE(?3, warehouse_id), \
         serialized_dashboard = COALESCE(?4, serialized_dashboard), version = version + 1, updated_at = ?5 \
         WHERE dashboard_id = ?1 AND object_id IS NOT NULL AND (?6 IS NULL OR CAST(version AS TEXT) = ?6)",
    )
    .bind(id)
    .bind(&request.display_name)
    .bind(&request.warehouse_id)
    .bind(document)
    .bind(now)
    .bind(&request.etag)
    .execute(&mut *transaction)
    .await?;
    if done.rows_affected() == 0 {
        return Err(ApiError::conflict(
            "ABORTED",
            format!("Dashboard {id} was changed since it had this etag: read it again, then change it"),
        ));
    }
    let path = place(&parent, request.display_name.as_ref().unwrap_or(&record.display_name))?;
    if path != object.path {
        check_free(&mut transaction, &path).await?;
    }
    sqlx::query("UPDATE workspace_object SET path = ?, modified_at = ? WHERE id = ?")
        .bind(path.as_str())
        .bind(now)
        .bind(object.id)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    get(workspace, principal, id).await
}

/// Moves a draft to the trash, with what was published of it.
///
/// # Errors
/// 404; 403 without `CAN_MANAGE`.
pub(super) async fn trash(workspace: &Workspace, principal: &Principal, id: &str) -> Result<(), ApiError> {
    let (_, object) = require(workspace, principal, id, Level::CanManage).await?;
    let files = workspace.workspace_files();
    files.delete(principal, &object.path, false).await
}

fn place(parent: &WorkspacePath, name: &str) -> Result<WorkspacePath, ApiError> {
    if name.contains('/') {
        return Err(ApiError::invalid(format!(
            "`{name}` cannot be the name of a dashboard: it is part of a path, without `/`"
        )));
    }
    parent.join(&format!("{name}{EXTENSION}")).as_str().parse()
}

async fn check_free(transaction: &mut Transaction<'_, Sqlite>, path: &WorkspacePath) -> Result<(), ApiError> {
    let taken: Option<(i64,)> = sqlx::query_as("SELECT id FROM workspace_object WHERE path = ?")
        .bind(path.as_str())
        .fetch_optional(&mut **transaction)
        .await?;
    match taken {
        None => Ok(()),
        Some(_) => Err(ApiError::new(
            StatusCode::CONFLICT,
            "RESOURCE_ALREADY_EXISTS",
            format!("Path ({path}) already exists."),
        )),
    }
}
