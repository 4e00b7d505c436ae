//! What clients ask before anything else.

use axum::Json;
use serde::Serialize;
use sluice_wire::Method;

use crate::call::Call;
use crate::error::ApiError;
use crate::module::Module;
use crate::route::{Access, Route};
use crate::store::Migrations;

/// The routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "discovery",
            steps: &[],
        },
        routes: || {
            vec![Route::new(
                Method::Get,
                "/.well-known/databricks-config",
                Access::Public,
                configuration,
            )]
        },
    }
}

/// What a host is. OAuth is not offered, so no `oidc_endpoint` is named that would not answer.
#[derive(Serialize)]
struct Configuration {
    workspace_id: String,
    cloud: &'static str,
    host_type: &'static str,
}

async fn configuration(call: Call) -> Result<Json<Configuration>, ApiError> {
    let workspace_id = call.workspace.org_id.to_string();
    Ok(Json(Configuration {
        workspace_id,
        cloud: "AWS",
        host_type: "workspace",
    }))
}
