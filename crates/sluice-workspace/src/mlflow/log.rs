//! Logging into a run.

use axum::Json;
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};

use super::entry::{self, DatasetInput, Entry, EntryKind};
use super::metric::{self, Metric};
use super::run::{self, NAME_TAG, Run};
use crate::call::Call;
use crate::error::ApiError;
use crate::records::Need;

/// The most of each that one request may bring (documentation of the operation `runs/log-batch`).
const MOST_METRICS: usize = 1000;
const MOST_ENTRIES: usize = 100;

/// An answer without content.
#[derive(Serialize)]
pub(super) struct Empty {}

/// What a request logs, all or nothing.
#[derive(Default)]
struct Logged {
    metrics: Vec<Metric>,
    params: Vec<Entry>,
    tags: Vec<Entry>,
    datasets: Vec<DatasetInput>,
}

impl Logged {
    async fn store(self, call: &Call, run_id: Option<&str>) -> Result<Json<Empty>, ApiError> {
        let run = run::get(call, run_id, Need::Change).await?;
        let mut transaction = call.workspace.store.begin().await?;
        // Read again where nobody else writes.
        let mut run = run::find(&mut *transaction, &run.run_id).await?;
        run.require_active()?;
        for metric in &self.metrics {
            metric::add(&mut transaction, &run.run_id, metric).await?;
        }
        for param in &self.params {
            entry::put(&mut transaction, &run.run_id, EntryKind::Parameter, param).await?;
        }
        for tag in &self.tags {
            put_tag(&mut transaction, &mut run, tag).await?;
        }
        for input in &self.datasets {
            let dataset = Entry {
                key: format!("{} {}", input.dataset.name, input.dataset.digest),
                value: serde_json::to_string(input)?,
            };
            entry::put(&mut transaction, &run.run_id, EntryKind::Dataset, &dataset).await?;
        }
        transaction.commit().await?;
        Ok(Json(Empty {}))
    }
}

/// Sets a tag; the one that holds the name of the run renames it.
pub(super) async fn put_tag(
    transaction: &mut Transaction<'_, Sqlite>,
    run: &mut Run,
    tag: &Entry,
) -> Result<(), ApiError> {
    if tag.key == NAME_TAG && run.run_name != tag.value {
        run.run_name.clone_from(&tag.value);
        run.save(transaction).await?;
    }
    entry::put(transaction, &run.run_id, EntryKind::Tag, tag).await
}

/// Which run: `run_uuid` is the older name.
#[derive(Deserialize)]
struct Named {
    run_id: Option<String>,
    run_uuid: Option<String>,
}

impl Named {
    fn id(&self) -> Option<&str> {
        self.run_id.as_deref().or(self.run_uuid.as_deref())
    }
}

#[derive(Deserialize)]
struct LogMetric {
    #[serde(flatten)]
    run: Named,
    model_id: Option<String>,
    dataset_name: Option<String>,
    dataset_digest: Option<String>,
    #[serde(flatten)]
    metric: Metric,
}

pub(super) async fn metric(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let body: LogMetric = call.json().await?;
    if body.model_id.is_some() || body.dataset_name.is_some() || body.dataset_digest.is_some() {
        return Err(
            call.not_implemented("the local workspace keeps metrics of runs, not of logged models and their datasets")
        );
    }
    let logged = Logged {
        metrics: vec![body.metric],
        ..Logged::default()
    };
    logged.store(&call, body.run.id()).await
}

#[derive(Deserialize)]
struct LogEntry {
    #[serde(flatten)]
    run: Named,
    #[serde(flatten)]
    entry: Entry,
}

pub(super) async fn parameter(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let body: LogEntry = call.json().await?;
    let logged = Logged {
        params: vec![body.entry],
        ..Logged::default()
    };
    logged.store(&call, body.run.id()).await
}

pub(super) async fn set_tag(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let body: LogEntry = call.json().await?;
    let logged = Logged {
        tags: vec![body.entry],
        ..Logged::default()
    };
    logged.store(&call, body.run.id()).await
}

#[derive(Deserialize)]
struct LogBatch {
    run_id: String,
    #[serde(default)]
    metrics: Vec<Metric>,
    #[serde(default)]
    params: Vec<Entry>,
    #[serde(default)]
    tags: Vec<Entry>,
}

pub(super) async fn batch(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let LogBatch {
        run_id,
        metrics,
        params,
        tags,
    } = call.json().await?;
    let counted = [
        ("metrics", metrics.len(), MOST_METRICS),
        ("params", params.len(), MOST_ENTRIES),
        ("tags", tags.len(), MOST_ENTRIES),
    ];
    if let Some((what, count, most)) = counted.iter().find(|(_, count, most)| count > most) {
        return Err(ApiError::invalid(format!(
            "A batch logging request can contain at most {most} {what}. Got {count} {what}. Please split up {what} across multiple requests and try again."
        )));
    }
    let logged = Logged {
        metrics,
        params,
        tags,
        datasets: Vec::new(),
    };
    logged.store(&call, Some(&run_id)).await
}

#[derive(Deserialize)]
struct LogInputs {
    run_id: String,
    #[serde(default)]
    datasets: Vec<DatasetInput>,
    #[serde(default)]
    models: Vec<serde::de::IgnoredAny>,
}

pub(super) async fn inputs(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let body: LogInputs = call.json().await?;
    if !body.models.is_empty() {
        return Err(call.not_implemented("the local workspace has no logged models, so that none is an input of a run"));
    }
    let logged = Logged {
        datasets: body.datasets,
        ..Logged::default()
    };
    logged.store(&call, Some(&body.run_id)).await
}

#[derive(Deserialize)]
struct DeleteTag {
    run_id: String,
    key: String,
}

pub(super) async fn delete_tag(mut call: Call) -> Result<Json<Empty>, ApiError> {
    let body: DeleteTag = call.json().await?;
    let run = run::get(&call, Some(&body.run_id), Need::Change).await?;
    run.require_active()?;
    let mut transaction = call.workspace.store.begin().await?;
    entry::remove_tag(&mut transaction, &run.run_id, &body.key).await?;
    transaction.commit().await?;
    Ok(Json(Empty {}))
}
