//! Why a call failed.

use std::fmt;

use sluice_wire::{Method, Request};

use crate::client::{Client, operation_name};
use crate::host::Host;

/// Why a call has no good answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nothing listens there: the request was never sent.
    #[error("cannot connect to {host}")]
    Unreachable {
        /// The workspace.
        host: Host,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The local workspace is not there: the request was never sent.
    #[error("workspace not running at {host}; start it with `sluice workspace up`")]
    NotRunning {
        /// The workspace.
        host: Host,
    },
    /// The request was sent and its outcome is not known: whether it took effect has to be looked up.
    #[error("{operation} was sent to {host}, but no answer came ({cause}); whether it took effect is not known")]
    Unanswered {
        /// The workspace.
        host: Host,
        /// What was asked.
        operation: OperationName,
        /// What happened instead of an answer.
        cause: String,
    },
    /// The workspace answered with an error.
    #[error(transparent)]
    Api(#[from] Box<ApiError>),
    /// The answer is not what the operation promises.
    #[error("{operation} at {host} gave an answer that cannot be read")]
    Unreadable {
        /// The workspace.
        host: Host,
        /// What was asked.
        operation: OperationName,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A list never ended.
    #[error("{operation} at {host} gives the same page again and again")]
    EndlessPages {
        /// The workspace.
        host: Host,
        /// What was asked.
        operation: OperationName,
    },
    /// The client could not be set up.
    #[error("cannot set up the HTTP client")]
    Setup(#[source] reqwest::Error),
    /// The token cannot stand in an HTTP header.
    #[error("the token for {host} has characters that a token cannot have; is it complete?")]
    MalformedToken {
        /// The workspace.
        host: Host,
    },
}

impl ClientError {
    /// The error of an answer that has another shape than its operation promises.
    #[must_use]
    pub fn unreadable(client: &Client, request: &Request, source: serde_json::Error) -> Self {
        Self::Unreadable {
            host: client.host().clone(),
            operation: operation_name(request),
            source,
        }
    }

    /// The error answer, when the workspace gave one.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            Self::Unreachable { .. }
            | Self::NotRunning { .. }
            | Self::Unanswered { .. }
            | Self::Unreadable { .. }
            | Self::EndlessPages { .. }
            | Self::Setup(_)
            | Self::MalformedToken { .. } => None,
        }
    }

    /// Whether the workspace said that the object does not exist.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.api().is_some_and(|error| error.kind == ApiErrorKind::NotFound)
    }

    /// Whether the workspace said that the object exists already.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.api().is_some_and(|error| error.kind == ApiErrorKind::Conflict)
    }

    /// Whether the request may have taken effect although no good answer came: its outcome has to be probed.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Unanswered { .. } | Self::Unreadable { .. } => true,
            Self::Api(error) => error.kind == ApiErrorKind::Server,
            Self::Unreachable { .. }
            | Self::NotRunning { .. }
            | Self::EndlessPages { .. }
            | Self::Setup(_)
            | Self::MalformedToken { .. } => false,
        }
    }
}

/// An operation as messages name it: its id in the words of `databricks-sdk` when it is known, and method and path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationName {
    /// Method.
    pub method: Method,
    /// Path, without query.
    pub path: String,
    /// `module.Service.method`, when the API has such an operation.
    pub id: Option<&'static str>,
}

impl fmt::Display for OperationName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)?;
        match self.id {
            Some(id) => write!(formatter, " ({id})"),
            None => Ok(()),
        }
    }
}

/// What an error answer says, by status and error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiErrorKind {
    /// The token is not accepted (401).
    Unauthenticated,
    /// The identity may not do this (403).
    PermissionDenied,
    /// The object does not exist (404).
    NotFound,
    /// The object exists already, or was changed meanwhile (409).
    Conflict,
    /// Too many requests, and the budget for repeating them is used up (429).
    TooManyRequests,
    /// The request is not acceptable (any other 4xx).
    Invalid,
    /// The workspace does not have this operation (501).
    NotImplemented,
    /// The workspace cannot answer now (503).
    Unavailable,
    /// The workspace failed (any other 5xx).
    Server,
}

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The workspace.
    pub host: String,
    /// What was asked.
    pub operation: OperationName,
    /// HTTP status code.
    pub status: u16,
    /// What it means.
    pub kind: ApiErrorKind,
    /// `error_code` of the body, such as `RESOURCE_DOES_NOT_EXIST`; empty when the body has none.
    pub error_code: String,
    /// The message of the body, or its text.
    pub message: String,
    /// The request's id at the workspace, for its operators.
    pub request_id: Option<String>,
}

impl std::error::Error for ApiError {}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == ApiErrorKind::Unauthenticated {
            write!(formatter, "{} does not accept the token: {}", self.host, self.message)?;
        } else {
            write!(formatter, "{} failed: {}", self.operation, self.message)?;
        }
        write!(formatter, " [{}", self.status)?;
        if !self.error_code.is_empty() {
            write!(formatter, " {}", self.error_code)?;
        }
        if let Some(id) = &self.request_id {
            write!(formatter, ", request {id}")?;
        }
        formatter.write_str("]")
    }
}
