//! Jobs in the store.

use sqlx::{Sqlite, Transaction};

use crate::error::ApiError;
use crate::jobs::settings::{JobPlan, Object, RunAs};
use crate::workspace::Workspace;

/// A stored job.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: i64,
    pub(crate) creator: String,
    pub(crate) created_at: i64,
    pub(crate) settings: Object,
}

type Row = (i64, String, i64, String);

impl Job {
    fn from_row((id, creator, created_at, settings): Row) -> Result<Self, ApiError> {
        Ok(Self {
            id,
            creator,
            created_at,
            settings: serde_json::from_str(&settings)?,
        })
    }

    /// The settings as far as running the job depends on them.
    pub(crate) fn plan(&self) -> Result<JobPlan, ApiError> {
        JobPlan::read(&self.settings)
    }

    /// The principal that the settings name as who the job runs as; none when its owner does.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub(crate) fn named_run_as(&self) -> Result<Option<String>, ApiError> {
        let Some(run_as) = self.settings.get("run_as") else {
            return Ok(None);
        };
        let run_as: Option<RunAs> = serde_json::from_value(run_as.clone())?;
        Ok(run_as.and_then(|run_as| run_as.principal().map(str::to_owned)))
    }

    /// The name in the settings.
    pub(crate) fn name(&self) -> &str {
        self.settings
            .get("name")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    }
}

/// The job with this id; none when it was deleted or never existed.
pub(crate) async fn find(workspace: &Workspace, id: i64) -> Result<Option<Job>, ApiError> {
    let row: Option<Row> = sqlx::query_as("SELECT id, creator, created_at, settings FROM job WHERE id = ?")
        .bind(id)
        .fetch_optional(workspace.store.reader())
        .await?;
    row.map(Job::from_row).transpose()
}

/// The jobs with these ids that are still there, in no order.
pub(crate) async fn find_all(workspace: &Workspace, ids: &[i64]) -> Result<Vec<Job>, ApiError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, creator, created_at, settings FROM job WHERE id IN (SELECT value FROM json_each(?))",
    )
    .bind(serde_json::to_string(ids)?)
    .fetch_all(workspace.store.reader())
    .await?;
    rows.into_iter().map(Job::from_row).collect()
}

/// Where a job stands in the list of all, the newest first: when it was made, and its id.
pub(crate) type Position = (i64, i64);

/// The positions of the next jobs after one, or of the first ones, with their names when they are asked for.
pub(crate) async fn newest(
    workspace: &Workspace,
    after: Option<Position>,
    count: usize,
    with_names: bool,
) -> Result<Vec<(Position, String)>, ApiError> {
    let (before, below) = after.unwrap_or((i64::MAX, i64::MAX));
    let rows: Vec<(i64, i64, String)> = sqlx::query_as(
        "SELECT created_at, id, CASE WHEN ? THEN coalesce(settings ->> 'name', '') ELSE '' END FROM job \
         WHERE (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?",
    )
    .bind(with_names)
    .bind(before)
    .bind(below)
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
    .fetch_all(workspace.store.reader())
    .await?;
    Ok(rows.into_iter().map(|(at, id, name)| ((at, id), name)).collect())
}

/// The jobs that have a schedule or a trigger, paused or not.
pub(crate) async fn timed(workspace: &Workspace) -> Result<Vec<Job>, ApiError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, creator, created_at, settings FROM job \
         WHERE settings ->> 'schedule' IS NOT NULL OR settings ->> 'trigger' IS NOT NULL",
    )
    .fetch_all(workspace.store.reader())
    .await?;
    rows.into_iter().map(Job::from_row).collect()
}

/// Adds a job.
pub(crate) async fn insert(transaction: &mut Transaction<'_, Sqlite>, job: &Job) -> Result<(), ApiError> {
    sqlx::query("INSERT INTO job (id, creator, created_at, settings) VALUES (?, ?, ?, ?)")
        .bind(job.id)
        .bind(&job.creator)
        .bind(job.created_at)
        .bind(serde_json::to_string(&job.settings)?)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Replaces the settings of a job.
pub(crate) async fn set_settings(
    transaction: &mut Transaction<'_, Sqlite>,
    id: i64,
    settings: &Object,
) -> Result<(), ApiError> {
    sqlx::query("UPDATE job SET settings = ? WHERE id = ?")
        .bind(serde_json::to_string(settings)?)
        .bind(id)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Removes a job; its runs stay.
pub(crate) async fn delete(transaction: &mut Transaction<'_, Sqlite>, id: i64) -> Result<(), ApiError> {
    sqlx::query("DELETE FROM job WHERE id = ?")
        .bind(id)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
