//! `/api/2.0/genie/spaces`.

use axum::Json;
use serde::Serialize;
use sluice_model::Timestamp;

use super::write::{self, Request};
use super::{Space, list, require};
use crate::call::Call;
use crate::error::ApiError;
use crate::paging;
use crate::permissions::Level;
use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/2.0/genie/spaces", list_all),
        Route::post("/api/2.0/genie/spaces", create),
        Route::get("/api/2.0/genie/spaces/{space_id}", get),
        Route::patch("/api/2.0/genie/spaces/{space_id}", update),
        Route::delete("/api/2.0/genie/spaces/{space_id}", trash),
    ]
}

#[derive(Serialize)]
struct SpaceInfo {
    space_id: String,
    title: String,
    description: String,
    warehouse_id: String,
    parent_path: Option<String>,
    create_time: String,
    update_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    serialized_space: Option<String>,
    /// Beside the document alone: who may not see it may not change it either.
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
}

impl SpaceInfo {
    fn brief(space: Space) -> Result<Self, ApiError> {
        let Space { record, object } = space;
        Ok(Self {
            create_time: time(record.created_at)?,
            update_time: time(record.updated_at)?,
            parent_path: object.path.parent().map(|path| path.as_str().to_owned()),
            space_id: record.space_id,
            title: record.title,
            description: record.description,
            warehouse_id: record.warehouse_id,
            serialized_space: None,
            etag: None,
        })
    }

    fn whole(space: Space) -> Result<Self, ApiError> {
        let (text, etag) = (space.record.serialized_space.clone(), space.record.etag());
        Ok(Self {
            serialized_space: Some(text),
            etag: Some(etag),
            ..Self::brief(space)?
        })
    }
}

/// RFC 3339.
fn time(milliseconds: i64) -> Result<String, ApiError> {
    let moment = Timestamp::from_millisecond(milliseconds);
    let moment = moment.map_err(|error| ApiError::internal(format!("a stored time: {error}")))?;
    Ok(moment.to_string())
}

#[derive(Serialize)]
struct Spaces {
    spaces: Vec<SpaceInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn list_all(call: Call) -> Result<Json<Spaces>, ApiError> {
    let spaces = list(&call.workspace, &call.principal).await?;
    let page = paging::page(&call, "page_size", spaces, |space| &space.record.space_id)?;
    Ok(Json(Spaces {
        spaces: page.items.into_iter().map(SpaceInfo::brief).collect::<Result<_, _>>()?,
        next_page_token: page.next_page_token,
    }))
}

async fn create(mut call: Call) -> Result<Json<SpaceInfo>, ApiError> {
    let request: Request = call.json().await?;
    let space = write::create(&call.workspace, &call.principal, request).await?;
    Ok(Json(SpaceInfo::whole(space)?))
}

async fn get(call: Call) -> Result<Json<SpaceInfo>, ApiError> {
    let whole = call.flag("include_serialized_space")?;
    let level = if whole { Level::CanEdit } else { Level::CanRead };
    let space = require(&call.workspace, &call.principal, call.parameter("space_id"), level).await?;
    Ok(Json(if whole {
        SpaceInfo::whole(space)?
    } else {
        SpaceInfo::brief(space)?
    }))
}

async fn update(mut call: Call) -> Result<Json<SpaceInfo>, ApiError> {
    let request: Request = call.json().await?;
    let id = call.parameter("space_id");
    let space = write::update(&call.workspace, &call.principal, id, request).await?;
    Ok(Json(SpaceInfo::whole(space)?))
}

#[derive(Serialize)]
struct Empty {}

async fn trash(call: Call) -> Result<Json<Empty>, ApiError> {
    write::trash(&call.workspace, &call.principal, call.parameter("space_id")).await?;
    Ok(Json(Empty {}))
}
