//! The one error type of handlers, and how it looks on the wire.
//!
//! A handler names what went wrong with a constructor of [`ApiError`]; the server adds the request id when it answers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refused or failed request: status, code and message as Databricks clients read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// Machine-readable code, such as `RESOURCE_DOES_NOT_EXIST`.
    pub error_code: Cow<'static, str>,
    /// What happened, to which object.
    pub message: String,
    /// Data of the `ErrorInfo` detail.
    pub metadata: BTreeMap<String, String>,
}

impl ApiError {
    /// An error of any status and code.
    pub fn new(status: StatusCode, error_code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            status,
            error_code: error_code.into(),
            message: message.into(),
            metadata: BTreeMap::new(),
        }
    }

    /// 400 `INVALID_PARAMETER_VALUE`.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE", message)
    }

    /// 400 `INVALID_STATE`.
    pub fn invalid_state(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_STATE", message)
    }

    /// 400 `MALFORMED_REQUEST`.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "MALFORMED_REQUEST", message)
    }

    /// 401 `UNAUTHENTICATED`.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
    }

    /// 403 `PERMISSION_DENIED`.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message)
    }

    /// 404 `RESOURCE_DOES_NOT_EXIST`.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "RESOURCE_DOES_NOT_EXIST", message)
    }

    /// 409 with a code such as `SCHEMA_ALREADY_EXISTS`.
    pub fn conflict(error_code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, error_code, message)
    }

    /// 501 `NOT_IMPLEMENTED`: the workspace knows what is asked and does not have it.
    pub fn not_implemented(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "NOT_IMPLEMENTED", message)
    }

    /// 500 `INTERNAL_ERROR`.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", message)
    }

    /// 507 `INSUFFICIENT_STORAGE`: the disk, a quota or a file size limit is exhausted.
    pub fn storage_full(what: impl fmt::Display) -> Self {
        Self::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "INSUFFICIENT_STORAGE",
            format!(
                "no room to store {what}: free disk space (or raise the file size limit) and try again; nothing was changed"
            ),
        )
    }

    /// Adds data to the `ErrorInfo` detail.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.metadata.insert(key.to_owned(), value.into());
        self
    }

    /// Wraps a failed file operation on `what`.
    pub fn from_io(what: impl fmt::Display, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::storage_full(what)
            }
            _ => Self::internal(format!("could not access {what}: {error}")),
        }
    }

    /// The answer for this request.
    pub(crate) fn into_answer(self, request_id: &str, scim: bool) -> Response {
        let body = if scim {
            json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                "detail": self.message,
                "status": self.status.as_u16().to_string(),
            })
        } else {
            json!({
                "error_code": self.error_code,
                "message": self.message,
                "details": [
                    {
                        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                        "reason": self.error_code,
                        "domain": "sluice.workspace",
                        "metadata": self.metadata,
                    },
                    {
                        "@type": "type.googleapis.com/google.rpc.RequestInfo",
                        "request_id": request_id,
                        "serving_data": "",
                    },
                ],
            })
        };
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(
                axum::http::header::WWW_AUTHENTICATE,
                axum::http::HeaderValue::from_static("Bearer realm=\"sluice\""),
            );
        }
        response
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.error_code, self.message)
    }
}

impl std::error::Error for ApiError {}

/// SQLite's primary result codes (sqlite.org/rescode.html) that mean "no room": `SQLITE_FULL`, and `SQLITE_IOERR` on a write.
const SQLITE_FULL: &str = "13";
const SQLITE_IOERR_WRITE: &str = "778";

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|database| database.code());
        match code.as_deref() {
            Some(SQLITE_FULL | SQLITE_IOERR_WRITE) => Self::storage_full("the workspace's state"),
            _ => Self::internal(format!("the workspace's store failed: {error}")),
        }
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(format!("a stored document could not be read: {error}"))
    }
}
