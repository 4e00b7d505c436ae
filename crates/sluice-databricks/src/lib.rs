//! The one HTTP client of the Databricks REST API: credentials, retry, pages, uploads; and the one POST to a webhook.
//!
//! It sends values of `sluice-wire` and knows nothing of bundles or releases. *Invariant:* no other crate opens an HTTP connection
//! to a workspace, and no other function repeats a request. Start at [`Client::send`]; [`configuration`] says which host and token.

mod answer;
pub mod client;
pub mod configuration;
pub mod credential;
pub mod error;
pub mod host;
mod pages;
pub mod profile;
pub mod retry;
mod silence;
mod transfer;
pub mod webhook;

pub use client::Client;
pub use configuration::{ClientConfiguration, ConfigurationError, ConfigurationSources};
pub use credential::{CredentialError, CredentialReference};
pub use error::{ApiError, ApiErrorKind, ClientError};
pub use host::{Host, HostError};
pub use retry::RetryPolicy;
pub use webhook::{Webhook, WebhookAddressError, WebhookError};
