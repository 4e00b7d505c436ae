//! `/api/2.0/git-credentials`: everybody's own, and for administrators those of service principals.

use axum::Json;
use serde::{Deserialize, Serialize};
use sluice_model::Secret;

use super::credential::{Credential, missing, of, seal};
use super::remote::check_provider;
use crate::call::Call;
use crate::error::ApiError;
use crate::identity;
use crate::principal::PrincipalKind;
use crate::route::Route;

const ALL: &str = "/api/2.0/git-credentials";
const ONE: &str = "/api/2.0/git-credentials/{credential_id}";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(ALL, list),
        Route::post(ALL, create),
        Route::get(ONE, get),
        Route::patch(ONE, update),
        Route::delete(ONE, delete),
    ]
}

/// Whose credentials a request is about.
async fn owner(call: &Call, named: Option<i64>) -> Result<i64, ApiError> {
    let Some(id) = named.filter(|id| *id != call.principal.id) else {
        return Ok(call.principal.id);
    };
    call.principal
        .require_admin("manage the Git credentials of service principals")?;
    let found = identity::load(&call.workspace, id).await?;
    match found.filter(|found| found.kind == PrincipalKind::ServicePrincipal) {
        Some(found) => Ok(found.id),
        None => Err(ApiError::not_found(format!(
            "Service principal with id {id} not found."
        ))),
    }
}

#[derive(Serialize)]
struct CredentialInfo {
    credential_id: i64,
    git_provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    git_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    git_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    is_default_for_provider: bool,
}

impl From<Credential> for CredentialInfo {
    fn from(credential: Credential) -> Self {
        Self {
            credential_id: credential.id,
            git_provider: credential.provider,
            git_username: credential.username,
            git_email: credential.email,
            name: credential.name,
            is_default_for_provider: credential.is_default,
        }
    }
}

#[derive(Deserialize)]
struct Given {
    git_provider: Option<String>,
    git_username: Option<String>,
    git_email: Option<String>,
    name: Option<String>,
    is_default_for_provider: Option<bool>,
    personal_access_token: Option<String>,
    principal_id: Option<i64>,
}

impl Given {
    fn provider(&self) -> Result<&str, ApiError> {
        let provider = self.git_provider.as_deref();
        let provider = provider.ok_or_else(|| ApiError::invalid("`git_provider` is required"))?;
        check_provider(provider)?;
        Ok(provider)
    }
}

#[derive(Serialize)]
struct Listed {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    credentials: Vec<CredentialInfo>,
}

async fn list(call: Call) -> Result<Json<Listed>, ApiError> {
    let owner = owner(&call, call.parse_query("principal_id")?).await?;
    let credentials = of(&call.workspace, owner).await?;
    Ok(Json(Listed {
        credentials: credentials.into_iter().map(CredentialInfo::from).collect(),
    }))
}

async fn named(call: &Call, owner: i64) -> Result<Credential, ApiError> {
    let id = call.parameter("credential_id");
    let found = of(&call.workspace, owner).await?;
    let found = found.into_iter().find(|credential| credential.id.to_string() == id);
    found.ok_or_else(|| missing(id))
}

async fn get(call: Call) -> Result<Json<CredentialInfo>, ApiError> {
    let owner = owner(&call, call.parse_query("principal_id")?).await?;
    Ok(Json(named(&call, owner).await?.into()))
}

async fn create(mut call: Call) -> Result<Json<CredentialInfo>, ApiError> {
    let given: Given = call.json().await?;
    let owner = owner(&call, given.principal_id).await?;
    let provider = given.provider()?.to_owned();
    let token = given.personal_access_token.clone().filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| ApiError::invalid("`personal_access_token` is required"))?;
    let others = of(&call.workspace, owner).await?;
    let is_first = !others
        .iter()
        .any(|other| other.provider.eq_ignore_ascii_case(&provider));
    let credential = Credential {
        id: call.workspace.ids.number(),
        principal_id: owner,
        provider,
        username: given.git_username,
        email: given.git_email,
        name: given.name,
        is_default: given.is_default_for_provider.unwrap_or(is_first),
    };
    write(&call, &credential, Some(Secret::new(token))).await?;
    Ok(Json(credential.into()))
}

#[derive(Serialize)]
struct Empty {}

async fn update(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let given: Given = call.json().await?;
    let owner = owner(&call, given.principal_id).await?;
    let mut credential = named(&call, owner).await?;
    credential.provider = given.provider()?.to_owned();
    credential.username = given.git_username.or(credential.username);
    credential.email = given.git_email.or(credential.email);
    credential.name = given.name.or(credential.name);
    credential.is_default = given.is_default_for_provider.unwrap_or(credential.is_default);
    let token = given.personal_access_token.filter(|token| !token.is_empty());
    write(&call, &credential, token.map(Secret::new)).await?;
    Ok(Json(Empty {}))
}

/// Stores a credential, with a new token or the one that it has; there is one default for each provider.
async fn write(call: &Call, credential: &Credential, token: Option<Secret<String>>) -> Result<(), ApiError> {
    let workspace = &call.workspace;
    let sealed = token.map(|token| seal(workspace, credential.id, &token)).transpose()?;
    let mut transaction = workspace.store.begin().await?;
    if credential.is_default {
        sqlx::query("UPDATE git_credential SET is_default = 0 WHERE principal_id = ? AND lower(provider) = lower(?)")
            .bind(credential.principal_id)
            .bind(&credential.provider)
            .execute(&mut *transaction)
            .await?;
    }
    sqlx::query(
        "INSERT INTO git_credential (id, principal_id, provider, username, email, name, is_default, sealed) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE SET provider = ?3, username = ?4, email = ?5, name = ?6, \
         is_default = ?7, sealed = coalesce(?8, sealed)",
    )
    .bind(credential.id)
    .bind(credential.principal_id)
    .bind(&credential.provider)
    .bind(&credential.username)
    .bind(&credential.email)
    .bind(&credential.name)
    .bind(credential.is_default)
    .bind(sealed)
    .execute(&mut *transaction)
    .await?;
    Ok(transaction.commit().await?)
}

async fn delete(call: Call) -> Result<Json<Empty>, ApiError> {
    let owner = owner(&call, call.parse_query("principal_id")?).await?;
    let credential = named(&call, owner).await?;
    let mut transaction = call.workspace.store.begin().await?;
    sqlx::query("DELETE FROM git_credential WHERE id = ?")
        .bind(credential.id)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Json(Empty {}))
}
