//! Personal access tokens: random, shown once, kept as peppered hashes.

use sluice_model::{Digest, Secret};

use crate::error::ApiError;
use crate::identity::principals::{principal, principal_columns};
use crate::oauth;
use crate::principal::Principal;
use crate::workspace::Workspace;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// People see and manage it.
    Personal,
    /// The workspace made it for one of its tasks, and takes it back.
    Internal,
}

impl Purpose {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Internal => "internal",
        }
    }
}

/// The principal that this token belongs to; none when the token is unknown, expired or its principal inactive. A token with dots is an
/// access token of the workspace's own issuer.
///
/// # Errors
/// When the store fails.
pub async fn authenticate(workspace: &Workspace, token: &str) -> Result<Option<Principal>, ApiError> {
    if oauth::looks_like_one(token) {
        return oauth::principal_of(workspace, token).await;
    }
    let Some((principal, last_used)) = holder(workspace, token).await? else {
        return Ok(None);
    };
    let now = workspace.clock.now_ms();
    let today = now - now.rem_euclid(DAY);
    if last_used != Some(today) {
        // A day is all that anybody is told, so that a token costs one write a day; that it was used does not depend on that write.
        if let Err(error) = note_use(workspace, &hash(workspace, token), today).await {
            crate::log::line(&format!(
                "{}: the use of a token was not noted: {error}",
                workspace.name
            ));
        }
    }
    Ok(Some(principal))
}

/// Id, day of the token's last use, then what makes a principal of it.
type Held = (i64, Option<i64>, String, String, String, String);

/// Whose personal or internal token this is, and the day of its last use; none when it does not count.
pub(crate) async fn holder(workspace: &Workspace, token: &str) -> Result<Option<(Principal, Option<i64>)>, ApiError> {
    // Every request asks: one question to the store, not one for the token and one for the principal.
    let found: Option<Held> = sqlx::query_as(concat!(
        "SELECT principal.id, last_used_day, ",
        principal_columns!(),
        " FROM token JOIN principal ON principal.id = principal_id \
          WHERE hash = ? AND principal.active = 1 AND coalesce(expires_at > ?, 1) AND principal.kind <> 'group'"
    ))
    .bind(hash(workspace, token))
    .bind(workspace.clock.now_ms())
    .fetch_optional(workspace.store.reader())
    .await?;
    found
        .map(|(id, last_used, kind, name, display_name, groups)| {
            Ok((principal(id, (kind, name, display_name, groups))?, last_used))
        })
        .transpose()
}

async fn note_use(workspace: &Workspace, hash: &str, day: i64) -> Result<(), ApiError> {
    let mut transaction = workspace.store.begin().await?;
    sqlx::query("UPDATE token SET last_used_day = ? WHERE hash = ?")
        .bind(day)
        .bind(hash)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// Whether a token is one that the workspace made for a task.
pub(super) async fn is_internal(workspace: &Workspace, token: &str) -> Result<bool, ApiError> {
    let found: Option<(i64,)> = sqlx::query_as("SELECT 1 FROM token WHERE hash = ? AND purpose = 'internal'")
        .bind(hash(workspace, token))
        .fetch_optional(workspace.store.reader())
        .await?;
    Ok(found.is_some())
}

/// A token that does not exist yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewToken<'a> {
    /// Whose it is.
    pub(crate) principal_id: i64,
    /// Who makes it.
    pub(crate) creator_id: i64,
    /// What it is for, in words.
    pub(crate) comment: &'a str,
    /// When it ends, in milliseconds since 1970.
    pub(crate) expires_at: Option<i64>,
    /// Whether people see it.
    pub(crate) purpose: Purpose,
}

/// Makes a token and returns its id and, this once, the token.
///
/// # Errors
/// When the store fails or the principal does not exist.
pub(crate) async fn make_token(workspace: &Workspace, new: NewToken<'_>) -> Result<(String, Secret<String>), ApiError> {
    let token = workspace.ids.token();
    let id = Digest::of(workspace.ids.token().as_bytes()).hex();
    let mut transaction = workspace.store.begin().await?;
    sqlx::query(
        "INSERT INTO token (hash, principal_id, comment, created_at, expires_at, id, purpose, creator_id) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(hash(workspace, &token))
    .bind(new.principal_id)
    .bind(new.comment)
    .bind(workspace.clock.now_ms())
    .bind(new.expires_at)
    .bind(&id)
    .bind(new.purpose.as_str())
    .bind(new.creator_id)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok((id, Secret::new(token)))
}

/// Makes a token that nobody manages, such as the short-lived one of a task that runs as a principal.
///
/// # Errors
/// When the store fails or the principal does not exist.
pub async fn mint_token(
    workspace: &Workspace,
    principal_id: i64,
    comment: &str,
    expires_at: Option<i64>,
) -> Result<Secret<String>, ApiError> {
    let new = NewToken {
        principal_id,
        creator_id: principal_id,
        comment,
        expires_at,
        purpose: Purpose::Internal,
    };
    Ok(make_token(workspace, new).await?.1)
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

/// What the store keeps of a token or secret: useless without the pepper, which stands outside of the database.
pub(crate) fn hash(workspace: &Workspace, token: &str) -> String {
    Digest::of(format!("{}:{token}", workspace.pepper.expose()).as_bytes()).hex()
}
