//! One request, as handlers see it.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::StatusCode;
use futures::{StreamExt as _, stream};
use serde::de::DeserializeOwned;
use sluice_wire::Method;

use crate::error::ApiError;
use crate::principal::Principal;
use crate::route::Parameters;
use crate::workspace::Workspace;

/// The largest JSON body that is read into memory: a notebook of 10 MiB in base64, with room.
pub const JSON_LIMIT: usize = 32 * 1024 * 1024;

/// The body of a request until somebody takes it; shared with the server, which reads what a refused request still sends.
pub(crate) struct RequestBody(Mutex<Option<Body>>);

impl RequestBody {
    pub(crate) fn new(body: Body) -> Self {
        Self(Mutex::new(Some(body)))
    }

    pub(crate) fn take(&self) -> Option<Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The first `limit` bytes, or a little more, of a body that nobody has taken; whoever takes it later gets it whole.
    pub(crate) async fn peek(&self, limit: usize) -> Bytes {
        let Some(body) = self.take() else {
            return Bytes::new();
        };
        let mut chunks = body.into_data_stream();
        let mut read = Vec::new();
        let mut broken = None;
        while read.len() < limit {
            match chunks.next().await {
                Some(Ok(chunk)) => read.extend_from_slice(&chunk),
                Some(Err(error)) => broken = Some(error),
                None => break,
            }
            if broken.is_some() {
                break;
            }
        }
        let read = Bytes::from(read);
        let first = stream::iter([Ok(read.clone())].into_iter().chain(broken.map(Err)));
        let whole = Body::from_stream(first.chain(chunks));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(whole);
        read
    }
}

/// A request that passed authentication and routing.
pub struct Call {
    /// The workspace that was addressed.
    pub workspace: Arc<Workspace>,
    /// Who asks.
    pub principal: Principal,
    /// Request headers.
    pub headers: HeaderMap,
    /// Id of this request, also sent back in `x-request-id`.
    pub request_id: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) parameters: Parameters,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Arc<RequestBody>,
}

impl Call {
    /// The value of a path parameter.
    ///
    /// # Panics
    /// When the route's template has no such parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> &str {
        let found = self.parameters.iter().find(|(key, _)| *key == name);
        &found
            .expect("invariant: the template of the route names this parameter")
            .1
    }

    /// A path parameter as a number or another type.
    ///
    /// # Errors
    /// 400 naming the parameter when it cannot be read.
    pub fn parse<T: FromStr<Err: fmt::Display>>(&self, name: &str) -> Result<T, ApiError> {
        parse(name, self.parameter(name))
    }

    /// The first value of a query parameter.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a query parameter that must be there.
    ///
    /// # Errors
    /// 400 naming the parameter.
    pub fn required_query(&self, name: &str) -> Result<&str, ApiError> {
        self.query(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| ApiError::invalid(format!("the query parameter `{name}` is required")))
    }

    /// A query parameter as a number or another type; none when it is absent or empty.
    ///
    /// # Errors
    /// 400 naming the parameter when it cannot be read.
    pub fn parse_query<T: FromStr<Err: fmt::Display>>(&self, name: &str) -> Result<Option<T>, ApiError> {
        self.query(name)
            .filter(|text| !text.is_empty())
            .map(|text| parse(name, text))
            .transpose()
    }

    /// Whether a query parameter says `true`.
    ///
    /// # Errors
    /// 400 when it is neither `true` nor `false`.
    pub fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.query(name) {
            None | Some("" | "false" | "False") => Ok(false),
            Some("true" | "True") => Ok(true),
            Some(other) => Err(ApiError::invalid(format!(
                "`{other}` is not a value of `{name}`: expected `true` or `false`"
            ))),
        }
    }

    /// Reads the body as a JSON document of this shape. An empty body is read as `{}`.
    ///
    /// # Errors
    /// 400 when it is not JSON or has another shape, 413 when it is larger than [`JSON_LIMIT`].
    pub async fn json<T: DeserializeOwned>(&mut self) -> Result<T, ApiError> {
        let bytes = self.bytes(JSON_LIMIT).await?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(text)
            .map_err(|error| ApiError::malformed(format!("the request body cannot be read: {error}")))
    }

    /// Reads the body into memory.
    ///
    /// # Errors
    /// 413 when it is larger than `limit` bytes, 400 when the connection breaks.
    pub async fn bytes(&mut self, limit: usize) -> Result<Bytes, ApiError> {
        let body = self.take_body();
        axum::body::to_bytes(body, limit).await.map_err(|error| {
            let too_long =
                std::error::Error::source(&error).is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
            if too_long {
                ApiError::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "MAX_REQUEST_SIZE_EXCEEDED",
                    format!("the request body is larger than the {limit} bytes that this operation takes"),
                )
            } else {
                ApiError::malformed(format!("the request body ended early: {error}"))
            }
        })
    }

    /// A 501 with the id of the operation that this request is: for a variant that the local workspace does not have.
    #[must_use]
    pub fn not_implemented(&self, message: impl Into<String>) -> ApiError {
        let error = ApiError::not_implemented(message);
        match sluice_wire::find_operation(self.method, &self.path) {
            Some(operation) => error.with("operation_id", operation.id),
            None => error,
        }
    }

    /// Takes the body, to read it as a stream.
    pub fn take_body(&mut self) -> Body {
        self.body.take().unwrap_or_default()
    }
}

fn parse<T: FromStr<Err: fmt::Display>>(name: &str, text: &str) -> Result<T, ApiError> {
    text.parse()
        .map_err(|error| ApiError::invalid(format!("`{text}` is not a value of `{name}`: {error}")))
}
