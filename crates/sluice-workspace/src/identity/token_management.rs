//! `/api/2.0/token-management`: administrators see and revoke everybody's personal access tokens, and make some for service principals.

use axum::Json;
use serde::Serialize;

use super::by_name;
use super::token_rest::{Change, Create, Empty, Stored, change, missing, refuse_task, remove, stored};
use crate::call::Call;
use crate::error::ApiError;
use crate::principal::PrincipalKind;
use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/2.0/token-management/tokens", list),
        Route::get("/api/2.0/token-management/tokens/{token_id}", get),
        Route::patch("/api/2.0/token-management/tokens/{token_id}", update),
        Route::delete("/api/2.0/token-management/tokens/{token_id}", delete),
        Route::post("/api/2.0/token-management/on-behalf-of/tokens", create_on_behalf),
    ]
}

#[derive(Serialize)]
struct TokenInfo {
    token_id: String,
    comment: String,
    creation_time: i64,
    expiry_time: i64,
    owner_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_day: Option<i64>,
    workspace_id: u64,
}

fn shown(call: &Call, stored: Stored) -> TokenInfo {
    TokenInfo {
        token_id: stored.id,
        comment: stored.comment,
        creation_time: stored.created_at,
        expiry_time: stored.expires_at.unwrap_or(-1),
        owner_id: stored.principal_id,
        created_by_id: stored.creator_id,
        created_by_username: stored.creator,
        last_used_day: stored.last_used_day,
        workspace_id: call.workspace.org_id,
    }
}

async fn named(call: &Call) -> Result<TokenInfo, ApiError> {
    let id = call.parameter("token_id");
    let found = stored(&call.workspace, None).await?;
    let found = found.into_iter().find(|token| token.id == id);
    found.map(|token| shown(call, token)).ok_or_else(|| missing(id))
}

#[derive(Serialize)]
struct Listed {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    token_infos: Vec<TokenInfo>,
}

async fn list(call: Call) -> Result<Json<Listed>, ApiError> {
    call.principal.require_admin("list the tokens of others")?;
    let creator_id: Option<i64> = call.parse_query("created_by_id")?;
    let creator = call.query("created_by_username").filter(|name| !name.is_empty());
    let found = stored(&call.workspace, None).await?.into_iter().filter(|token| {
        creator_id.is_none_or(|id| token.creator_id == Some(id))
            && creator.is_none_or(|name| token.creator.as_deref() == Some(name))
    });
    Ok(Json(Listed {
        token_infos: found.map(|token| shown(&call, token)).collect(),
    }))
}

#[derive(Serialize)]
struct Got {
    token_info: TokenInfo,
}

async fn get(call: Call) -> Result<Json<Got>, ApiError> {
    call.principal.require_admin("see the tokens of others")?;
    Ok(Json(Got {
        token_info: named(&call).await?,
    }))
}

async fn update(mut call: Call) -> Result<Json<TokenInfo>, ApiError> {
    call.principal.require_admin("change the tokens of others")?;
    let body: Change = call.json().await?;
    change(&call.workspace, call.parameter("token_id"), None, body).await?;
    Ok(Json(named(&call).await?))
}

async fn delete(call: Call) -> Result<Json<Empty>, ApiError> {
    call.principal.require_admin("revoke the tokens of others")?;
    remove(&call.workspace, call.parameter("token_id"), None).await?;
    Ok(Json(Empty {}))
}

#[derive(Serialize)]
struct Created {
    token_value: String,
    token_info: TokenInfo,
}

async fn create_on_behalf(mut call: Call) -> Result<Json<Created>, ApiError> {
    call.principal.require_admin("make tokens for service principals")?;
    refuse_task(&call).await?;
    let body: Create = call.json().await?;
    let owner = by_name(&call.workspace, &body.application_id).await?;
    let owner = owner
        .filter(|owner| owner.kind == PrincipalKind::ServicePrincipal)
        .ok_or_else(|| {
            ApiError::not_found(format!(
                "Service principal with application ID '{}' does not exist.",
                body.application_id
            ))
        })?;
    let (made, token) = body.make(&call.workspace, &call.principal, owner.id).await?;
    Ok(Json(Created {
        token_value: token.expose().clone(),
        token_info: shown(&call, made),
    }))
}
