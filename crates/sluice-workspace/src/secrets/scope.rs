//! Scopes and what is in them.

use axum::http::StatusCode;
use sluice_model::Secret;
use sqlx::{Sqlite, Transaction};

use super::permission::{self, Permission};
use super::vault::Place;
use crate::error::ApiError;
use crate::principal::{Principal, USERS};
use crate::workspace::Workspace;

const NAME_LIMIT: usize = 128;
const VALUE_LIMIT: usize = 128 * 1024;
const SCOPE_LIMIT: i64 = 1000;
const SECRET_LIMIT: i64 = 1000;

/// Refuses names that Databricks refuses.
fn check_name(what: &str, name: &str) -> Result<(), ApiError> {
    let known = |each: char| each.is_ascii_alphanumeric() || matches!(each, '-' | '_' | '.');
    if !name.is_empty() && name.len() <= NAME_LIMIT && name.chars().all(known) {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "`{name}` cannot be the name of a secret {what}: letters, digits, `-`, `_` and `.`, 1 to {NAME_LIMIT} of them"
    )))
}

fn limit_exceeded(message: String) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "RESOURCE_LIMIT_EXCEEDED", message)
}

/// Makes a scope that its maker may manage, and with `for_users` everybody.
pub(super) async fn create(
    workspace: &Workspace,
    principal: &Principal,
    name: &str,
    for_users: bool,
) -> Result<(), ApiError> {
    check_name("scope", name)?;
    let mut transaction = workspace.store.begin().await?;
    let (count,): (i64,) = sqlx::query_as("SELECT count(*) FROM secret_scope")
        .fetch_one(&mut *transaction)
        .await?;
    if count >= SCOPE_LIMIT {
        return Err(limit_exceeded(format!(
            "the workspace has {count} secret scopes, it takes no more"
        )));
    }
    let made = sqlx::query("INSERT INTO secret_scope (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(name)
        .bind(workspace.clock.now_ms())
        .execute(&mut *transaction)
        .await?;
    if made.rows_affected() == 0 {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "RESOURCE_ALREADY_EXISTS",
            format!("Scope {name} already exists!"),
        ));
    }
    let manager = if for_users { USERS } else { &principal.name };
    put_entry(&mut transaction, name, manager, Permission::Manage).await?;
    Ok(transaction.commit().await?)
}

/// The names of the scopes on which the principal has any permission, sorted.
pub(super) async fn list(workspace: &Workspace, principal: &Principal) -> Result<Vec<String>, ApiError> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT name FROM secret_scope ORDER BY name")
        .fetch_all(workspace.store.reader())
        .await?;
    let mut visible = Vec::new();
    for (name,) in rows {
        if permission::of(workspace, principal, &name).await?.is_some() {
            visible.push(name);
        }
    }
    Ok(visible)
}

/// Deletes a scope with everything in it.
pub(super) async fn delete(workspace: &Workspace, principal: &Principal, name: &str) -> Result<(), ApiError> {
    permission::require(workspace, principal, name, Permission::Manage).await?;
    let mut transaction = workspace.store.begin().await?;
    sqlx::query("DELETE FROM secret_scope WHERE name = ?")
        .bind(name)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// Writes a secret, over one that is there.
pub(super) async fn put(
    workspace: &Workspace,
    principal: &Principal,
    place: &Place<'_>,
    value: &Secret<Vec<u8>>,
) -> Result<(), ApiError> {
    permission::require(workspace, principal, place.scope, Permission::Write).await?;
    check_name("key", place.key)?;
    let length = value.expose().len();
    if length > VALUE_LIMIT {
        return Err(ApiError::invalid(format!(
            "the secret `{}` has {length} bytes, at most {VALUE_LIMIT} are taken",
            place.key
        )));
    }
    let sealed = workspace.vault.seal(place, value)?;
    let mut transaction = workspace.store.begin().await?;
    let (others,): (i64,) = sqlx::query_as("SELECT count(*) FROM secret WHERE scope = ? AND key <> ?")
        .bind(place.scope)
        .bind(place.key)
        .fetch_one(&mut *transaction)
        .await?;
    if others >= SECRET_LIMIT {
        return Err(limit_exceeded(format!(
            "the scope `{}` has {others} secrets, it takes no more",
            place.scope
        )));
    }
    sqlx::query(
        "INSERT INTO secret (scope, key, sealed, updated_at) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (scope, key) DO UPDATE SET sealed = ?3, updated_at = ?4",
    )
    .bind(place.scope)
    .bind(place.key)
    .bind(sealed)
    .bind(workspace.clock.now_ms())
    .execute(&mut *transaction)
    .await?;
    Ok(transaction.commit().await?)
}

/// Keys and times of the last write (milliseconds since 1970), sorted by key.
pub(super) async fn keys(
    workspace: &Workspace,
    principal: &Principal,
    scope: &str,
) -> Result<Vec<(String, i64)>, ApiError> {
    permission::require(workspace, principal, scope, Permission::Read).await?;
    let rows = sqlx::query_as("SELECT key, updated_at FROM secret WHERE scope = ? ORDER BY key").bind(scope);
    Ok(rows.fetch_all(workspace.store.reader()).await?)
}

/// The value of a secret; runs of the principal that are under way will not show it.
pub(super) async fn read(
    workspace: &Workspace,
    principal: &Principal,
    place: &Place<'_>,
) -> Result<Secret<Vec<u8>>, ApiError> {
    permission::require(workspace, principal, place.scope, Permission::Read).await?;
    let row: Option<(Vec<u8>,)> = sqlx::query_as("SELECT sealed FROM secret WHERE scope = ? AND key = ?")
        .bind(place.scope)
        .bind(place.key)
        .fetch_optional(workspace.store.reader())
        .await?;
    let (sealed,) = row.ok_or_else(|| missing(place))?;
    let value = workspace.vault.open_sealed(place, &sealed)?;
    workspace.disclosures.note(principal.id, &value);
    Ok(value)
}

/// Deletes a secret.
pub(super) async fn remove(workspace: &Workspace, principal: &Principal, place: &Place<'_>) -> Result<(), ApiError> {
    permission::require(workspace, principal, place.scope, Permission::Write).await?;
    let mut transaction = workspace.store.begin().await?;
    let done = sqlx::query("DELETE FROM secret WHERE scope = ? AND key = ?")
        .bind(place.scope)
        .bind(place.key)
        .execute(&mut *transaction)
        .await?;
    if done.rows_affected() == 0 {
        return Err(missing(place));
    }
    Ok(transaction.commit().await?)
}

fn missing(place: &Place<'_>) -> ApiError {
    ApiError::not_found(format!(
        "Secret does not exist with scope: {} and key: {}",
        place.scope, place.key
    ))
}

/// Adds or replaces an entry of a scope's list.
pub(super) async fn put_entry(
    transaction: &mut Transaction<'_, Sqlite>,
    scope: &str,
    principal: &str,
    permission: Permission,
) -> Result<(), ApiError> {
    sqlx::query(
        "INSERT INTO secret_acl (scope, principal, permission) VALUES (?1, ?2, ?3) \
         ON CONFLICT (scope, principal) DO UPDATE SET permission = ?3",
    )
    .bind(scope)
    .bind(principal)
    .bind(permission.as_str())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
