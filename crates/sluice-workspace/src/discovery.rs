//! What clients ask before anything else.

use axum::Json;
use serde::Serialize;
use sluice_wire::Method;

use crate::call::Call;
use crate::error::ApiError;
use crate::module::Module;
use crate::oauth::ACCOUNT_ID;
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

/// What a host is, and where its OAuth issuer answers.
#[derive(Serialize)]
struct Configuration {
    oidc_endpoint: String,
    account_id: &'static str,
    workspace_id: String,
    cloud: &'static str,
    host_type: &'static str,
    token_federation_default_oidc_audiences: [&'static str; 1],
}

async fn configuration(call: Call) -> Result<Json<Configuration>, ApiError> {
    let workspace_id = call.workspace.org_id.to_string();
    Ok(Json(Configuration {
        oidc_endpoint: format!("{}/oidc", call.workspace.host()),
        account_id: ACCOUNT_ID,
        workspace_id,
        cloud: "AWS",
        host_type: "workspace",
        token_federation_default_oidc_audiences: [ACCOUNT_ID],
    }))
}
