//! Catalog objects as they are stored, whatever their kind.

use std::collections::BTreeMap;
use std::path::PathBuf;

use axum::http::StatusCode;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _, SqliteExecutor};

use crate::catalog::privilege::SecurableKind;
use crate::error::ApiError;

/// One object of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Securable {
    /// UUID.
    pub id: String,
    /// Kind.
    pub kind: SecurableKind,
    /// The object that contains it; none for the metastore.
    pub parent_id: Option<String>,
    /// Last part of the full name, lower case.
    pub name: String,
    /// Name with the names of what contains it: `dev.sales.orders`.
    pub full_name: String,
    /// Principal or group that owns it.
    pub owner: String,
    /// Text for people.
    pub comment: Option<String>,
    /// Properties.
    pub properties: BTreeMap<String, String>,
    /// Directory of its files.
    pub location: Option<PathBuf>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Who made it.
    pub created_by: String,
    /// Milliseconds since 1970.
    pub updated_at: i64,
    /// Who changed it last.
    pub updated_by: String,
    /// What only its kind has, JSON.
    pub(crate) details: String,
}

impl FromRow<'_, SqliteRow> for Securable {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let kind: String = row.try_get("kind")?;
        let properties: String = row.try_get("properties")?;
        let location: Option<String> = row.try_get("location")?;
        Ok(Self {
            id: row.try_get("id")?,
            kind: kind
                .parse()
                .map_err(|error: ApiError| sqlx::Error::Decode(error.into()))?,
            parent_id: row.try_get("parent_id")?,
            name: row.try_get("name")?,
            full_name: row.try_get("full_name")?,
            owner: row.try_get("owner")?,
            comment: row.try_get("comment")?,
            properties: serde_json::from_str(&properties).map_err(|error| sqlx::Error::Decode(error.into()))?,
            location: location.map(PathBuf::from),
            created_at: row.try_get("created_at")?,
            created_by: row.try_get("created_by")?,
            updated_at: row.try_get("updated_at")?,
            updated_by: row.try_get("updated_by")?,
            details: row.try_get("details")?,
        })
    }
}

impl Securable {
    /// `Table 'dev.sales.orders'`, as messages write it.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} '{}'", self.kind.title(), self.full_name)
    }

    /// The parts of the full name.
    #[must_use]
    pub fn parts(&self) -> Vec<&str> {
        self.full_name.split('.').collect()
    }
}

/// Reads the object of this kind and name; none when there is none.
pub(crate) async fn find(
    executor: impl SqliteExecutor<'_>,
    kind: SecurableKind,
    full_name: &str,
) -> Result<Option<Securable>, ApiError> {
    let query = match kind {
        SecurableKind::Metastore => sqlx::query_as("SELECT * FROM securable WHERE kind = 'METASTORE'"),
        _ => sqlx::query_as("SELECT * FROM securable WHERE kind = ? AND full_name = ?")
            .bind(kind.as_str())
            .bind(full_name),
    };
    Ok(query.fetch_optional(executor).await?)
}

/// The error for an object that does not exist.
pub(crate) fn missing(kind: SecurableKind, full_name: &str) -> ApiError {
    let code = match kind {
        SecurableKind::Metastore => "METASTORE_DOES_NOT_EXIST",
        SecurableKind::Catalog => "CATALOG_DOES_NOT_EXIST",
        SecurableKind::Schema => "SCHEMA_DOES_NOT_EXIST",
        SecurableKind::Table => "TABLE_DOES_NOT_EXIST",
        SecurableKind::Volume => "VOLUME_DOES_NOT_EXIST",
        SecurableKind::Function => "FUNCTION_DOES_NOT_EXIST",
        SecurableKind::ExternalLocation => "EXTERNAL_LOCATION_DOES_NOT_EXIST",
        SecurableKind::StorageCredential => "STORAGE_CREDENTIAL_DOES_NOT_EXIST",
        SecurableKind::Credential => "CREDENTIAL_DOES_NOT_EXIST",
        SecurableKind::Connection => "CONNECTION_DOES_NOT_EXIST",
        SecurableKind::Share => "SHARE_DOES_NOT_EXIST",
        SecurableKind::Recipient => "RECIPIENT_DOES_NOT_EXIST",
        SecurableKind::RegisteredModel => "REGISTERED_MODEL_DOES_NOT_EXIST",
        SecurableKind::Secret => "SECRET_DOES_NOT_EXIST",
        SecurableKind::VectorIndex => "VECTOR_SEARCH_INDEX_DOES_NOT_EXIST",
    };
    ApiError::new(
        StatusCode::NOT_FOUND,
        code,
        format!("{} '{full_name}' does not exist.", kind.title()),
    )
}

/// The error for a name that is taken.
pub(crate) fn taken(kind: SecurableKind, full_name: &str) -> ApiError {
    let code = match kind {
        SecurableKind::Metastore => "METASTORE_ALREADY_EXISTS",
        SecurableKind::Catalog => "CATALOG_ALREADY_EXISTS",
        SecurableKind::Schema => "SCHEMA_ALREADY_EXISTS",
        SecurableKind::Table => "TABLE_OR_VIEW_ALREADY_EXISTS",
        SecurableKind::Volume => "VOLUME_ALREADY_EXISTS",
        SecurableKind::Function => "FUNCTION_ALREADY_EXISTS",
        SecurableKind::ExternalLocation => "EXTERNAL_LOCATION_ALREADY_EXISTS",
        SecurableKind::StorageCredential => "STORAGE_CREDENTIAL_ALREADY_EXISTS",
        SecurableKind::Credential => "CREDENTIAL_ALREADY_EXISTS",
        SecurableKind::Connection => "CONNECTION_ALREADY_EXISTS",
        SecurableKind::Share => "SHARE_ALREADY_EXISTS",
        SecurableKind::Recipient => "RECIPIENT_ALREADY_EXISTS",
        SecurableKind::RegisteredModel => "REGISTERED_MODEL_ALREADY_EXISTS",
        SecurableKind::Secret => "SECRET_ALREADY_EXISTS",
        SecurableKind::VectorIndex => "VECTOR_SEARCH_INDEX_ALREADY_EXISTS",
    };
    ApiError::conflict(code, format!("{} '{full_name}' already exists", kind.title()))
}

/// A full name in lower case, checked to have the parts that its kind needs.
pub(crate) fn full_name(kind: SecurableKind, text: &str) -> Result<String, ApiError> {
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() != kind.levels() {
        return Err(ApiError::invalid(format!(
            "`{text}` is not a full name of a {}: expected {} parts separated by `.`",
            kind.title().to_lowercase(),
            kind.levels()
        )));
    }
    let checked: Vec<String> = parts.iter().map(|part| name(kind, part)).collect::<Result<_, _>>()?;
    Ok(checked.join("."))
}

/// One name in lower case, checked against the rules of the catalog.
pub(crate) fn name(kind: SecurableKind, text: &str) -> Result<String, ApiError> {
    let broken = |character: char| matches!(character, '.' | '/' | ' ') || character.is_control();
    if text.is_empty() || text.chars().count() > 255 || text.contains(broken) {
        return Err(ApiError::invalid(format!(
            "'{text}' is not a valid name for a {}: 1 to 255 characters without `.`, `/`, spaces and control characters",
            kind.title().to_lowercase()
        )));
    }
    Ok(text.to_lowercase())
}
