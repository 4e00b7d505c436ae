//! The only metastore.

use axum::Json;
use serde::Serialize;

use crate::call::Call;
use crate::catalog::privilege::SecurableKind;
use crate::error::ApiError;
use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/2.1/unity-catalog/metastore_summary", summary),
        Route::get("/api/2.1/unity-catalog/current-metastore-assignment", assignment),
        Route::get("/api/2.1/unity-catalog/metastores", list),
        Route::get("/api/2.1/unity-catalog/metastores/{id}", get),
    ]
}

#[derive(Serialize)]
struct MetastoreInfo {
    metastore_id: String,
    name: String,
    owner: String,
    cloud: &'static str,
    region: &'static str,
    global_metastore_id: String,
    privilege_model_version: &'static str,
    delta_sharing_scope: &'static str,
    external_access_enabled: bool,
    created_at: i64,
    created_by: String,
    updated_at: i64,
    updated_by: String,
}

async fn info(call: &Call) -> Result<MetastoreInfo, ApiError> {
    let metastore = call.workspace.catalog().find(SecurableKind::Metastore, "").await?;
    Ok(MetastoreInfo {
        global_metastore_id: format!("local:sluice:{}", metastore.id),
        metastore_id: metastore.id,
        name: metastore.name,
        owner: metastore.owner,
        cloud: "aws",
        region: "local",
        privilege_model_version: "1.0",
        delta_sharing_scope: "INTERNAL",
        external_access_enabled: false,
        created_at: metastore.created_at,
        created_by: metastore.created_by,
        updated_at: metastore.updated_at,
        updated_by: metastore.updated_by,
    })
}

async fn summary(call: Call) -> Result<Json<MetastoreInfo>, ApiError> {
    Ok(Json(info(&call).await?))
}

#[derive(Serialize)]
struct Assignment {
    metastore_id: String,
    workspace_id: u64,
    default_catalog_name: String,
}

async fn assignment(call: Call) -> Result<Json<Assignment>, ApiError> {
    Ok(Json(Assignment {
        metastore_id: info(&call).await?.metastore_id,
        workspace_id: call.workspace.org_id,
        default_catalog_name: call.workspace.name.clone(),
    }))
}

#[derive(Serialize)]
struct Metastores {
    metastores: Vec<MetastoreInfo>,
}

async fn list(call: Call) -> Result<Json<Metastores>, ApiError> {
    call.principal.require_admin("list metastores")?;
    Ok(Json(Metastores {
        metastores: vec![info(&call).await?],
    }))
}

async fn get(call: Call) -> Result<Json<MetastoreInfo>, ApiError> {
    call.principal.require_admin("read a metastore")?;
    let metastore = info(&call).await?;
    if metastore.metastore_id == call.parameter("id") {
        return Ok(Json(metastore));
    }
    Err(crate::catalog::securable::missing(
        SecurableKind::Metastore,
        call.parameter("id"),
    ))
}
