//! A task that runs another job and waits for its end.

use std::time::Duration;

use crate::error::ApiError;
use crate::jobs::access;
use crate::jobs::cancel::cancel_run;
use crate::jobs::job;
use crate::jobs::run::{self, Output, Overriding, Run, RunType, TaskRun, Trigger};
use crate::jobs::runner;
use crate::jobs::start::{self, Start};
use crate::jobs::state::{ResultState, State};
use crate::jobs::stop::Stop;
use crate::jobs::work::Shared;
use crate::permissions::Level;
use crate::workspace::Workspace;

/// The job to run, with all references replaced.
pub(crate) struct Called {
    pub(crate) job_id: i64,
    pub(crate) parameters: indexmap::IndexMap<String, String>,
    pub(crate) overriding: Overriding,
}

/// Starts a run of the job and waits for its end; ends it when the calling run stops or the time of the task is over.
pub(crate) async fn run(
    shared: &Shared,
    attempt: &mut TaskRun,
    called: Called,
    limit: Option<Duration>,
) -> Result<(State, Output), ApiError> {
    let workspace = &shared.workspace;
    let child = begin(shared, attempt.id, called).await?;
    let output = Output {
        child_run_id: Some(child.id),
        ..Output::default()
    };
    // Written down at once: whoever looks finds the run that the task waits for.
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
        child = runner::ended(workspace, child.id) => return Ok(conclude(&child?, output)),
        reason = stop.told() => reason,
        () = time_over => Stop::TimedOut,
    };
    if reason != Stop::Shutdown {
        if let Some(child) = run::find(workspace, child.id).await? {
            cancel_run(workspace, child).await?;
        }
        runner::ended(workspace, child.id).await?;
    }
    Ok((reason.state("the task"), output))
}

async fn begin(shared: &Shared, task_run_id: i64, called: Called) -> Result<Run, ApiError> {
    let (workspace, principal) = (&shared.workspace, &shared.principal);
    let Called {
        job_id,
        parameters,
        overriding,
    } = called;
    access::require(workspace, principal, job_id, Level::CanManageRun).await?;
    let job = job::find(workspace, job_id)
        .await?
        .ok_or_else(|| ApiError::invalid(format!("Job {job_id} does not exist.")))?;
    if callers(workspace, &shared.run).await?.contains(&job_id) {
        return Err(ApiError::invalid(format!(
            "the job {job_id} is run by itself through `run_job_task`: jobs cannot run each other in a circle"
        )));
    }
    let given = (!parameters.is_empty()).then_some(parameters);
    let parameters = start::job_parameters(&job.plan()?, given, &overriding)?;
    let start = Start {
        job_id,
        creator: principal.name.clone(),
        run_as: access::run_as(workspace, &job).await?,
        settings: job.settings,
        parameters,
        overriding,
        idempotency_token: None,
        queued: None,
        run_type: RunType::JobRun,
        trigger: Trigger::RunJobTask,
        parent_task_run: Some(task_run_id),
    };
    start::start(workspace, start).await
}

/// The jobs of this run and of those that it was called by.
async fn callers(workspace: &Workspace, run: &Run) -> Result<Vec<i64>, ApiError> {
    let mut jobs = vec![run.job_id];
    let mut parent = run.parent_task_run;
    while let Some(task_run) = parent {
        let Some(task) = run::find_task(workspace, task_run).await? else {
            break;
        };
        let Some(caller) = run::find(workspace, task.run_id).await? else {
            break;
        };
        jobs.push(caller.job_id);
        parent = caller.parent_task_run;
    }
    Ok(jobs)
}

fn conclude(child: &Run, output: Output) -> (State, Output) {
    match child.state.result {
        Some(ResultState::Success | ResultState::SuccessWithFailures) => {
            (State::ended(ResultState::Success, ""), output)
        }
        _ => {
            let message = format!(
                "the run {} of the job {} was not successful: {}",
                child.id, child.job_id, child.state.message
            );
            let output = Output {
                error: Some(message.clone()),
                ..output
            };
            (State::ended(ResultState::Failed, message), output)
        }
    }
}
