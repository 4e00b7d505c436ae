//! The one place that classifies: every error of the parts below becomes a [`PageError`] with a status, a message and what to do next.
//!
//! The kinds are those of the command's exit codes; every match is exhaustive.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use sluice_databricks::{ApiErrorKind, ClientError};
use sluice_lifecycle::approval::DecideError;
use sluice_lifecycle::bundle_files::GitError;
use sluice_lifecycle::execution::candidate::ConnectError;
use sluice_lifecycle::platform::PlatformError;
use sluice_lifecycle::promotion::PromoteError;
use sluice_lifecycle::release::{CompareError, VerifyReleaseError};
use sluice_store::StoreError;

use crate::session::NoRandomNumbers;

/// What kind of failure this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// What was asked cannot be understood.
    Input,
    /// Nobody is signed in, or not any more.
    SignedOut,
    /// A change was refused.
    Refused,
    /// There is no such thing.
    Missing,
    /// Somebody else was first.
    Conflict,
    /// More was sent than is read.
    TooLarge,
    /// The platform's files or the product's cannot be used.
    Config,
    /// A workspace failed or did not answer.
    Remote,
    /// Our fault, or the machine's.
    Internal,
}

impl ErrorKind {
    /// The status of the answer.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Input => StatusCode::BAD_REQUEST,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Refused => StatusCode::FORBIDDEN,
            Self::Missing => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Remote => StatusCode::BAD_GATEWAY,
            Self::Config | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the page is called.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Input => "That cannot be understood",
            Self::SignedOut => "Not signed in",
            Self::Refused => "Refused",
            Self::Missing => "There is no such thing",
            Self::Conflict => "Somebody else was first",
            Self::TooLarge => "Too much was sent",
            Self::Config => "A file cannot be used",
            Self::Remote => "A workspace did not answer",
            Self::Internal => "Something broke",
        }
    }
}

/// Why there is no answer, in the form that people see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageError {
    pub(crate) kind: ErrorKind,
    /// What happened, to which object; one line each.
    pub(crate) messages: Vec<String>,
    /// What to do next.
    pub(crate) hints: Vec<String>,
    /// Where to do it: text and address on this site.
    pub(crate) links: Vec<(String, String)>,
}

impl PageError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            messages: vec![message.into()],
            hints: Vec::new(),
            links: Vec::new(),
        }
    }

    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Input, message)
    }

    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Missing, message)
    }

    /// The file of the platform was replaced by that of another one.
    pub(crate) fn other_platform(served: &str, found: &str) -> Self {
        let message = format!("this server shows platform `{served}`, and its file says `{found}` now");
        Self::new(ErrorKind::Config, message).hint("restore the file, or start `sluice serve` again")
    }

    /// The message is the error's own and those of its sources.
    pub(crate) fn from_error(kind: ErrorKind, error: &dyn std::error::Error) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message.push_str(": ");
            message.push_str(&cause.to_string());
            source = cause.source();
        }
        Self::new(kind, message)
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl PageError {
    /// Adds where to do something about it.
    #[must_use]
    pub(crate) fn link(mut self, text: impl Into<String>, address: impl Into<String>) -> Self {
        self.links.push((text.into(), address.into()));
        self
    }
}

/// The status, and the error itself for [`crate::guard`], which renders it for whoever is signed in.
impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        if error.is_machine_fault() {
            return Self::from_error(ErrorKind::Internal, &error)
                .hint("make room on the server's disk, or give it access to the file; nothing was recorded");
        }
        match &error {
            StoreError::LeaseHeld { .. } => {
                Self::from_error(ErrorKind::Conflict, &error).hint("wait until it is done, then try again")
            }
            StoreError::Stale { .. } | StoreError::Conflict { .. } | StoreError::LeaseLost { .. } => {
                Self::from_error(ErrorKind::Conflict, &error).hint("look at it again: it is not what you saw any more")
            }
            StoreError::Decode { .. } => Self::from_error(ErrorKind::Internal, &error)
                .hint("`sluice ledger verify`, or the button on the page of the ledger, tells whether it was edited"),
            StoreError::ExportLine { .. } => Self::from_error(ErrorKind::Input, &error),
            StoreError::Directory { .. }
            | StoreError::Open { .. }
            | StoreError::Migrate { .. }
            | StoreError::Query { .. }
            | StoreError::Encode(_) => Self::from_error(ErrorKind::Internal, &error),
        }
    }
}

impl From<PlatformError> for PageError {
    fn from(error: PlatformError) -> Self {
        let kind = match &error {
            PlatformError::Document(_) | PlatformError::Missing => ErrorKind::Config,
            PlatformError::UnknownEnvironment { .. } => ErrorKind::Missing,
            PlatformError::Gated { .. } => ErrorKind::Refused,
        };
        let shown = Self::from_error(kind, &error);
        if kind == ErrorKind::Config {
            shown.hint("who runs this server corrects the file; it is read anew for each request")
        } else {
            shown
        }
    }
}

impl From<ClientError> for PageError {
    fn from(error: ClientError) -> Self {
        let kind = match &error {
            ClientError::Api(api) => match api.kind {
                ApiErrorKind::Unauthenticated | ApiErrorKind::PermissionDenied => ErrorKind::Refused,
                ApiErrorKind::NotFound
                | ApiErrorKind::Conflict
                | ApiErrorKind::TooManyRequests
                | ApiErrorKind::Invalid
                | ApiErrorKind::NotImplemented
                | ApiErrorKind::Unavailable
                | ApiErrorKind::Server => ErrorKind::Remote,
            },
            ClientError::MalformedToken { .. } => ErrorKind::Input,
            ClientError::Unreachable { .. }
            | ClientError::NotRunning { .. }
            | ClientError::Unanswered { .. }
            | ClientError::Unreadable { .. }
            | ClientError::EndlessPages { .. }
            | ClientError::Setup(_) => ErrorKind::Remote,
        };
        let shown = Self::from_error(kind, &error);
        if kind == ErrorKind::Refused {
            shown.hint("the token is not accepted there: take a new one and sign in again")
        } else {
            shown
        }
    }
}

impl From<GitError> for PageError {
    fn from(error: GitError) -> Self {
        Self::from_error(ErrorKind::Config, &error)
            .hint("it is about the checkout on the server: who runs the server looks at it")
    }
}

impl From<CompareError> for PageError {
    fn from(error: CompareError) -> Self {
        match error {
            CompareError::Store(error) => error.into(),
            CompareError::Git(error) => error.into(),
        }
    }
}

impl From<ConnectError> for PageError {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Configuration { .. } => Self::from_error(ErrorKind::Config, &error),
            ConnectError::Client(error) => error.into(),
        }
    }
}

impl From<VerifyReleaseError> for PageError {
    fn from(error: VerifyReleaseError) -> Self {
        match error {
            VerifyReleaseError::Unknown { .. } => Self::from_error(ErrorKind::Missing, &error)
                .hint("its tag is not in the checkout on the server: `git fetch --tags` there brings it"),
            VerifyReleaseError::Quarantined { .. } => Self::from_error(ErrorKind::Refused, &error)
                .hint("restore the tag to lift the quarantine, or freeze a new version"),
            VerifyReleaseError::Manifest(_) => Self::from_error(ErrorKind::Config, &error),
            VerifyReleaseError::Store(error) => error.into(),
            VerifyReleaseError::Git(error) => error.into(),
        }
    }
}

impl From<PromoteError> for PageError {
    fn from(error: PromoteError) -> Self {
        match error {
            PromoteError::Platform(error) => error.into(),
            PromoteError::Release(error) => error.into(),
            PromoteError::NotRecorded { .. } => Self::from_error(ErrorKind::Missing, &error),
            PromoteError::Illegal(_) | PromoteError::Unapproved { .. } | PromoteError::HalfWayBack { .. } => {
                Self::from_error(ErrorKind::Refused, &error)
            }
            PromoteError::Connect(error) => error.into(),
            PromoteError::People(error) => error.into(),
            PromoteError::Git(error) => error.into(),
            PromoteError::Store(error) => error.into(),
            // Of executing, which the page does not do; a decision does not meet them.
            PromoteError::Lease(_)
            | PromoteError::Preparation(_)
            | PromoteError::Execution(_)
            | PromoteError::Policy(_) => Self::from_error(ErrorKind::Config, &error),
        }
    }
}

impl From<DecideError> for PageError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Unknown { .. } => Self::from_error(ErrorKind::Missing, &error),
            DecideError::Several { .. } => Self::from_error(ErrorKind::Input, &error),
            DecideError::OtherProduct { .. } => Self::from_error(ErrorKind::Config, &error),
            DecideError::Refused {
                attempt,
                id,
                reasons,
                hints,
            } => {
                let mut shown = Self::new(
                    ErrorKind::Refused,
                    format!("{attempt} `{id}` was refused, and that is in the ledger"),
                );
                shown.messages.extend(reasons);
                hints.into_iter().fold(shown, Self::hint)
            }
            DecideError::Promotion(error) => error.into(),
        }
    }
}

impl From<NoRandomNumbers> for PageError {
    fn from(error: NoRandomNumbers) -> Self {
        Self::from_error(ErrorKind::Internal, &error)
    }
}
