//! OAuth secrets of service principals: shown once, kept as peppered hashes, two years at most by default.

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sluice_model::{Digest, Secret};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _};

use super::{administered, written};
use crate::call::Call;
use crate::error::ApiError;
use crate::identity;
use crate::paging::page;
use crate::route::Route;
use crate::workspace::Workspace;

/// Seconds that a secret lasts when nobody says otherwise: 730 days, as the REST reference says.
const DEFAULT_LIFETIME: i64 = 730 * 24 * 3600;
/// The most secrets of one service principal, as on Databricks.
const MOST: usize = 5;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = Vec::new();
    macro_rules! family {
        ($all:literal, $one:literal) => {
            routes.extend([
                Route::post($all, create),
                Route::get($all, list),
                Route::delete($one, delete),
            ]);
        };
    }
    // Workspace clients leave the account out, account clients name it.
    family!(
        "/api/2.0/accounts/servicePrincipals/{service_principal_id}/credentials/secrets",
        "/api/2.0/accounts/servicePrincipals/{service_principal_id}/credentials/secrets/{secret_id}"
    );
    family!(
        "/api/2.0/accounts/{account_id}/servicePrincipals/{service_principal_id}/credentials/secrets",
        "/api/2.0/accounts/{account_id}/servicePrincipals/{service_principal_id}/credentials/secrets/{secret_id}"
    );
    routes
}

/// Whether this is a secret of the active service principal with this application id, and not over.
pub(super) async fn is_valid(
    workspace: &Workspace,
    application_id: &str,
    secret: &Secret<String>,
) -> Result<bool, ApiError> {
    let found: Option<(i64,)> = sqlx::query_as(
        "SELECT 1 FROM oauth_secret JOIN principal ON principal.id = principal_id \
         WHERE hash = ? AND name = ? AND active = 1 AND expires_at > ?",
    )
    .bind(identity::hash(workspace, secret.expose()))
    .bind(application_id)
    .bind(workspace.clock.now_ms())
    .fetch_optional(workspace.store.reader())
    .await?;
    Ok(found.is_some())
}

struct Row {
    id: String,
    hash: String,
    created_at: i64,
    expires_at: i64,
}

impl FromRow<'_, SqliteRow> for Row {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            hash: row.try_get("hash")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
        })
    }
}

#[derive(Serialize)]
struct SecretInfo {
    id: String,
    /// Tells secrets apart and nothing else: a digest of the stored hash.
    secret_hash: String,
    status: &'static str,
    create_time: String,
    update_time: String,
    expire_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl Row {
    fn shown(self, now: i64, secret: Option<&Secret<String>>) -> Result<SecretInfo, ApiError> {
        Ok(SecretInfo {
            secret_hash: Digest::of(self.hash.as_bytes()).hex(),
            status: if self.expires_at > now { "ACTIVE" } else { "EXPIRED" },
            create_time: written(self.created_at)?,
            update_time: written(self.created_at)?,
            expire_time: written(self.expires_at)?,
            id: self.id,
            secret: secret.map(|secret| secret.expose().clone()),
        })
    }
}

async fn rows(workspace: &Workspace, principal_id: i64) -> Result<Vec<Row>, ApiError> {
    let rows =
        sqlx::query_as("SELECT id, hash, created_at, expires_at FROM oauth_secret WHERE principal_id = ? ORDER BY id")
            .bind(principal_id)
            .fetch_all(workspace.store.reader())
            .await?;
    Ok(rows)
}

#[derive(Deserialize)]
struct Create {
    /// Such as `3600s`.
    lifetime: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
}

fn lifetime(given: Option<&str>) -> Result<i64, ApiError> {
    let Some(text) = given else {
        return Ok(DEFAULT_LIFETIME);
    };
    let seconds = text.strip_suffix('s').and_then(|digits| digits.parse::<i64>().ok());
    seconds
        .filter(|seconds| (1..=DEFAULT_LIFETIME).contains(seconds))
        .ok_or_else(|| {
            ApiError::invalid(format!(
                "`{text}` is not a `lifetime`: expected whole seconds such as `3600s`, {DEFAULT_LIFETIME}s at most"
            ))
        })
}

async fn create(mut call: Call) -> Result<Json<SecretInfo>, ApiError> {
    let principal_id = administered(&call, "make OAuth secrets").await?;
    let Create {
        lifetime: given,
        scopes,
    } = call.json().await?;
    if scopes.iter().any(|scope| scope != super::access_token::SCOPE) {
        return Err(ApiError::not_implemented(
            "the local workspace does not bind secrets to scopes: what the service principal may do decides",
        ));
    }
    let workspace = &call.workspace;
    let now = workspace.clock.now_ms();
    let expires_at = now + lifetime(given.as_deref())? * 1000;
    if rows(workspace, principal_id).await?.len() >= MOST {
        return Err(ApiError::invalid(format!(
            "the service principal has {MOST} secrets already: delete one first"
        )));
    }
    let secret = Secret::new(workspace.ids.token().replacen("dapi", "dose", 1));
    let row = Row {
        id: workspace.ids.uuid(),
        hash: identity::hash(workspace, secret.expose()),
        created_at: now,
        expires_at,
    };
    let mut transaction = workspace.store.begin().await?;
    sqlx::query("INSERT INTO oauth_secret (id, principal_id, hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?)")
        .bind(&row.id)
        .bind(principal_id)
        .bind(&row.hash)
        .bind(row.created_at)
        .bind(row.expires_at)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Json(row.shown(now, Some(&secret))?))
}

#[derive(Serialize)]
struct Listed {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<SecretInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn list(call: Call) -> Result<Json<Listed>, ApiError> {
    let principal_id = administered(&call, "list OAuth secrets").await?;
    let rows = rows(&call.workspace, principal_id).await?;
    let page = page(&call, "page_size", rows, |row| &row.id)?;
    let now = call.workspace.clock.now_ms();
    let secrets: Result<_, _> = page.items.into_iter().map(|row| row.shown(now, None)).collect();
    Ok(Json(Listed {
        secrets: secrets?,
        next_page_token: page.next_page_token,
    }))
}

async fn delete(call: Call) -> Result<StatusCode, ApiError> {
    let principal_id = administered(&call, "delete OAuth secrets").await?;
    let id = call.parameter("secret_id");
    let mut transaction = call.workspace.store.begin().await?;
    let deleted = sqlx::query("DELETE FROM oauth_secret WHERE id = ? AND principal_id = ?")
        .bind(id)
        .bind(principal_id)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    match deleted.rows_affected() {
        0 => Err(ApiError::not_found(format!("OAuth secret {id} does not exist."))),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}
