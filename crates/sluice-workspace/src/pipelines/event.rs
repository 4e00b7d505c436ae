//! Events: what an update did, one after the other, as `list_pipeline_events` tells it.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _};

use super::update::Update;
use crate::error::ApiError;
use crate::workspace::Workspace;

/// How serious an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Level {
    /// As expected.
    Info,
    /// Something to look at.
    Warn,
    /// The update fails.
    Error,
}

impl Level {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

/// What an event says beside its id, time and level.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) event_type: String,
    pub(crate) message: String,
    pub(crate) origin: Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Failure>,
    #[serde(default, skip_serializing_if = "Details::is_empty")]
    pub(crate) details: Details,
    pub(crate) maturity_level: String,
}

/// Where an event comes from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) pipeline_id: String,
    pub(crate) update_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pipeline_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dataset_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) flow_name: Option<String>,
}

/// Why something failed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) exceptions: Vec<Exception>,
    pub(crate) fatal: bool,
}

/// One error.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Exception {
    pub(crate) class_name: String,
    pub(crate) message: String,
}

/// What the type of an event says; one field is given.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) update_progress: Option<Progress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) flow_progress: Option<FlowProgress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) flow_definition: Option<FlowDefinition>,
}

impl Details {
    fn is_empty(&self) -> bool {
        self.update_progress.is_none() && self.flow_progress.is_none() && self.flow_definition.is_none()
    }
}

/// The state of an update.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) state: String,
}

/// How far the computation of a dataset is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct FlowProgress {
    pub(crate) status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metrics: Option<Metrics>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data_quality: Option<DataQuality>,
}

/// How many records a dataset has.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Metrics {
    pub(crate) num_output_rows: u64,
}

/// What the expectations of a dataset found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DataQuality {
    pub(crate) dropped_records: u64,
    pub(crate) expectations: Vec<Counted>,
}

/// What one expectation found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counted {
    pub(crate) name: String,
    pub(crate) dataset: String,
    pub(crate) passed_records: u64,
    pub(crate) failed_records: u64,
}

/// What a dataset reads.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct FlowDefinition {
    pub(crate) output_dataset: String,
    pub(crate) input_datasets: Vec<String>,
    pub(crate) flow_type: String,
}

/// A stored event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// Place among all events of the workspace.
    pub(crate) number: i64,
    pub(crate) id: String,
    pub(crate) created_at: i64,
    pub(crate) level: Level,
    pub(crate) told: Told,
}

impl FromRow<'_, SqliteRow> for Event {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let level: String = row.try_get("level")?;
        let body: String = row.try_get("body")?;
        let decoded = |source: serde_json::Error| sqlx::Error::Decode(source.into());
        Ok(Self {
            number: row.try_get("number")?,
            id: row.try_get("id")?,
            created_at: row.try_get("created_at")?,
            level: serde_json::from_str(&format!("\"{level}\"")).map_err(decoded)?,
            told: serde_json::from_str(&body).map_err(decoded)?,
        })
    }
}

impl Told {
    /// An event of an update.
    pub(crate) fn new(update: &Update, event_type: &str, message: impl Into<String>) -> Self {
        Self {
            event_type: event_type.to_owned(),
            message: message.into(),
            origin: Origin {
                pipeline_id: update.pipeline_id.clone(),
                update_id: update.id.clone(),
                pipeline_name: update.asked.spec.name.clone(),
                ..Origin::default()
            },
            maturity_level: "STABLE".to_owned(),
            ..Self::default()
        }
    }

    /// The same about a dataset.
    pub(crate) fn about(mut self, dataset: &str) -> Self {
        self.origin.dataset_name = Some(dataset.to_owned());
        self.origin.flow_name = Some(dataset.to_owned());
        self
    }

    /// The same with the error that it tells.
    pub(crate) fn because(mut self, class_name: &str, message: &str) -> Self {
        let exception = Exception {
            class_name: class_name.to_owned(),
            message: message.to_owned(),
        };
        self.error = Some(Failure {
            exceptions: vec![exception],
            fatal: true,
        });
        self
    }

    /// Stores it.
    pub(crate) async fn tell(self, workspace: &Workspace, level: Level) -> Result<(), ApiError> {
        let mut transaction = workspace.store.begin().await?;
        sqlx::query("INSERT INTO pipeline_event (id, pipeline_id, update_id, created_at, level, body) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(workspace.ids.uuid())
            .bind(&self.origin.pipeline_id)
            .bind(&self.origin.update_id)
            .bind(workspace.clock.now_ms())
            .bind(level.as_str())
            .bind(serde_json::to_string(&self)?)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// The events of a pipeline in the order in which they happened.
pub(crate) async fn of_pipeline(workspace: &Workspace, pipeline_id: &str) -> Result<Vec<Event>, ApiError> {
    let found = sqlx::query_as("SELECT * FROM pipeline_event WHERE pipeline_id = ? ORDER BY number")
        .bind(pipeline_id)
        .fetch_all(workspace.store.reader())
        .await?;
    Ok(found)
}
