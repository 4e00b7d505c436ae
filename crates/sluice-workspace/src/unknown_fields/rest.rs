//! The control plane: administrators read what was ignored.

use axum::Json;
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::error::ApiError;
use crate::route::Route;

/// The path of the control plane.
pub const IGNORED_FIELDS_PATH: &str = "/_sluice/ignored-fields";

/// A parameter or field that requests had and the API description does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IgnoredField {
    /// Id of the operation.
    pub operation: String,
    /// `query parameter` or `field`.
    pub place: String,
    /// Its name, or its path in the body.
    pub path: String,
    /// How often, since the workspace was started.
    pub times: u64,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IgnoredFields {
    /// Whether the workspace refuses them; then none is ignored.
    pub strict: bool,
    /// By operation.
    pub ignored: Vec<IgnoredField>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get(IGNORED_FIELDS_PATH, list)]
}

async fn list(call: Call) -> Result<Json<IgnoredFields>, ApiError> {
    call.principal.require_admin("read what requests said in vain")?;
    Ok(Json(IgnoredFields {
        strict: call.workspace.strict,
        ignored: call.workspace.ignored.list(),
    }))
}
