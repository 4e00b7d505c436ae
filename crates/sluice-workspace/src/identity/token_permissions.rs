//! `/api/2.0/permissions/authorization/tokens`: who may make personal access tokens. Tokens that exist already go on.

use std::collections::BTreeSet;

use axum::Json;
use serde::Serialize;

use super::principals::{NamedKind, kind_of};
use crate::audit::{Rule, RuleKind};
use crate::call::Call;
use crate::error::ApiError;
use crate::permissions::RequestedList;
use crate::principal::{ADMINS, Principal};
use crate::route::Route;
use crate::workspace::Workspace;

const CAN_USE: &str = "CAN_USE";
const PATH: &str = "/api/2.0/permissions/authorization/tokens";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(PATH, get),
        Route::put(PATH, |call| change(call, true)),
        Route::patch(PATH, |call| change(call, false)),
        Route::get("/api/2.0/permissions/authorization/tokens/permissionLevels", levels),
    ]
}

async fn allowed(workspace: &Workspace) -> Result<BTreeSet<String>, ApiError> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT principal FROM token_permission")
        .fetch_all(workspace.store.reader())
        .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Refuses who may not make tokens.
///
/// # Errors
/// 403 naming the principal; when the store fails.
pub(super) async fn require(workspace: &Workspace, principal: &Principal) -> Result<(), ApiError> {
    let allowed = allowed(workspace).await?;
    let rule = match allowed.iter().find(|name| principal.answers_to(name)) {
        _ if principal.is_admin => Rule::administrator(),
        Some(name) => Rule::entry(CAN_USE, name, "tokens"),
        None => Rule::none(CAN_USE, "tokens"),
    };
    let is_allowed = rule.kind != RuleKind::None;
    workspace.decided(principal, CAN_USE, "tokens", rule);
    if is_allowed {
        return Ok(());
    }
    Err(ApiError::denied(format!(
        "User '{}' does not have CAN_USE permission on tokens.",
        principal.name
    )))
}

#[derive(Serialize)]
struct Permission {
    permission_level: &'static str,
    inherited: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inherited_from_object: Vec<&'static str>,
}

#[derive(Serialize)]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_principal_name: Option<String>,
    all_permissions: [Permission; 1],
}

#[derive(Serialize)]
struct TokenPermissions {
    object_id: &'static str,
    object_type: &'static str,
    access_control_list: Vec<Entry>,
}

fn entry(kind: NamedKind, principal: String, permission: Permission) -> Entry {
    let mut entry = Entry {
        user_name: None,
        group_name: None,
        service_principal_name: None,
        all_permissions: [permission],
    };
    match kind {
        NamedKind::User => entry.user_name = Some(principal),
        NamedKind::Group => entry.group_name = Some(principal),
        NamedKind::ServicePrincipal => entry.service_principal_name = Some(principal),
    }
    entry
}

async fn described(workspace: &Workspace) -> Result<TokenPermissions, ApiError> {
    let mut access_control_list = Vec::new();
    for principal in allowed(workspace).await? {
        // An entry of somebody who was deleted stays in the store and is not shown.
        let Some((kind, _)) = kind_of(workspace, &principal).await? else {
            continue;
        };
        let direct = Permission {
            permission_level: CAN_USE,
            inherited: false,
            inherited_from_object: Vec::new(),
        };
        access_control_list.push(entry(kind, principal, direct));
    }
    let inherited = Permission {
        permission_level: CAN_USE,
        inherited: true,
        inherited_from_object: vec!["/authorization/"],
    };
    access_control_list.push(entry(NamedKind::Group, ADMINS.to_owned(), inherited));
    Ok(TokenPermissions {
        object_id: "/authorization/tokens",
        object_type: "tokens",
        access_control_list,
    })
}

async fn get(call: Call) -> Result<Json<TokenPermissions>, ApiError> {
    call.principal.require_admin("see who may make tokens")?;
    Ok(Json(described(&call.workspace).await?))
}

async fn change(mut call: Call, replace: bool) -> Result<Json<TokenPermissions>, ApiError> {
    call.principal.require_admin("change who may make tokens")?;
    let body: RequestedList = call.json().await?;
    let mut principals = BTreeSet::new();
    for requested in body.access_control_list {
        if requested.permission_level != CAN_USE {
            return Err(ApiError::invalid(format!(
                "{} is not a permission level of tokens",
                requested.permission_level
            )));
        }
        let (principal, _) = requested.principal(&call.workspace).await?;
        principals.insert(principal);
    }
    let mut transaction = call.workspace.store.begin().await?;
    if replace {
        sqlx::query("DELETE FROM token_permission")
            .execute(&mut *transaction)
            .await?;
    }
    for principal in principals {
        sqlx::query("INSERT INTO token_permission (principal) VALUES (?) ON CONFLICT DO NOTHING")
            .bind(principal)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(Json(described(&call.workspace).await?))
}

#[derive(Serialize)]
struct Level {
    permission_level: &'static str,
    description: &'static str,
}

#[derive(Serialize)]
struct Levels {
    permission_levels: [Level; 1],
}

async fn levels(call: Call) -> Result<Json<Levels>, ApiError> {
    call.principal.require_admin("see who may make tokens")?;
    Ok(Json(Levels {
        permission_levels: [Level {
            permission_level: CAN_USE,
            description: "Can make personal access tokens",
        }],
    }))
}
