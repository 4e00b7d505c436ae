//! What clients and other issuers read before they ask for a token (RFC 8414, OpenID Connect Discovery, RFC 7517).

use axum::Json;
use serde::Serialize;
use sluice_wire::Method;

use super::access_token::{SCOPE, issuer};
use super::grant::{CLIENT_CREDENTIALS, TOKEN_EXCHANGE};
use super::key::PublicKey;
use crate::call::Call;
use crate::error::ApiError;
use crate::route::{Access, Route};

pub(super) fn routes() -> Vec<Route> {
    let public = |template, handler| Route::new(Method::Get, template, Access::Public, handler);
    vec![
        public("/oidc/.well-known/oauth-authorization-server", metadata),
        public("/oidc/.well-known/openid-configuration", metadata),
        Route::new(Method::Get, "/oidc/jwks.json", Access::Public, keys),
        Route::new(Method::Get, "/oidc/v1/authorize", Access::Public, authorize),
    ]
}

/// What the issuer is and can. The address of consent is named because clients want one; it says that it is not offered.
#[derive(Serialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    grant_types_supported: [&'static str; 2],
    response_types_supported: [&'static str; 0],
    scopes_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: [&'static str; 3],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
}

async fn metadata(call: Call) -> Result<Json<Metadata>, ApiError> {
    let issuer = issuer(&call.workspace);
    Ok(Json(Metadata {
        authorization_endpoint: format!("{issuer}/v1/authorize"),
        token_endpoint: format!("{issuer}/v1/token"),
        jwks_uri: format!("{issuer}/jwks.json"),
        issuer,
        grant_types_supported: [CLIENT_CREDENTIALS, TOKEN_EXCHANGE],
        response_types_supported: [],
        scopes_supported: [SCOPE],
        token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
    }))
}

#[derive(Serialize)]
struct Keys {
    keys: [PublicKey; 1],
}

async fn keys(call: Call) -> Result<Json<Keys>, ApiError> {
    let key = call.workspace.issuer.key().await?;
    Ok(Json(Keys {
        keys: [key.public.clone()],
    }))
}

async fn authorize(_call: Call) -> Result<(), ApiError> {
    Err(ApiError::not_implemented(
        "the local workspace has no sign-in with a browser: use a personal access token of its profile file, or the OAuth secret of a \
         service principal",
    ))
}
