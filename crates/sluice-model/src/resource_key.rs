//! The key of one resource of a deployment.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A part of a resource that is planned and applied on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubResource {
    /// The access control list of a workspace object.
    Permissions,
    /// The grants on a Unity Catalog securable.
    Grants,
    /// The tags of a Unity Catalog object and of its columns.
    Tags,
    /// The column masks and the row filter of a table.
    Masks,
    /// The foreign keys of a table.
    Constraints,
}

impl SubResource {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Permissions,
        Self::Grants,
        Self::Tags,
        Self::Masks,
        Self::Constraints,
    ];

    /// The word at the end of a key.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permissions => "permissions",
            Self::Grants => "grants",
            Self::Tags => "tags",
            Self::Masks => "masks",
            Self::Constraints => "constraints",
        }
    }
}

/// `resources.<kind>.<name>` of a bundle or `catalog.<kind>.<name>` of the catalog files, with `.permissions`, `.grants` or
/// another [`SubResource`] behind it. This is the key of plan entries, of both state files and of journal rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceKey {
    /// Whether the resource stands in the catalog files (`sluice.json`) and not in the bundle (`resources.json`).
    pub catalog: bool,
    /// The kind as the document writes it: `jobs`, `schemas`, `tables`.
    pub kind: String,
    /// The key that the document gives the resource.
    pub name: String,
    /// The sub-resource, when this is one.
    pub sub: Option<SubResource>,
}

/// A text is not a resource key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a resource key: expected `resources.<kind>.<name>` or `catalog.<kind>.<name>`")]
pub struct ResourceKeyError(String);

impl ResourceKey {
    /// The key of a bundle resource.
    pub fn bundle(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            catalog: false,
            kind: kind.into(),
            name: name.into(),
            sub: None,
        }
    }

    /// The key of a catalog resource.
    pub fn catalog(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            catalog: true,
            kind: kind.into(),
            name: name.into(),
            sub: None,
        }
    }

    /// The key of a sub-resource of this resource.
    #[must_use]
    pub fn with_sub(&self, sub: SubResource) -> Self {
        Self {
            sub: Some(sub),
            ..self.clone()
        }
    }

    /// The key of the resource that this sub-resource belongs to; the key itself for a whole resource.
    #[must_use]
    pub fn parent(&self) -> Self {
        Self {
            sub: None,
            ..self.clone()
        }
    }
}

impl fmt::Display for ResourceKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = if self.catalog { "catalog" } else { "resources" };
        write!(formatter, "{root}.{}.{}", self.kind, self.name)?;
        match self.sub {
            Some(sub) => write!(formatter, ".{}", sub.as_str()),
            None => Ok(()),
        }
    }
}

impl FromStr for ResourceKey {
    type Err = ResourceKeyError;

    fn from_str(text: &str) -> Result<Self, ResourceKeyError> {
        let error = || ResourceKeyError(text.to_owned());
        let parts: Vec<&str> = text.split('.').collect();
        let (root, kind, name, sub) = match parts[..] {
            [root, kind, name] => (root, kind, name, None),
            [root, kind, name, sub] => {
                let sub = SubResource::ALL.into_iter().find(|known| known.as_str() == sub);
                (root, kind, name, Some(sub.ok_or_else(error)?))
            }
            _ => return Err(error()),
        };
        let catalog = match root {
            "resources" => false,
            "catalog" => true,
            _ => return Err(error()),
        };
        if kind.is_empty() || name.is_empty() {
            return Err(error());
        }
        Ok(Self {
            catalog,
            kind: kind.to_owned(),
            name: name.to_owned(),
            sub,
        })
    }
}

impl TryFrom<String> for ResourceKey {
    type Error = ResourceKeyError;

    fn try_from(text: String) -> Result<Self, ResourceKeyError> {
        text.parse()
    }
}

impl From<ResourceKey> for String {
    fn from(key: ResourceKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_back_as_written() {
        for text in [
            "resources.jobs.load",
            "resources.jobs.load.permissions",
            "catalog.tables.flights.grants",
            "catalog.tables.flights.tags",
            "catalog.tables.flights.masks",
            "catalog.tables.flights.constraints",
        ] {
            assert_eq!(text.parse::<ResourceKey>().unwrap().to_string(), text);
        }
        assert_eq!(
            "jobs.load".parse::<ResourceKey>(),
            Err(ResourceKeyError("jobs.load".to_owned()))
        );
    }
}
