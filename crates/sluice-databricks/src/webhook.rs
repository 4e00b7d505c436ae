//! Telling somebody: one JSON POST to an address that is no workspace. No token of a workspace goes there, and the address, which can be
//! a secret itself, is in no error.

use std::time::Duration;

use reqwest::Url;
use sluice_model::Secret;

use crate::client::install_tls_provider;
use crate::host::is_loopback;

/// How long a receiver may take: a command waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where to post.
#[derive(Clone, Debug)]
pub struct Webhook {
    url: Secret<Url>,
}

/// A text is not an address to post to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookAddressError {
    /// Not a URL with a host.
    #[error("is not a URL such as `https://hooks.example.com/sluice`")]
    Malformed,
    /// Would be read on the way.
    #[error("would be sent unencrypted: use https (http is accepted for this machine alone)")]
    Unencrypted,
    /// Names a user or a password.
    #[error("holds a user or a password")]
    Credentials,
}

/// A message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// Nobody answered.
    #[error("{0}")]
    Unanswered(String),
    /// The answer was not 2xx.
    #[error("answered with status {0}")]
    Status(u16),
}

impl Webhook {
    /// Reads an address.
    ///
    /// # Errors
    /// When it is no address to post to; the error does not repeat it.
    pub fn parse(text: &str) -> Result<Self, WebhookAddressError> {
        let url = Url::parse(text.trim()).map_err(|_shows_the_address| WebhookAddressError::Malformed)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(WebhookAddressError::Credentials);
        }
        match (url.scheme(), url.host_str()) {
            (_, None) => Err(WebhookAddressError::Malformed),
            ("https", Some(_)) => Ok(Self { url: Secret::new(url) }),
            ("http", Some(host)) if is_loopback(host) => Ok(Self { url: Secret::new(url) }),
            ("http", Some(_)) => Err(WebhookAddressError::Unencrypted),
            _ => Err(WebhookAddressError::Malformed),
        }
    }

    /// Posts a JSON text once. Whether a message whose answer is missing arrived is not known: the receiver knows repetitions by their id.
    ///
    /// # Errors
    /// When nobody takes it.
    pub async fn post(&self, json: String) -> Result<(), WebhookError> {
        install_tls_provider();
        let url = self.url.expose();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("sluice/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE);
        if url.host_str().is_some_and(is_loopback) {
            builder = builder.no_proxy();
        }
        let unanswered = |error: reqwest::Error| WebhookError::Unanswered(describe(&error));
        let http = builder.build().map_err(unanswered)?;
        let answer = http
            .post(url.clone())
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(json)
            .send()
            .await
            .map_err(unanswered)?;
        match answer.status().as_u16() {
            200..=299 => Ok(()),
            status => Err(WebhookError::Status(status)),
        }
    }
}

/// What happened, without the address that the error knows.
fn describe(error: &reqwest::Error) -> String {
    if error.is_connect() {
        "cannot connect"
    } else if error.is_timeout() {
        "no answer in time"
    } else {
        "connection lost"
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_and_never_repeated() {
        let cases = [
            ("https://hooks.example.com/T0/s3cret", None),
            ("http://127.0.0.1:9/x", None),
            ("http://[::1]:9/x", None),
            (
                "http://hooks.example.com/s3cret",
                Some(WebhookAddressError::Unencrypted),
            ),
            (
                "https://u:s3cret@hooks.example.com",
                Some(WebhookAddressError::Credentials),
            ),
            ("ftp://127.0.0.1/s3cret", Some(WebhookAddressError::Malformed)),
            ("s3cret", Some(WebhookAddressError::Malformed)),
        ];
        for (text, wanted) in cases {
            let read = Webhook::parse(text);
            assert_eq!(read.as_ref().err(), wanted.as_ref(), "{text}");
            assert!(!format!("{read:?}").contains("s3cret"), "{read:?}");
        }
    }
}
