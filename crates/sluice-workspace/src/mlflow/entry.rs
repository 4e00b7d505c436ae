//! Parameters, tags and datasets of a run: each a key and a value.

use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

use crate::error::ApiError;

/// The longest key (MLflow's `MAX_ENTITY_KEY_LENGTH`), parameter and tag.
const LONGEST_KEY: usize = 250;
const LONGEST_PARAMETER: usize = 6000;
const LONGEST_TAG: usize = 8000;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    /// A parameter, which keeps its value.
    Parameter,
    /// A tag.
    Tag,
    /// A dataset.
    Dataset,
}

impl EntryKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Parameter => "parameter",
            Self::Tag => "tag",
            Self::Dataset => "dataset",
        }
    }
}

/// A key and a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) key: String,
    #[serde(default)]
    pub(super) value: String,
}

/// A dataset that a run has read, with tags.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DatasetInput {
    pub(super) dataset: Dataset,
    #[serde(default)]
    tags: Vec<Entry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Dataset {
    pub(super) name: String,
    pub(super) digest: String,
    source_type: String,
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
}

pub(super) async fn all(
    executor: impl SqliteExecutor<'_>,
    run_id: &str,
    kind: EntryKind,
) -> Result<Vec<Entry>, ApiError> {
    let query =
        sqlx::query_as("SELECT entry_key, value FROM mlflow_entry WHERE run_id = ? AND kind = ? ORDER BY entry_key");
    let rows: Vec<(String, String)> = query.bind(run_id).bind(kind.as_str()).fetch_all(executor).await?;
    Ok(rows.into_iter().map(|(key, value)| Entry { key, value }).collect())
}

/// Checks the lengths of a key and its value.
fn check(kind: EntryKind, entry: &Entry) -> Result<(), ApiError> {
    let longest = match kind {
        EntryKind::Parameter => LONGEST_PARAMETER,
        EntryKind::Tag => LONGEST_TAG,
        EntryKind::Dataset => usize::MAX,
    };
    if entry.key.is_empty() || entry.key.chars().count() > LONGEST_KEY || entry.value.chars().count() > longest {
        return Err(ApiError::invalid(format!(
            "the {} '{}' is not stored: a key has 1 to {LONGEST_KEY} characters, its value at most {longest}",
            kind.as_str(),
            entry.key
        )));
    }
    Ok(())
}

/// Writes one: a tag or dataset takes the place of an older one, a parameter keeps its value.
///
/// # Errors
/// 400 for a parameter that has another value, or what is too long.
pub(super) async fn put(
    transaction: &mut Transaction<'_, Sqlite>,
    run_id: &str,
    kind: EntryKind,
    entry: &Entry,
) -> Result<(), ApiError> {
    check(kind, entry)?;
    if kind == EntryKind::Parameter {
        let known = all(&mut **transaction, run_id, kind).await?;
        if let Some(known) = known
            .iter()
            .find(|known| known.key == entry.key && known.value != entry.value)
        {
            return Err(ApiError::invalid(format!(
                "Changing param values is not allowed. Param with key='{}' was already logged with value='{}' for run ID='{run_id}'. \
                 Attempted logging new value '{}'.",
                entry.key, known.value, entry.value
            )));
        }
    }
    sqlx::query(
        "INSERT INTO mlflow_entry (run_id, kind, entry_key, value) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (run_id, kind, entry_key) DO UPDATE SET value = ?4",
    )
    .bind(run_id)
    .bind(kind.as_str())
    .bind(&entry.key)
    .bind(&entry.value)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Removes a tag.
///
/// # Errors
/// 404 when there is none.
pub(super) async fn remove_tag(
    transaction: &mut Transaction<'_, Sqlite>,
    run_id: &str,
    key: &str,
) -> Result<(), ApiError> {
    let done = sqlx::query("DELETE FROM mlflow_entry WHERE run_id = ? AND kind = 'tag' AND entry_key = ?")
        .bind(run_id)
        .bind(key)
        .execute(&mut **transaction)
        .await?;
    match done.rows_affected() {
        0 => Err(ApiError::not_found(format!(
            "No tag with name: {key} in run with id {run_id}"
        ))),
        _ => Ok(()),
    }
}
