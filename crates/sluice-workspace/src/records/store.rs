//! Records in the store.

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _, Sqlite, SqliteExecutor, Transaction};

use super::document::Document;
use super::kind::Kind;
use crate::catalog::Securable;
use crate::error::ApiError;
use crate::workspace::Workspace;

/// A stored record, in its own table or among the objects of Unity Catalog.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// What requests name it by.
    pub(crate) key: String,
    /// What its access control list stands on.
    pub(crate) acl_id: String,
    /// A UUID of its own, for answers that have one beside the key.
    pub(crate) uid: String,
    /// What was written, with defaults.
    pub(crate) body: Document,
    /// Whether it is in the trash.
    pub(crate) trashed: bool,
    /// Counts its changes, from 1.
    pub(crate) version: i64,
    /// Who made it.
    pub(crate) creator: String,
    /// Milliseconds since 1970.
    pub(crate) created_at: i64,
    /// Who changed it last.
    pub(crate) updated_by: String,
    /// Milliseconds since 1970.
    pub(crate) updated_at: i64,
    /// What Unity Catalog says about it, when it is one of its objects.
    pub(crate) securable: Option<Box<Securable>>,
}

impl FromRow<'_, SqliteRow> for Record {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let body: String = row.try_get("body")?;
        Ok(Self {
            key: row.try_get("key")?,
            acl_id: row.try_get("acl_id")?,
            uid: row.try_get("uid")?,
            body: serde_json::from_str(&body).map_err(|error| sqlx::Error::Decode(error.into()))?,
            trashed: row.try_get("trashed")?,
            version: row.try_get("version")?,
            creator: row.try_get("creator")?,
            created_at: row.try_get("created_at")?,
            updated_by: row.try_get("updated_by")?,
            updated_at: row.try_get("updated_at")?,
            securable: None,
        })
    }
}

/// The record with this key; none when there is none.
pub(crate) async fn find(
    executor: impl SqliteExecutor<'_>,
    kind: &Kind,
    key: &str,
) -> Result<Option<Record>, ApiError> {
    let query = sqlx::query_as("SELECT * FROM record WHERE kind = ? AND key = ?");
    Ok(query.bind(kind.name).bind(key).fetch_optional(executor).await?)
}

/// The record with this unique name; none when there is none.
pub(crate) async fn find_named(workspace: &Workspace, kind: &Kind, name: &str) -> Result<Option<Record>, ApiError> {
    let query = sqlx::query_as("SELECT * FROM record WHERE kind = ? AND unique_name = ?");
    let query = query.bind(kind.name).bind(name);
    Ok(query.fetch_optional(workspace.store.reader()).await?)
}

/// All records of a kind, sorted by key.
pub(crate) async fn all(workspace: &Workspace, kind: &Kind) -> Result<Vec<Record>, ApiError> {
    let query = sqlx::query_as("SELECT * FROM record WHERE kind = ? ORDER BY key").bind(kind.name);
    Ok(query.fetch_all(workspace.store.reader()).await?)
}

/// Whether an access control list of this kind of record stands on `acl_id`.
pub(crate) async fn has_acl(workspace: &Workspace, kind_name: &str, acl_id: &str) -> Result<bool, ApiError> {
    let query = sqlx::query_as("SELECT 1 FROM record WHERE kind = ? AND acl_id = ?");
    let found: Option<(i64,)> = query
        .bind(kind_name)
        .bind(acl_id)
        .fetch_optional(workspace.store.reader())
        .await?;
    Ok(found.is_some())
}

/// Adds a record.
///
/// # Errors
/// The kind's own error when its key or its name is taken.
pub(crate) async fn insert(
    transaction: &mut Transaction<'_, Sqlite>,
    kind: &Kind,
    record: &Record,
) -> Result<(), ApiError> {
    let unique_name = kind.unique_name(&record.body);
    let done = sqlx::query(
        "INSERT INTO record (kind, key, acl_id, uid, unique_name, body, creator, created_at, updated_by, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, ?8) ON CONFLICT DO NOTHING",
    )
    .bind(kind.name)
    .bind(&record.key)
    .bind(&record.acl_id)
    .bind(&record.uid)
    .bind(&unique_name)
    .bind(serde_json::to_string(&record.body)?)
    .bind(&record.creator)
    .bind(record.created_at)
    .execute(&mut **transaction)
    .await?;
    if done.rows_affected() == 0 {
        return Err(kind.taken(unique_name.as_deref().unwrap_or(&record.key)));
    }
    Ok(())
}

/// Stores a changed record: its body, whether it is in the trash, and who changed it when.
///
/// # Errors
/// The kind's own error when its new name is taken.
pub(crate) async fn update(
    workspace: &Workspace,
    transaction: &mut Transaction<'_, Sqlite>,
    kind: &Kind,
    record: &Record,
    by: &str,
) -> Result<Record, ApiError> {
    let unique_name = kind.unique_name(&record.body);
    let updated = sqlx::query_as(
        "UPDATE OR IGNORE record SET unique_name = ?3, body = ?4, trashed = ?5, version = version + 1, updated_by = ?6, \
         updated_at = ?7 WHERE kind = ?1 AND key = ?2 RETURNING *",
    )
    .bind(kind.name)
    .bind(&record.key)
    .bind(&unique_name)
    .bind(serde_json::to_string(&record.body)?)
    .bind(record.trashed)
    .bind(by)
    .bind(workspace.clock.now_ms())
    .fetch_optional(&mut **transaction)
    .await?;
    updated.ok_or_else(|| kind.taken(unique_name.as_deref().unwrap_or(&record.key)))
}

/// Removes a record.
pub(crate) async fn delete(transaction: &mut Transaction<'_, Sqlite>, kind: &Kind, key: &str) -> Result<(), ApiError> {
    sqlx::query("DELETE FROM record WHERE kind = ? AND key = ?")
        .bind(kind.name)
        .bind(key)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Gives a record another key.
///
/// # Errors
/// The kind's own error when the new one is taken.
pub(crate) async fn rename(
    transaction: &mut Transaction<'_, Sqlite>,
    kind: &Kind,
    key: &str,
    new_key: &str,
) -> Result<(), ApiError> {
    let done = sqlx::query("UPDATE OR IGNORE record SET key = ?3 WHERE kind = ?1 AND key = ?2")
        .bind(kind.name)
        .bind(key)
        .bind(new_key)
        .execute(&mut **transaction)
        .await?;
    if done.rows_affected() == 0 {
        return Err(kind.taken(new_key));
    }
    Ok(())
}

/// Removes the records of a kind whose keys begin with this one and a `/`.
pub(crate) async fn delete_below(
    transaction: &mut Transaction<'_, Sqlite>,
    kind: &Kind,
    key: &str,
) -> Result<(), ApiError> {
    sqlx::query("DELETE FROM record WHERE kind = ?1 AND substr(key, 1, length(?2) + 1) = ?2 || '/'")
        .bind(kind.name)
        .bind(key)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
