//! Personal access tokens: random, shown once, kept as peppered hashes.

use sluice_model::{Digest, Secret};

use crate::error::ApiError;
use crate::identity::load;
use crate::principal::Principal;
use crate::workspace::Workspace;

/// The principal that this token belongs to; none when the token is unknown, expired or its principal inactive.
///
/// # Errors
/// When the store fails.
pub async fn authenticate(workspace: &Workspace, token: &str) -> Result<Option<Principal>, ApiError> {
    let row: Option<(i64,)> = sqlx::query_as(
        "SELECT principal_id FROM token JOIN principal ON principal.id = principal_id \
         WHERE hash = ? AND principal.active = 1 AND coalesce(expires_at > ?, 1)",
    )
    .bind(hash(workspace, token))
    .bind(workspace.clock.now_ms())
    .fetch_optional(workspace.store.reader())
    .await?;
    match row {
        Some((id,)) => load(workspace, id).await,
        None => Ok(None),
    }
}

/// Makes a token for a principal, such as the short-lived one of a task that runs as it.
///
/// # Errors
/// When the store fails or the principal does not exist.
pub async fn mint_token(
    workspace: &Workspace,
    principal_id: i64,
    comment: &str,
    expires_at: Option<i64>,
) -> Result<Secret<String>, ApiError> {
    let token = workspace.ids.token();
    let mut transaction = workspace.store.begin().await?;
    sqlx::query("INSERT INTO token (hash, principal_id, comment, created_at, expires_at) VALUES (?, ?, ?, ?, ?)")
        .bind(hash(workspace, &token))
        .bind(principal_id)
        .bind(comment)
        .bind(workspace.clock.now_ms())
        .bind(expires_at)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Secret::new(token))
}

/// Makes a token worthless.
///
/// # Errors
/// When the store fails.
pub async fn revoke_token(workspace: &Workspace, token: &Secret<String>) -> Result<(), ApiError> {
    let mut transaction = workspace.store.begin().await?;
    sqlx::query("DELETE FROM token WHERE hash = ?")
        .bind(hash(workspace, token.expose()))
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
#[must_use]
pub fn same_secret(one: &str, other: &str) -> bool {
    Digest::of(one.as_bytes()) == Digest::of(other.as_bytes())
}

fn hash(workspace: &Workspace, token: &str) -> String {
    Digest::of(format!("{}:{token}", workspace.pepper.expose()).as_bytes()).hex()
}
