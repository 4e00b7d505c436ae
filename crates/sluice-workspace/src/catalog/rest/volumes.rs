//! Volumes.

use axum::Json;
use serde::{Deserialize, Serialize};

use super::{Empty, Rest, metastore_id};
use crate::call::Call;
use crate::catalog::container::Change;
use crate::catalog::privilege::SecurableKind;
use crate::catalog::securable::Securable;
use crate::error::ApiError;
use crate::paging::Window;
use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/2.1/unity-catalog/volumes", list),
        Route::post("/api/2.1/unity-catalog/volumes", create),
        Route::get("/api/2.1/unity-catalog/volumes/{name}", get),
        Route::patch("/api/2.1/unity-catalog/volumes/{name}", update),
        Route::delete("/api/2.1/unity-catalog/volumes/{name}", delete),
    ]
}

#[derive(Serialize)]
struct VolumeInfo {
    name: String,
    catalog_name: String,
    schema_name: String,
    full_name: String,
    volume_id: String,
    volume_type: &'static str,
    storage_location: String,
    browse_only: bool,
    owner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    metastore_id: String,
    created_at: i64,
    created_by: String,
    updated_at: i64,
    updated_by: String,
}

impl VolumeInfo {
    fn of(volume: Securable, metastore_id: &str) -> Self {
        let parts = volume.parts();
        Self {
            catalog_name: parts[0].to_owned(),
            schema_name: parts[1].to_owned(),
            storage_location: volume
                .location
                .as_deref()
                .map(super::tables::file_url)
                .unwrap_or_default(),
            full_name: volume.full_name,
            name: volume.name,
            volume_id: volume.id,
            volume_type: "MANAGED",
            browse_only: false,
            owner: volume.owner,
            comment: volume.comment,
            metastore_id: metastore_id.to_owned(),
            created_at: volume.created_at,
            created_by: volume.created_by,
            updated_at: volume.updated_at,
            updated_by: volume.updated_by,
        }
    }
}

#[derive(Serialize)]
struct Volumes {
    volumes: Vec<VolumeInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn list(call: Call) -> Result<Json<Volumes>, ApiError> {
    let catalog = call.workspace.catalog();
    let container = format!(
        "{}.{}",
        call.required_query("catalog_name")?,
        call.required_query("schema_name")?
    );
    let window = Window::of(&call, "max_results")?;
    let found = catalog
        .list_part(
            &call.principal,
            SecurableKind::Volume,
            Some(&container),
            &window,
            |_| true,
        )
        .await?;
    let page = window.page(found, |each| &each.name);
    let metastore_id = metastore_id(catalog).await?;
    Ok(Json(Volumes {
        volumes: page
            .items
            .into_iter()
            .map(|each| VolumeInfo::of(each, &metastore_id))
            .collect(),
        next_page_token: page.next_page_token,
    }))
}

#[derive(Deserialize)]
struct Create {
    catalog_name: String,
    schema_name: String,
    name: String,
    volume_type: String,
    storage_location: Option<String>,
    comment: Option<String>,
    #[serde(flatten)]
    rest: Rest,
}

async fn create(mut call: Call) -> Result<Json<VolumeInfo>, ApiError> {
    let body: Create = call.json().await?;
    body.rest.refuse(&call)?;
    match (body.volume_type.as_str(), &body.storage_location) {
        ("MANAGED", None) => {}
        ("MANAGED", Some(_)) => {
            return Err(ApiError::invalid(
                "Managed volume cannot be created with a storage location. Please remove the `storage_location` field.",
            ));
        }
        ("EXTERNAL", _) => {
            return Err(ApiError::not_implemented(
                "the local workspace has managed volumes only: an external one needs an external location",
            ));
        }
        (other, _) => {
            return Err(ApiError::invalid(format!(
                "`{other}` is not a volume type: expected `MANAGED` or `EXTERNAL`"
            )));
        }
    }
    let schema = format!("{}.{}", body.catalog_name, body.schema_name);
    let catalog = call.workspace.catalog();
    let made = catalog
        .create_volume(&call.principal, &schema, &body.name, body.comment.as_deref())
        .await?;
    Ok(Json(VolumeInfo::of(made, &metastore_id(catalog).await?)))
}

async fn get(call: Call) -> Result<Json<VolumeInfo>, ApiError> {
    let catalog = call.workspace.catalog();
    let found = catalog
        .get(&call.principal, SecurableKind::Volume, call.parameter("name"))
        .await?;
    Ok(Json(VolumeInfo::of(found, &metastore_id(catalog).await?)))
}

#[derive(Deserialize)]
struct Update {
    new_name: Option<String>,
    owner: Option<String>,
    comment: Option<String>,
    #[serde(flatten)]
    rest: Rest,
}

async fn update(mut call: Call) -> Result<Json<VolumeInfo>, ApiError> {
    let Update {
        new_name,
        owner,
        comment,
        rest,
    } = call.json().await?;
    rest.refuse(&call)?;
    let change = Change {
        new_name,
        owner,
        comment,
        properties: None,
    };
    let catalog = call.workspace.catalog();
    let changed = catalog
        .change(&call.principal, SecurableKind::Volume, call.parameter("name"), change)
        .await?;
    Ok(Json(VolumeInfo::of(changed, &metastore_id(catalog).await?)))
}

async fn delete(call: Call) -> Result<Json<Empty>, ApiError> {
    let catalog = call.workspace.catalog();
    catalog
        .delete(&call.principal, SecurableKind::Volume, call.parameter("name"), false)
        .await?;
    Ok(Json(Empty {}))
}
