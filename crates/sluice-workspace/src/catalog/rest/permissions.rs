//! Grants and effective permissions.

use std::collections::BTreeMap;

use axum::Json;
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::catalog::grants::GrantChange;
use crate::catalog::privilege::{Privilege, SecurableKind};
use crate::catalog::securable::Securable;
use crate::error::ApiError;
use crate::paging::{Page, page};
use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/2.1/unity-catalog/permissions/{securable_type}/{full_name}", get),
        Route::patch(
            "/api/2.1/unity-catalog/permissions/{securable_type}/{full_name}",
            update,
        ),
        Route::get(
            "/api/2.1/unity-catalog/effective-permissions/{securable_type}/{full_name}",
            effective,
        ),
    ]
}

#[derive(Serialize)]
struct Assignment {
    principal: String,
    privileges: Vec<Privilege>,
}

#[derive(Default, Serialize)]
struct Assignments {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    privilege_assignments: Vec<Assignment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// The object of a request, when the principal may see its grants: whoever may see the object may.
async fn securable(call: &Call) -> Result<Securable, ApiError> {
    let kind: SecurableKind = call.parameter("securable_type").parse()?;
    let catalog = call.workspace.catalog();
    let full_name = call.parameter("full_name");
    let found = match catalog.get(&call.principal, kind, full_name).await {
        // Databricks grants on a registered model as on a function, and on a vector search index as on a table.
        Err(error) if error.status == axum::http::StatusCode::NOT_FOUND => match kind {
            SecurableKind::Function => named_otherwise(call, SecurableKind::RegisteredModel, error).await?,
            SecurableKind::Table => named_otherwise(call, SecurableKind::VectorIndex, error).await?,
            _ => return Err(error),
        },
        found => found?,
    };
    if kind == SecurableKind::Metastore && found.id != call.parameter("full_name") {
        return Err(crate::catalog::securable::missing(kind, call.parameter("full_name")));
    }
    Ok(found)
}

/// The object of another kind with the name of a request; `missing` when there is none either.
async fn named_otherwise(call: &Call, kind: SecurableKind, missing: ApiError) -> Result<Securable, ApiError> {
    let catalog = call.workspace.catalog();
    match catalog.get(&call.principal, kind, call.parameter("full_name")).await {
        Err(error) if error.status == axum::http::StatusCode::NOT_FOUND => Err(missing),
        found => found,
    }
}

async fn assignments(call: &Call, securable: &Securable) -> Result<Assignments, ApiError> {
    let grants = call.workspace.catalog().grants(securable).await?;
    let only = call.query("principal");
    let entries: Vec<Assignment> = grants
        .into_iter()
        .filter(|(principal, _)| only.is_none_or(|only| only == principal))
        .map(|(principal, privileges)| Assignment { principal, privileges })
        .collect();
    let Page { items, next_page_token } = page(call, "max_results", entries, |each| &each.principal)?;
    Ok(Assignments {
        privilege_assignments: items,
        next_page_token,
    })
}

async fn get(call: Call) -> Result<Json<Assignments>, ApiError> {
    let securable = securable(&call).await?;
    Ok(Json(assignments(&call, &securable).await?))
}

#[derive(Deserialize)]
struct Change {
    principal: String,
    #[serde(default)]
    add: Vec<String>,
    #[serde(default)]
    remove: Vec<String>,
}

#[derive(Deserialize)]
struct Update {
    #[serde(default)]
    changes: Vec<Change>,
    #[serde(default)]
    omit_permissions_in_response: bool,
}

async fn update(mut call: Call) -> Result<Json<Assignments>, ApiError> {
    let body: Update = call.json().await?;
    let privileges = |names: Vec<String>| {
        names
            .iter()
            .map(|name| name.parse())
            .collect::<Result<Vec<Privilege>, _>>()
    };
    let mut changes = Vec::new();
    for Change { principal, add, remove } in body.changes {
        changes.push(GrantChange {
            principal,
            add: privileges(add)?,
            remove: privileges(remove)?,
        });
    }
    let securable = securable(&call).await?;
    call.workspace
        .catalog()
        .change_grants(&call.principal, &securable, &changes)
        .await?;
    if body.omit_permissions_in_response {
        return Ok(Json(Assignments::default()));
    }
    Ok(Json(assignments(&call, &securable).await?))
}

#[derive(Serialize)]
struct EffectivePrivilege {
    privilege: Privilege,
    #[serde(skip_serializing_if = "Option::is_none")]
    inherited_from_type: Option<SecurableKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inherited_from_name: Option<String>,
}

#[derive(Serialize)]
struct EffectiveAssignment {
    principal: String,
    privileges: Vec<EffectivePrivilege>,
}

#[derive(Serialize)]
struct Effective {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    privilege_assignments: Vec<EffectiveAssignment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn effective(call: Call) -> Result<Json<Effective>, ApiError> {
    let securable = securable(&call).await?;
    let only = call.query("principal");
    let mut by_principal: BTreeMap<String, Vec<EffectivePrivilege>> = BTreeMap::new();
    for grant in call.workspace.catalog().effective_grants(&securable).await? {
        if only.is_none_or(|only| only == grant.principal) {
            let (inherited_from_type, inherited_from_name) = grant.inherited_from.unzip();
            let privilege = EffectivePrivilege {
                privilege: grant.privilege,
                inherited_from_type,
                inherited_from_name,
            };
            by_principal.entry(grant.principal).or_default().push(privilege);
        }
    }
    let entries = by_principal
        .into_iter()
        .map(|(principal, privileges)| EffectiveAssignment { principal, privileges })
        .collect();
    let Page { items, next_page_token } = page(&call, "max_results", entries, |each| &each.principal)?;
    Ok(Json(Effective {
        privilege_assignments: items,
        next_page_token,
    }))
}
