//! `/api/2.0/token`: everybody's own personal access tokens.

use axum::Json;
use axum::http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _};

use super::token_permissions;
use super::tokens::{NewToken, Purpose, is_internal, make_token};
use crate::call::Call;
use crate::error::ApiError;
use crate::principal::Principal;
use crate::route::Route;
use crate::workspace::Workspace;

/// Seconds that a token lasts when nobody says otherwise: two years, as the REST reference says.
const DEFAULT_LIFETIME: i64 = 730 * 24 * 3600;
/// The most tokens of one principal, as on Databricks.
const MOST: i64 = 600;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/2.0/token/create", create),
        Route::post("/api/2.0/token/delete", delete),
        Route::get("/api/2.0/token/list", list),
        Route::patch("/api/2.0/token/{token_id}", update),
    ]
}

/// A personal token as the store has it.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) id: String,
    pub(super) principal_id: i64,
    pub(super) comment: String,
    pub(super) created_at: i64,
    pub(super) expires_at: Option<i64>,
    pub(super) last_used_day: Option<i64>,
    pub(super) creator_id: Option<i64>,
    pub(super) creator: Option<String>,
}

impl FromRow<'_, SqliteRow> for Stored {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            principal_id: row.try_get("principal_id")?,
            comment: row.try_get("comment")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
            last_used_day: row.try_get("last_used_day")?,
            creator_id: row.try_get("creator_id")?,
            creator: row.try_get("creator")?,
        })
    }
}

/// The personal tokens that still count, of one principal or of everybody, oldest first.
pub(super) async fn stored(workspace: &Workspace, principal_id: Option<i64>) -> Result<Vec<Stored>, ApiError> {
    let rows = sqlx::query_as(
        "SELECT token.id, principal_id, comment, created_at, expires_at, last_used_day, creator_id, creator.name AS creator FROM token \
         LEFT JOIN principal AS creator ON creator.id = creator_id \
         WHERE purpose = 'personal' AND coalesce(principal_id = ?, 1) AND coalesce(expires_at > ?, 1) ORDER BY created_at, token.rowid",
    )
    .bind(principal_id)
    .bind(workspace.clock.now_ms())
    .fetch_all(workspace.store.reader())
    .await?;
    Ok(rows)
}

pub(super) fn missing(id: &str) -> ApiError {
    ApiError::not_found(format!("Token with ID {id} does not exist."))
}

/// Makes a personal token worthless, of one principal or of anybody.
pub(super) async fn remove(workspace: &Workspace, id: &str, principal_id: Option<i64>) -> Result<(), ApiError> {
    let mut transaction = workspace.store.begin().await?;
    let deleted =
        sqlx::query("DELETE FROM token WHERE id = ? AND purpose = 'personal' AND coalesce(principal_id = ?, 1)")
            .bind(id)
            .bind(principal_id)
            .execute(&mut *transaction)
            .await?;
    transaction.commit().await?;
    match deleted.rows_affected() {
        0 => Err(missing(id)),
        _ => Ok(()),
    }
}

#[derive(Deserialize)]
pub(super) struct Change {
    #[serde(default)]
    token: Changed,
    #[serde(default)]
    update_mask: String,
}

#[derive(Default, Deserialize)]
struct Changed {
    comment: Option<String>,
}

/// Changes the comment, which is all of a token that can change.
pub(super) async fn change(
    workspace: &Workspace,
    id: &str,
    principal_id: Option<i64>,
    change: Change,
) -> Result<(), ApiError> {
    match change.update_mask.as_str() {
        "" | "*" | "comment" => {}
        other => {
            return Err(ApiError::not_implemented(format!(
                "the local workspace changes the `comment` of a token, not `{other}`"
            )));
        }
    }
    let mut transaction = workspace.store.begin().await?;
    let changed = sqlx::query(
        "UPDATE token SET comment = ? WHERE id = ? AND purpose = 'personal' AND coalesce(principal_id = ?, 1)",
    )
    .bind(change.token.comment.unwrap_or_default())
    .bind(id)
    .bind(principal_id)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    match changed.rows_affected() {
        0 => Err(missing(id)),
        _ => Ok(()),
    }
}

/// What a request for a new token says.
#[derive(Deserialize)]
pub(super) struct Create {
    #[serde(default)]
    pub(super) application_id: String,
    #[serde(default)]
    comment: String,
    lifetime_seconds: Option<i64>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    autoscope_enabled: bool,
}

impl Create {
    /// Makes the token for `owner`, asked for by `creator`; returns it as stored, and the token itself.
    pub(super) async fn make(
        &self,
        workspace: &Workspace,
        creator: &Principal,
        owner_id: i64,
    ) -> Result<(Stored, sluice_model::Secret<String>), ApiError> {
        if self.autoscope_enabled || self.scopes.iter().any(|scope| scope != "all-apis") {
            return Err(ApiError::not_implemented(
                "the local workspace does not bind tokens to scopes: what the principal may do decides",
            ));
        }
        let lifetime = self.lifetime_seconds.unwrap_or(DEFAULT_LIFETIME);
        if !(1..=DEFAULT_LIFETIME).contains(&lifetime) {
            return Err(ApiError::invalid(format!(
                "`lifetime_seconds` must be between 1 and {DEFAULT_LIFETIME}, it is {lifetime}"
            )));
        }
        let (count,): (i64,) =
            sqlx::query_as("SELECT count(*) FROM token WHERE principal_id = ? AND purpose = 'personal'")
                .bind(owner_id)
                .fetch_one(workspace.store.reader())
                .await?;
        if count >= MOST {
            return Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "QUOTA_EXCEEDED",
                format!("a principal has {MOST} personal access tokens at most: delete one first"),
            ));
        }
        let new = NewToken {
            principal_id: owner_id,
            creator_id: creator.id,
            comment: &self.comment,
            expires_at: Some(workspace.clock.now_ms() + lifetime * 1000),
            purpose: Purpose::Personal,
        };
        let (id, token) = make_token(workspace, new).await?;
        let made = stored(workspace, Some(owner_id)).await?;
        let made = made
            .into_iter()
            .find(|each| each.id == id)
            .ok_or_else(|| missing(&id))?;
        Ok((made, token))
    }
}

/// Refuses to make a token for a task: it would outlive the token of the run.
pub(super) async fn refuse_task(call: &Call) -> Result<(), ApiError> {
    let presented = call
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = presented
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    if is_internal(&call.workspace, token).await? {
        return Err(ApiError::denied(
            "a task may not make tokens: its own ends with its run",
        ));
    }
    Ok(())
}

#[derive(Serialize)]
struct PublicTokenInfo {
    token_id: String,
    creation_time: i64,
    /// -1 for a token that never ends.
    expiry_time: i64,
    comment: String,
}

impl From<Stored> for PublicTokenInfo {
    fn from(stored: Stored) -> Self {
        Self {
            token_id: stored.id,
            creation_time: stored.created_at,
            expiry_time: stored.expires_at.unwrap_or(-1),
            comment: stored.comment,
        }
    }
}

#[derive(Serialize)]
struct Created {
    token_value: String,
    token_info: PublicTokenInfo,
}

async fn create(mut call: Call) -> Result<Json<Created>, ApiError> {
    token_permissions::require(&call.workspace, &call.principal).await?;
    refuse_task(&call).await?;
    let body: Create = call.json().await?;
    let (made, token) = body.make(&call.workspace, &call.principal, call.principal.id).await?;
    Ok(Json(Created {
        token_value: token.expose().clone(),
        token_info: made.into(),
    }))
}

#[derive(Serialize)]
pub(super) struct Empty {}

#[derive(Deserialize)]
struct Delete {
    token_id: String,
}

async fn delete(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let Delete { token_id } = call.json().await?;
    remove(&call.workspace, &token_id, Some(call.principal.id)).await?;
    Ok(Json(Empty {}))
}

#[derive(Serialize)]
struct Listed {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    token_infos: Vec<PublicTokenInfo>,
}

async fn list(call: Call) -> Result<Json<Listed>, ApiError> {
    let found = stored(&call.workspace, Some(call.principal.id)).await?;
    Ok(Json(Listed {
        token_infos: found.into_iter().map(PublicTokenInfo::from).collect(),
    }))
}

async fn update(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let body: Change = call.json().await?;
    change(
        &call.workspace,
        call.parameter("token_id"),
        Some(call.principal.id),
        body,
    )
    .await?;
    Ok(Json(Empty {}))
}
