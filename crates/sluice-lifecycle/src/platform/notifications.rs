//! `notifications`: who is told what. Addresses can be secrets, so they may be taken from elsewhere, as tokens are.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;
use sluice_databricks::{Webhook, WebhookAddressError};
use sluice_governance::document::{Object, Reader, Value};
use sluice_model::{Digest, Secret};

/// Everything that somebody can be told: words of the ledger's events.
const EVENTS: [&str; 12] = [
    "approval.requested",
    "approval.agreed",
    "approval.granted",
    "approval.denied",
    "approval.expired",
    "approval.voided",
    "approval.refused",
    "signoff.accepted",
    "signoff.rejected",
    "promotion.completed",
    "promotion.blocked",
    "promotion.failed",
];

/// One receiver and what it is told.
#[derive(Clone, Debug)]
pub struct NotificationRoute {
    /// The events, words of [`EVENTS`].
    pub events: Vec<&'static str>,
    /// Where its address is.
    pub address: WebhookAddress,
}

/// Where the address of a webhook is found. In YAML: `{url: URL}`, `{env: NAME}` or `{file: PATH}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookAddress {
    /// Here.
    Url(Secret<String>),
    /// In an environment variable.
    Env(String),
    /// In a file that holds nothing else.
    File(PathBuf),
}

/// An address cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum WebhookReferenceError {
    /// The variable is not set.
    #[error("environment variable `{0}` is not set")]
    Absent(String),
    /// The file cannot be read.
    #[error("file `{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// What is there is no address.
    #[error("the address of the webhook {0}")]
    Address(#[from] WebhookAddressError),
}

impl WebhookAddress {
    /// Identity of the receiver in the ledger; it does not give the address away to somebody who does not know it.
    #[must_use]
    pub fn receiver(&self) -> Digest {
        let named = match self {
            Self::Url(url) => json!({"url": url.expose()}),
            Self::Env(name) => json!({"env": name}),
            Self::File(path) => json!({"file": path}),
        };
        Digest::of_canonical_json(&named).expect("invariant: it has only text keys")
    }

    /// The address itself.
    ///
    /// # Errors
    /// When it is not there.
    pub fn resolve(&self, environment: &BTreeMap<String, String>) -> Result<Webhook, WebhookReferenceError> {
        let text = match self {
            Self::Url(url) => url.expose().clone(),
            Self::Env(name) => environment
                .get(name)
                .filter(|value| !value.is_empty())
                .cloned()
                .ok_or_else(|| WebhookReferenceError::Absent(name.clone()))?,
            Self::File(path) => std::fs::read_to_string(path).map_err(|source| WebhookReferenceError::Unreadable {
                path: path.clone(),
                source,
            })?,
        };
        Ok(Webhook::parse(&text)?)
    }
}

pub(super) fn read(reader: &mut Reader, object: &Object<'_>) -> Vec<NotificationRoute> {
    let mut routes = Vec::new();
    for item in reader.list(object, "notifications") {
        let Some(fields) = reader.object(&item, &["events", "webhook"]) else {
            continue;
        };
        reader.required(&fields, "events");
        let words = EVENTS.map(|event| (event, event));
        let listed = reader.list(&fields, "events");
        let events: Vec<&'static str> = listed.iter().filter_map(|event| reader.word(event, &words)).collect();
        let address = reader
            .required(&fields, "webhook")
            .and_then(|value| address(reader, &value));
        if let Some(address) = address {
            routes.push(NotificationRoute { events, address });
        }
    }
    routes
}

fn address(reader: &mut Reader, value: &Value<'_>) -> Option<WebhookAddress> {
    let fields = reader.object(value, &["url", "env", "file"])?;
    let url = reader.optional_text(&fields, "url");
    if let (Some(text), Some(place)) = (&url, fields.get("url"))
        && let Err(error) = Webhook::parse(text)
    {
        let help = "an address that is a secret belongs elsewhere: `{env: NAME}` or `{file: PATH}`".to_owned();
        reader.error(&place, format!("`{}` {error}", place.path), Some(help));
    }
    let env = reader.optional_text(&fields, "env").map(WebhookAddress::Env);
    let file = reader
        .optional_text(&fields, "file")
        .map(|path| WebhookAddress::File(path.into()));
    let url = url.map(|text| WebhookAddress::Url(Secret::new(text)));
    let mut named: Vec<WebhookAddress> = [url, env, file].into_iter().flatten().collect();
    if named.len() == 1 {
        return named.pop();
    }
    let help = "`{url: URL}`, `{env: NAME}` or `{file: PATH}`".to_owned();
    reader.error(
        value,
        format!("`{}` must name exactly one address", value.path),
        Some(help),
    );
    None
}
