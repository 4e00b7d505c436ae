//! A task that runs an update of a pipeline and waits for its end.

use std::time::Duration;

use crate::error::ApiError;
use crate::jobs::run::{self, Output, TaskRun};
use crate::jobs::state::{ResultState, State};
use crate::jobs::stop::Stop;
use crate::jobs::work::Shared;
use crate::permissions::Level;
use crate::pipelines::{self, StartUpdate, Update, UpdateState};

/// Starts an update and waits for its end; ends it when the run stops or the time of the task is over.
pub(crate) async fn run(
    shared: &Shared,
    attempt: &mut TaskRun,
    (pipeline_id, asked): (String, StartUpdate),
    limit: Option<Duration>,
) -> Result<(State, Output), ApiError> {
    let workspace = &shared.workspace;
    let definition = pipelines::require(workspace, &shared.principal, &pipeline_id, Level::CanRun).await?;
    let update = pipelines::start(workspace, &definition, asked.by_task()).await?;
    let output = Output {
        info: Some(format!("update {} of the pipeline {pipeline_id}", update.id)),
        ..Output::default()
    };
    // Written down at once: whoever looks finds the update that the task waits for.
    attempt.output = Some(output.clone());
    run::save_task(workspace, attempt).await?;
    let time_over = async {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    let mut stop = shared.stop.clone();
    let reason = tokio::select! {
        update = pipelines::ended(workspace, &update.id) => return Ok(conclude(&update?, output)),
        reason = stop.told() => reason,
        () = time_over => Stop::TimedOut,
    };
    if reason != Stop::Shutdown {
        workspace.pipelines.cancel(&pipeline_id);
        pipelines::ended(workspace, &update.id).await?;
    }
    Ok((reason.state("the task"), output))
}

fn conclude(update: &Update, output: Output) -> (State, Output) {
    if update.state == UpdateState::Completed {
        return (State::ended(ResultState::Success, ""), output);
    }
    let message = format!(
        "the update {} of the pipeline {} is {}: {}",
        update.id,
        update.pipeline_id,
        update.state.as_str(),
        update.reason.as_deref().unwrap_or("it was stopped")
    );
    let output = Output {
        error: Some(message.clone()),
        ..output
    };
    let result = match update.state {
        UpdateState::Canceled => ResultState::Canceled,
        _ => ResultState::Failed,
    };
    (State::ended(result, message), output)
}
