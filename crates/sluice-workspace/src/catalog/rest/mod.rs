//! Unity Catalog over HTTP. Handlers read the request, call one function of [`crate::catalog::Catalog`] and describe the result.

mod bindings;
mod catalogs;
mod constraints;
mod functions;
mod metastore;
mod permissions;
mod schemas;
mod tables;
mod tags;
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
        bindings::routes(),
        schemas::routes(),
        tables::routes(),
        functions::routes(),
        tags::routes(),
        constraints::routes(),
        volumes::routes(),
        permissions::routes(),
    ]
    .concat()
}

/// The id of the only metastore.
async fn metastore_id(catalog: Catalog<'_>) -> Result<String, ApiError> {
    let known = &catalog.workspace.metastore_id;
    let id = known
        .get_or_try_init(|| async { Ok::<_, ApiError>(catalog.find(SecurableKind::Metastore, "").await?.id) })
        .await?;
    Ok(id.clone())
}

/// An answer without content, which clients read as a JSON object.
#[derive(serde::Serialize)]
pub(super) struct Empty {}

/// Fields of a request that the local workspace does not act on. A client that sends one expects something to happen.
#[derive(serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Rest(serde_json::Map<String, serde_json::Value>);

impl Rest {
    /// Refuses every field that is set; the name of the object may be repeated in the body.
    pub(super) fn refuse(&self, call: &crate::call::Call) -> Result<(), ApiError> {
        let set = |(field, value): &(&String, &serde_json::Value)| {
            !value.is_null() && !matches!(field.as_str(), "name" | "full_name")
        };
        match self.0.iter().find(set) {
            None => Ok(()),
            Some((field, _)) => {
                Err(call.not_implemented(format!("the local workspace does not act on the field `{field}` here")))
            }
        }
    }
}
