//! One task of a run: its attempts, each executed and written down.

use std::sync::Arc;
use std::time::Duration;

use crate::error::ApiError;
use crate::jobs::process::{self, Ended, ProcessError};
use crate::jobs::resolved::{self, Work};
use crate::jobs::run::{self, Output, TaskRun};
use crate::jobs::settings::{Object, TaskPlan};
use crate::jobs::sql_file;
use crate::jobs::state::{LifeCycle, ResultState, State};
use crate::jobs::stop::Stop;
use crate::jobs::work::Shared;
use crate::workspace::Workspace;

/// Tries a task until it is successful, its retries are used up, or the run stops.
pub(crate) async fn attempts(
    shared: Arc<Shared>,
    task: TaskPlan,
    mut attempt: TaskRun,
) -> Result<(String, ResultState), ApiError> {
    loop {
        let result = attempt_once(&shared, &task, &mut attempt).await?;
        let again = match result {
            ResultState::Failed => true,
            ResultState::TimedOut => task.retry_on_timeout,
            _ => false,
        };
        let left = task.max_retries < 0 || attempt.attempt_number < task.max_retries;
        if !again || !left || shared.stop.is_told() {
            return Ok((task.task_key, result));
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

async fn attempt_once(shared: &Shared, task: &TaskPlan, attempt: &mut TaskRun) -> Result<ResultState, ApiError> {
    let workspace = &shared.workspace;
    let mut stop = shared.stop.clone();
    if attempt.state.life_cycle == LifeCycle::Blocked {
        attempt.state = State::active(LifeCycle::Pending);
        run::save_task(workspace, attempt).await?;
    }
    let slot = tokio::select! {
        biased;
        reason = stop.told() => Err(reason),
        slot = workspace.jobs.runner().slot() => Ok(slot),
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

async fn finish(workspace: &Workspace, attempt: &mut TaskRun) -> Result<ResultState, ApiError> {
    attempt.end_time = Some(workspace.clock.now_ms());
    run::save_task(workspace, attempt).await?;
    Ok(attempt.state.result.unwrap_or(ResultState::Failed))
}

/// Executes one attempt; whatever goes wrong becomes its state.
async fn execute(shared: &Shared, task: &TaskPlan, attempt: &mut TaskRun) -> (State, Output, Object) {
    let failed = |message: String| {
        let output = Output {
            error: Some(message.clone()),
            ..Output::default()
        };
        (State::ended(ResultState::Failed, message), output, Object::new())
    };
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
    let outcome = match work {
        Work::Process {
            kind,
            path,
            parameters,
            task_values,
        } => {
            let launcher = shared.workspace.jobs.runner().launcher();
            let task = process::Task {
                workspace: &shared.workspace,
                principal: &shared.principal,
                task_run_id: attempt.id,
                kind,
                root: source_root(shared.deployment_root.as_deref(), &path),
                path,
                parameters,
                task_values,
                watch: &shared.watch,
            };
            process::run(&task, launcher, limit, shared.stop.clone()).await
        }
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
            sql_file::run(&task, limit, shared.stop.clone()).await
        }
    };
    match outcome {
        Ok(outcome) => (state_of(&outcome), outcome.output, outcome.task_values),
        Err(error) => {
            let message = error.to_string();
            let output = Output {
                error: Some(message.clone()),
                ..Output::default()
            };
            let state = match error {
                ProcessError::Workspace(error) if error.status.is_client_error() => {
                    State::ended(ResultState::Failed, message)
                }
                ProcessError::Workspace(_)
                | ProcessError::Compute(_)
                | ProcessError::File { .. }
                | ProcessError::Start { .. }
                | ProcessError::Refused { .. } => State::internal_error(message),
            };
            (state, output, Object::new())
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
