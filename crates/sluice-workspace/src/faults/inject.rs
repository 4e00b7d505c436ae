//! What a fault makes of a request: stands between the server and the handler.

use std::future::Future;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;

use super::connection::Connection;
use super::fault::Reply;
use super::register::{Injury, Spoiled};
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
