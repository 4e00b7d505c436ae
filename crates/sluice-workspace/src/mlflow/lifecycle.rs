//! Runs begin, end, are deleted and restored.

use axum::Json;
use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::log::{Empty, put_tag};
use super::run::{self, NAME_TAG, Run, RunInfo, Shown};
use crate::call::Call;
use crate::error::ApiError;
use crate::records::{Need, experiment};

/// The most runs that one request deletes or restores (documentation of the operation `runs/delete-runs`).
const MOST_RUNS: i64 = 10_000;

#[derive(Serialize)]
pub(super) struct WithRun {
    run: Shown,
}

#[derive(Deserialize)]
struct Create {
    experiment_id: Option<String>,
    run_name: Option<String>,
    start_time: Option<i64>,
    user_id: Option<String>,
    #[serde(default)]
    tags: Vec<Entry>,
}

pub(super) async fn create(mut call: Call) -> Result<Json<WithRun>, ApiError> {
    let body: Create = call.json().await?;
    let Some(experiment_id) = body.experiment_id.filter(|id| !id.is_empty()) else {
        return Err(ApiError::invalid(
            "`experiment_id` is required: the local workspace has no default experiment",
        ));
    };
    let experiment = experiment(&call, &experiment_id, Need::Change).await?;
    if experiment.deleted {
        return Err(ApiError::invalid(format!(
            "The experiment {experiment_id} must be in the 'active' state. Current state is deleted."
        )));
    }
    let run_id = call.workspace.ids.hex32();
    let tagged = body
        .tags
        .iter()
        .find(|tag| tag.key == NAME_TAG)
        .map(|tag| tag.value.clone());
    let named = body.run_name.filter(|name| !name.is_empty()).or(tagged);
    let mut run = Run {
        run_name: named.unwrap_or_else(|| format!("run-{}", &run_id[..8])),
        user_id: body.user_id.unwrap_or_else(|| call.principal.name.clone()),
        status: "RUNNING".to_owned(),
        start_time: body.start_time.unwrap_or_else(|| call.workspace.clock.now_ms()),
        end_time: None,
        artifact_uri: format!(
            "{}/{run_id}/artifacts",
            experiment.artifact_location.trim_end_matches('/')
        ),
        deleted_at: None,
        run_id,
        experiment_id,
    };
    let mut transaction = call.workspace.store.begin().await?;
    run.insert(&mut transaction).await?;
    let name = Entry {
        key: NAME_TAG.to_owned(),
        value: run.run_name.clone(),
    };
    for tag in body.tags.iter().filter(|tag| tag.key != NAME_TAG).chain([&name]) {
        put_tag(&mut transaction, &mut run, tag).await?;
    }
    transaction.commit().await?;
    let run = run.show(&call.workspace).await?;
    Ok(Json(WithRun { run }))
}

pub(super) async fn get(call: Call) -> Result<Json<WithRun>, ApiError> {
    let run = run::get(&call, call.query("run_id").or(call.query("run_uuid")), Need::See).await?;
    let run = run.show(&call.workspace).await?;
    Ok(Json(WithRun { run }))
}

#[derive(Deserialize)]
struct Update {
    run_id: Option<String>,
    run_uuid: Option<String>,
    status: Option<String>,
    end_time: Option<i64>,
    run_name: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Updated {
    run_info: RunInfo,
}

pub(super) async fn update(mut call: Call) -> Result<Json<Updated>, ApiError> {
    let body: Update = call.json().await?;
    let named = body.run_id.as_deref().or(body.run_uuid.as_deref());
    let known = run::get(&call, named, Need::Change).await?;
    let mut transaction = call.workspace.store.begin().await?;
    let mut run = run::find(&mut *transaction, &known.run_id).await?;
    run.require_active()?;
    if let Some(status) = &body.status {
        run.status = run::status(status)?;
    }
    run.end_time = body.end_time.or(run.end_time);
    if let Some(value) = body.run_name.filter(|name| !name.is_empty()) {
        let key = NAME_TAG.to_owned();
        put_tag(&mut transaction, &mut run, &Entry { key, value }).await?;
    }
    run.save(&mut transaction).await?;
    transaction.commit().await?;
    Ok(Json(Updated { run_info: run.info() }))
}

#[derive(Deserialize)]
struct One {
    run_id: String,
}

pub(super) async fn delete(call: Call) -> Result<Json<Empty>, ApiError> {
    let now = call.workspace.clock.now_ms();
    set_deleted(call, Some(now)).await
}

pub(super) async fn restore(call: Call) -> Result<Json<Empty>, ApiError> {
    set_deleted(call, None).await
}

async fn set_deleted(mut call: Call, deleted_at: Option<i64>) -> Result<Json<Empty>, ApiError> {
    let body: One = call.json().await?;
    let known = run::get(&call, Some(&body.run_id), Need::Change).await?;
    let mut transaction = call.workspace.store.begin().await?;
    let mut run = run::find(&mut *transaction, &known.run_id).await?;
    run.deleted_at = deleted_at;
    run.save(&mut transaction).await?;
    transaction.commit().await?;
    Ok(Json(Empty {}))
}

#[derive(Deserialize)]
struct DeleteMany {
    experiment_id: String,
    /// Runs that began then or before.
    max_timestamp_millis: i64,
    max_runs: Option<i64>,
}

#[derive(Serialize)]
pub(super) struct Deleted {
    runs_deleted: u64,
}

pub(super) async fn delete_many(mut call: Call) -> Result<Json<Deleted>, ApiError> {
    let body: DeleteMany = call.json().await?;
    experiment(&call, &body.experiment_id, Need::Change).await?;
    let mut transaction = call.workspace.store.begin().await?;
    let done = sqlx::query(
        "UPDATE mlflow_run SET deleted_at = ?1 WHERE run_id IN (SELECT run_id FROM mlflow_run WHERE experiment_id = ?2 \
         AND deleted_at IS NULL AND start_time <= ?3 ORDER BY start_time DESC, run_id LIMIT ?4)",
    )
    .bind(call.workspace.clock.now_ms())
    .bind(&body.experiment_id)
    .bind(body.max_timestamp_millis)
    .bind(most(body.max_runs)?)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(Json(Deleted {
        runs_deleted: done.rows_affected(),
    }))
}

#[derive(Deserialize)]
struct RestoreMany {
    experiment_id: String,
    /// Runs that were deleted then or after.
    min_timestamp_millis: i64,
    max_runs: Option<i64>,
}

#[derive(Serialize)]
pub(super) struct Restored {
    runs_restored: u64,
}

pub(super) async fn restore_many(mut call: Call) -> Result<Json<Restored>, ApiError> {
    let body: RestoreMany = call.json().await?;
    experiment(&call, &body.experiment_id, Need::Change).await?;
    let mut transaction = call.workspace.store.begin().await?;
    let done = sqlx::query(
        "UPDATE mlflow_run SET deleted_at = NULL WHERE run_id IN (SELECT run_id FROM mlflow_run WHERE experiment_id = ?1 \
         AND deleted_at >= ?2 ORDER BY deleted_at DESC, run_id LIMIT ?3)",
    )
    .bind(&body.experiment_id)
    .bind(body.min_timestamp_millis)
    .bind(most(body.max_runs)?)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(Json(Restored {
        runs_restored: done.rows_affected(),
    }))
}

fn most(asked: Option<i64>) -> Result<i64, ApiError> {
    let most = asked.unwrap_or(MOST_RUNS);
    if (1..=MOST_RUNS).contains(&most) {
        return Ok(most);
    }
    Err(ApiError::invalid(format!(
        "`max_runs` must be between 1 and {MOST_RUNS}, it is {most}"
    )))
}
