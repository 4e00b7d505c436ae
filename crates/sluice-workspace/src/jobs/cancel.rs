//! Ending runs before their time, and removing those that have ended.

use axum::Json;
use serde::Deserialize;

use crate::call::Call;
use crate::error::ApiError;
use crate::jobs::access;
use crate::jobs::operations::{Found, find};
use crate::jobs::run::{self, Run};
use crate::jobs::settings::Object;
use crate::jobs::state::{LifeCycle, ResultState, State};
use crate::jobs::stop::Stop;
use crate::permissions::Level;
use crate::workspace::Workspace;

#[derive(Deserialize)]
struct Named {
    run_id: i64,
}

/// `POST jobs/runs/cancel`
pub(crate) async fn cancel(mut call: Call) -> Result<Json<Object>, ApiError> {
    let Named { run_id } = call.json().await?;
    let found = find(&call.workspace, &call.principal, run_id, Level::CanManageRun).await?;
    cancel_run(&call.workspace, found.run().clone()).await?;
    Ok(Json(Object::new()))
}

#[derive(Deserialize)]
struct All {
    #[serde(default)]
    job_id: Option<i64>,
    #[serde(default)]
    all_queued_runs: bool,
}

/// `POST jobs/runs/cancel-all`: all runs of a job, or those that wait, of one job or of all that the caller may manage.
pub(crate) async fn cancel_all(mut call: Call) -> Result<Json<Object>, ApiError> {
    let All {
        job_id,
        all_queued_runs,
    } = call.json().await?;
    match job_id {
        Some(job_id) => access::require(&call.workspace, &call.principal, job_id, Level::CanManageRun).await?,
        None if all_queued_runs => {}
        None => {
            return Err(ApiError::invalid(
                "`job_id` is required unless `all_queued_runs` is true",
            ));
        }
    }
    for run in run::unfinished(&call.workspace).await? {
        let wanted = job_id.is_none_or(|job_id| run.job_id == job_id)
            && (!all_queued_runs || run.state.life_cycle == LifeCycle::Queued);
        let allowed = wanted
            && (job_id.is_some() || access::may_manage_runs(&call.workspace, &call.principal, run.job_id).await?);
        if allowed {
            cancel_run(&call.workspace, run).await?;
        }
    }
    Ok(Json(Object::new()))
}

/// `POST jobs/runs/delete`
pub(crate) async fn delete(mut call: Call) -> Result<Json<Object>, ApiError> {
    let Named { run_id } = call.json().await?;
    let run = match find(&call.workspace, &call.principal, run_id, Level::CanManage).await? {
        Found::Run(run) => run,
        Found::Task(run, _) => {
            return Err(ApiError::invalid(format!(
                "{run_id} is a task of the run {}: only whole runs are deleted",
                run.id
            )));
        }
    };
    if !run.state.is_final() {
        return Err(ApiError::invalid_state(format!(
            "Run {run_id} is active and cannot be deleted: cancel it first"
        )));
    }
    run::delete(&call.workspace, run_id).await?;
    Ok(Json(Object::new()))
}

/// Tells a run to end; one that waits in the queue ends at once, one that has ended stays as it is.
pub(crate) async fn cancel_run(workspace: &Workspace, mut run: Run) -> Result<(), ApiError> {
    if run.state.is_final() || workspace.jobs.runner().stop_run(run.id, Stop::Canceled) {
        return Ok(());
    }
    run.end(
        State::ended(ResultState::Canceled, "the run was cancelled"),
        workspace.clock.now_ms(),
    );
    for mut task in run::tasks(workspace, run.id).await? {
        if !task.state.is_final() {
            task.state = run.state.clone();
            run::save_task(workspace, &task).await?;
        }
    }
    run::save(workspace, &run).await?;
    workspace.jobs.runner().announce();
    Ok(())
}
