//! Runs a deployed job and waits for its end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_bundle::engine::States;
use sluice_databricks::{Client, ClientError};
use sluice_model::ResourceKey;
use sluice_wire::{Method, Request};

use crate::bundle_files::LoadedBundle;
use crate::deploy::base_state::{self, BaseStateError};
use crate::deploy::run_app::AppFailure;
use crate::polling::Polling;
use crate::ports::Progress;

/// Values of job parameters by name.
pub type RunParameters = BTreeMap<String, String>;

/// Lines of a failed task's output that an error shows.
const OUTPUT_LINES: usize = 25;

/// A run that ended well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunOutcome {
    /// The job.
    pub job_id: i64,
    /// The run.
    pub run_id: i64,
    /// Its page.
    pub url: String,
    /// Its result, such as `SUCCESS`.
    pub result: String,
    /// Its tasks.
    pub tasks: Vec<TaskOutcome>,
}

/// One task of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskOutcome {
    /// Key of the task.
    pub task_key: String,
    /// The task's own run.
    pub run_id: i64,
    /// Its result, or its life-cycle state when it has none.
    pub result: String,
}

/// A run that did not end well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunFailure {
    /// What is known of the run.
    pub outcome: RunOutcome,
    /// The workspace's message about the run.
    pub message: String,
    /// The first task that failed.
    pub task: Option<String>,
    /// Its error.
    pub error: Option<String>,
    /// The end of its output.
    pub output: Vec<String>,
}

/// A job cannot be run, or its run failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The bundle has no such job, or it is not deployed.
    #[error("`{key}` is not deployed to target `{target}`; deployed {}: {}", key.kind, listed(deployed))]
    NotDeployed {
        /// What was asked for.
        key: ResourceKey,
        /// The target.
        target: String,
        /// Those of its kind that are deployed.
        deployed: Vec<String>,
    },
    /// The state of the deployment cannot be read.
    #[error(transparent)]
    Base(#[from] BaseStateError),
    /// The workspace refused or did not answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The state has an id that no job can have.
    #[error("the deployment state names `{0}` as the id of a job")]
    JobId(String),
    /// An app does not run, or not with the code that it was given.
    #[error(transparent)]
    App(#[from] AppFailure),
    /// The run ended without success.
    #[error("run {} of job {} ended with {}", .0.outcome.run_id, .0.outcome.job_id, .0.outcome.result)]
    Failed(Box<RunFailure>),
    /// The wait was given up on request; the run goes on.
    #[error("stopped waiting; the run goes on: {url}")]
    Stopped {
        /// Page of the run.
        url: String,
    },
}

impl RunError {
    /// That the state has no such resource.
    pub(crate) fn not_deployed(key: &ResourceKey, states: &States, target: &str) -> Self {
        let deployed = states.entries().map(|(key, _)| key);
        Self::NotDeployed {
            key: key.clone(),
            target: target.to_owned(),
            deployed: deployed
                .filter(|other| other.kind == key.kind && other.sub.is_none())
                .map(|other| other.name.clone())
                .collect(),
        }
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

#[derive(Deserialize)]
struct Started {
    run_id: i64,
}

#[derive(Deserialize)]
struct Run {
    #[serde(default)]
    run_page_url: String,
    #[serde(default)]
    state: State,
    #[serde(default)]
    tasks: Vec<TaskRun>,
}

#[derive(Default, Deserialize)]
struct State {
    #[serde(default)]
    life_cycle_state: String,
    #[serde(default)]
    result_state: Option<String>,
    #[serde(default)]
    state_message: String,
}

impl State {
    fn is_over(&self) -> bool {
        matches!(
            self.life_cycle_state.as_str(),
            "TERMINATED" | "SKIPPED" | "INTERNAL_ERROR"
        )
    }

    fn shown(&self) -> String {
        self.result_state
            .clone()
            .unwrap_or_else(|| self.life_cycle_state.clone())
    }
}

#[derive(Deserialize)]
struct TaskRun {
    run_id: i64,
    task_key: String,
    #[serde(default)]
    state: State,
}

#[derive(Default, Deserialize)]
struct Output {
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    error_trace: Option<String>,
    #[serde(default)]
    logs: Option<String>,
}

/// Runs the job with this key (`load` or `jobs.load`) and waits for its end.
///
/// # Errors
/// When it is not deployed, cannot be started, or its run does not succeed.
pub async fn run_job(
    loaded: &LoadedBundle,
    key: &str,
    parameters: &RunParameters,
    progress: &dyn Progress,
) -> Result<RunOutcome, RunError> {
    let base = base_state::read(loaded).await?;
    let name = key.strip_prefix("jobs.").unwrap_or(key);
    let resource = ResourceKey::bundle("jobs", name);
    let Some(entry) = base.states.get(&resource) else {
        return Err(RunError::not_deployed(&resource, &base.states, &loaded.bundle.target));
    };
    let job_id: i64 = entry
        .id
        .parse()
        .map_err(|_not_a_number| RunError::JobId(entry.id.clone()))?;
    let mut body = json!({"job_id": job_id, "idempotency_token": uuid::Uuid::new_v4().to_string()});
    if !parameters.is_empty() {
        body["job_parameters"] = json!(parameters);
    }
    let request = Request::new(Method::Post, "/api/2.2/jobs/run-now").json(body);
    // The token makes a repeated request give the same run.
    let response = loaded.client.send_repeatable(&request).await?;
    let started: Started = response
        .json()
        .and_then(serde_json::from_value)
        .map_err(|source| ClientError::unreadable(&loaded.client, &request, source))?;
    wait(&loaded.client, job_id, started.run_id, progress).await
}

async fn wait(client: &Client, job_id: i64, run_id: i64, progress: &dyn Progress) -> Result<RunOutcome, RunError> {
    let request = Request::new(Method::Get, "/api/2.2/jobs/runs/get").query("run_id", run_id);
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    let polling = Polling::begin();
    let mut announced = false;
    loop {
        let run: Run = client.fetch(&request).await?;
        if !announced {
            progress.say(&format!("run {run_id}: {}", run.run_page_url));
            announced = true;
        }
        for task in &run.tasks {
            let state = task.state.shown();
            if !state.is_empty() && shown.get(&task.task_key) != Some(&state) {
                progress.say(&format!("task {}: {state}", task.task_key));
                shown.insert(task.task_key.clone(), state);
            }
        }
        if run.state.is_over() {
            return finished(client, job_id, run_id, run).await;
        }
        if progress.stop_requested() {
            return Err(RunError::Stopped { url: run.run_page_url });
        }
        polling.pause().await;
    }
}

async fn finished(client: &Client, job_id: i64, run_id: i64, run: Run) -> Result<RunOutcome, RunError> {
    let outcome = RunOutcome {
        job_id,
        run_id,
        url: run.run_page_url,
        result: run.state.shown(),
        tasks: run
            .tasks
            .iter()
            .map(|task| TaskOutcome {
                task_key: task.task_key.clone(),
                run_id: task.run_id,
                result: task.state.shown(),
            })
            .collect(),
    };
    if run.state.result_state.as_deref() == Some("SUCCESS") {
        return Ok(outcome);
    }
    let failed = run
        .tasks
        .iter()
        .find(|task| matches!(task.state.result_state.as_deref(), Some("FAILED" | "TIMEDOUT")))
        .or_else(|| {
            run.tasks
                .iter()
                .find(|task| task.state.life_cycle_state == "INTERNAL_ERROR")
        });
    let output = match failed {
        Some(task) => task_output(client, task.run_id).await?,
        None => Output::default(),
    };
    let text = [output.error_trace.as_deref(), output.logs.as_deref()]
        .into_iter()
        .flatten()
        .find(|text| !text.trim().is_empty())
        .unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let end = lines[lines.len().saturating_sub(OUTPUT_LINES)..]
        .iter()
        .map(|line| (*line).to_owned());
    Err(RunError::Failed(Box::new(RunFailure {
        outcome,
        message: run.state.state_message,
        task: failed.map(|task| task.task_key.clone()),
        error: output
            .error
            .or_else(|| failed.map(|task| task.state.state_message.clone()))
            .filter(|message| !message.is_empty()),
        output: end.collect(),
    })))
}

async fn task_output(client: &Client, run_id: i64) -> Result<Output, ClientError> {
    let request = Request::new(Method::Get, "/api/2.2/jobs/runs/get-output").query("run_id", run_id);
    client.fetch(&request).await
}
