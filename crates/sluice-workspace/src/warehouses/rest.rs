//! `/api/2.0/sql/warehouses`.

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Warehouse, change, insert, list, require, set_running};
use crate::call::Call;
use crate::error::ApiError;
use crate::permissions::{Level, Object};
use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/2.0/sql/warehouses", list_all),
        Route::post("/api/2.0/sql/warehouses", create),
        Route::get("/api/2.0/sql/warehouses/{id}", get),
        Route::delete("/api/2.0/sql/warehouses/{id}", delete),
        Route::post("/api/2.0/sql/warehouses/{id}/edit", edit),
        Route::post("/api/2.0/sql/warehouses/{id}/start", start),
        Route::post("/api/2.0/sql/warehouses/{id}/stop", stop),
    ]
}

/// The settings that are stored and echoed, with what a warehouse has when they are not given.
const SETTINGS: [(&str, &str); 10] = [
    ("auto_stop_mins", "120"),
    ("channel", r#"{"name": "CHANNEL_NAME_CURRENT"}"#),
    ("cluster_size", r#""Small""#),
    ("enable_photon", "false"),
    ("enable_serverless_compute", "false"),
    ("max_num_clusters", "1"),
    ("min_num_clusters", "1"),
    ("spot_instance_policy", r#""POLICY_UNSPECIFIED""#),
    ("tags", "{}"),
    ("warehouse_type", r#""PRO""#),
];

#[derive(Serialize)]
struct OdbcParams {
    hostname: String,
    path: String,
    port: u16,
    protocol: &'static str,
}

#[derive(Serialize)]
struct WarehouseInfo {
    id: String,
    name: String,
    state: &'static str,
    creator_name: String,
    num_clusters: u32,
    num_active_sessions: u32,
    odbc_params: OdbcParams,
    #[serde(flatten)]
    settings: Map<String, Value>,
}

impl WarehouseInfo {
    fn of(warehouse: Warehouse, call: &Call) -> Self {
        let host = call.workspace.host();
        let (hostname, port) = host
            .trim_start_matches("http://")
            .split_once(':')
            .unwrap_or((&host, ""));
        Self {
            odbc_params: OdbcParams {
                hostname: hostname.to_owned(),
                path: format!("/sql/1.0/warehouses/{}", warehouse.id),
                port: port.parse().unwrap_or_default(),
                protocol: "http",
            },
            id: warehouse.id,
            name: warehouse.name,
            state: if warehouse.running { "RUNNING" } else { "STOPPED" },
            creator_name: warehouse.creator,
            num_clusters: u32::from(warehouse.running),
            num_active_sessions: 0,
            settings: warehouse.settings,
        }
    }
}

#[derive(Serialize)]
struct Warehouses {
    warehouses: Vec<WarehouseInfo>,
}

async fn list_all(call: Call) -> Result<Json<Warehouses>, ApiError> {
    let found = list(&call.workspace, &call.principal).await?;
    Ok(Json(Warehouses {
        warehouses: found.into_iter().map(|each| WarehouseInfo::of(each, &call)).collect(),
    }))
}

async fn named(call: &Call, level: Level) -> Result<Warehouse, ApiError> {
    require(&call.workspace, &call.principal, call.parameter("id"), level).await
}

async fn get(call: Call) -> Result<Json<WarehouseInfo>, ApiError> {
    let warehouse = named(&call, Level::CanView).await?;
    Ok(Json(WarehouseInfo::of(warehouse, &call)))
}

#[derive(Deserialize)]
struct Create {
    #[serde(default)]
    name: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Serialize)]
struct Created {
    id: String,
}

async fn create(mut call: Call) -> Result<Json<Created>, ApiError> {
    call.principal.require_admin("create SQL warehouses")?;
    let Create { name, mut rest } = call.json().await?;
    if name.is_empty() {
        return Err(ApiError::invalid("`name` is required"));
    }
    let settings = settings(&mut rest)?;
    let mut transaction = call.workspace.store.begin().await?;
    let id = insert(
        &call.workspace,
        &mut transaction,
        &call.principal.name,
        &name,
        &settings,
    )
    .await?;
    transaction.commit().await?;
    Ok(Json(Created { id }))
}

/// What the request does not name stays as it is.
async fn edit(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let warehouse = named(&call, Level::CanManage).await?;
    let Create { name, mut rest } = call.json().await?;
    let name = if name.is_empty() { warehouse.name } else { name };
    let mut changed = warehouse.settings;
    changed.append(&mut rest);
    let changed = settings(&mut changed)?;
    change(&call.workspace, &warehouse.id, &name, &changed).await?;
    Ok(Json(Empty {}))
}

/// The given settings with the missing ones filled in.
pub(super) fn settings(given: &mut Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    let mut settings = Map::new();
    for (name, default) in SETTINGS {
        settings.insert(name.to_owned(), serde_json::from_str(default)?);
    }
    // What the workspace says itself is not for a client to set.
    let own = [
        "id",
        "state",
        "creator_name",
        "num_clusters",
        "num_active_sessions",
        "odbc_params",
        "jdbc_url",
        "health",
    ];
    given.retain(|name, value| !own.contains(&name.as_str()) && !value.is_null());
    settings.append(given);
    Ok(settings)
}

#[derive(Serialize)]
struct Empty {}

async fn start(call: Call) -> Result<Json<Empty>, ApiError> {
    switch(call, true).await
}

async fn stop(call: Call) -> Result<Json<Empty>, ApiError> {
    switch(call, false).await
}

async fn switch(call: Call, running: bool) -> Result<Json<Empty>, ApiError> {
    // Who may run statements may start a warehouse, since a statement starts it too.
    let level = if running { Level::CanUse } else { Level::CanManage };
    let warehouse = named(&call, level).await?;
    set_running(&call.workspace, &warehouse.id, running).await?;
    Ok(Json(Empty {}))
}

async fn delete(call: Call) -> Result<Json<Empty>, ApiError> {
    let warehouse = named(&call, Level::CanManage).await?;
    let mut transaction = call.workspace.store.begin().await?;
    sqlx::query("DELETE FROM warehouse WHERE id = ?")
        .bind(&warehouse.id)
        .execute(&mut *transaction)
        .await?;
    call.workspace
        .permissions()
        .clear(&mut transaction, &Object::warehouse(&warehouse.id))
        .await?;
    transaction.commit().await?;
    Ok(Json(Empty {}))
}
