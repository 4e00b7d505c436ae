//! Permissions on scopes over HTTP.

use axum::Json;
use serde::{Deserialize, Serialize};

use super::Empty;
use crate::call::Call;
use crate::error::ApiError;
use crate::identity;
use crate::secrets::permission::{self, Permission};
use crate::secrets::scope;

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    scope: String,
    #[serde(default)]
    principal: String,
    #[serde(default)]
    permission: String,
}

#[derive(Serialize)]
pub(super) struct Item {
    principal: String,
    permission: &'static str,
}

async fn require_manage(call: &Call, scope: &str) -> Result<(), ApiError> {
    permission::require(&call.workspace, &call.principal, scope, Permission::Manage).await
}

pub(super) async fn put(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let entry: Entry = call.json().await?;
    require_manage(&call, &entry.scope).await?;
    let permission: Permission = entry.permission.parse()?;
    if identity::kind_of(&call.workspace, &entry.principal).await?.is_none() {
        return Err(ApiError::invalid(format!(
            "`{}` is no user, group or service principal of this workspace",
            entry.principal
        )));
    }
    let mut transaction = call.workspace.store.begin().await?;
    scope::put_entry(&mut transaction, &entry.scope, &entry.principal, permission).await?;
    transaction.commit().await?;
    Ok(Json(Empty {}))
}

pub(super) async fn get(call: Call) -> Result<Json<Item>, ApiError> {
    let (scope, principal) = (call.required_query("scope")?, call.required_query("principal")?);
    require_manage(&call, scope).await?;
    let entries = permission::entries(&call.workspace, scope).await?;
    let found = entries.into_iter().find(|(name, _)| name == principal);
    let (principal, permission) = found.ok_or_else(|| missing(scope, principal))?;
    Ok(Json(Item {
        principal,
        permission: permission.as_str(),
    }))
}

#[derive(Serialize)]
pub(super) struct Items {
    items: Vec<Item>,
}

pub(super) async fn list(call: Call) -> Result<Json<Items>, ApiError> {
    let scope = call.required_query("scope")?;
    require_manage(&call, scope).await?;
    let entries = permission::entries(&call.workspace, scope).await?;
    let items = entries.into_iter().map(|(principal, permission)| Item {
        principal,
        permission: permission.as_str(),
    });
    Ok(Json(Items { items: items.collect() }))
}

pub(super) async fn delete(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let entry: Entry = call.json().await?;
    require_manage(&call, &entry.scope).await?;
    let mut transaction = call.workspace.store.begin().await?;
    let done = sqlx::query("DELETE FROM secret_acl WHERE scope = ? AND principal = ?")
        .bind(&entry.scope)
        .bind(&entry.principal)
        .execute(&mut *transaction)
        .await?;
    if done.rows_affected() == 0 {
        return Err(missing(&entry.scope, &entry.principal));
    }
    transaction.commit().await?;
    Ok(Json(Empty {}))
}

fn missing(scope: &str, principal: &str) -> ApiError {
    ApiError::not_found(format!(
        "Failed to get secret acl for principal {principal} for scope {scope}."
    ))
}
