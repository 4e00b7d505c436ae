//! Which jobs and pipelines of a deployment run at the moment.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use sluice_bundle::engine::States;
use sluice_bundle::language::Bundle;
use sluice_databricks::{Client, ClientError};
use sluice_model::{ResourceKey, Tree, TreePath};
use sluice_wire::{Method, Request};

use crate::deploy::planning::PARALLEL;

/// Whether the bundle says that a deployment must not change what runs.
pub(super) fn refused_by(bundle: &Bundle) -> bool {
    let path = TreePath::keys(["bundle", "deployment", "fail_on_active_runs"]);
    bundle.config.at_path(&path).and_then(Tree::as_bool) == Some(true)
}

/// The deployed jobs and pipelines that run, in the order of their keys. One that is gone does not run.
pub(super) async fn of(client: &Client, states: &States) -> Result<Vec<ResourceKey>, ClientError> {
    let deployed = states.entries().filter(|(key, _)| key.sub.is_none() && !key.catalog);
    let mut active: Vec<ResourceKey> = stream::iter(deployed)
        .map(|(key, entry)| async move {
            let runs = match key.kind.as_str() {
                "jobs" => job_runs(client, &entry.id).await?,
                "pipelines" => pipeline_runs(client, &entry.id).await?,
                _ => false,
            };
            Ok::<_, ClientError>(runs.then(|| key.clone()))
        })
        .buffer_unordered(PARALLEL)
        .try_filter_map(|key| async move { Ok(key) })
        .try_collect()
        .await?;
    active.sort();
    Ok(active)
}

#[derive(Deserialize)]
struct Runs {
    #[serde(default)]
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {}

async fn job_runs(client: &Client, id: &str) -> Result<bool, ClientError> {
    let request = Request::new(Method::Get, "/api/2.2/jobs/runs/list")
        .query("job_id", id)
        .query("active_only", "true")
        .query("limit", "1");
    let found: Option<Runs> = unless_gone(client.fetch(&request).await)?;
    Ok(found.is_some_and(|found| !found.runs.is_empty()))
}

#[derive(Deserialize)]
struct Pipeline {
    #[serde(default)]
    state: String,
    #[serde(default)]
    latest_updates: Vec<Update>,
}

#[derive(Deserialize)]
struct Update {
    #[serde(default)]
    state: String,
}

async fn pipeline_runs(client: &Client, id: &str) -> Result<bool, ClientError> {
    let request = Request::new(Method::Get, format!("/api/2.0/pipelines/{id}"));
    let found: Option<Pipeline> = unless_gone(client.fetch(&request).await)?;
    Ok(found.is_some_and(|found| {
        let latest = found.latest_updates.first();
        let ended = |update: &Update| matches!(update.state.as_str(), "COMPLETED" | "FAILED" | "CANCELED");
        found.state == "RUNNING" || latest.is_some_and(|update| !ended(update))
    }))
}

fn unless_gone<Found>(answer: Result<Found, ClientError>) -> Result<Option<Found>, ClientError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.api().is_some_and(|refusal| refusal.status == 404) => Ok(None),
        // A deleted job is a wrong parameter to the list of its runs.
        Err(error)
            if error
                .api()
                .is_some_and(|refusal| refusal.error_code == "INVALID_PARAMETER_VALUE") =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
