//! A run as it is stored, and as answers show it.

use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _, Sqlite, SqliteExecutor, Transaction};

use super::entry::{self, DatasetInput, Entry, EntryKind};
use super::metric::{self, Metric};
use crate::call::Call;
use crate::error::ApiError;
use crate::records::Need;
use crate::workspace::Workspace;

/// The tag that says what the column `run_name` says too.
pub(super) const NAME_TAG: &str = "mlflow.runName";

const STATUSES: [&str; 5] = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];

/// One run without what was logged in it.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) run_id: String,
    pub(super) experiment_id: String,
    pub(super) run_name: String,
    pub(super) user_id: String,
    pub(super) status: String,
    pub(super) start_time: i64,
    pub(super) end_time: Option<i64>,
    pub(super) artifact_uri: String,
    pub(super) deleted_at: Option<i64>,
}

impl FromRow<'_, SqliteRow> for Run {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            run_id: row.try_get("run_id")?,
            experiment_id: row.try_get("experiment_id")?,
            run_name: row.try_get("run_name")?,
            user_id: row.try_get("user_id")?,
            status: row.try_get("status")?,
            start_time: row.try_get("start_time")?,
            end_time: row.try_get("end_time")?,
            artifact_uri: row.try_get("artifact_uri")?,
            deleted_at: row.try_get("deleted_at")?,
        })
    }
}

/// What an answer says about a run itself.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RunInfo {
    run_id: String,
    run_uuid: String,
    experiment_id: String,
    run_name: String,
    user_id: String,
    status: String,
    start_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<i64>,
    artifact_uri: String,
    lifecycle_stage: &'static str,
}

/// What was logged in a run.
#[derive(Debug, Serialize)]
pub(super) struct RunData {
    /// The latest of each key.
    pub(super) metrics: Vec<Metric>,
    pub(super) params: Vec<Entry>,
    pub(super) tags: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct RunInputs {
    dataset_inputs: Vec<DatasetInput>,
}

/// A run as answers show it.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    info: RunInfo,
    pub(super) data: RunData,
    inputs: RunInputs,
}

impl Run {
    pub(super) fn info(&self) -> RunInfo {
        RunInfo {
            run_id: self.run_id.clone(),
            run_uuid: self.run_id.clone(),
            experiment_id: self.experiment_id.clone(),
            run_name: self.run_name.clone(),
            user_id: self.user_id.clone(),
            status: self.status.clone(),
            start_time: self.start_time,
            end_time: self.end_time,
            artifact_uri: self.artifact_uri.clone(),
            lifecycle_stage: self.lifecycle_stage(),
        }
    }

    pub(super) fn lifecycle_stage(&self) -> &'static str {
        if self.deleted_at.is_some() { "deleted" } else { "active" }
    }

    /// With what was logged in it.
    pub(super) async fn show(&self, workspace: &Workspace) -> Result<Shown, ApiError> {
        let reader = workspace.store.reader();
        let dataset_inputs = entry::all(reader, &self.run_id, EntryKind::Dataset).await?;
        let dataset_inputs = dataset_inputs.iter().map(|input| serde_json::from_str(&input.value));
        Ok(Shown {
            info: self.info(),
            data: RunData {
                metrics: metric::latest(reader, &self.run_id).await?,
                params: entry::all(reader, &self.run_id, EntryKind::Parameter).await?,
                tags: entry::all(reader, &self.run_id, EntryKind::Tag).await?,
            },
            inputs: RunInputs {
                dataset_inputs: dataset_inputs.collect::<Result<_, _>>()?,
            },
        })
    }

    pub(super) async fn insert(&self, transaction: &mut Transaction<'_, Sqlite>) -> Result<(), ApiError> {
        sqlx::query(
            "INSERT INTO mlflow_run (run_id, experiment_id, run_name, user_id, status, start_time, end_time, artifact_uri) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&self.run_id)
        .bind(&self.experiment_id)
        .bind(&self.run_name)
        .bind(&self.user_id)
        .bind(&self.status)
        .bind(self.start_time)
        .bind(self.end_time)
        .bind(&self.artifact_uri)
        .execute(&mut **transaction)
        .await?;
        Ok(())
    }

    /// Stores name, state, end and whether it is deleted.
    pub(super) async fn save(&self, transaction: &mut Transaction<'_, Sqlite>) -> Result<(), ApiError> {
        sqlx::query(
            "UPDATE mlflow_run SET run_name = ?2, status = ?3, end_time = ?4, deleted_at = ?5 WHERE run_id = ?1",
        )
        .bind(&self.run_id)
        .bind(&self.run_name)
        .bind(&self.status)
        .bind(self.end_time)
        .bind(self.deleted_at)
        .execute(&mut **transaction)
        .await?;
        Ok(())
    }

    /// Refuses to write to a deleted run.
    pub(super) fn require_active(&self) -> Result<(), ApiError> {
        match self.deleted_at {
            None => Ok(()),
            Some(_) => Err(ApiError::invalid(format!(
                "The run {} must be in the 'active' state. Current state is deleted.",
                self.run_id
            ))),
        }
    }
}

/// Checks the name of a state.
pub(super) fn status(text: &str) -> Result<String, ApiError> {
    if STATUSES.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(ApiError::invalid(format!(
        "`{text}` is not a state of a run: expected one of {}",
        STATUSES.join(", ")
    )))
}

pub(super) async fn find(executor: impl SqliteExecutor<'_>, run_id: &str) -> Result<Run, ApiError> {
    let query = sqlx::query_as("SELECT * FROM mlflow_run WHERE run_id = ?").bind(run_id);
    let found: Option<Run> = query.fetch_optional(executor).await?;
    found.ok_or_else(|| ApiError::not_found(format!("Run '{run_id}' not found.")))
}

/// The run with this id, when the caller may do this to its experiment.
pub(super) async fn get(call: &Call, run_id: Option<&str>, need: Need) -> Result<Run, ApiError> {
    let Some(run_id) = run_id.filter(|id| !id.is_empty()) else {
        return Err(ApiError::invalid("`run_id` is required"));
    };
    let run = find(call.workspace.store.reader(), run_id).await?;
    crate::records::experiment(call, &run.experiment_id, need).await?;
    Ok(run)
}
