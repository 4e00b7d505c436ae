//! `/api/2.0/lakeview/dashboards`.

use axum::Json;
use serde::{Deserialize, Serialize};
use sluice_model::Timestamp;

use super::document::Defaults;
use super::publish::{self, Published};
use super::write::{self, Request};
use super::{Dashboard, list};
use crate::call::Call;
use crate::error::ApiError;
use crate::paging;
use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/2.0/lakeview/dashboards", list_all),
        Route::post("/api/2.0/lakeview/dashboards", create),
        Route::get("/api/2.0/lakeview/dashboards/{dashboard_id}", get),
        Route::patch("/api/2.0/lakeview/dashboards/{dashboard_id}", update),
        Route::delete("/api/2.0/lakeview/dashboards/{dashboard_id}", trash),
        Route::get("/api/2.0/lakeview/dashboards/{dashboard_id}/published", get_published),
        Route::post("/api/2.0/lakeview/dashboards/{dashboard_id}/published", publish),
        Route::delete("/api/2.0/lakeview/dashboards/{dashboard_id}/published", unpublish),
    ]
}

#[derive(Serialize)]
struct Summary {
    dashboard_id: String,
    display_name: String,
    lifecycle_state: &'static str,
    create_time: String,
    warehouse_id: String,
}

impl Summary {
    fn of(dashboard: &Dashboard) -> Result<Self, ApiError> {
        let record = &dashboard.record;
        Ok(Self {
            dashboard_id: record.dashboard_id.clone(),
            display_name: record.display_name.clone(),
            lifecycle_state: if dashboard.object.is_some() {
                "ACTIVE"
            } else {
                "TRASHED"
            },
            create_time: time(record.created_at)?,
            warehouse_id: record.warehouse_id.clone(),
        })
    }
}

#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    summary: Summary,
    etag: String,
    update_time: String,
    serialized_dashboard: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_path: Option<String>,
}

impl Whole {
    fn of(dashboard: Dashboard) -> Result<Self, ApiError> {
        let summary = Summary::of(&dashboard)?;
        let Dashboard { record, object } = dashboard;
        let path = object.map(|object| object.path);
        Ok(Self {
            summary,
            etag: record.version.to_string(),
            update_time: time(record.updated_at)?,
            serialized_dashboard: record.serialized_dashboard,
            parent_path: path.as_ref().and_then(|path| Some(path.parent()?.as_str().to_owned())),
            path: path.map(|path| path.as_str().to_owned()),
        })
    }
}

/// RFC 3339.
fn time(milliseconds: i64) -> Result<String, ApiError> {
    let moment = Timestamp::from_millisecond(milliseconds);
    let moment = moment.map_err(|error| ApiError::internal(format!("a stored time: {error}")))?;
    Ok(moment.to_string())
}

fn defaults(call: &Call) -> (Option<String>, Option<String>) {
    let named = |name: &str| call.query(name).filter(|value| !value.is_empty()).map(str::to_owned);
    (named("dataset_catalog"), named("dataset_schema"))
}

#[derive(Serialize)]
struct Dashboards {
    dashboards: Vec<Summary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn list_all(call: Call) -> Result<Json<Dashboards>, ApiError> {
    let found = list(&call.workspace, &call.principal, call.flag("show_trashed")?).await?;
    let page = paging::page(&call, "page_size", found, |dashboard| &dashboard.record.dashboard_id)?;
    Ok(Json(Dashboards {
        dashboards: page.items.iter().map(Summary::of).collect::<Result<_, _>>()?,
        next_page_token: page.next_page_token,
    }))
}

async fn create(mut call: Call) -> Result<Json<Whole>, ApiError> {
    let request: Request = call.json().await?;
    let (catalog, schema) = defaults(&call);
    let defaults = Defaults {
        catalog: catalog.as_deref(),
        schema: schema.as_deref(),
    };
    let made = write::create(&call.workspace, &call.principal, request, defaults).await?;
    Ok(Json(Whole::of(made)?))
}

async fn get(call: Call) -> Result<Json<Whole>, ApiError> {
    let found = super::get(&call.workspace, &call.principal, call.parameter("dashboard_id")).await?;
    Ok(Json(Whole::of(found)?))
}

async fn update(mut call: Call) -> Result<Json<Whole>, ApiError> {
    let request: Request = call.json().await?;
    let (catalog, schema) = defaults(&call);
    let defaults = Defaults {
        catalog: catalog.as_deref(),
        schema: schema.as_deref(),
    };
    let id = call.parameter("dashboard_id");
    let changed = write::update(&call.workspace, &call.principal, id, request, defaults).await?;
    Ok(Json(Whole::of(changed)?))
}

#[derive(Serialize)]
struct Empty {}

async fn trash(call: Call) -> Result<Json<Empty>, ApiError> {
    write::trash(&call.workspace, &call.principal, call.parameter("dashboard_id")).await?;
    Ok(Json(Empty {}))
}

#[derive(Serialize)]
struct PublishedInfo {
    display_name: String,
    warehouse_id: String,
    embed_credentials: bool,
    revision_create_time: String,
}

impl PublishedInfo {
    fn of(published: Published) -> Result<Self, ApiError> {
        Ok(Self {
            revision_create_time: time(published.revised_at)?,
            display_name: published.display_name,
            warehouse_id: published.warehouse_id,
            embed_credentials: published.embed_credentials,
        })
    }
}

#[derive(Deserialize)]
struct Publish {
    #[serde(default)]
    embed_credentials: bool,
    warehouse_id: Option<String>,
}

async fn publish(mut call: Call) -> Result<Json<PublishedInfo>, ApiError> {
    let Publish {
        embed_credentials,
        warehouse_id,
    } = call.json().await?;
    let id = call.parameter("dashboard_id");
    let done = publish::publish(&call.workspace, &call.principal, id, embed_credentials, warehouse_id).await?;
    Ok(Json(PublishedInfo::of(done)?))
}

async fn get_published(call: Call) -> Result<Json<PublishedInfo>, ApiError> {
    let id = call.parameter("dashboard_id");
    let found = publish::published(&call.workspace, &call.principal, id).await?;
    Ok(Json(PublishedInfo::of(found)?))
}

async fn unpublish(call: Call) -> Result<Json<Empty>, ApiError> {
    publish::unpublish(&call.workspace, &call.principal, call.parameter("dashboard_id")).await?;
    Ok(Json(Empty {}))
}
