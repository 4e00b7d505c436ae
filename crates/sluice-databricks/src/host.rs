//! The address of a workspace.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use reqwest::Url;

/// The address of a workspace, such as `https://adb-1.azuredatabricks.net` or `http://127.0.0.1:7341`, without path and query.
///
/// Plain HTTP is accepted only for this machine, because every request carries a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Host(Arc<Url>);

/// A text is not the address of a workspace.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum HostError {
    /// Not a URL, or not one with a host name.
    #[error("`{0}` is not the address of a workspace: expected a URL such as `https://adb-1.azuredatabricks.net`")]
    Malformed(String),
    /// Would send the token unencrypted over a network.
    #[error("`{0}` would send the token unencrypted: use https (http is accepted for this machine alone)")]
    Unencrypted(String),
}

impl Host {
    /// Whether this is an address of this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.0.host_str().is_some_and(is_loopback)
    }

    /// The address of a path of the API, already percent-encoded.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = Url::clone(&self.0);
        url.set_path(path);
        url
    }
}

/// Whether a host name of a URL is this machine.
pub(crate) fn is_loopback(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl FromStr for Host {
    type Err = HostError;

    /// Reads an address; the scheme defaults to https, as in Databricks configuration files; path, query and credentials are dropped.
    fn from_str(text: &str) -> Result<Self, HostError> {
        let malformed = || HostError::Malformed(text.to_owned());
        let text = text.trim();
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        let parsed = Url::parse(&with_scheme).map_err(|_not_a_url| malformed())?;
        let name = parsed
            .host_str()
            .filter(|name| !name.is_empty())
            .ok_or_else(malformed)?;
        let port = parsed.port().map(|port| format!(":{port}")).unwrap_or_default();
        let url = format!("{}://{name}{port}", parsed.scheme());
        let host = Self(Arc::new(Url::parse(&url).map_err(|_not_a_url| malformed())?));
        match parsed.scheme() {
            "https" => Ok(host),
            "http" if host.is_loopback() => Ok(host),
            "http" => Err(HostError::Unencrypted(host.to_string())),
            _ => Err(malformed()),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, HostError> {
        text.parse::<Host>().map(|host| host.to_string())
    }

    #[test]
    fn addresses_are_normalised() {
        assert_eq!(
            read("adb-1.azuredatabricks.net/?o=1"),
            Ok("https://adb-1.azuredatabricks.net".to_owned())
        );
        assert_eq!(read("http://127.0.0.1:7341/"), Ok("http://127.0.0.1:7341".to_owned()));
        assert_eq!(read("http://[::1]:7341"), Ok("http://[::1]:7341".to_owned()));
    }

    #[test]
    fn a_token_never_leaves_the_machine_unencrypted() {
        assert_eq!(
            read("http://workspace.test"),
            Err(HostError::Unencrypted("http://workspace.test".to_owned()))
        );
        assert_eq!(
            read("ftp://127.0.0.1"),
            Err(HostError::Malformed("ftp://127.0.0.1".to_owned()))
        );
        assert_eq!(read(""), Err(HostError::Malformed(String::new())));
    }
}
