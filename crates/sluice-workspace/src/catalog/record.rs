//! Writing catalog objects to the store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sqlx::{Sqlite, Transaction};

use crate::catalog::privilege::SecurableKind;
use crate::catalog::securable::{Securable, taken};
use crate::error::ApiError;
use crate::workspace::Workspace;

/// An object that does not exist yet; names are checked and in lower case.
pub(crate) struct NewSecurable<'a> {
    pub(crate) id: String,
    pub(crate) kind: SecurableKind,
    /// What contains it; none for the metastore.
    pub(crate) parent: Option<&'a Securable>,
    pub(crate) name: &'a str,
    pub(crate) owner: &'a str,
    pub(crate) comment: Option<&'a str>,
    pub(crate) properties: &'a BTreeMap<String, String>,
    pub(crate) location: Option<PathBuf>,
    pub(crate) details: String,
}

impl NewSecurable<'_> {
    fn full_name(&self) -> String {
        match self.parent {
            Some(parent) if parent.kind != SecurableKind::Metastore => format!("{}.{}", parent.full_name, self.name),
            _ => self.name.to_owned(),
        }
    }

    /// Adds the object, owned and created by its owner.
    ///
    /// # Errors
    /// 409 when the name is taken.
    pub(crate) async fn insert(
        self,
        workspace: &Workspace,
        transaction: &mut Transaction<'_, Sqlite>,
    ) -> Result<Securable, ApiError> {
        let full_name = self.full_name();
        let inserted = sqlx::query_as(
            "INSERT INTO securable (id, kind, parent_id, name, full_name, owner, comment, properties, location, details, \
             created_at, created_by, updated_at, updated_by) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?6, ?11, ?6) ON CONFLICT (kind, full_name) DO NOTHING RETURNING *",
        )
        .bind(&self.id)
        .bind(self.kind.as_str())
        .bind(self.parent.map(|parent| parent.id.as_str()))
        .bind(self.name)
        .bind(&full_name)
        .bind(self.owner)
        .bind(self.comment)
        .bind(serde_json::to_string(self.properties)?)
        .bind(self.location.as_deref().map(path_text).transpose()?)
        .bind(&self.details)
        .bind(workspace.clock.now_ms())
        .fetch_optional(&mut **transaction)
        .await?;
        inserted.ok_or_else(|| taken(self.kind, &full_name))
    }
}

/// The object as it is now.
///
/// # Errors
/// 404 when it went away meanwhile.
pub(crate) async fn reread(
    transaction: &mut Transaction<'_, Sqlite>,
    known: &Securable,
) -> Result<Securable, ApiError> {
    let found = sqlx::query_as("SELECT * FROM securable WHERE id = ?").bind(&known.id);
    let found: Option<Securable> = found.fetch_optional(&mut **transaction).await?;
    found.ok_or_else(|| crate::catalog::securable::missing(known.kind, &known.full_name))
}

/// Stores the changed fields of an object and who changed it when; full names of what it contains follow a new name.
///
/// # Errors
/// 409 when a new name is taken, 404 when the object went away meanwhile.
pub(crate) async fn update(
    workspace: &Workspace,
    transaction: &mut Transaction<'_, Sqlite>,
    changed: &Securable,
    by: &str,
) -> Result<Securable, ApiError> {
    let before = reread(transaction, changed).await?;
    if before.full_name != changed.full_name {
        let other = crate::catalog::securable::find(&mut **transaction, changed.kind, &changed.full_name).await?;
        if other.is_some() {
            return Err(taken(changed.kind, &changed.full_name));
        }
        sqlx::query(
            "UPDATE securable SET full_name = ?1 || substr(full_name, length(?2) + 1) \
             WHERE substr(full_name, 1, length(?2) + 1) = ?2 || '.' \
             AND kind IN ('SCHEMA', 'TABLE', 'VOLUME', 'FUNCTION', 'REGISTERED_MODEL', 'SECRET', 'VECTOR_SEARCH_INDEX')",
        )
        .bind(&changed.full_name)
        .bind(&before.full_name)
        .execute(&mut **transaction)
        .await?;
        crate::catalog::mask::follow_rename(transaction, &before.full_name, &changed.full_name).await?;
    }
    let updated = sqlx::query_as(
        "UPDATE securable SET name = ?2, full_name = ?3, owner = ?4, comment = ?5, properties = ?6, details = ?7, \
         updated_at = ?8, updated_by = ?9 WHERE id = ?1 RETURNING *",
    )
    .bind(&changed.id)
    .bind(&changed.name)
    .bind(&changed.full_name)
    .bind(&changed.owner)
    .bind(&changed.comment)
    .bind(serde_json::to_string(&changed.properties)?)
    .bind(&changed.details)
    .bind(workspace.clock.now_ms())
    .bind(by)
    .fetch_one(&mut **transaction)
    .await?;
    Ok(updated)
}

/// Removes an object and all that it contains; returns what was removed, contents first.
pub(crate) async fn delete(
    transaction: &mut Transaction<'_, Sqlite>,
    securable: &Securable,
) -> Result<Vec<Securable>, ApiError> {
    let removed: Vec<Securable> = sqlx::query_as(
        "WITH RECURSIVE below (id, depth) AS (
             SELECT ?1, 0 UNION ALL
             SELECT securable.id, depth + 1 FROM securable JOIN below ON securable.parent_id = below.id)
         SELECT securable.* FROM securable JOIN below USING (id) ORDER BY depth DESC",
    )
    .bind(&securable.id)
    .fetch_all(&mut **transaction)
    .await?;
    for each in &removed {
        sqlx::query("DELETE FROM securable WHERE id = ?")
            .bind(&each.id)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(removed)
}

/// A path as the store keeps it.
fn path_text(path: &Path) -> Result<String, ApiError> {
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| ApiError::invalid(format!("the path `{}` is not UTF-8", path.display())))
}
