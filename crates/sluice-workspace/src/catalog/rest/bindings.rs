//! Bindings of isolated objects to workspaces, and the older form for catalogs alone.

use axum::Json;
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::catalog::binding::{Binding, BindingType};
use crate::catalog::privilege::SecurableKind;
use crate::error::ApiError;
use crate::paging::page;
use crate::route::Route;

const BINDINGS: &str = "/api/2.1/unity-catalog/bindings/{kind}/{name}";
const OF_CATALOG: &str = "/api/2.1/unity-catalog/workspace-bindings/catalogs/{name}";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(BINDINGS, list),
        Route::patch(BINDINGS, update),
        Route::get(OF_CATALOG, list_of_catalog),
        Route::patch(OF_CATALOG, update_of_catalog),
    ]
}

/// `external_location`, and `external-location` as addresses of other routes spell it.
fn kind(call: &Call) -> Result<SecurableKind, ApiError> {
    call.parameter("kind").replace('-', "_").parse()
}

#[derive(Serialize)]
struct Bindings {
    bindings: Vec<Binding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn list(call: Call) -> Result<Json<Bindings>, ApiError> {
    let catalog = call.workspace.catalog();
    let bindings = catalog
        .bindings(&call.principal, kind(&call)?, call.parameter("name"))
        .await?;
    // Pages are cut by texts: these sort as the numbers do.
    let keyed = bindings
        .into_iter()
        .map(|binding| (format!("{:020}", binding.workspace_id), binding));
    let page = page(&call, "max_results", keyed.collect(), |(key, _)| key)?;
    Ok(Json(Bindings {
        bindings: page.items.into_iter().map(|(_, binding)| binding).collect(),
        next_page_token: page.next_page_token,
    }))
}

#[derive(Deserialize)]
struct Update {
    #[serde(default)]
    add: Vec<Binding>,
    #[serde(default)]
    remove: Vec<Binding>,
}

async fn update(mut call: Call) -> Result<Json<Bindings>, ApiError> {
    let Update { add, remove } = call.json().await?;
    let removed: Vec<i64> = remove.iter().map(|binding| binding.workspace_id).collect();
    let (catalog, kind, name) = (call.workspace.catalog(), kind(&call)?, call.parameter("name"));
    catalog
        .change_bindings(&call.principal, kind, name, (&add, &removed))
        .await?;
    Ok(Json(Bindings {
        bindings: catalog.bindings(&call.principal, kind, name).await?,
        next_page_token: None,
    }))
}

#[derive(Serialize)]
struct Workspaces {
    workspaces: Vec<i64>,
}

async fn of_catalog(call: &Call) -> Result<Json<Workspaces>, ApiError> {
    let catalog = call.workspace.catalog();
    let bindings = catalog
        .bindings(&call.principal, SecurableKind::Catalog, call.parameter("name"))
        .await?;
    Ok(Json(Workspaces {
        workspaces: bindings.iter().map(|binding| binding.workspace_id).collect(),
    }))
}

async fn list_of_catalog(call: Call) -> Result<Json<Workspaces>, ApiError> {
    of_catalog(&call).await
}

#[derive(Deserialize)]
struct UpdateOfCatalog {
    #[serde(default)]
    assign_workspaces: Vec<i64>,
    #[serde(default)]
    unassign_workspaces: Vec<i64>,
}

async fn update_of_catalog(mut call: Call) -> Result<Json<Workspaces>, ApiError> {
    let body: UpdateOfCatalog = call.json().await?;
    let binding = |workspace_id: &i64| Binding {
        workspace_id: *workspace_id,
        binding_type: BindingType::ReadWrite,
    };
    let added: Vec<Binding> = body.assign_workspaces.iter().map(binding).collect();
    let catalog = call.workspace.catalog();
    let changed = (added.as_slice(), body.unassign_workspaces.as_slice());
    catalog
        .change_bindings(&call.principal, SecurableKind::Catalog, call.parameter("name"), changed)
        .await?;
    of_catalog(&call).await
}
