//! Catalogs.

use std::collections::BTreeMap;

use axum::Json;
use serde::{Deserialize, Serialize};

use super::{Empty, Rest, metastore_id};
use crate::call::Call;
use crate::catalog::binding::IsolationMode;
use crate::catalog::container::Change;
use crate::catalog::privilege::SecurableKind;
use crate::catalog::securable::Securable;
use crate::error::ApiError;
use crate::paging::page;
use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/2.1/unity-catalog/catalogs", list),
        Route::post("/api/2.1/unity-catalog/catalogs", create),
        Route::get("/api/2.1/unity-catalog/catalogs/{name}", get),
        Route::patch("/api/2.1/unity-catalog/catalogs/{name}", update),
        Route::delete("/api/2.1/unity-catalog/catalogs/{name}", delete),
    ]
}

#[derive(Serialize)]
struct CatalogInfo {
    name: String,
    full_name: String,
    catalog_type: &'static str,
    securable_type: &'static str,
    isolation_mode: IsolationMode,
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

impl CatalogInfo {
    fn of(catalog: Securable, metastore_id: &str) -> Self {
        Self {
            isolation_mode: IsolationMode::of(&catalog),
            full_name: catalog.full_name,
            name: catalog.name,
            catalog_type: "MANAGED_CATALOG",
            securable_type: "CATALOG",
            browse_only: false,
            owner: catalog.owner,
            comment: catalog.comment,
            properties: catalog.properties,
            metastore_id: metastore_id.to_owned(),
            created_at: catalog.created_at,
            created_by: catalog.created_by,
            updated_at: catalog.updated_at,
            updated_by: catalog.updated_by,
        }
    }
}

#[derive(Serialize)]
struct Catalogs {
    catalogs: Vec<CatalogInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn list(call: Call) -> Result<Json<Catalogs>, ApiError> {
    let catalog = call.workspace.catalog();
    let found = match call.flag("include_unbound")? {
        true => {
            catalog
                .list_unbound_too(&call.principal, SecurableKind::Catalog)
                .await?
        }
        false => catalog.list(&call.principal, SecurableKind::Catalog, None).await?,
    };
    let page = page(&call, "max_results", found, |each| &each.name)?;
    let metastore_id = metastore_id(catalog).await?;
    Ok(Json(Catalogs {
        catalogs: page
            .items
            .into_iter()
            .map(|each| CatalogInfo::of(each, &metastore_id))
            .collect(),
        next_page_token: page.next_page_token,
    }))
}

#[derive(Deserialize)]
struct Create {
    name: String,
    comment: Option<String>,
    #[serde(default)]
    properties: BTreeMap<String, String>,
    connection_name: Option<String>,
    provider_name: Option<String>,
    share_name: Option<String>,
    storage_root: Option<String>,
    #[serde(flatten)]
    rest: Rest,
}

async fn create(mut call: Call) -> Result<Json<CatalogInfo>, ApiError> {
    let body: Create = call.json().await?;
    body.rest.refuse(&call)?;
    let refused = [
        ("connection_name", &body.connection_name),
        ("provider_name", &body.provider_name),
        ("share_name", &body.share_name),
        ("storage_root", &body.storage_root),
    ];
    if let Some((field, _)) = refused.iter().find(|(_, value)| value.is_some()) {
        return Err(ApiError::not_implemented(format!(
            "the local workspace makes managed catalogs in its own storage only: `{field}` is not offered"
        )));
    }
    let catalog = call.workspace.catalog();
    let made = catalog
        .create_catalog(&call.principal, &body.name, body.comment.as_deref(), &body.properties)
        .await?;
    Ok(Json(CatalogInfo::of(made, &metastore_id(catalog).await?)))
}

async fn get(call: Call) -> Result<Json<CatalogInfo>, ApiError> {
    let catalog = call.workspace.catalog();
    let found = catalog
        .get(&call.principal, SecurableKind::Catalog, call.parameter("name"))
        .await?;
    Ok(Json(CatalogInfo::of(found, &metastore_id(catalog).await?)))
}

/// A change of a catalog or schema.
#[derive(Deserialize)]
pub(super) struct Update {
    new_name: Option<String>,
    owner: Option<String>,
    comment: Option<String>,
    properties: Option<BTreeMap<String, String>>,
    #[serde(flatten)]
    pub(super) rest: Rest,
}

impl From<Update> for Change {
    fn from(update: Update) -> Self {
        let Update {
            new_name,
            owner,
            comment,
            properties,
            rest: _,
        } = update;
        Self {
            new_name,
            owner,
            comment,
            properties,
        }
    }
}

/// A change of a catalog: that of any container, and from where it may be reached.
#[derive(Deserialize)]
struct UpdateCatalog {
    isolation_mode: Option<IsolationMode>,
    #[serde(flatten)]
    update: Update,
}

async fn update(mut call: Call) -> Result<Json<CatalogInfo>, ApiError> {
    let UpdateCatalog { isolation_mode, update } = call.json().await?;
    update.rest.refuse(&call)?;
    let catalog = call.workspace.catalog();
    let name = call.parameter("name");
    let changed = catalog
        .change_catalog(&call.principal, name, update.into(), isolation_mode)
        .await?;
    Ok(Json(CatalogInfo::of(changed, &metastore_id(catalog).await?)))
}

async fn delete(call: Call) -> Result<Json<Empty>, ApiError> {
    let force = call.flag("force")?;
    let catalog = call.workspace.catalog();
    catalog
        .delete(&call.principal, SecurableKind::Catalog, call.parameter("name"), force)
        .await?;
    Ok(Json(Empty {}))
}
