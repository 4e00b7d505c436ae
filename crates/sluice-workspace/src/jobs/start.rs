//! How a run begins, whoever asks for it: its parameters, its place in the queue, its rows in the store.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::error::ApiError;
use crate::jobs::run::{self, Overriding, ParameterValue, Run, RunType, TaskRun, Trigger};
use crate::jobs::settings::{JobPlan, Object};
use crate::jobs::state::{LifeCycle, ResultState, State};
use crate::workspace::Workspace;

/// A job may have this many runs that wait.
const QUEUE_LIMIT: i64 = 1000;

/// A run that is asked for.
pub(crate) struct Start {
    pub(crate) job_id: i64,
    pub(crate) creator: String,
    pub(crate) run_as: String,
    pub(crate) settings: Object,
    pub(crate) parameters: Vec<ParameterValue>,
    pub(crate) overriding: Overriding,
    pub(crate) idempotency_token: Option<String>,
    /// Whether it waits when the job has as many runs as it may have; else what the job says.
    pub(crate) queued: Option<bool>,
    pub(crate) run_type: RunType,
    pub(crate) trigger: Trigger,
    /// The task run that asks for it.
    pub(crate) parent_task_run: Option<i64>,
}

/// Stores a run and starts to work on it, unless it has to wait; gives the earlier run when its token was used before.
///
/// # Errors
/// 400 for a job without tasks or a token that is too long, 429 when too many runs wait.
pub(crate) async fn start(workspace: &Arc<Workspace>, asked: Start) -> Result<Run, ApiError> {
    let plan = JobPlan::read(&asked.settings)?;
    if plan.tasks.is_empty() {
        return Err(ApiError::invalid(format!("Job {} has no tasks to run.", asked.job_id)));
    }
    let mut transaction = workspace.store.begin().await?;
    let token = asked.idempotency_token.filter(|token| !token.is_empty());
    if let Some(token) = &token {
        if token.len() > 64 {
            return Err(ApiError::invalid("`idempotency_token` is longer than 64 characters"));
        }
        if let Some(run) = run::find_by_token(&mut transaction, &asked.creator, token).await? {
            return Ok(run);
        }
    }
    let (active, last) = run::counts(&mut transaction, asked.job_id).await?;
    let queued = asked.queued.unwrap_or(plan.queue.enabled);
    let state = first_state(active, i64::from(plan.max_concurrent_runs), queued)?;
    let now = workspace.clock.now_ms();
    let run = Run {
        id: workspace.ids.number(),
        job_id: asked.job_id,
        number_in_job: last + 1,
        creator: asked.creator,
        run_as: asked.run_as,
        settings: asked.settings,
        parameters: asked.parameters,
        overriding: asked.overriding,
        idempotency_token: token,
        end_time: state.is_final().then_some(now),
        state,
        requested_at: now,
        start_time: None,
        run_type: asked.run_type,
        trigger: asked.trigger,
        parent_task_run: asked.parent_task_run,
        original: None,
        repairs: Vec::new(),
    };
    run::insert(&mut transaction, &run).await?;
    for (position, task) in (0..).zip(&plan.tasks) {
        let attempt = first_attempt(workspace, &run, position, &task.task_key);
        run::insert_task(&mut transaction, &attempt).await?;
    }
    transaction.commit().await?;
    if run.state.life_cycle == LifeCycle::Pending {
        workspace.jobs.runner().begin(workspace, run.clone());
    }
    Ok(run)
}

/// How a run of a job with `active` runs begins.
///
/// # Errors
/// 429 when too many wait.
pub(crate) fn first_state(active: i64, highest: i64, queued: bool) -> Result<State, ApiError> {
    if active < highest {
        return Ok(State::active(LifeCycle::Pending));
    }
    if !queued {
        let text = format!("the job has {active} active runs and may have {highest}");
        return Ok(State::ended(ResultState::MaximumConcurrentRunsReached, text));
    }
    if active >= highest + QUEUE_LIMIT {
        return Err(ApiError::new(
            axum::http::StatusCode::TOO_MANY_REQUESTS,
            "RESOURCE_EXHAUSTED",
            format!("the job has {QUEUE_LIMIT} queued runs already"),
        ));
    }
    Ok(State::active(LifeCycle::Queued))
}

/// A task of a run that has not started.
pub(crate) fn first_attempt(workspace: &Workspace, run: &Run, position: i64, task_key: &str) -> TaskRun {
    let state = if run.state.is_final() {
        run.state.clone()
    } else {
        State::active(LifeCycle::Blocked)
    };
    TaskRun {
        id: workspace.ids.number(),
        run_id: run.id,
        position,
        task_key: task_key.to_owned(),
        attempt_number: 0,
        state,
        start_time: None,
        end_time: None,
        resolved: None,
        output: None,
        task_values: Object::new(),
        iteration: None,
        repair_id: None,
    }
}

/// The declared parameters with defaults and given values; given ones that are not declared are added.
///
/// # Errors
/// 400 when parameters of the job and of task types are mixed.
pub(crate) fn job_parameters(
    plan: &JobPlan,
    given: Option<IndexMap<String, String>>,
    overriding: &Overriding,
) -> Result<Vec<ParameterValue>, ApiError> {
    if !overriding.is_empty() && (given.is_some() || !plan.parameters.is_empty()) {
        return Err(ApiError::invalid(
            "parameters of task types (`notebook_params`, `python_params`, `sql_params`, …) cannot be used together with job \
             parameters: pass `job_parameters`",
        ));
    }
    let mut given = given.unwrap_or_default();
    let mut values: Vec<_> = plan
        .parameters
        .iter()
        .map(|each| ParameterValue {
            name: each.name.clone(),
            default: Some(each.default.clone()),
            value: given.shift_remove(&each.name).unwrap_or_else(|| each.default.clone()),
        })
        .collect();
    values.extend(given.into_iter().map(|(name, value)| ParameterValue {
        name,
        default: None,
        value,
    }));
    Ok(values)
}
