//! One task of a run: its attempts, each executed and written down.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use crate::error::ApiError;
use crate::jobs::for_each;
use crate::jobs::graph::End;
use crate::jobs::packages;
use crate::jobs::pipeline;
use crate::jobs::process::{self, Ended, ProcessError};
use crate::jobs::resolved::{self, ProcessWork, Work};
use crate::jobs::run::{self, Output, TaskRun};
use crate::jobs::run_job;
use crate::jobs::settings::Object;
use crate::jobs::sql_file;
use crate::jobs::state::{LifeCycle, ResultState, State};
use crate::jobs::stop::Stop;
use crate::jobs::task_plan::TaskPlan;
use crate::jobs::work::Shared;
use crate::sql::Defaults;
use crate::workspace::Workspace;

/// Tries a task until it is successful, its retries are used up, or the run stops. The future has a named type, because tasks contain tasks.
pub(crate) fn attempts(
    shared: Arc<Shared>,
    task: TaskPlan,
    attempt: TaskRun,
) -> BoxFuture<'static, Result<(String, End), ApiError>> {
    Box::pin(repeat(shared, task, attempt))
}

async fn repeat(shared: Arc<Shared>, task: TaskPlan, mut attempt: TaskRun) -> Result<(String, End), ApiError> {
    // A repair goes on counting; its retries count from there.
    let first = attempt.attempt_number;
    loop {
        attempt_once(&shared, &task, &mut attempt).await?;
        let end = attempt.end();
        let again = match end.result {
            ResultState::Failed => true,
            ResultState::TimedOut => task.retry_on_timeout,
            _ => false,
        };
        let left = task.max_retries < 0 || attempt.attempt_number - first < task.max_retries;
        if !again || !left || shared.stop.is_told() {
            return Ok((task.task_key, end));
        }
        attempt = next_attempt(&shared.workspace, &attempt).await?;
        let mut stop = shared.stop.clone();
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(task.min_retry_interval_millis)) => {}
            _ = stop.told() => {}
        }
    }
}

async fn next_attempt(workspace: &Workspace, last: &TaskRun) -> Result<TaskRun, ApiError> {
    let next = TaskRun {
        id: workspace.ids.number(),
        attempt_number: last.attempt_number + 1,
        state: State::active(LifeCycle::WaitingForRetry),
        start_time: None,
        end_time: None,
        resolved: None,
        output: None,
        task_values: Object::new(),
        ..last.clone()
    };
    let mut transaction = workspace.store.begin().await?;
    run::insert_task(&mut transaction, &next).await?;
    transaction.commit().await?;
    Ok(next)
}

async fn attempt_once(shared: &Arc<Shared>, task: &TaskPlan, attempt: &mut TaskRun) -> Result<(), ApiError> {
    let workspace = &shared.workspace;
    let mut stop = shared.stop.clone();
    if attempt.state.life_cycle == LifeCycle::Blocked {
        attempt.state = State::active(LifeCycle::Pending);
        run::save_task(workspace, attempt).await?;
    }
    // A task that waits for others must not keep them from their turn.
    let slot = match task.works() {
        false => Ok(None),
        true => tokio::select! {
            biased;
            reason = stop.told() => Err(reason),
            slot = workspace.jobs.runner().slot() => Ok(Some(slot)),
        },
    };
    let _slot = match slot {
        Ok(slot) => slot,
        Err(reason) => {
            attempt.state = reason.state("the task");
            return finish(workspace, attempt).await;
        }
    };
    attempt.state = State::active(LifeCycle::Running);
    attempt.start_time = Some(workspace.clock.now_ms());
    run::save_task(workspace, attempt).await?;
    let (state, output, values) = execute(shared, task, attempt).await;
    attempt.state = state;
    attempt.output = Some(output);
    attempt.task_values = values;
    finish(workspace, attempt).await
}

async fn finish(workspace: &Workspace, attempt: &mut TaskRun) -> Result<(), ApiError> {
    attempt.end_time = Some(workspace.clock.now_ms());
    run::save_task(workspace, attempt).await
}

type Executed = (State, Output, Object);

fn failed(message: String) -> Executed {
    let output = Output::failed(message.clone());
    (State::ended(ResultState::Failed, message), output, Object::new())
}

/// Executes one attempt; whatever goes wrong becomes its state.
async fn execute(shared: &Arc<Shared>, task: &TaskPlan, attempt: &mut TaskRun) -> Executed {
    let work = match resolved::resolve(shared, task, attempt).await {
        Ok(Ok(work)) => work,
        Ok(Err(message)) => return failed(message),
        Err(error) => return failed(error.to_string()),
    };
    attempt.resolved = Some(shared.watch.redactor(&[]).document(work.resolved()));
    if let Err(error) = run::save_task(&shared.workspace, attempt).await {
        return failed(error.to_string());
    }
    let limit = (task.timeout_seconds > 0).then(|| Duration::from_secs(task.timeout_seconds));
    let waited = match work {
        Work::Process(work) => return concluded(process(shared, task, attempt, work, limit).await),
        Work::Sql {
            warehouse_id,
            path,
            parameters,
        } => {
            let task = sql_file::Task {
                workspace: &shared.workspace,
                principal: &shared.principal,
                warehouse_id: &warehouse_id,
                path: &path,
                values: &parameters,
            };
            return concluded(sql_file::run(&task, limit, shared.stop.clone()).await);
        }
        Work::Condition { op, left, right } => {
            return match op.compare(&left, &right) {
                Ok(outcome) => {
                    let output = Output {
                        outcome: Some(outcome),
                        ..Output::default()
                    };
                    (State::ended(ResultState::Success, ""), output, Object::new())
                }
                Err(message) => failed(message),
            };
        }
        Work::ForEach { task, inputs } => for_each::run(shared, &task, attempt, inputs, limit).await,
        Work::Pipeline(id, asked) => pipeline::run(shared, attempt, (id, asked), limit).await,
        Work::RunJob(called) => run_job::run(shared, attempt, called, limit).await,
    };
    match waited {
        Ok((state, output)) => (state, output, Object::new()),
        Err(error) if error.status.is_client_error() => failed(error.message),
        Err(error) => (
            State::internal_error(error.to_string()),
            Output::failed(error.to_string()),
            Object::new(),
        ),
    }
}

async fn process(
    shared: &Shared,
    task: &TaskPlan,
    attempt: &TaskRun,
    work: ProcessWork,
    limit: Option<Duration>,
) -> Result<process::Outcome, ProcessError> {
    let libraries = shared.plan.libraries(task)?;
    let packages = packages::ensure(&shared.workspace, &shared.principal, &libraries).await?;
    let task = process::Task {
        workspace: &shared.workspace,
        principal: &shared.principal,
        task_run_id: attempt.id,
        root: work
            .path
            .as_deref()
            .map(|path| source_root(shared.deployment_root.as_deref(), path)),
        work: &work,
        packages: packages.as_deref(),
        watch: &shared.watch,
        defaults: &Defaults::default(),
    };
    let launcher = shared.workspace.jobs.runner().launcher();
    process::run(&task, launcher, limit, shared.stop.clone()).await
}

fn concluded(outcome: Result<process::Outcome, ProcessError>) -> Executed {
    let error = match outcome {
        Ok(outcome) => return (state_of(&outcome), outcome.output, outcome.task_values),
        Err(error) => error,
    };
    let message = error.to_string();
    match error {
        ProcessError::Workspace(error) if error.status.is_client_error() => failed(message),
        ProcessError::Packages(_) => failed(message),
        ProcessError::Workspace(_)
        | ProcessError::Compute(_)
        | ProcessError::File { .. }
        | ProcessError::Start { .. }
        | ProcessError::Refused { .. } => {
            let output = Output::failed(message.clone());
            (State::internal_error(message), output, Object::new())
        }
    }
}

fn state_of(outcome: &process::Outcome) -> State {
    match (&outcome.ended, &outcome.output.error) {
        (Ended::Stopped(reason), _) => reason.state("the task"),
        (Ended::TimedOut, _) => Stop::TimedOut.state("the task"),
        (Ended::Finished, None) => State::ended(ResultState::Success, ""),
        (Ended::Finished, Some(error)) => State::ended(ResultState::Failed, error.clone()),
    }
}

/// What a task finds of the workspace's files: all of its bundle's, or those of its own directory.
fn source_root(deployment_root: Option<&str>, path: &str) -> String {
    let plain = |path: &str| path.strip_prefix("/Workspace").unwrap_or(path).to_owned();
    match deployment_root.map(plain) {
        Some(root) if plain(path).starts_with(&format!("{root}/")) => root,
        _ => path
            .rsplit_once('/')
            .map_or_else(|| "/".to_owned(), |(directory, _)| directory.to_owned()),
    }
}
