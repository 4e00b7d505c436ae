//! OAuth: a workspace issues access tokens of its own to service principals, for a client secret or for a token of an issuer that one of
//! their federation policies trusts.
//!
//! `grant.rs` answers `POST /oidc/v1/token`, `access_token.rs` writes and reads the tokens, `key.rs` holds the key that signs them,
//! `federation.rs` decides about foreign tokens, `metadata.rs` tells clients where all this is; `secrets.rs` and `policies.rs` are the REST
//! faces. What is not here: signing in with a browser (a workspace has no session whose consent it could ask), account-wide federation,
//! keys that would have to be fetched.

mod access_token;
mod federation;
mod grant;
mod key;
mod metadata;
mod policies;
mod secrets;
mod signature;

pub(crate) use access_token::{looks_like_one, principal_of};
pub(crate) use key::Issuer;

use crate::call::Call;
use crate::error::ApiError;
use crate::module::Module;
use crate::store::Migrations;

/// The account that every local workspace says it belongs to: the audience of federated tokens when a policy names none.
pub const ACCOUNT_ID: &str = "5106ce00-0000-4000-8000-000000000001";

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "oauth",
            steps: &[include_str!("schema.sql")],
        },
        routes: || {
            [
                metadata::routes(),
                grant::routes(),
                secrets::routes(),
                policies::routes(),
            ]
            .concat()
        },
    }
}

/// The service principal that a path of the account API names by its number, for an administrator.
async fn administered(call: &Call, action: &str) -> Result<i64, ApiError> {
    call.principal.require_admin(action)?;
    let account = call.parameters.iter().find(|(name, _)| *name == "account_id");
    if let Some((_, account)) = account.filter(|(_, account)| account != ACCOUNT_ID) {
        return Err(ApiError::not_found(format!(
            "Account {account} does not exist: local workspaces belong to the account {ACCOUNT_ID}."
        )));
    }
    let text = call.parameter("service_principal_id");
    let found: Option<(i64,)> =
        sqlx::query_as("SELECT id FROM principal WHERE CAST(id AS TEXT) = ? AND kind = 'service_principal'")
            .bind(text)
            .fetch_optional(call.workspace.store.reader())
            .await?;
    found
        .map(|row| row.0)
        .ok_or_else(|| ApiError::not_found(format!("Service principal with id {text} not found.")))
}

/// A moment as the account API writes it.
fn written(at: i64) -> Result<String, ApiError> {
    let moment = jiff::Timestamp::from_millisecond(at);
    moment
        .map(|moment| moment.to_string())
        .map_err(|error| ApiError::internal(format!("a stored time: {error}")))
}
