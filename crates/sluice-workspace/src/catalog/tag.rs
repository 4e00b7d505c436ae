//! Tags of catalogs, schemas, tables, columns, volumes and functions. SQL and REST share them.
//!
//! Limits are those of Unity Catalog: 50 tags on an object, keys of up to 255 characters without `. , - = / :`, values of up to 1000.

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::catalog::privilege::{Privilege, SecurableKind};
use crate::catalog::securable::Securable;
use crate::catalog::table::TableRecord;
use crate::catalog::tag_policy;
use crate::error::ApiError;
use crate::principal::Principal;

const MOST_TAGS: usize = 50;
const LONGEST_KEY: usize = 255;
const LONGEST_VALUE: usize = 1000;
const NOT_IN_KEYS: [char; 6] = ['.', ',', '-', '=', '/', ':'];

/// What a tag stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagTarget {
    /// The object, or the table of the column.
    pub securable: Securable,
    /// The column, as the table spells it.
    pub column: Option<String>,
}

impl TagTarget {
    fn column_name(&self) -> &str {
        self.column.as_deref().unwrap_or_default()
    }

    fn title(&self) -> String {
        match &self.column {
            Some(column) => format!("Column '{}.{column}'", self.securable.full_name),
            None => self.securable.title(),
        }
    }
}

/// A tag on something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Key.
    pub key: String,
    /// Value; empty for a key alone.
    pub value: String,
    /// Milliseconds since 1970.
    pub updated_at: i64,
    /// Who set it last.
    pub updated_by: String,
}

/// What setting a tag does when the key is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenTagged {
    /// It is an error.
    Fail,
    /// The value becomes the new one.
    Overwrite,
}

impl Catalog<'_> {
    /// The object, or the column of a table, that a tag is to stand on.
    ///
    /// # Errors
    /// 404 when the object or column does not exist.
    pub async fn tag_target(&self, securable: Securable, column: Option<&str>) -> Result<TagTarget, ApiError> {
        let Some(column) = column else {
            return Ok(TagTarget {
                securable,
                column: None,
            });
        };
        let table = TableRecord::read(securable)?;
        let found = table
            .columns
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(column));
        let name = found.map(|column| column.name.clone()).ok_or_else(|| {
            ApiError::not_found(format!(
                "Column '{column}' of '{}' does not exist.",
                table.securable.full_name
            ))
        })?;
        Ok(TagTarget {
            securable: table.securable,
            column: Some(name),
        })
    }

    /// The tags of something, sorted by key.
    ///
    /// # Errors
    /// 403 for who may not see the object.
    pub async fn tags(&self, principal: &Principal, target: &TagTarget) -> Result<Vec<Tag>, ApiError> {
        self.require_visible(principal, &target.securable).await?;
        let rows: Vec<(String, String, i64, String)> = sqlx::query_as(
            "SELECT tag_key, tag_value, updated_at, updated_by FROM entity_tag \
             WHERE securable_id = ? AND column_name = ? ORDER BY tag_key",
        )
        .bind(&target.securable.id)
        .bind(target.column_name())
        .fetch_all(self.workspace.store.reader())
        .await?;
        let tag = |(key, value, updated_at, updated_by)| Tag {
            key,
            value,
            updated_at,
            updated_by,
        };
        Ok(rows.into_iter().map(tag).collect())
    }

    /// One tag of something.
    ///
    /// # Errors
    /// 404 when there is none with this key, 403 as [`Self::tags`].
    pub async fn tag(&self, principal: &Principal, target: &TagTarget, key: &str) -> Result<Tag, ApiError> {
        let found = self
            .tags(principal, target)
            .await?
            .into_iter()
            .find(|tag| tag.key == key);
        found.ok_or_else(|| missing(target, key))
    }

    /// The tags of the columns of a table, by column.
    ///
    /// # Errors
    /// 403 for who may not see the table.
    pub async fn column_tags(&self, principal: &Principal, table: &Securable) -> Result<Vec<(String, Tag)>, ApiError> {
        self.require_visible(principal, table).await?;
        let rows: Vec<(String, String, String, i64, String)> = sqlx::query_as(
            "SELECT column_name, tag_key, tag_value, updated_at, updated_by FROM entity_tag \
             WHERE securable_id = ? AND column_name <> '' ORDER BY column_name, tag_key",
        )
        .bind(&table.id)
        .fetch_all(self.workspace.store.reader())
        .await?;
        let tag = |(column, key, value, updated_at, updated_by)| {
            let tag = Tag {
                key,
                value,
                updated_at,
                updated_by,
            };
            (column, tag)
        };
        Ok(rows.into_iter().map(tag).collect())
    }

    /// Sets tags, all or none.
    ///
    /// # Errors
    /// 403 without `APPLY TAG`; 400 for a key, value or number of tags outside the limits, and for a value that the policy of its key does not
    /// allow; 409 for a key that is there already, when that is to fail.
    pub async fn set_tags(
        &self,
        principal: &Principal,
        target: &TagTarget,
        tags: &BTreeMap<String, String>,
        when_tagged: WhenTagged,
    ) -> Result<(), ApiError> {
        self.require_tagging(principal, target).await?;
        for (key, value) in tags {
            check(key, value)?;
        }
        let mut transaction = self.workspace.store.begin().await?;
        for (key, value) in tags {
            tag_policy::check_allowed(&mut transaction, key, value).await?;
            let done = sqlx::query(
                "INSERT INTO entity_tag (securable_id, column_name, tag_key, tag_value, updated_at, updated_by) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (securable_id, column_name, tag_key) \
                 DO UPDATE SET tag_value = ?4, updated_at = ?5, updated_by = ?6 WHERE ?7",
            )
            .bind(&target.securable.id)
            .bind(target.column_name())
            .bind(key)
            .bind(value)
            .bind(self.workspace.clock.now_ms())
            .bind(&principal.name)
            .bind(when_tagged == WhenTagged::Overwrite)
            .execute(&mut *transaction)
            .await?;
            if done.rows_affected() == 0 {
                return Err(ApiError::conflict(
                    "ALREADY_EXISTS",
                    format!("{} has a tag `{key}` already", target.title()),
                ));
            }
        }
        let (count,): (i64,) =
            sqlx::query_as("SELECT count(*) FROM entity_tag WHERE securable_id = ? AND column_name = ?")
                .bind(&target.securable.id)
                .bind(target.column_name())
                .fetch_one(&mut *transaction)
                .await?;
        if usize::try_from(count).unwrap_or(usize::MAX) > MOST_TAGS {
            return Err(ApiError::invalid(format!(
                "{} would have {count} tags: {MOST_TAGS} are the most",
                target.title()
            )));
        }
        Ok(transaction.commit().await?)
    }

    /// Changes the value of a tag that is there.
    ///
    /// # Errors
    /// As [`Self::set_tags`]; 404 when there is none with this key.
    pub async fn change_tag(
        &self,
        principal: &Principal,
        target: &TagTarget,
        key: &str,
        value: &str,
    ) -> Result<(), ApiError> {
        self.tag(principal, target, key).await?;
        let tags = [(key.to_owned(), value.to_owned())].into();
        self.set_tags(principal, target, &tags, WhenTagged::Overwrite).await
    }

    /// Removes tags; returns the number of those that were there.
    ///
    /// # Errors
    /// 403 without `APPLY TAG`.
    pub async fn unset_tags(
        &self,
        principal: &Principal,
        target: &TagTarget,
        keys: &[String],
    ) -> Result<u64, ApiError> {
        self.require_tagging(principal, target).await?;
        let mut transaction = self.workspace.store.begin().await?;
        let mut removed = 0;
        for key in keys {
            let done = sqlx::query("DELETE FROM entity_tag WHERE securable_id = ? AND column_name = ? AND tag_key = ?")
                .bind(&target.securable.id)
                .bind(target.column_name())
                .bind(key)
                .execute(&mut *transaction)
                .await?;
            removed += done.rows_affected();
        }
        transaction.commit().await?;
        Ok(removed)
    }

    /// Removes the tag of this key.
    ///
    /// # Errors
    /// As [`Self::unset_tags`]; 404 when there is none with this key.
    pub async fn remove_tag(&self, principal: &Principal, target: &TagTarget, key: &str) -> Result<(), ApiError> {
        match self.unset_tags(principal, target, &[key.to_owned()]).await? {
            0 => Err(missing(target, key)),
            _ => Ok(()),
        }
    }

    /// Who owns or manages an object may tag it, and who was given `APPLY TAG`.
    async fn require_tagging(&self, principal: &Principal, target: &TagTarget) -> Result<(), ApiError> {
        let manages = self.authorize(principal, Privilege::Manage, &target.securable).await?;
        if manages.is_allowed() {
            return Ok(());
        }
        self.require(principal, Privilege::ApplyTag, &target.securable).await
    }
}

fn missing(target: &TagTarget, key: &str) -> ApiError {
    ApiError::not_found(format!("{} has no tag `{key}`.", target.title()))
}

fn check(key: &str, value: &str) -> Result<(), ApiError> {
    let length = key.chars().count();
    let broken = |character: char| NOT_IN_KEYS.contains(&character) || character.is_control();
    if length == 0 || length > LONGEST_KEY || key.trim() != key || key.contains(broken) {
        return Err(ApiError::invalid(format!(
            "`{key}` is not a key of a tag: 1 to {LONGEST_KEY} characters without `. , - = / :`, control characters, and spaces at the ends"
        )));
    }
    if value.chars().count() > LONGEST_VALUE || value.contains(char::is_control) {
        return Err(ApiError::invalid(format!(
            "the value of the tag `{key}` is none: up to {LONGEST_VALUE} characters, no control characters"
        )));
    }
    Ok(())
}

/// The kind of object behind an `entity_type` of the REST API, and whether one of its columns is meant.
///
/// # Errors
/// 400 for a word that is none.
pub(crate) fn entity_type(text: &str) -> Result<(SecurableKind, bool), ApiError> {
    match text {
        "catalogs" => Ok((SecurableKind::Catalog, false)),
        "schemas" => Ok((SecurableKind::Schema, false)),
        "tables" => Ok((SecurableKind::Table, false)),
        "columns" => Ok((SecurableKind::Table, true)),
        "volumes" => Ok((SecurableKind::Volume, false)),
        "functions" => Ok((SecurableKind::Function, false)),
        other => Err(ApiError::invalid(format!(
            "`{other}` is no entity type that has tags: expected catalogs, schemas, tables, columns, volumes or functions"
        ))),
    }
}
