//! The client. [`Client::send`] is the one way to a workspace.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use serde::de::DeserializeOwned;
use sluice_model::Secret;
use sluice_wire::{Body, Method, Request, Response, find_operation};

use crate::answer::api_error;
use crate::configuration::ClientConfiguration;
use crate::error::{ClientError, OperationName};
use crate::host::Host;
use crate::retry::{Attempt, Pauses, RetryPolicy};
use crate::silence;

/// A connection to one workspace under one identity. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    host: Host,
    http: reqwest::Client,
    policy: RetryPolicy,
    token: Secret<String>,
}

/// What a request comes to: an answer of any status, or none.
type Outcome = Result<Response, ClientError>;

/// Whether a request may be repeated although an earlier attempt may have taken effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeatable {
    Yes,
    No,
}

impl Client {
    /// A client for this workspace and token. Nothing is sent yet.
    ///
    /// # Errors
    /// When the token cannot stand in a header or the machine's certificates cannot be read.
    pub fn new(configuration: &ClientConfiguration) -> Result<Self, ClientError> {
        let mut policy = RetryPolicy::default();
        if let Some(budget) = configuration.retry_timeout {
            policy.budget = budget;
        }
        Self::with_policy(configuration, policy)
    }

    /// As [`Client::new`], with another budget for repeating requests.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_policy(configuration: &ClientConfiguration, policy: RetryPolicy) -> Result<Self, ClientError> {
        install_tls_provider();
        let host = configuration.host.clone();
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", configuration.token.expose()))
            .map_err(|_shows_the_token| ClientError::MalformedToken { host: host.clone() })?;
        authorization.set_sensitive(true);
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("sluice/", env!("CARGO_PKG_VERSION")))
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, authorization)]))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(15))
            .read_timeout(Duration::from_secs(120));
        if host.is_loopback() {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(ClientError::Setup)?;
        Ok(Self {
            host,
            http,
            policy,
            token: configuration.token.clone(),
        })
    }

    /// The workspace.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The token, for a program that is started in this identity.
    #[must_use]
    pub fn token(&self) -> &Secret<String> {
        &self.token
    }

    /// Sends a request and waits for a good answer (2xx). It is repeated while the workspace is busy, if its method allows that.
    ///
    /// # Errors
    /// When the workspace cannot be reached, answers with an error, or does not answer.
    pub async fn send(&self, request: &Request) -> Result<Response, ClientError> {
        let repeatable = if request.method.is_idempotent() {
            Repeatable::Yes
        } else {
            Repeatable::No
        };
        self.send_as(request, repeatable).await
    }

    /// As [`Client::send`], for a POST or PATCH that changes nothing more when it is repeated (`mkdirs`, a full replacement).
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn send_repeatable(&self, request: &Request) -> Result<Response, ClientError> {
        self.send_as(request, Repeatable::Yes).await
    }

    /// Sends a request and reads its answer as JSON of a known shape.
    ///
    /// # Errors
    /// As [`Client::send`], and when the answer has another shape.
    pub async fn fetch<T: DeserializeOwned>(&self, request: &Request) -> Result<T, ClientError> {
        let response = self.send(request).await?;
        serde_json::from_slice(&response.body).map_err(|source| ClientError::unreadable(self, request, source))
    }

    /// Sends a request and gives back whatever the workspace answered, errors too, for callers to whom an error can be a good
    /// answer. `repeatable` says that sending it twice does the same as sending it once.
    ///
    /// # Errors
    /// When the workspace cannot be reached or does not answer.
    pub async fn exchange(&self, request: &Request, repeatable: bool) -> Result<Response, ClientError> {
        let repeatable = if repeatable { Repeatable::Yes } else { Repeatable::No };
        self.answer(request, repeatable).await
    }

    /// The error that an answer other than 2xx stands for.
    #[must_use]
    pub fn error_of(&self, request: &Request, response: &Response) -> ClientError {
        ClientError::Api(Box::new(api_error(
            &self.host.to_string(),
            operation_name(request),
            response,
        )))
    }

    async fn send_as(&self, request: &Request, repeatable: Repeatable) -> Result<Response, ClientError> {
        let response = self.answer(request, repeatable).await?;
        if (200..300).contains(&response.status) {
            Ok(response)
        } else {
            Err(self.error_of(request, &response))
        }
    }

    /// The one loop that repeats requests.
    async fn answer(&self, request: &Request, repeatable: Repeatable) -> Result<Response, ClientError> {
        let mut pauses = Pauses::new(self.policy, silence::is_silent(&self.host));
        loop {
            let (outcome, pause) = match self.attempt(request, repeatable).await {
                Attempt::Final(outcome) => {
                    if outcome.is_ok() {
                        silence::ends(&self.host);
                    }
                    return outcome;
                }
                Attempt::Transient { outcome, pause } => (outcome, pause),
            };
            let told = |left| tell(&self.host, request, &outcome, left);
            if !pauses.wait(pause, told).await {
                if no_answer(&outcome) {
                    silence::begins(&self.host);
                }
                return outcome;
            }
        }
    }

    /// One attempt. What it comes to in the end is an answer of any status, or that there was none.
    async fn attempt(&self, request: &Request, repeatable: Repeatable) -> Attempt<Outcome> {
        let answer = match self.http_request(request).send().await {
            Ok(answer) => answer,
            Err(error) => return self.not_sent_or_not_answered(request, repeatable, error),
        };
        let status = answer.status().as_u16();
        let pause = retry_after(answer.headers());
        let headers = answer
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let body = match answer.bytes().await {
            Ok(body) => body.to_vec(),
            Err(error) => return self.unanswered(request, repeatable, describe(&error)),
        };
        let response = Response { status, headers, body };
        match (status, repeatable) {
            (429, _) | (502..=504, Repeatable::Yes) => Attempt::Transient {
                outcome: Ok(response),
                pause,
            },
            // A gateway that gives up does not say whether the workspace got the request.
            (502..=504, Repeatable::No) => {
                let error = self.error_of(request, &response);
                self.unanswered(request, repeatable, error.to_string())
            }
            _ => Attempt::Final(Ok(response)),
        }
    }

    fn http_request(&self, request: &Request) -> reqwest::RequestBuilder {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Head => reqwest::Method::HEAD,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = self.http.request(method, self.host.join(&request.path));
        if !request.query.is_empty() {
            builder = builder.query(&request.query);
        }
        match request.exposed().as_ref() {
            Body::None => builder,
            Body::Json(value) => builder.json(value),
            Body::Bytes(bytes) => builder
                .header(reqwest::header::CONTENT_TYPE, "application/octet-stream")
                .body(bytes.clone()),
        }
    }

    fn not_sent_or_not_answered(
        &self,
        request: &Request,
        repeatable: Repeatable,
        error: reqwest::Error,
    ) -> Attempt<Outcome> {
        if !error.is_connect() && !error.is_builder() {
            return self.unanswered(request, repeatable, describe(&error));
        }
        let host = self.host.clone();
        if error.is_builder() {
            return Attempt::Final(Err(ClientError::Unreachable { host, source: error }));
        }
        if host.is_loopback() {
            return Attempt::Final(Err(ClientError::NotRunning { host }));
        }
        Attempt::Transient {
            outcome: Err(ClientError::Unreachable { host, source: error }),
            pause: None,
        }
    }

    fn unanswered(&self, request: &Request, repeatable: Repeatable, cause: String) -> Attempt<Outcome> {
        let error = ClientError::Unanswered {
            host: self.host.clone(),
            operation: operation_name(request),
            cause,
        };
        match repeatable {
            Repeatable::Yes => Attempt::Transient {
                outcome: Err(error),
                pause: None,
            },
            Repeatable::No => Attempt::Final(Err(error)),
        }
    }
}

/// Nothing came back, or only a gateway spoke.
fn no_answer(outcome: &Outcome) -> bool {
    outcome
        .as_ref()
        .map_or(true, |response| (502..=504).contains(&response.status))
}

/// Says that a request takes long because it is repeated, and how long that goes on.
fn tell(host: &Host, request: &Request, outcome: &Outcome, left: Duration) {
    let operation = operation_name(request);
    let left = left.as_secs();
    match outcome {
        Ok(response) => {
            let status = response.status;
            log::warn!("{host} answers {status} to {operation}; it is asked again, for {left} s at most");
        }
        Err(ClientError::Unanswered { cause, .. }) => {
            log::warn!("{host} does not answer {operation} ({cause}); it is asked again, for {left} s at most");
        }
        Err(_) => log::warn!("{host} cannot be reached; it is asked again, for {left} s at most"),
    }
}

pub(crate) fn operation_name(request: &Request) -> OperationName {
    OperationName {
        method: request.method,
        path: request.path.clone(),
        id: find_operation(request.method, &request.path).map(|operation| operation.id),
    }
}

/// An HTTP error with its causes, without the address (the message names it already).
fn describe(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        "connection lost".to_owned()
    };
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3; Databricks never sends the date form).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// TLS with ring, once per process.
pub(crate) fn install_tls_provider() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // An error means that the process has a provider already, which serves as well.
        drop(rustls::crypto::ring::default_provider().install_default());
    });
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
