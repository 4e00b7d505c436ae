//! Answers requests for one workspace: host check, routing, authentication, then the handler, then the common headers.
//!
//! An operation that the REST API has and this workspace does not answers 501 with the operation's id; no request reports success
//! for something that did not happen.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use futures::StreamExt as _;
use sluice_wire::Method;

use crate::audit::{self, Asked};
use crate::call::{Call, RequestBody};
use crate::error::ApiError;
use crate::faults::{Connection, Encounter, Occasion, Sighting, Target, in_the_past, interfere};
use crate::identity;
use crate::principal::{Principal, PrincipalKind};
use crate::route::{Access, Route, parse_query};
use crate::unknown_fields;
use crate::workspace::Workspace;

const SCIM_PREFIX: &str = "/api/2.0/preview/scim/";
const CONTROL_PREFIX: &str = "/_sluice/";

/// The axum application of one workspace.
pub(crate) fn application(workspace: Arc<Workspace>) -> axum::Router {
    axum::Router::new().fallback(answer).with_state(workspace)
}

async fn answer(
    State(workspace): State<Arc<Workspace>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
) -> Response {
    let request_id = workspace.ids.uuid();
    let scim = request.uri().path().starts_with(SCIM_PREFIX);
    let line = format!("{} {}", request.method(), request.uri().path());
    // A task of its own: a client that goes away does not stop a handler half-way, and a panic ends this request alone.
    let handled = tokio::spawn(handle(workspace.clone(), connection, request, request_id.clone()));
    let result = match handled.await {
        Ok(result) => result,
        Err(_panic) => Err(ApiError::internal(
            "the workspace failed to answer; its log has the place",
        )),
    };
    let mut response = result.unwrap_or_else(|error| {
        if error.status.as_u16() == 500 {
            crate::log::line(&format!("{} {line}: {error} [{request_id}]", workspace.name));
        }
        error.into_answer(&request_id, scim)
    });
    add_headers(&workspace, &request_id, response.headers_mut());
    response
}

fn add_headers(workspace: &Workspace, request_id: &str, headers: &mut HeaderMap) {
    headers.insert(
        HeaderName::from_static("x-databricks-org-id"),
        HeaderValue::from(workspace.org_id),
    );
    for (name, value) in [
        ("x-sluice-local", workspace.name.as_str()),
        ("x-request-id", request_id),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// The most that is read of a body that nobody wants.
const LARGEST_REST: usize = 256 * 1024 * 1024;

async fn handle(
    workspace: Arc<Workspace>,
    connection: Connection,
    request: Request,
    request_id: String,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let body = Arc::new(RequestBody::new(body));
    let result = dispatch(workspace, &connection, parts, Arc::clone(&body), request_id).await;
    // A client that is still sending would see a broken connection instead of the refusal.
    let refused = result.as_ref().map_or(true, |response| {
        response.status().is_client_error() || response.status().is_server_error()
    });
    if refused && let Some(rest) = body.take() {
        drain(rest).await;
    }
    result
}

async fn drain(body: Body) {
    let mut chunks = body.into_data_stream();
    let mut read = 0;
    while let Some(Ok(chunk)) = chunks.next().await {
        read += chunk.len();
        if read > LARGEST_REST {
            return;
        }
    }
}

async fn dispatch(
    workspace: Arc<Workspace>,
    connection: &Connection,
    parts: axum::http::request::Parts,
    body: Arc<RequestBody>,
    request_id: String,
) -> Result<Response, ApiError> {
    check_origin(&parts.headers)?;
    let path = parts.uri.path();
    let method = known_method(&parts.method).ok_or_else(|| no_endpoint(parts.method.as_str(), path))?;
    let found = workspace
        .router
        .find(method, path)
        .map(|(route, values)| (route.clone(), values));
    let access = found.as_ref().map_or(Access::Principal, |(route, _)| route.access);
    let principal = authenticate(&workspace, access, &parts.headers).await?;
    let sighting = Sighting {
        method,
        path,
        query: parts.uri.query().unwrap_or_default(),
        principal: &principal.name,
    };
    let encounter = meet_faults(&workspace, access, &sighting, &body, &request_id).await?;
    let target = Target {
        workspace: &workspace,
        connection,
        request_id: &request_id,
        scim: path.starts_with(SCIM_PREFIX),
    };
    let handled = async {
        let (route, parameters) = found.ok_or_else(|| not_answered(method, path))?;
        let call = Call {
            workspace: Arc::clone(&workspace),
            principal,
            headers: parts.headers,
            request_id: request_id.clone(),
            method,
            path: path.to_owned(),
            parameters,
            query: parse_query(parts.uri.query().unwrap_or_default())?,
            body,
        };
        if route.access == Access::Principal {
            unknown_fields::judge(&call).await?;
        }
        let asked = Asked {
            workspace: Arc::clone(&workspace),
            request_id: request_id.clone(),
        };
        let answer = audit::during(asked, Route::call(&route, call)).await;
        workspace.audit.relieve(&workspace).await;
        answer
    };
    let handled = async {
        if encounter.past {
            in_the_past(handled).await
        } else {
            handled.await
        }
    };
    match encounter.spoiled {
        None => handled.await,
        Some(spoiled) => Ok(target.spoil(spoiled, handled).await),
    }
}

/// What the request meets with, after the pauses and changes by others that it meets with. Whoever injects faults must be able to remove them, so that the
/// control plane meets none.
async fn meet_faults(
    workspace: &Arc<Workspace>,
    access: Access,
    sighting: &Sighting<'_>,
    body: &RequestBody,
    request_id: &str,
) -> Result<Encounter, ApiError> {
    if access != Access::Principal || sighting.path.starts_with(CONTROL_PREFIX) {
        return Ok(Encounter::default());
    }
    let occasion = Occasion {
        request_id,
        at: workspace.clock.now_ms(),
    };
    let mut encounter = workspace.faults.meet(sighting, body, occasion).await;
    encounter.pause().await;
    for (fault, interference) in std::mem::take(&mut encounter.before) {
        let status = interfere(workspace, interference, request_id).await;
        workspace.faults.note_interference(&fault, request_id, status);
    }
    if encounter.remember {
        workspace.store.remember().await?;
    }
    Ok(encounter)
}

fn known_method(method: &axum::http::Method) -> Option<Method> {
    [
        Method::Get,
        Method::Head,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
    ]
    .into_iter()
    .find(|known| known.as_str() == method.as_str())
}

fn not_answered(method: Method, path: &str) -> ApiError {
    match sluice_wire::find_operation(method, path) {
        Some(operation) => ApiError::not_implemented(format!(
            "the local workspace does not have the operation `{}` ({method} {})",
            operation.id, operation.path
        ))
        .with("operation_id", operation.id),
        None => no_endpoint(method.as_str(), path),
    }
}

fn no_endpoint(method: &str, path: &str) -> ApiError {
    ApiError::new(
        axum::http::StatusCode::NOT_FOUND,
        "ENDPOINT_NOT_FOUND",
        format!("No API found for '{method} {path}'"),
    )
}

/// Refuses requests that a page in a browser could send after rebinding its name to 127.0.0.1.
fn check_origin(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST).unwrap_or_default();
    if !is_loopback(host) {
        return Err(ApiError::denied(format!(
            "requests for the host `{host}` are refused: the local workspace answers as 127.0.0.1 or localhost only"
        )));
    }
    match text(header::ORIGIN) {
        Some(origin) if !origin.split_once("://").is_some_and(|(_, host)| is_loopback(host)) => Err(ApiError::denied(
            format!("requests from the web page `{origin}` are refused by the local workspace"),
        )),
        _ => Ok(()),
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

async fn authenticate(workspace: &Workspace, access: Access, headers: &HeaderMap) -> Result<Principal, ApiError> {
    if access == Access::Public {
        return Ok(nobody("anonymous"));
    }
    let presented = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = presented.and_then(|value| value.strip_prefix("Bearer ")) else {
        return Err(ApiError::unauthenticated(
            "Credential was not sent or was of an unsupported type for this API: expected `Authorization: Bearer <token>`",
        ));
    };
    match access {
        Access::Internal if identity::same_secret(token, workspace.internal_token.expose()) => Ok(nobody("internal")),
        Access::Internal => Err(ApiError::unauthenticated("Invalid access token.")),
        Access::Principal | Access::Public => identity::authenticate(workspace, token)
            .await?
            .ok_or_else(|| ApiError::unauthenticated("Invalid access token.")),
    }
}

/// A principal that is in no group and may do nothing: routes that it reaches do not ask for permissions.
fn nobody(name: &str) -> Principal {
    Principal {
        id: 0,
        kind: PrincipalKind::ServicePrincipal,
        name: name.to_owned(),
        display_name: name.to_owned(),
        groups: std::collections::BTreeSet::new(),
        is_admin: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_hosts() {
        for host in ["127.0.0.1:7341", "localhost", "localhost:1", "[::1]:7341"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "evil.test",
            "127.0.0.1.evil.test:7341",
            "evil.test:127",
            "",
            "localhost:evil",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
