//! A change past the client: another request, made by the administrator that every workspace begins with.

use std::sync::Arc;

use axum::body::Body;
use axum::http::HeaderMap;

use super::fault::Interference;
use crate::call::{Call, RequestBody};
use crate::error::ApiError;
use crate::identity;
use crate::route::parse_query;
use crate::seed::principal_name;
use crate::workspace::Workspace;

/// Makes the request and gives the status that it came to.
pub(crate) async fn interfere(workspace: &Arc<Workspace>, interference: Interference, request_id: &str) -> u16 {
    match handle(workspace, interference, request_id).await {
        Ok(status) => status,
        Err(error) => error.status.as_u16(),
    }
}

async fn handle(
    workspace: &Arc<Workspace>,
    Interference { method, path, body }: Interference,
    request_id: &str,
) -> Result<u16, ApiError> {
    let (path, query) = path.split_once('?').unwrap_or((&path, ""));
    let (route, parameters) = workspace
        .router
        .find(method, path)
        .ok_or_else(|| ApiError::not_implemented(format!("the local workspace does not have {method} {path}")))?;
    let principal = identity::by_name(workspace, &principal_name("admin"))
        .await?
        .ok_or_else(|| ApiError::not_found("the administrator that the workspace began with is gone"))?;
    let body = body.map_or_else(Body::empty, |value| Body::from(value.to_string()));
    let call = Call {
        workspace: Arc::clone(workspace),
        principal,
        headers: HeaderMap::new(),
        request_id: request_id.to_owned(),
        method,
        path: path.to_owned(),
        parameters,
        query: parse_query(query)?,
        body: Arc::new(RequestBody::new(body)),
    };
    Ok(route.call(call).await?.status().as_u16())
}
