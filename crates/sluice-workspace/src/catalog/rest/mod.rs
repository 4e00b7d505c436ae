//! Unity Catalog over HTTP. Handlers read the request, call one function of [`crate::catalog::Catalog`] and describe the result.

mod catalogs;
mod metastore;
mod permissions;
mod schemas;
mod tables;
mod volumes;

use crate::catalog::Catalog;
use crate::catalog::privilege::SecurableKind;
use crate::error::ApiError;
use crate::route::Route;

/// All routes of Unity Catalog.
pub(super) fn routes() -> Vec<Route> {
    [
        metastore::routes(),
        catalogs::routes(),
        schemas::routes(),
        tables::routes(),
        volumes::routes(),
        permissions::routes(),
    ]
    .concat()
}

/// The id of the only metastore.
async fn metastore_id(catalog: Catalog<'_>) -> Result<String, ApiError> {
    Ok(catalog.find(SecurableKind::Metastore, "").await?.id)
}

/// An answer without content, which clients read as a JSON object.
#[derive(serde::Serialize)]
pub(super) struct Empty {}
