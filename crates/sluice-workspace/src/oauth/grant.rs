//! `POST /oidc/v1/token`: client credentials (RFC 6749 §4.4) and token exchange (RFC 8693). Errors have the form of RFC 6749 §5.2.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sluice_model::Secret;
use sluice_wire::Method;

use super::access_token::{LIFETIME, SCOPE, issue, now};
use super::{federation, policies, secrets};
use crate::call::Call;
use crate::error::ApiError;
use crate::route::{Access, Route};
use crate::workspace::Workspace;

/// The grant of a client that knows its secret.
pub(super) const CLIENT_CREDENTIALS: &str = "client_credentials";
/// The grant of a client that shows a token of an issuer that a policy trusts.
pub(super) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
/// More than any token of an issuer takes.
const LARGEST_FORM: usize = 128 * 1024;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::new(Method::Post, "/oidc/v1/token", Access::Public, token)]
}

#[derive(Serialize)]
struct Granted {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'static str>,
}

/// Why there is no token.
enum Refusal {
    OAuth {
        status: StatusCode,
        error: &'static str,
        description: String,
    },
    Inside(ApiError),
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Inside(error)
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Inside(error.into())
    }
}

fn refused(error: &'static str, description: impl Into<String>) -> Refusal {
    Refusal::OAuth {
        status: StatusCode::BAD_REQUEST,
        error,
        description: description.into(),
    }
}

fn invalid_client(description: &str) -> Refusal {
    Refusal::OAuth {
        status: StatusCode::UNAUTHORIZED,
        error: "invalid_client",
        description: description.to_owned(),
    }
}

#[derive(Serialize)]
struct ErrorBody {
    error: &'static str,
    error_description: String,
}

async fn token(mut call: Call) -> Result<Response, ApiError> {
    let not_kept = [(header::CACHE_CONTROL, "no-store")];
    match grant(&mut call).await {
        Ok(granted) => Ok((not_kept, Json(granted)).into_response()),
        Err(Refusal::Inside(error)) => Err(error),
        Err(Refusal::OAuth {
            status,
            error,
            description,
        }) => {
            let body = ErrorBody {
                error,
                error_description: description,
            };
            let mut response = (status, not_kept, Json(body)).into_response();
            if status == StatusCode::UNAUTHORIZED {
                let scheme = header::HeaderValue::from_static("Basic realm=\"sluice\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
            }
            Ok(response)
        }
    }
}

async fn grant(call: &mut Call) -> Result<Granted, Refusal> {
    let form = Form::read(call).await?;
    let kind = form
        .get("grant_type")
        .ok_or_else(|| refused("invalid_request", "`grant_type` is missing"))?;
    if let Some(given) = ["assume_group", "authorization_details"]
        .iter()
        .find(|name| form.get(name).is_some())
    {
        return Err(refused(
            "invalid_request",
            format!("`{given}` is not offered by the local workspace: a token acts as its service principal"),
        ));
    }
    form.check_scope()?;
    let workspace = call.workspace.as_ref();
    match kind {
        CLIENT_CREDENTIALS => {
            let client = Client::of(&call.headers, &form)?;
            let secret = client
                .secret
                .ok_or_else(|| invalid_client("the client secret is missing"))?;
            if !secrets::is_valid(workspace, &client.id, &secret).await? {
                return Err(invalid_client(
                    "client id and secret do not belong together, or the secret is over",
                ));
            }
            granted(workspace, &client.id, LIFETIME, None).await
        }
        TOKEN_EXCHANGE => {
            let client = Client::of(&call.headers, &form)?;
            exchange(workspace, &client.id, &form).await
        }
        other => Err(refused(
            "unsupported_grant_type",
            format!(
                "the local workspace does not offer the grant `{other}`: it offers {CLIENT_CREDENTIALS} and {TOKEN_EXCHANGE}"
            ),
        )),
    }
}

async fn granted(
    workspace: &Workspace,
    application_id: &str,
    lifetime: i64,
    issued_token_type: Option<&'static str>,
) -> Result<Granted, Refusal> {
    let token = issue(workspace, application_id, lifetime).await?;
    Ok(Granted {
        access_token: token.expose().clone(),
        token_type: "Bearer",
        expires_in: lifetime,
        scope: SCOPE,
        issued_token_type,
    })
}

/// A token of a trusted issuer becomes one of the workspace that lasts no longer.
async fn exchange(workspace: &Workspace, application_id: &str, form: &Form) -> Result<Granted, Refusal> {
    if form.get("subject_token_type") != Some(JWT) {
        return Err(refused(
            "invalid_request",
            format!("`subject_token_type` must be `{JWT}`"),
        ));
    }
    let subject_token = form
        .get("subject_token")
        .ok_or_else(|| refused("invalid_request", "`subject_token` is missing"))?;
    let policies = policies::of_application(workspace, application_id).await?;
    let at = now(workspace);
    let mut reasons = Vec::new();
    for (policy_id, policy) in policies {
        match federation::judge(&policy, subject_token, at) {
            Ok(expires_at) => {
                let lifetime = LIFETIME.min(expires_at - at);
                return granted(
                    workspace,
                    application_id,
                    lifetime,
                    Some("urn:ietf:params:oauth:token-type:access_token"),
                )
                .await;
            }
            Err(reason) => reasons.push(format!("`{policy_id}`: {reason}")),
        }
    }
    if reasons.is_empty() {
        reasons.push("there is none".to_owned());
    }
    Err(refused(
        "invalid_grant",
        format!(
            "no federation policy of the service principal accepts the token: {}",
            reasons.join("; ")
        ),
    ))
}

/// Which service principal asks.
struct Client {
    id: String,
    secret: Option<Secret<String>>,
}

impl Client {
    /// Reads HTTP Basic, else the fields of the form.
    fn of(headers: &HeaderMap, form: &Form) -> Result<Self, Refusal> {
        let presented = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if let Some(encoded) = presented.and_then(|value| value.strip_prefix("Basic ")) {
            let decoded = STANDARD
                .decode(encoded.trim())
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok());
            let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
            let (id, secret) = pair.ok_or_else(|| invalid_client("the `Authorization` header is not HTTP Basic"))?;
            return Ok(Self {
                id: id.to_owned(),
                secret: Some(Secret::new(secret.to_owned())),
            });
        }
        let id = form.get("client_id").ok_or_else(|| {
            invalid_client("no client id: the local workspace knows service principals by their application id, and no account-wide federation")
        })?;
        Ok(Self {
            id: id.to_owned(),
            secret: form.get("client_secret").map(|secret| Secret::new(secret.to_owned())),
        })
    }
}

/// The parameters of a request; an empty one counts as absent (RFC 6749 §3.2).
struct Form(BTreeMap<String, String>);

impl Form {
    async fn read(call: &mut Call) -> Result<Self, Refusal> {
        let kind = call
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            return Err(refused(
                "invalid_request",
                "the body must be `application/x-www-form-urlencoded`",
            ));
        }
        let body = call.bytes(LARGEST_FORM).await?;
        let mut fields = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(&body).filter(|(_, value)| !value.is_empty()) {
            if fields.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                return Err(refused("invalid_request", format!("`{name}` is given more than once")));
            }
        }
        Ok(Self(fields))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A token may do what its principal may; granting less is not offered, and granting more than was asked for would not be right.
    fn check_scope(&self) -> Result<(), Refusal> {
        let asked = self.get("scope").unwrap_or(SCOPE);
        match asked
            .split_whitespace()
            .find(|scope| ![SCOPE, "offline_access"].contains(scope))
        {
            Some(other) => Err(refused(
                "invalid_scope",
                format!("the local workspace does not offer the scope `{other}`, only `{SCOPE}`"),
            )),
            None => Ok(()),
        }
    }
}
