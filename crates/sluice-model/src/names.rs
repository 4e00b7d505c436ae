//! Names that people choose, checked once at the edge.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A name does not have the form that it needs.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not a valid {what}: {rule}")]
pub struct NameError {
    text: String,
    what: &'static str,
    rule: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NameError { text: text.to_owned(), what: $what, rule: $rule })
                }
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }
    };
}

fn is_slug(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.ends_with(|last: char| last.is_ascii_lowercase() || last.is_ascii_digit())
        && text.len() <= 63
        && text
            .chars()
            .all(|each| each.is_ascii_lowercase() || each.is_ascii_digit() || matches!(each, '-' | '_'))
}

name!(
    /// The name of a data product, such as `flight-punctuality`.
    ProductName,
    "product name",
    "1 to 63 of a-z, 0-9, `-` and `_`, starting with a letter and ending with a letter or digit",
    is_slug
);

name!(
    /// The name of an environment, such as `dev` or `prod`.
    EnvironmentName,
    "environment name",
    "1 to 63 of a-z, 0-9, `-` and `_`, starting with a letter and ending with a letter or digit",
    is_slug
);

/// The version of a release, a semantic version (semver.org 2.0.0) without a leading `v`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReleaseVersion(semver::Version);

impl ReleaseVersion {
    /// The parsed version.
    #[must_use]
    pub fn semver(&self) -> &semver::Version {
        &self.0
    }
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl FromStr for ReleaseVersion {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        semver::Version::parse(text).map(Self).map_err(|_source| NameError {
            text: text.to_owned(),
            what: "release version",
            rule: "a semantic version such as `1.4.0`, without a leading `v`",
        })
    }
}

impl TryFrom<String> for ReleaseVersion {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<ReleaseVersion> for String {
    fn from(version: ReleaseVersion) -> Self {
        version.to_string()
    }
}
