//! What a fault makes of a request: stands between the server and the handler.

use std::collections::BTreeMap;
use std::future::Future;

use axum::body::Body;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::Value;

use super::connection::Connection;
use super::fault::Reply;
use super::register::{Injury, Spoiled};
use crate::call::JSON_LIMIT;
use crate::error::ApiError;
use crate::workspace::Workspace;

/// Says which fault an answer comes from.
const FAULT_HEADER: HeaderName = HeaderName::from_static("x-sluice-fault");

/// Which request it is, and on which connection it came.
pub(crate) struct Target<'request> {
    pub(crate) workspace: &'request Workspace,
    pub(crate) connection: &'request Connection,
    pub(crate) request_id: &'request str,
    pub(crate) scim: bool,
}

impl Target<'_> {
    /// Executes the request or not, and answers as the fault says.
    pub(crate) async fn spoil(
        &self,
        spoiled: Spoiled,
        handled: impl Future<Output = Result<Response, ApiError>>,
    ) -> Response {
        let Spoiled { fault, by } = spoiled;
        match by {
            Injury::Status(reply) => self.reply(&fault, reply),
            Injury::CommitThenFail(reply) => {
                self.execute(&fault, handled).await;
                self.reply(&fault, reply)
            }
            Injury::Drop => self.hang_up(),
            Injury::CommitThenDrop => {
                self.execute(&fault, handled).await;
                self.hang_up()
            }
            Injury::Set(fields) => match handled.await {
                Ok(response) => replace_fields(response, &fields).await,
                Err(error) => error.into_answer(self.request_id, self.scim),
            },
        }
    }

    async fn execute(&self, fault: &str, handled: impl Future<Output = Result<Response, ApiError>>) {
        let status = match handled.await {
            Ok(response) => response.status(),
            Err(error) => error.status,
        };
        self.workspace
            .faults
            .note_executed(fault, self.request_id, status.as_u16());
    }

    /// The answer that is returned is never written.
    fn hang_up(&self) -> Response {
        self.connection.sever();
        Response::default()
    }

    fn reply(&self, fault: &str, reply: Reply) -> Response {
        let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let code = reply.error_code.unwrap_or_else(|| usual_code(status).to_owned());
        let message = reply.message.unwrap_or_else(|| {
            format!("the fault `{fault}` of the local workspace answers in place of this operation")
        });
        let mut response = ApiError::new(status, code, message).into_answer(self.request_id, self.scim);
        let headers = response.headers_mut();
        for (name, value) in reply.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.insert(name, value);
            }
        }
        if let Ok(fault) = HeaderValue::try_from(fault) {
            headers.insert(FAULT_HEADER, fault);
        }
        response
    }
}

/// The same answer with other values in its JSON document; one that has no such field, or is no JSON, stays as it is.
async fn replace_fields(response: Response, fields: &BTreeMap<String, Value>) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, JSON_LIMIT).await else {
        return Response::from_parts(parts, Body::empty());
    };
    let Ok(mut document) = serde_json::from_slice::<Value>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    for (path, value) in fields {
        let (parents, name) = path.rsplit_once('.').unwrap_or(("", path));
        let mut place = Some(&mut document);
        for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
            place = place.and_then(|place| match place {
                Value::Array(items) => items.get_mut(parent.parse::<usize>().ok()?),
                Value::Object(fields) => fields.get_mut(parent),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
            });
        }
        if let Some(Value::Object(fields)) = place {
            fields.insert(name.to_owned(), value.clone());
        }
    }
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(document.to_string()))
}

/// The code that Databricks clients expect with a status (`databricks.sdk.errors.platform`).
fn usual_code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "BAD_REQUEST",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "RESOURCE_CONFLICT",
        429 => "REQUEST_LIMIT_EXCEEDED",
        499 => "CANCELLED",
        500 => "INTERNAL_ERROR",
        501 => "NOT_IMPLEMENTED",
        503 => "TEMPORARILY_UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "UNKNOWN",
    }
}
