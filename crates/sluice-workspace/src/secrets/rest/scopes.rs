//! Scopes over HTTP.

use axum::Json;
use serde::{Deserialize, Serialize};

use super::Empty;
use crate::call::Call;
use crate::error::ApiError;
use crate::principal::USERS;
use crate::secrets::scope;

#[derive(Deserialize)]
struct Create {
    #[serde(default)]
    scope: String,
    initial_manage_principal: Option<String>,
    scope_backend_type: Option<String>,
}

pub(super) async fn create(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let body: Create = call.json().await?;
    match body.scope_backend_type.as_deref() {
        None | Some("" | "DATABRICKS") => {}
        Some("AZURE_KEYVAULT") => {
            return Err(call.not_implemented("the local workspace keeps secrets itself, it reaches no Azure Key Vault"));
        }
        Some(other) => {
            return Err(ApiError::invalid(format!(
                "`{other}` is not a kind of secret scope: expected DATABRICKS"
            )));
        }
    }
    let for_users = match body.initial_manage_principal.as_deref() {
        None | Some("") => false,
        Some(USERS) => true,
        Some(other) => {
            return Err(ApiError::invalid(format!(
                "`initial_manage_principal` can only be `{USERS}`, not `{other}`"
            )));
        }
    };
    scope::create(&call.workspace, &call.principal, &body.scope, for_users).await?;
    Ok(Json(Empty {}))
}

#[derive(Serialize)]
struct Scope {
    name: String,
    backend_type: &'static str,
}

#[derive(Serialize)]
pub(super) struct Scopes {
    scopes: Vec<Scope>,
}

pub(super) async fn list(call: Call) -> Result<Json<Scopes>, ApiError> {
    let names = scope::list(&call.workspace, &call.principal).await?;
    let scopes = names.into_iter().map(|name| Scope {
        name,
        backend_type: "DATABRICKS",
    });
    Ok(Json(Scopes {
        scopes: scopes.collect(),
    }))
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    scope: String,
}

pub(super) async fn delete(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let body: Named = call.json().await?;
    scope::delete(&call.workspace, &call.principal, &body.scope).await?;
    Ok(Json(Empty {}))
}
