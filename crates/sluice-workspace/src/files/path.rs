//! Paths of workspace objects.

use std::fmt;
use std::str::FromStr;

use crate::error::ApiError;

/// An absolute path without the prefix `/Workspace`, doubled and trailing slashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkspacePath(String);

impl FromStr for WorkspacePath {
    type Err = ApiError;

    /// Reads `/Users/…`, `/Workspace/Users/…` and the relative form that request paths carry.
    fn from_str(text: &str) -> Result<Self, ApiError> {
        let mut parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
        if parts.first() == Some(&"Workspace") {
            parts.remove(0);
        }
        let broken = |part: &&str| matches!(*part, "." | "..") || part.contains(char::is_control) || part.len() > 255;
        if let Some(part) = parts.iter().find(|part| broken(part)) {
            return Err(ApiError::invalid(format!(
                "Path ({text}) is invalid: `{part}` cannot be part of a path"
            )));
        }
        Ok(Self(format!("/{}", parts.join("/"))))
    }
}

impl WorkspacePath {
    /// The path as text: `/Users/ann@x.test/a`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The directory above; none for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        match self.0.rsplit_once('/') {
            _ if self.0 == "/" => None,
            Some(("", _)) => Some(Self("/".to_owned())),
            Some((parent, _)) => Some(Self(parent.to_owned())),
            None => None,
        }
    }

    /// This path, then those above it up to the root.
    pub(crate) fn upwards(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// The last part; empty for the root.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(_, name)| name)
    }

    /// The path of something in this directory.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        Self(format!("{}/{name}", self.0.trim_end_matches('/')))
    }

    /// The same path with another last part.
    #[must_use]
    pub(crate) fn with_name(&self, name: &str) -> Self {
        self.parent().map_or_else(|| self.clone(), |parent| parent.join(name))
    }

    /// Whether it is one of the directories that are always there.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        matches!(self.0.as_str(), "/" | "/Users" | "/Shared" | "/Repos")
    }

    /// The error for a path where there is nothing.
    #[must_use]
    pub fn missing(&self) -> ApiError {
        ApiError::not_found(format!("Path ({self}) doesn't exist."))
    }
}

impl fmt::Display for WorkspacePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_path_are_one_path() {
        for text in ["/Users/a", "/Workspace/Users/a/", "//Workspace//Users/a", "Users/a"] {
            assert_eq!(text.parse::<WorkspacePath>().unwrap().as_str(), "/Users/a", "{text}");
        }
        assert_eq!("/Workspace".parse::<WorkspacePath>().unwrap().as_str(), "/");
        for text in ["/Users/../a", "/a/./b", "/a\nb"] {
            assert_eq!(
                text.parse::<WorkspacePath>().unwrap_err().status.as_u16(),
                400,
                "{text}"
            );
        }
    }

    #[test]
    fn parents_end_at_the_root() {
        let path: WorkspacePath = "/a/b".parse().unwrap();
        let parents: Vec<_> = path.upwards().map(|path| path.0).collect();
        assert_eq!(parents, ["/a/b", "/a", "/"]);
    }
}
