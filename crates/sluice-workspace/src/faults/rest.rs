//! The control plane: administrators add, list and remove faults while the workspace runs.

use axum::Json;
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::register::ArmedFault;
use crate::call::Call;
use crate::error::ApiError;
use crate::identity;
use crate::route::Route;
use crate::seed::{principal_name, seeded_principals};

/// The path of the control plane.
pub const FAULTS_PATH: &str = "/_sluice/faults";

/// The error code of a workspace that was started without faults allowed.
pub const FAULTS_NOT_ALLOWED: &str = "FAULTS_NOT_ALLOWED";

/// The answer to a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultList {
    /// In the order in which they were added.
    pub faults: Vec<ArmedFault>,
}

/// The answer to a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// How many.
    pub removed: usize,
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(FAULTS_PATH, list),
        Route::post(FAULTS_PATH, add),
        Route::delete(FAULTS_PATH, clear),
        Route::delete("/_sluice/faults/{id}", remove),
    ]
}

fn authorize(call: &Call) -> Result<(), ApiError> {
    call.principal.require_admin("inject faults")?;
    if call.workspace.faults.allowed() {
        return Ok(());
    }
    Err(ApiError::conflict(
        FAULTS_NOT_ALLOWED,
        format!(
            "the workspace `{}` was started without faults: run `sluice workspace down`, then `sluice workspace up --allow-faults`",
            call.workspace.name
        ),
    ))
}

async fn list(call: Call) -> Result<Json<FaultList>, ApiError> {
    authorize(&call)?;
    let faults = call.workspace.faults.list();
    Ok(Json(FaultList { faults }))
}

async fn add(mut call: Call) -> Result<Json<ArmedFault>, ApiError> {
    authorize(&call)?;
    let mut fault: Fault = call.json().await?;
    if let Some(name) = &fault.condition.principal {
        fault.condition.principal = Some(full_name(&call, name).await?);
    }
    let added = call.workspace.faults.add(fault);
    added.map(Json).map_err(|wrong| ApiError::invalid(wrong.join("; ")))
}

/// A fault for a principal that does not exist would wait for ever.
async fn full_name(call: &Call, name: &str) -> Result<String, ApiError> {
    let full = if seeded_principals().contains(&name) {
        principal_name(name)
    } else {
        name.to_owned()
    };
    match identity::by_name(&call.workspace, &full).await? {
        Some(principal) => Ok(principal.name),
        None => Err(ApiError::invalid(format!(
            "`match.principal`: the workspace has no user or service principal `{name}`"
        ))),
    }
}

async fn clear(call: Call) -> Result<Json<Removed>, ApiError> {
    authorize(&call)?;
    let removed = call.workspace.faults.clear();
    call.workspace.store.forget().await?;
    Ok(Json(Removed { removed }))
}

async fn remove(call: Call) -> Result<Json<Removed>, ApiError> {
    authorize(&call)?;
    let id = call.parameter("id");
    if call.workspace.faults.remove(id) {
        if !call.workspace.faults.remember() {
            call.workspace.store.forget().await?;
        }
        return Ok(Json(Removed { removed: 1 }));
    }
    Err(ApiError::not_found(format!(
        "the workspace `{}` has no fault `{id}`",
        call.workspace.name
    )))
}
