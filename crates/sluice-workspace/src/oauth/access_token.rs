//! Access tokens of the workspace's own issuer: JWTs (RFC 9068) of one hour at most, signed with RS256.

use jsonwebtoken::{Algorithm, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use sluice_model::Secret;

use super::signature;
use crate::error::ApiError;
use crate::identity;
use crate::principal::Principal;
use crate::workspace::Workspace;

/// Seconds that a token lasts.
pub(super) const LIFETIME: i64 = 3600;
/// The one scope that tokens have: what the principal may do decides about the rest.
pub(super) const SCOPE: &str = "all-apis";

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    client_id: String,
    scope: String,
    iat: i64,
    exp: i64,
    jti: String,
}

/// Who issues: `http://127.0.0.1:<port>/oidc`.
pub(super) fn issuer(workspace: &Workspace) -> String {
    format!("{}/oidc", workspace.host())
}

/// Seconds since 1970 on the workspace's clock.
pub(super) fn now(workspace: &Workspace) -> i64 {
    workspace.clock.now_ms().div_euclid(1000)
}

/// A token for a service principal, good for so many seconds.
pub(super) async fn issue(
    workspace: &Workspace,
    application_id: &str,
    lifetime: i64,
) -> Result<Secret<String>, ApiError> {
    signature::install();
    let key = workspace.issuer.key().await?;
    let issued_at = now(workspace);
    let claims = Claims {
        iss: issuer(workspace),
        aud: workspace.org_id.to_string(),
        sub: application_id.to_owned(),
        client_id: application_id.to_owned(),
        scope: SCOPE.to_owned(),
        iat: issued_at,
        exp: issued_at + lifetime,
        jti: workspace.ids.uuid(),
    };
    let header = Header {
        typ: Some("at+jwt".to_owned()),
        kid: Some(key.public.kid.clone()),
        ..Header::new(Algorithm::RS256)
    };
    let token = encode(&header, &claims, &key.signing);
    token
        .map(Secret::new)
        .map_err(|error| ApiError::internal(format!("an access token could not be signed: {error}")))
}

/// Whether a bearer token has the form of a JWT; personal access tokens have no dots.
pub(crate) fn looks_like_one(token: &str) -> bool {
    token.split('.').count() == 3
}

/// The service principal that holds this token; none when the token is of another issuer or workspace, over, or its principal inactive
/// or gone.
///
/// # Errors
/// When the store or the key fails.
pub(crate) async fn principal_of(workspace: &Workspace, token: &str) -> Result<Option<Principal>, ApiError> {
    signature::install();
    let key = workspace.issuer.key().await?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[issuer(workspace)]);
    validation.set_audience(&[workspace.org_id]);
    validation.set_required_spec_claims(&["iss", "aud", "sub"]);
    // The library reads the machine's clock; the workspace has its own.
    validation.validate_exp = false;
    let Ok(token) = decode::<Claims>(token, &key.verifying, &validation) else {
        return Ok(None);
    };
    if token.claims.exp <= now(workspace) {
        return Ok(None);
    }
    let active: Option<(i64,)> =
        sqlx::query_as("SELECT id FROM principal WHERE name = ? AND kind = 'service_principal' AND active = 1")
            .bind(&token.claims.sub)
            .fetch_optional(workspace.store.reader())
            .await?;
    match active {
        Some((id,)) => identity::load(workspace, id).await,
        None => Ok(None),
    }
}
