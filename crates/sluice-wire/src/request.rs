//! Requests and answers as values, so that a plan can be printed, saved, compared and replayed.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use sluice_model::Secret;

/// An HTTP method that the REST API uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Reads headers alone.
    Head,
    /// Creates or acts.
    Post,
    /// Replaces.
    Put,
    /// Changes in part.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// Whether a repeated request of this method changes nothing more (RFC 9110 §9.2.2).
    #[must_use]
    pub fn is_idempotent(self) -> bool {
        match self {
            Self::Get | Self::Head | Self::Put | Self::Delete => true,
            Self::Post | Self::Patch => false,
        }
    }

    /// The method as HTTP writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What a request carries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Nothing.
    #[default]
    None,
    /// A JSON document.
    Json(serde_json::Value),
    /// Raw bytes, as file uploads send them.
    Bytes(Vec<u8>),
}

/// One REST call, not yet sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path with its parameters filled in and percent-encoded, such as `/api/2.2/jobs/get`.
    pub path: String,
    /// Query parameters, not yet encoded, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, String)>,
    /// What it carries.
    #[serde(default)]
    pub body: Body,
    /// Fields at the top of a JSON body that have their values on the wire alone, with those values: nothing that prints, saves or
    /// compares the request has them.
    #[serde(skip)]
    pub sealed: Vec<(String, Secret<String>)>,
}

impl Request {
    /// A request without query and body.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body: Body::None,
            sealed: Vec::new(),
        }
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, key: &str, value: impl ToString) -> Self {
        self.query.push((key.to_owned(), value.to_string()));
        self
    }

    /// Sets a JSON body.
    #[must_use]
    pub fn json(mut self, body: serde_json::Value) -> Self {
        self.body = Body::Json(body);
        self
    }

    /// Gives a field at the top of the JSON body a value that stands there on the wire alone.
    #[must_use]
    pub fn seal(mut self, field: &str, value: Secret<String>) -> Self {
        self.sealed.push((field.to_owned(), value));
        self
    }

    /// The body as it goes over the wire, with its sealed values: for whoever sends it.
    #[must_use]
    pub fn exposed(&self) -> Cow<'_, Body> {
        match &self.body {
            Body::Json(document) if !self.sealed.is_empty() => {
                let mut document = document.clone();
                for (field, value) in &self.sealed {
                    document[field] = value.expose().as_str().into();
                }
                Cow::Owned(Body::Json(document))
            }
            body => Cow::Borrowed(body),
        }
    }

    /// A text about the request, such as the message of an error answer, without its sealed values.
    #[must_use]
    pub fn redacted(&self, text: &str) -> String {
        self.sealed
            .iter()
            .filter(|(_, value)| !value.expose().is_empty())
            .fold(text.to_owned(), |text, (_, value)| {
                text.replace(value.expose(), &value.to_string())
            })
    }

    /// Sets a raw body.
    #[must_use]
    pub fn bytes(mut self, body: Vec<u8>) -> Self {
        self.body = Body::Bytes(body);
        self
    }
}

/// Percent-encodes one path segment (RFC 3986: everything but unreserved characters).
#[must_use]
pub fn encode_segment(text: &str) -> String {
    encode(text, false)
}

/// Percent-encodes a path that may have several segments: as [`encode_segment`], but `/` stays.
#[must_use]
pub fn encode_path(text: &str) -> String {
    encode(text, true)
}

fn encode(text: &str, keep_slash: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            b'/' if keep_slash => encoded.push('/'),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// HTTP status code.
    pub status: u16,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, raw.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header, its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When the body is not JSON.
    pub fn json(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_encoded_and_paths_keep_their_slashes() {
        assert_eq!(encode_segment("a b/ü"), "a%20b%2F%C3%BC");
        assert_eq!(encode_path("/Workspace/a b"), "/Workspace/a%20b");
    }
}
