//! Updates: what was asked for, how far it is, and their rows in the store.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _};

use super::spec::Spec;
use crate::error::ApiError;
use crate::workspace::Workspace;

/// Where an update is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum UpdateState {
    /// Accepted.
    Created,
    /// Waits for its turn to start a process.
    WaitingForResources,
    /// Reads the source and finds the graph.
    Initializing,
    /// Computes datasets.
    Running,
    /// Was told to end.
    Stopping,
    /// All datasets were computed, or found to be correct.
    Completed,
    /// Something was wrong.
    Failed,
    /// It was stopped.
    Canceled,
}

impl UpdateState {
    /// As the REST API writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::WaitingForResources => "WAITING_FOR_RESOURCES",
            Self::Initializing => "INITIALIZING",
            Self::Running => "RUNNING",
            Self::Stopping => "STOPPING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Canceled => "CANCELED",
        }
    }

    /// Whether nothing follows.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Canceled)
    }
}

/// What an update is to do.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) cause: String,
    pub(crate) full_refresh: bool,
    pub(crate) full_refresh_selection: Vec<String>,
    pub(crate) refresh_selection: Vec<String>,
    pub(crate) validate_only: bool,
    pub(crate) parameters: std::collections::BTreeMap<String, String>,
    /// Who runs it.
    pub(crate) run_as: String,
    /// The definition of the pipeline when the update was asked for.
    pub(crate) spec: Spec,
    /// The same as clients read it.
    pub(crate) config: crate::jobs::Object,
}

impl Asked {
    /// What `spark.conf.get` and `${name}` find: parameters of the update, then those of the pipeline, then its configuration.
    pub(crate) fn configuration(&self) -> std::collections::BTreeMap<String, String> {
        let mut all = self.spec.configuration.clone();
        all.extend(self.spec.parameters.clone());
        all.extend(self.parameters.clone());
        all
    }

    /// What stands for `:name` in SQL: parameters of the update, then those of the pipeline.
    pub(crate) fn named_parameters(&self) -> Vec<crate::sql::Parameter> {
        let mut all = self.spec.parameters.clone();
        all.extend(self.parameters.clone());
        let text = |(name, value)| crate::sql::Parameter {
            name,
            type_text: "STRING".to_owned(),
            value: Some(value),
        };
        all.into_iter().map(text).collect()
    }

    /// The datasets that are computed; none for all.
    pub(crate) fn selection(&self) -> Option<Vec<&str>> {
        let named = self.refresh_selection.iter().chain(&self.full_refresh_selection);
        let named: Vec<&str> = named.map(String::as_str).collect();
        (!named.is_empty() && !self.full_refresh).then_some(named)
    }
}

/// An update.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    /// Place among all updates of the workspace; 0 until it is stored.
    pub(crate) number: i64,
    pub(crate) id: String,
    pub(crate) pipeline_id: String,
    pub(crate) state: UpdateState,
    pub(crate) created_at: i64,
    pub(crate) acknowledged: bool,
    pub(crate) reason: Option<String>,
    pub(crate) asked: Asked,
}

impl FromRow<'_, SqliteRow> for Update {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let state: String = row.try_get("state")?;
        let asked: String = row.try_get("asked")?;
        let decoded = |source: serde_json::Error| sqlx::Error::Decode(source.into());
        Ok(Self {
            number: row.try_get("number")?,
            id: row.try_get("id")?,
            pipeline_id: row.try_get("pipeline_id")?,
            state: serde_json::from_str(&format!("\"{state}\"")).map_err(decoded)?,
            created_at: row.try_get("created_at")?,
            acknowledged: row.try_get("acknowledged")?,
            reason: row.try_get("reason")?,
            asked: serde_json::from_str(&asked).map_err(decoded)?,
        })
    }
}

impl Update {
    /// Stores a new update, unless the pipeline has one that has not ended.
    ///
    /// # Errors
    /// 409 naming the active update.
    pub(crate) async fn insert(&self, workspace: &Workspace) -> Result<(), ApiError> {
        let mut transaction = workspace.store.begin().await?;
        let active: Option<(String,)> =
            sqlx::query_as("SELECT id FROM pipeline_update WHERE pipeline_id = ? AND active = 1")
                .bind(&self.pipeline_id)
                .fetch_optional(&mut *transaction)
                .await?;
        if let Some((id,)) = active {
            return Err(ApiError::conflict(
                "CONFLICT",
                format!(
                    "An active update {id} already exists for the pipeline {}: wait for its end, or stop it",
                    self.pipeline_id
                ),
            ));
        }
        sqlx::query(
            "INSERT INTO pipeline_update (id, pipeline_id, state, active, created_at, asked) VALUES (?, ?, ?, 1, ?, ?)",
        )
        .bind(&self.id)
        .bind(&self.pipeline_id)
        .bind(self.state.as_str())
        .bind(self.created_at)
        .bind(serde_json::to_string(&self.asked)?)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Stores how far it is.
    pub(crate) async fn save(&self, workspace: &Workspace) -> Result<(), ApiError> {
        let mut transaction = workspace.store.begin().await?;
        sqlx::query("UPDATE pipeline_update SET state = ?, active = ?, reason = ? WHERE id = ?")
            .bind(self.state.as_str())
            .bind(!self.state.is_final())
            .bind(&self.reason)
            .bind(&self.id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// The updates of a pipeline, the newest first.
pub(crate) async fn of_pipeline(workspace: &Workspace, pipeline_id: &str) -> Result<Vec<Update>, ApiError> {
    let found = sqlx::query_as("SELECT * FROM pipeline_update WHERE pipeline_id = ? ORDER BY number DESC")
        .bind(pipeline_id)
        .fetch_all(workspace.store.reader())
        .await?;
    Ok(found)
}

/// The newest updates of a pipeline.
pub(crate) async fn latest(workspace: &Workspace, pipeline_id: &str) -> Result<Vec<Update>, ApiError> {
    let found = sqlx::query_as("SELECT * FROM pipeline_update WHERE pipeline_id = ? ORDER BY number DESC LIMIT 5")
        .bind(pipeline_id)
        .fetch_all(workspace.store.reader())
        .await?;
    Ok(found)
}

/// One update.
pub(crate) async fn find(workspace: &Workspace, id: &str) -> Result<Option<Update>, ApiError> {
    let found = sqlx::query_as("SELECT * FROM pipeline_update WHERE id = ?")
        .bind(id)
        .fetch_optional(workspace.store.reader())
        .await?;
    Ok(found)
}

/// Those that have not ended.
pub(crate) async fn unfinished(workspace: &Workspace) -> Result<Vec<Update>, ApiError> {
    let found = sqlx::query_as("SELECT * FROM pipeline_update WHERE active = 1 ORDER BY number")
        .fetch_all(workspace.store.reader())
        .await?;
    Ok(found)
}

/// Somebody has seen that the last update failed and stopped the pipeline.
pub(crate) async fn acknowledge(workspace: &Workspace, pipeline_id: &str) -> Result<(), ApiError> {
    let mut transaction = workspace.store.begin().await?;
    sqlx::query("UPDATE pipeline_update SET acknowledged = 1 WHERE pipeline_id = ? AND active = 0")
        .bind(pipeline_id)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// Removes all that is known about a pipeline that is gone.
pub(crate) async fn forget(workspace: &Workspace, pipeline_id: &str) -> Result<(), ApiError> {
    let mut transaction = workspace.store.begin().await?;
    for statement in [
        "DELETE FROM pipeline_event WHERE pipeline_id = ?",
        "DELETE FROM pipeline_update WHERE pipeline_id = ?",
    ] {
        sqlx::query(statement)
            .bind(pipeline_id)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}
