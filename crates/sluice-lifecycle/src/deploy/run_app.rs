//! Runs a deployed app: starts it, deploys its source code to it, and waits for both.

use serde::{Deserialize, Serialize};
use sluice_bundle::engine;
use sluice_databricks::{Client, ClientError};
use sluice_model::ResourceKey;
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

use crate::bundle_files::LoadedBundle;
use crate::deploy::base_state;
use crate::deploy::run_job::RunError;
use crate::polling::Polling;
use crate::ports::Progress;

/// An app that runs, with the code of the bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppOutcome {
    /// Name of the app.
    pub app: String,
    /// The deployment of its code.
    pub deployment_id: String,
    /// What the workspace says about it.
    pub message: String,
    /// Where it answers.
    pub url: String,
}

/// The compute of an app, or a deployment of one, is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} of app `{app}` is {state}: {message}")]
pub struct AppFailure {
    /// Name of the app.
    pub app: String,
    /// What of it.
    pub what: &'static str,
    /// Its state.
    pub state: String,
    /// The workspace's reason.
    pub message: String,
}

#[derive(Deserialize)]
struct App {
    #[serde(default)]
    compute_status: Status,
    #[serde(default)]
    url: String,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    state: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Deployment {
    deployment_id: String,
    #[serde(default)]
    status: Status,
}

/// Whether the bundle, or what is deployed of it, has an app of this key (`portal` or `apps.portal`) and no job.
///
/// # Errors
/// When the state of the deployment cannot be read.
pub async fn is_app(loaded: &LoadedBundle, key: &str) -> Result<bool, RunError> {
    if let Some((kind, _)) = key.split_once('.') {
        return Ok(kind == "apps");
    }
    let states = base_state::read(loaded).await?.states;
    let has = |kind: &str| states.get(&ResourceKey::bundle(kind, key)).is_some();
    Ok(has("apps") && !has("jobs"))
}

/// Starts the app with this key, deploys the code that the bundle uploaded, and waits for it.
///
/// # Errors
/// When it is not deployed, does not start, or its code does not run.
pub async fn run_app(loaded: &LoadedBundle, key: &str, progress: &dyn Progress) -> Result<AppOutcome, RunError> {
    let base = base_state::read(loaded).await?;
    let resource = ResourceKey::bundle("apps", key.strip_prefix("apps.").unwrap_or(key));
    let Some(entry) = base.states.get(&resource) else {
        return Err(RunError::not_deployed(&resource, &base.states, &loaded.bundle.target));
    };
    let client = &loaded.client;
    let path = format!("/api/2.0/apps/{}", encode_segment(&entry.id));
    let app: App = client.fetch(&Request::new(Method::Get, path.as_str())).await?;
    progress.say(&format!("app {}: compute is {}", entry.id, app.compute_status.state));
    if app.compute_status.state != "ACTIVE" {
        let start = Request::new(Method::Post, format!("{path}/start")).json(serde_json::json!({}));
        progress.say(&format!("app {}: starting", entry.id));
        client.send(&start).await?;
        started(client, &entry.id, &path, progress).await?;
    }
    let body = engine::app_deployment(&entry.state);
    let request = Request::new(Method::Post, format!("{path}/deployments")).json(body);
    let response = client.send(&request).await?;
    let made: Deployment = response
        .json()
        .and_then(serde_json::from_value)
        .map_err(|source| ClientError::unreadable(client, &request, source))?;
    let done = deployed(client, &entry.id, &path, made, progress).await?;
    let app: App = client.fetch(&Request::new(Method::Get, path)).await?;
    Ok(AppOutcome {
        app: entry.id.clone(),
        deployment_id: done.deployment_id,
        message: done.status.message,
        url: app.url,
    })
}

async fn started(client: &Client, name: &str, path: &str, progress: &dyn Progress) -> Result<(), RunError> {
    let polling = Polling::begin();
    loop {
        let app: App = client.fetch(&Request::new(Method::Get, path)).await?;
        match app.compute_status.state.as_str() {
            "ACTIVE" => return Ok(()),
            "ERROR" | "DELETING" | "STOPPED" => return Err(failure(name, "the compute", app.compute_status)),
            _ if progress.stop_requested() => return Err(RunError::Stopped { url: app.url }),
            _ => polling.pause().await,
        }
    }
}

async fn deployed(
    client: &Client,
    name: &str,
    path: &str,
    mut deployment: Deployment,
    progress: &dyn Progress,
) -> Result<Deployment, RunError> {
    let read = Request::new(
        Method::Get,
        format!("{path}/deployments/{}", encode_segment(&deployment.deployment_id)),
    );
    let polling = Polling::begin();
    loop {
        match deployment.status.state.as_str() {
            "SUCCEEDED" => return Ok(deployment),
            "FAILED" | "CANCELLED" => return Err(failure(name, "the deployment", deployment.status)),
            _ if progress.stop_requested() => {
                let url = format!("{}/apps/{name}", client.host());
                return Err(RunError::Stopped { url });
            }
            _ => polling.pause().await,
        }
        deployment = client.fetch(&read).await?;
    }
}

fn failure(app: &str, what: &'static str, status: Status) -> RunError {
    RunError::App(AppFailure {
        app: app.to_owned(),
        what,
        state: status.state,
        message: status.message,
    })
}
