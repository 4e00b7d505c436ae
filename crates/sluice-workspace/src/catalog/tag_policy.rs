//! Governed tags: which values a key may have. A policy counts for what is set from then on.

use sqlx::{Sqlite, Transaction};

use crate::catalog::Catalog;
use crate::error::ApiError;
use crate::principal::Principal;

/// The policy of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagPolicy {
    /// The key.
    pub tag_key: String,
    /// UUID.
    pub id: String,
    /// Text for people.
    pub description: Option<String>,
    /// The values that may stand; any may when there are none.
    pub allowed: Vec<String>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

type Row = (String, String, Option<String>, String, i64, i64);

fn read(row: Row) -> Result<TagPolicy, ApiError> {
    let (tag_key, id, description, allowed, created_at, updated_at) = row;
    Ok(TagPolicy {
        tag_key,
        id,
        description,
        allowed: serde_json::from_str(&allowed)?,
        created_at,
        updated_at,
    })
}

/// What changes about a policy; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct TagPolicyChange {
    /// New description; the inner none removes it.
    pub description: Option<Option<String>>,
    /// The values from now on.
    pub allowed: Option<Vec<String>>,
}

impl Catalog<'_> {
    /// All policies, sorted by key; everybody may know what they may set.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tag_policies(&self) -> Result<Vec<TagPolicy>, ApiError> {
        let rows: Vec<Row> = sqlx::query_as("SELECT * FROM tag_policy ORDER BY tag_key")
            .fetch_all(self.workspace.store.reader())
            .await?;
        rows.into_iter().map(read).collect()
    }

    /// The policy of a key.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn tag_policy(&self, key: &str) -> Result<TagPolicy, ApiError> {
        let row: Option<Row> = sqlx::query_as("SELECT * FROM tag_policy WHERE tag_key = ?")
            .bind(key)
            .fetch_optional(self.workspace.store.reader())
            .await?;
        row.map_or_else(|| Err(missing(key)), read)
    }

    /// Makes a policy.
    ///
    /// # Errors
    /// 403 for who is no administrator, 409 when the key has one, 400 for a value that is given twice.
    pub async fn create_tag_policy(
        &self,
        principal: &Principal,
        key: &str,
        description: Option<&str>,
        allowed: &[String],
    ) -> Result<TagPolicy, ApiError> {
        principal.require_admin("make tag policies")?;
        check_values(key, allowed)?;
        let now = self.workspace.clock.now_ms();
        let mut transaction = self.workspace.store.begin().await?;
        let done = sqlx::query("INSERT INTO tag_policy VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT DO NOTHING")
            .bind(key)
            .bind(self.workspace.ids.uuid())
            .bind(description)
            .bind(serde_json::to_string(allowed)?)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Err(ApiError::conflict(
                "ALREADY_EXISTS",
                format!("the tag `{key}` has a policy already"),
            ));
        }
        transaction.commit().await?;
        self.tag_policy(key).await
    }

    /// Changes a policy.
    ///
    /// # Errors
    /// 403 for who is no administrator, 404 when there is none.
    pub async fn change_tag_policy(
        &self,
        principal: &Principal,
        key: &str,
        change: TagPolicyChange,
    ) -> Result<TagPolicy, ApiError> {
        principal.require_admin("change tag policies")?;
        let mut policy = self.tag_policy(key).await?;
        if let Some(description) = change.description {
            policy.description = description;
        }
        if let Some(allowed) = change.allowed {
            check_values(key, &allowed)?;
            policy.allowed = allowed;
        }
        let mut transaction = self.workspace.store.begin().await?;
        sqlx::query("UPDATE tag_policy SET description = ?2, allowed = ?3, updated_at = ?4 WHERE tag_key = ?1")
            .bind(key)
            .bind(&policy.description)
            .bind(serde_json::to_string(&policy.allowed)?)
            .bind(self.workspace.clock.now_ms())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        self.tag_policy(key).await
    }

    /// Removes a policy; tags that stand stay.
    ///
    /// # Errors
    /// 403 for who is no administrator, 404 when there is none.
    pub async fn delete_tag_policy(&self, principal: &Principal, key: &str) -> Result<(), ApiError> {
        principal.require_admin("delete tag policies")?;
        let mut transaction = self.workspace.store.begin().await?;
        let done = sqlx::query("DELETE FROM tag_policy WHERE tag_key = ?")
            .bind(key)
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Err(missing(key));
        }
        Ok(transaction.commit().await?)
    }
}

fn missing(key: &str) -> ApiError {
    ApiError::not_found(format!("the tag `{key}` has no policy"))
}

fn check_values(key: &str, allowed: &[String]) -> Result<(), ApiError> {
    if key.is_empty() {
        return Err(ApiError::invalid("`tag_key` is empty"));
    }
    match allowed
        .iter()
        .enumerate()
        .find(|(index, value)| allowed[..*index].contains(value))
    {
        Some((_, twice)) => Err(ApiError::invalid(format!(
            "the value `{twice}` of the tag `{key}` is given twice"
        ))),
        None => Ok(()),
    }
}

/// Refuses a value that the policy of the key does not allow.
///
/// # Errors
/// 400 naming the value and the allowed ones.
pub(crate) async fn check_allowed(
    transaction: &mut Transaction<'_, Sqlite>,
    key: &str,
    value: &str,
) -> Result<(), ApiError> {
    let row: Option<Row> = sqlx::query_as("SELECT * FROM tag_policy WHERE tag_key = ?")
        .bind(key)
        .fetch_optional(&mut **transaction)
        .await?;
    let Some(policy) = row.map(read).transpose()? else {
        return Ok(());
    };
    if policy.allowed.is_empty() || policy.allowed.iter().any(|allowed| allowed == value) {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "Tag value `{value}` is not an allowed value for tag policy key `{key}`: allowed are {}",
        policy.allowed.join(", ")
    )))
}
