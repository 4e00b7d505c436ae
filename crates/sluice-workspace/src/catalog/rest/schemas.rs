//! Schemas.

use std::collections::BTreeMap;

use axum::Json;
use serde::{Deserialize, Serialize};

use super::catalogs::Update;
use super::{Empty, Rest, metastore_id};
use crate::call::Call;
use crate::catalog::container::NewSchema;
use crate::catalog::privilege::SecurableKind;
use crate::catalog::securable::Securable;
use crate::error::ApiError;
use crate::paging::Window;
use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/2.1/unity-catalog/schemas", list),
        Route::post("/api/2.1/unity-catalog/schemas", create),
        Route::get("/api/2.1/unity-catalog/schemas/{full_name}", get),
        Route::patch("/api/2.1/unity-catalog/schemas/{full_name}", update),
        Route::delete("/api/2.1/unity-catalog/schemas/{full_name}", delete),
    ]
}

#[derive(Serialize)]
struct SchemaInfo {
    name: String,
    catalog_name: String,
    full_name: String,
    schema_id: String,
    catalog_type: &'static str,
    browse_only: bool,
    owner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    properties: BTreeMap<String, String>,
    metastore_id: String,
    created_at: i64,
    created_by: String,
    updated_at: i64,
    updated_by: String,
}

impl SchemaInfo {
    fn of(schema: Securable, metastore_id: &str) -> Self {
        Self {
            catalog_name: schema.parts()[0].to_owned(),
            full_name: schema.full_name,
            name: schema.name,
            schema_id: schema.id,
            catalog_type: "MANAGED_CATALOG",
            browse_only: false,
            owner: schema.owner,
            comment: schema.comment,
            properties: schema.properties,
            metastore_id: metastore_id.to_owned(),
            created_at: schema.created_at,
            created_by: schema.created_by,
            updated_at: schema.updated_at,
            updated_by: schema.updated_by,
        }
    }
}

#[derive(Serialize)]
struct Schemas {
    schemas: Vec<SchemaInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn list(call: Call) -> Result<Json<Schemas>, ApiError> {
    let catalog = call.workspace.catalog();
    let container = call.required_query("catalog_name")?;
    let container = catalog
        .get_chain(&call.principal, SecurableKind::Catalog, container)
        .await?;
    let window = Window::of(&call, "max_results")?;
    let found = catalog
        .list_in(&call.principal, SecurableKind::Schema, &container, &window, |_| true)
        .await?;
    let page = window.page(found, |each| &each.name);
    let metastore_id = metastore_id(catalog).await?;
    Ok(Json(Schemas {
        schemas: page
            .items
            .into_iter()
            .map(|each| SchemaInfo::of(each, &metastore_id))
            .collect(),
        next_page_token: page.next_page_token,
    }))
}

#[derive(Deserialize)]
struct Create {
    name: String,
    catalog_name: String,
    comment: Option<String>,
    #[serde(default)]
    properties: BTreeMap<String, String>,
    storage_root: Option<String>,
    #[serde(flatten)]
    rest: Rest,
}

async fn create(mut call: Call) -> Result<Json<SchemaInfo>, ApiError> {
    let body: Create = call.json().await?;
    body.rest.refuse(&call)?;
    if body.storage_root.is_some() {
        return Err(ApiError::not_implemented(
            "the local workspace keeps managed schemas in its own storage: `storage_root` is not offered",
        ));
    }
    let new = NewSchema {
        catalog: body.catalog_name,
        name: body.name,
        comment: body.comment,
        properties: body.properties,
    };
    let catalog = call.workspace.catalog();
    let made = catalog.create_schema(&call.principal, &new).await?;
    Ok(Json(SchemaInfo::of(made, &metastore_id(catalog).await?)))
}

async fn get(call: Call) -> Result<Json<SchemaInfo>, ApiError> {
    let catalog = call.workspace.catalog();
    let found = catalog
        .get(&call.principal, SecurableKind::Schema, call.parameter("full_name"))
        .await?;
    Ok(Json(SchemaInfo::of(found, &metastore_id(catalog).await?)))
}

async fn update(mut call: Call) -> Result<Json<SchemaInfo>, ApiError> {
    let body: Update = call.json().await?;
    body.rest.refuse(&call)?;
    let catalog = call.workspace.catalog();
    let changed = catalog
        .change(
            &call.principal,
            SecurableKind::Schema,
            call.parameter("full_name"),
            body.into(),
        )
        .await?;
    Ok(Json(SchemaInfo::of(changed, &metastore_id(catalog).await?)))
}

async fn delete(call: Call) -> Result<Json<Empty>, ApiError> {
    let force = call.flag("force")?;
    let catalog = call.workspace.catalog();
    catalog
        .delete(
            &call.principal,
            SecurableKind::Schema,
            call.parameter("full_name"),
            force,
        )
        .await?;
    Ok(Json(Empty {}))
}
