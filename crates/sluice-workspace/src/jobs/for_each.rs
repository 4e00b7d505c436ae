//! A task that runs another once for each input: the iterations, a few at the same time.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::task::JoinSet;

use crate::error::ApiError;
use crate::jobs::attempt;
use crate::jobs::references::Input;
use crate::jobs::run::{self, Iteration, Output, TaskRun};
use crate::jobs::settings::Object;
use crate::jobs::state::{LifeCycle, ResultState, State};
use crate::jobs::stop::{self, Stop};
use crate::jobs::task_plan::ForEachTask;
use crate::jobs::work::Shared;
use crate::workspace::Workspace;

/// A task has at most this many iterations.
const ITERATIONS_LIMIT: usize = 5000;

/// The elements of a JSON array.
///
/// # Errors
/// When the text is something else, or holds too many.
pub(crate) fn inputs(text: &str) -> Result<Vec<Input>, String> {
    let inputs: Vec<Input> = serde_json::from_str(text)
        .map_err(|_not_an_array| format!("the inputs of a `for_each_task` are a JSON array, not `{text}`"))?;
    if inputs.len() > ITERATIONS_LIMIT {
        return Err(format!(
            "a `for_each_task` has at most {ITERATIONS_LIMIT} inputs, here are {}",
            inputs.len()
        ));
    }
    Ok(inputs)
}

/// Runs all iterations until they have ended, the run stops, or the time of the task is over.
pub(crate) async fn run(
    shared: &Arc<Shared>,
    task: &ForEachTask,
    parent: &TaskRun,
    inputs: Vec<Input>,
    limit: Option<Duration>,
) -> Result<(State, Output), ApiError> {
    let workspace = &shared.workspace;
    let waiting = insert(workspace, task, parent, inputs).await?;
    let (total, concurrency) = (waiting.len(), task.concurrency.unwrap_or(1) as usize);
    let mut waiting = waiting.into_iter();
    let (tell, told) = stop::channel();
    let below = Arc::new(shared.with_stop(told));
    let time_over = async {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(time_over);
    let mut stop = shared.stop.clone();
    let mut stopped: Option<Stop> = None;
    let mut failed = 0;
    let mut working = JoinSet::new();
    loop {
        while stopped.is_none() && working.len() < concurrency {
            let Some(iteration) = waiting.next() else { break };
            working.spawn(attempt::attempts(below.clone(), (*task.task).clone(), iteration));
        }
        if working.is_empty() {
            break;
        }
        tokio::select! {
            joined = working.join_next() => {
                let ended = joined.transpose().map_err(|error| ApiError::internal(format!("an iteration ended with a panic: {error}")))?;
                if let Some(ended) = ended && ended?.1.result != ResultState::Success {
                    failed += 1;
                }
            }
            reason = stop.told(), if stopped.is_none() => stopped = Some(reason),
            () = &mut time_over, if stopped.is_none() => stopped = Some(Stop::TimedOut),
        }
        if let Some(reason) = stopped {
            tell.stop(reason);
        }
    }
    let now = workspace.clock.now_ms();
    for mut iteration in waiting {
        iteration.state = stopped.unwrap_or(Stop::Canceled).state("the task");
        iteration.end_time = Some(now);
        run::save_task(workspace, &iteration).await?;
    }
    let state = match (stopped, failed) {
        (Some(reason), _) => reason.state("the task"),
        (None, 0) => State::ended(ResultState::Success, ""),
        (None, failed) => State::ended(ResultState::Failed, format!("{failed} of {total} iterations failed")),
    };
    let error = (state.result != Some(ResultState::Success)).then(|| state.message.clone());
    Ok((
        state,
        Output {
            error,
            ..Output::default()
        },
    ))
}

async fn insert(
    workspace: &Workspace,
    task: &ForEachTask,
    parent: &TaskRun,
    inputs: Vec<Input>,
) -> Result<Vec<TaskRun>, ApiError> {
    let mut transaction = workspace.store.begin().await?;
    let mut iterations = Vec::with_capacity(inputs.len());
    for (number, input) in (0..).zip(inputs) {
        let iteration = TaskRun {
            id: workspace.ids.number(),
            run_id: parent.run_id,
            position: parent.position,
            task_key: task.task.task_key.clone(),
            attempt_number: 0,
            state: State::active(LifeCycle::Blocked),
            start_time: None,
            end_time: None,
            resolved: None,
            output: None,
            task_values: Object::new(),
            iteration: Some(Iteration {
                of: parent.id,
                number,
                input,
            }),
            repair_id: parent.repair_id,
        };
        run::insert_task(&mut transaction, &iteration).await?;
        iterations.push(iteration);
    }
    transaction.commit().await?;
    Ok(iterations)
}

/// `ForEachStats` of the API.
#[derive(Serialize)]
pub(crate) struct Statistics {
    task_run_stats: Counts,
    error_message_stats: Vec<Message>,
}

#[derive(Serialize)]
struct Counts {
    total_iterations: usize,
    scheduled_iterations: usize,
    active_iterations: usize,
    completed_iterations: usize,
    succeeded_iterations: usize,
    failed_iterations: usize,
}

#[derive(Serialize)]
struct Message {
    error_message: String,
    count: usize,
    termination_category: &'static str,
}

/// How far the iterations of a task are.
pub(crate) fn statistics(iterations: &[TaskRun]) -> Statistics {
    let count = |wanted: &dyn Fn(&State) -> bool| iterations.iter().filter(|each| wanted(&each.state)).count();
    let succeeded = count(&|state| state.result == Some(ResultState::Success));
    let completed = count(&State::is_final);
    let waiting = count(&|state| state.life_cycle == LifeCycle::Blocked);
    let mut messages: Vec<Message> = Vec::new();
    let failed = |each: &&TaskRun| each.state.is_final() && each.state.result != Some(ResultState::Success);
    for each in iterations.iter().filter(failed) {
        match messages
            .iter_mut()
            .find(|known| known.error_message == each.state.message)
        {
            Some(known) => known.count += 1,
            None => messages.push(Message {
                error_message: each.state.message.clone(),
                count: 1,
                termination_category: "RUN_EXECUTION_ERROR",
            }),
        }
    }
    Statistics {
        task_run_stats: Counts {
            total_iterations: iterations.len(),
            scheduled_iterations: iterations.len() - waiting,
            active_iterations: iterations.len() - waiting - completed,
            completed_iterations: completed,
            succeeded_iterations: succeeded,
            failed_iterations: completed - succeeded,
        },
        error_message_stats: messages,
    }
}
