//! Publishing: a copy of the draft of one moment.

use super::{Record, missing, require};
use crate::error::ApiError;
use crate::permissions::Level;
use crate::principal::Principal;
use crate::warehouses;
use crate::workspace::Workspace;

/// What was published.
#[derive(Clone, Debug)]
pub(super) struct Published {
    pub(super) display_name: String,
    pub(super) warehouse_id: String,
    /// Whether its queries would run with the rights of who published it.
    pub(super) embed_credentials: bool,
    /// Milliseconds since 1970.
    pub(super) revised_at: i64,
}

/// Publishes the draft as it is, over what was published before.
///
/// # Errors
/// 404; 403 without `CAN_EDIT` on the draft or `CAN_USE` on the warehouse.
pub(super) async fn publish(
    workspace: &Workspace,
    principal: &Principal,
    id: &str,
    embed_credentials: bool,
    warehouse_id: Option<String>,
) -> Result<Published, ApiError> {
    let (record, _) = require(workspace, principal, id, Level::CanEdit).await?;
    let warehouse_id = warehouse_id.filter(|id| !id.is_empty()).unwrap_or(record.warehouse_id);
    if !warehouse_id.is_empty() {
        warehouses::require(workspace, principal, &warehouse_id, Level::CanUse).await?;
    }
    let mut transaction = workspace.store.begin().await?;
    sqlx::query(
        "INSERT OR REPLACE INTO published_dashboard \
         (dashboard_id, display_name, warehouse_id, serialized_dashboard, embed_credentials, publisher, revised_at) \
         SELECT dashboard_id, display_name, ?2, serialized_dashboard, ?3, ?4, ?5 FROM dashboard WHERE dashboard_id = ?1",
    )
    .bind(id)
    .bind(warehouse_id)
    .bind(embed_credentials)
    .bind(&principal.name)
    .bind(workspace.clock.now_ms())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    published(workspace, principal, id).await
}

/// What is published of a draft.
///
/// # Errors
/// 404 also when nothing is; 403 without `CAN_READ`.
pub(super) async fn published(workspace: &Workspace, principal: &Principal, id: &str) -> Result<Published, ApiError> {
    let (Record { dashboard_id, .. }, _) = require(workspace, principal, id, Level::CanRead).await?;
    let row: Option<(String, String, bool, i64)> = sqlx::query_as(
        "SELECT display_name, warehouse_id, embed_credentials, revised_at FROM published_dashboard WHERE dashboard_id = ?",
    )
    .bind(&dashboard_id)
    .fetch_optional(workspace.store.reader())
    .await?;
    let (display_name, warehouse_id, embed_credentials, revised_at) = row.ok_or_else(|| unpublished(id))?;
    Ok(Published {
        display_name,
        warehouse_id,
        embed_credentials,
        revised_at,
    })
}

/// Takes back what is published; the draft stays.
///
/// # Errors
/// 404 also when nothing is published; 403 without `CAN_EDIT`.
pub(super) async fn unpublish(workspace: &Workspace, principal: &Principal, id: &str) -> Result<(), ApiError> {
    require(workspace, principal, id, Level::CanEdit).await?;
    let mut transaction = workspace.store.begin().await?;
    let done = sqlx::query("DELETE FROM published_dashboard WHERE dashboard_id = ?")
        .bind(id)
        .execute(&mut *transaction)
        .await?;
    if done.rows_affected() == 0 {
        return Err(unpublished(id));
    }
    Ok(transaction.commit().await?)
}

fn unpublished(id: &str) -> ApiError {
    let error = missing(id);
    ApiError {
        message: format!("Dashboard {id} is not published."),
        ..error
    }
}
