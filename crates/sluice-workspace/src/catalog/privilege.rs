//! Privileges of Unity Catalog and the securables that each can be granted on.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::ApiError;

/// What a privilege can be granted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SecurableKind {
    /// The root of all catalogs.
    Metastore,
    /// A catalog.
    Catalog,
    /// A schema.
    Schema,
    /// A table or view.
    Table,
    /// A volume.
    Volume,
    /// A SQL function.
    Function,
    /// An external location: a path of cloud storage.
    ExternalLocation,
    /// A storage credential.
    StorageCredential,
    /// A service credential.
    Credential,
    /// A connection to another system.
    Connection,
    /// A share.
    Share,
    /// A recipient of shares.
    Recipient,
    /// A registered model; grants on it name it as a function.
    RegisteredModel,
    /// A secret of a schema.
    Secret,
    /// A vector search index; grants on it name it as a table.
    VectorIndex,
}

impl SecurableKind {
    const ALL: [Self; 15] = [
        Self::Metastore,
        Self::Catalog,
        Self::Schema,
        Self::Table,
        Self::Volume,
        Self::Function,
        Self::ExternalLocation,
        Self::StorageCredential,
        Self::Credential,
        Self::Connection,
        Self::Share,
        Self::Recipient,
        Self::RegisteredModel,
        Self::Secret,
        Self::VectorIndex,
    ];

    /// As the REST API writes it: `TABLE`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Metastore => "METASTORE",
            Self::Catalog => "CATALOG",
            Self::Schema => "SCHEMA",
            Self::Table => "TABLE",
            Self::Volume => "VOLUME",
            Self::Function => "FUNCTION",
            Self::ExternalLocation => "EXTERNAL_LOCATION",
            Self::StorageCredential => "STORAGE_CREDENTIAL",
            Self::Credential => "CREDENTIAL",
            Self::Connection => "CONNECTION",
            Self::Share => "SHARE",
            Self::Recipient => "RECIPIENT",
            Self::RegisteredModel => "REGISTERED_MODEL",
            Self::Secret => "SECRET",
            Self::VectorIndex => "VECTOR_SEARCH_INDEX",
        }
    }

    /// As messages write it: `Table`.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Metastore => "Metastore",
            Self::Catalog => "Catalog",
            Self::Schema => "Schema",
            Self::Table => "Table",
            Self::Volume => "Volume",
            Self::Function => "Function",
            Self::ExternalLocation => "External Location",
            Self::StorageCredential => "Storage Credential",
            Self::Credential => "Credential",
            Self::Connection => "Connection",
            Self::Share => "Share",
            Self::Recipient => "Recipient",
            Self::RegisteredModel => "Registered Model",
            Self::Secret => "Secret",
            Self::VectorIndex => "Vector Search Index",
        }
    }

    /// The number of parts of its full names.
    #[must_use]
    pub fn levels(self) -> usize {
        match self {
            Self::Metastore
            | Self::Catalog
            | Self::ExternalLocation
            | Self::StorageCredential
            | Self::Credential
            | Self::Connection
            | Self::Share
            | Self::Recipient => 1,
            Self::Schema => 2,
            Self::Table | Self::Volume | Self::Function | Self::RegisteredModel | Self::Secret | Self::VectorIndex => 3,
        }
    }
}

impl FromStr for SecurableKind {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Self, ApiError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| ApiError::not_implemented(format!("the local workspace has no securables of type `{text}`")))
    }
}

impl fmt::Display for SecurableKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

macro_rules! privileges {
    ($($variant:ident $text:literal [$($kind:ident)*]),* $(,)?) => {
        /// A privilege that the local workspace knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Privilege {
            $(#[doc = concat!("`", $text, "`")] $variant,)*
        }

        impl Privilege {
            /// As the REST API writes it: `USE_CATALOG`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Whether it can be granted on a securable of this kind (the privilege then also covers what it contains).
            #[must_use]
            pub fn applies_to(self, kind: SecurableKind) -> bool {
                match self { $(Self::$variant => [$(SecurableKind::$kind),*].contains(&kind),)* }
            }

            const ALL: &[Self] = &[$(Self::$variant),*];
        }
    };
}

privileges! {
    Access "ACCESS" [Credential],
    AllPrivileges "ALL_PRIVILEGES" [Catalog Schema Table Volume Function ExternalLocation StorageCredential Credential Connection
        RegisteredModel Secret VectorIndex],
    ApplyTag "APPLY_TAG" [Catalog Schema Table Volume Function RegisteredModel VectorIndex],
    Browse "BROWSE" [Catalog ExternalLocation],
    CreateCatalog "CREATE_CATALOG" [Metastore],
    CreateConnection "CREATE_CONNECTION" [Metastore Credential],
    CreateExternalLocation "CREATE_EXTERNAL_LOCATION" [Metastore StorageCredential],
    CreateExternalTable "CREATE_EXTERNAL_TABLE" [ExternalLocation StorageCredential],
    CreateExternalVolume "CREATE_EXTERNAL_VOLUME" [ExternalLocation],
    CreateForeignCatalog "CREATE_FOREIGN_CATALOG" [Connection],
    CreateFunction "CREATE_FUNCTION" [Catalog Schema],
    CreateManagedStorage "CREATE_MANAGED_STORAGE" [ExternalLocation],
    CreateMaterializedView "CREATE_MATERIALIZED_VIEW" [Catalog Schema],
    CreateModel "CREATE_MODEL" [Catalog Schema],
    CreateRecipient "CREATE_RECIPIENT" [Metastore],
    CreateSchema "CREATE_SCHEMA" [Catalog],
    CreateServiceCredential "CREATE_SERVICE_CREDENTIAL" [Metastore],
    CreateShare "CREATE_SHARE" [Metastore],
    CreateStorageCredential "CREATE_STORAGE_CREDENTIAL" [Metastore],
    CreateTable "CREATE_TABLE" [Catalog Schema],
    CreateVolume "CREATE_VOLUME" [Catalog Schema],
    Execute "EXECUTE" [Catalog Schema Function RegisteredModel],
    ExternalUseSchema "EXTERNAL_USE_SCHEMA" [Catalog Schema],
    Manage "MANAGE" [Catalog Schema Table Volume Function ExternalLocation StorageCredential Credential Connection RegisteredModel
        Secret VectorIndex],
    Modify "MODIFY" [Catalog Schema Table],
    ReadFiles "READ_FILES" [ExternalLocation StorageCredential],
    ReadVolume "READ_VOLUME" [Catalog Schema Volume],
    Refresh "REFRESH" [Catalog Schema],
    Select "SELECT" [Catalog Schema Table Share VectorIndex],
    UseCatalog "USE_CATALOG" [Catalog],
    UseConnection "USE_CONNECTION" [Metastore Connection],
    UseRecipient "USE_RECIPIENT" [Metastore],
    UseSchema "USE_SCHEMA" [Catalog Schema],
    UseShare "USE_SHARE" [Metastore],
    WriteFiles "WRITE_FILES" [ExternalLocation StorageCredential],
    WriteVolume "WRITE_VOLUME" [Catalog Schema Volume],
}

impl Privilege {
    /// As SQL and messages write it: `USE CATALOG`.
    #[must_use]
    pub fn words(self) -> String {
        self.as_str().replace('_', " ")
    }

    /// Whether `ALL PRIVILEGES` includes it: everything but what gives rights away or leads outside.
    #[must_use]
    pub fn in_all_privileges(self) -> bool {
        !matches!(self, Self::Manage | Self::ExternalUseSchema)
    }
}

impl FromStr for Privilege {
    type Err = ApiError;

    /// Reads both spellings, `USE_CATALOG` and `use catalog`.
    fn from_str(text: &str) -> Result<Self, ApiError> {
        let normal = text.trim().to_ascii_uppercase().replace(' ', "_");
        Self::ALL
            .iter()
            .copied()
            .find(|privilege| privilege.as_str() == normal)
            .ok_or_else(|| ApiError::invalid(format!("`{text}` is not a privilege that the local workspace knows")))
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Privilege {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
