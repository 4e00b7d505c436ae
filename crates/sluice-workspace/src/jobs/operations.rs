//! The operations on runs: run-now, get, list, get-output, cancel.

use axum::Json;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::Call;
use crate::error::ApiError;
use crate::jobs::access;
use crate::jobs::definitions;
use crate::jobs::page;
use crate::jobs::run::{self, Overriding, ParameterValue, Run, TaskRun};
use crate::jobs::settings::{JobPlan, Object};
use crate::jobs::state::{LifeCycle, ResultState, State};
use crate::jobs::stop::Stop;
use crate::jobs::views;
use crate::permissions::Level;
use crate::principal::Principal;
use crate::workspace::Workspace;

/// A job may have this many runs that wait.
const QUEUE_LIMIT: i64 = 1000;

#[derive(Deserialize)]
struct RunNow {
    job_id: i64,
    #[serde(default)]
    idempotency_token: Option<String>,
    #[serde(default)]
    job_parameters: Option<IndexMap<String, String>>,
    #[serde(default)]
    notebook_params: Option<IndexMap<String, String>>,
    #[serde(default)]
    python_params: Option<Vec<String>>,
    #[serde(default)]
    sql_params: Option<IndexMap<String, String>>,
    #[serde(default)]
    queue: Option<Queue>,
    #[serde(flatten)]
    rest: Object,
}

#[derive(Deserialize)]
struct Queue {
    enabled: bool,
}

#[derive(Serialize)]
pub(crate) struct Started {
    run_id: i64,
    number_in_job: i64,
}

/// Fields of run-now that belong to task kinds or features that are not here.
const REFUSED: [&str; 8] = [
    "dbt_commands",
    "jar_params",
    "only",
    "performance_target",
    "pipeline_params",
    "python_named_params",
    "spark_submit_params",
    "repair",
];

/// `POST jobs/run-now`
pub(crate) async fn run_now(mut call: Call) -> Result<Json<Started>, ApiError> {
    let asked: RunNow = call.json().await?;
    if let Some(field) = REFUSED.into_iter().find(|field| asked.rest.contains_key(*field)) {
        return Err(ApiError::not_implemented(format!(
            "`{field}` of run-now is not offered by the local workspace"
        )));
    }
    let (workspace, principal) = (call.workspace.clone(), call.principal.clone());
    let job = definitions::require(&workspace, &principal, asked.job_id, Level::CanManageRun).await?;
    let plan = job.plan()?;
    if plan.tasks.is_empty() {
        return Err(ApiError::invalid(format!("Job {} has no tasks to run.", job.id)));
    }
    let overriding = Overriding {
        notebook_params: asked.notebook_params,
        python_params: asked.python_params,
        sql_params: asked.sql_params,
    };
    let parameters = job_parameters(&plan, asked.job_parameters, &overriding)?;
    let run_as = access::run_as(&workspace, &job).await?;
    let mut transaction = workspace.store.begin().await?;
    let token = asked.idempotency_token.filter(|token| !token.is_empty());
    if let Some(token) = &token {
        if token.len() > 64 {
            return Err(ApiError::invalid("`idempotency_token` is longer than 64 characters"));
        }
        if let Some(run) = run::find_by_token(&mut transaction, &principal.name, token).await? {
            return Ok(Json(Started {
                run_id: run.id,
                number_in_job: run.number_in_job,
            }));
        }
    }
    let (active, last) = run::counts(&mut transaction, job.id).await?;
    let queued = asked.queue.map_or(plan.queue.enabled, |queue| queue.enabled);
    let state = first_state(active, i64::from(plan.max_concurrent_runs), queued)?;
    let now = workspace.clock.now_ms();
    let run = Run {
        id: workspace.ids.number(),
        job_id: job.id,
        number_in_job: last + 1,
        creator: principal.name.clone(),
        run_as,
        settings: job.settings,
        parameters,
        overriding,
        idempotency_token: token,
        end_time: state.is_final().then_some(now),
        state,
        requested_at: now,
        start_time: None,
    };
    run::insert(&mut transaction, &run).await?;
    for (position, task) in (0..).zip(&plan.tasks) {
        run::insert_task(
            &mut transaction,
            &first_attempt(&workspace, &run, position, &task.task_key),
        )
        .await?;
    }
    transaction.commit().await?;
    let started = Started {
        run_id: run.id,
        number_in_job: run.number_in_job,
    };
    if run.state.life_cycle == LifeCycle::Pending {
        workspace.jobs.runner().begin(&workspace, run);
    }
    Ok(Json(started))
}

fn first_state(active: i64, highest: i64, queued: bool) -> Result<State, ApiError> {
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

fn first_attempt(workspace: &Workspace, run: &Run, position: i64, task_key: &str) -> TaskRun {
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
    }
}

/// The declared parameters with defaults and given values; given ones that are not declared are added.
fn job_parameters(
    plan: &JobPlan,
    given: Option<IndexMap<String, String>>,
    overriding: &Overriding,
) -> Result<Vec<ParameterValue>, ApiError> {
    if !overriding.is_empty() && (given.is_some() || !plan.parameters.is_empty()) {
        return Err(ApiError::invalid(
            "parameters of task types (`notebook_params`, `python_params`, `sql_params`) cannot be used together with job \
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

/// A run that was asked for by id: of a job, or of one task.
enum Found {
    Run(Run),
    Task(Run, Box<TaskRun>),
}

impl Found {
    fn run(&self) -> &Run {
        match self {
            Self::Run(run) | Self::Task(run, _) => run,
        }
    }
}

async fn find(workspace: &Workspace, principal: &Principal, id: i64, level: Level) -> Result<Found, ApiError> {
    let missing = || ApiError::invalid(format!("Run {id} does not exist."));
    let found = match run::find(workspace, id).await? {
        Some(run) => Found::Run(run),
        None => {
            let task = run::find_task(workspace, id).await?.ok_or_else(missing)?;
            let run = run::find(workspace, task.run_id).await?.ok_or_else(missing)?;
            Found::Task(run, Box::new(task))
        }
    };
    if found.run().creator != principal.name {
        access::require(workspace, principal, found.run().job_id, level).await?;
    }
    Ok(found)
}

fn run_id(call: &Call) -> Result<i64, ApiError> {
    let text = call.required_query("run_id")?;
    text.parse()
        .map_err(|_not_a_number| ApiError::invalid(format!("`{text}` is not a run id")))
}

/// `GET jobs/runs/get`
pub(crate) async fn get(call: Call) -> Result<Json<Value>, ApiError> {
    let id = run_id(&call)?;
    let scope = format!("run {id}");
    let start = page::start(call.query("page_token"), &scope)?;
    let (mut view, more) = match find(&call.workspace, &call.principal, id, Level::CanView).await? {
        Found::Run(run) => views::of_run(&call.workspace, &run, start).await?,
        Found::Task(run, task) => (views::of_task_as_run(&call.workspace, &run, &task)?, false),
    };
    if let (true, Some(view)) = (more, view.as_object_mut()) {
        view.insert(
            "next_page_token".to_owned(),
            page::token(start + views::PAGE, &scope).into(),
        );
    }
    Ok(Json(view))
}

#[derive(Serialize)]
pub(crate) struct RunList {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    runs: Vec<Value>,
    has_more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_page_token: Option<String>,
}

/// `GET jobs/runs/list`
pub(crate) async fn list(call: Call) -> Result<Json<RunList>, ApiError> {
    let limit = match call.parse_query::<usize>("limit")? {
        Some(0) => 25,
        limit => limit.unwrap_or(20),
    };
    if limit > 25 {
        return Err(ApiError::invalid(format!("`limit` is {limit}: expected at most 25")));
    }
    let (active_only, completed_only) = (call.flag("active_only")?, call.flag("completed_only")?);
    if active_only && completed_only {
        return Err(ApiError::invalid(
            "`active_only` and `completed_only` cannot both be true",
        ));
    }
    let job_id = call.parse_query::<i64>("job_id")?;
    if let Some(job_id) = job_id {
        access::require(&call.workspace, &call.principal, job_id, Level::CanView).await?;
    }
    let (from, to) = (
        call.parse_query::<i64>("start_time_from")?,
        call.parse_query::<i64>("start_time_to")?,
    );
    let expand = call.flag("expand_tasks")?;
    let scope = format!("runs {job_id:?} {active_only} {completed_only} {from:?} {to:?}");
    let start = match call.parse_query::<usize>("offset")? {
        Some(offset) => offset,
        None => page::start(call.query("page_token"), &scope)?,
    };
    let mut visible = Vec::new();
    for run in run::list(&call.workspace, job_id).await? {
        let ended = run.state.is_final();
        let wanted = !(active_only && ended || completed_only && !ended)
            && from.is_none_or(|from| run.requested_at >= from)
            && to.is_none_or(|to| run.requested_at <= to);
        let allowed = job_id.is_some()
            || run.creator == call.principal.name
            || access::may_view(&call.workspace, &call.principal, run.job_id).await?;
        if wanted && allowed {
            visible.push(run);
        }
    }
    let has_more = visible.len() > start + limit;
    let mut runs = Vec::new();
    for run in visible.iter().skip(start).take(limit) {
        runs.push(match expand {
            true => views::of_run(&call.workspace, run, 0).await?.0,
            false => views::of_run_alone(&call.workspace, run)?,
        });
    }
    Ok(Json(RunList {
        runs,
        has_more,
        next_page_token: has_more.then(|| page::token(start + limit, &scope)),
        prev_page_token: (start > 0).then(|| page::token(start.saturating_sub(limit), &scope)),
    }))
}

/// `GET jobs/runs/get-output`
pub(crate) async fn get_output(call: Call) -> Result<Json<Value>, ApiError> {
    let id = run_id(&call)?;
    let (run, task) = match find(&call.workspace, &call.principal, id, Level::CanView).await? {
        Found::Task(run, task) => (run, *task),
        Found::Run(run) => {
            let mut tasks = run::tasks(&call.workspace, run.id).await?;
            match (tasks.pop(), tasks.is_empty()) {
                (Some(task), true) => (run, task),
                _ => {
                    return Err(ApiError::invalid(
                        "Retrieving the output of runs with multiple tasks is not supported. Please retrieve the output of \
                         each individual task run instead.",
                    ));
                }
            }
        }
    };
    Ok(Json(views::of_output(&call.workspace, &run, &task)?))
}

#[derive(Deserialize)]
struct Cancel {
    run_id: i64,
}

/// `POST jobs/runs/cancel`
pub(crate) async fn cancel(mut call: Call) -> Result<Json<Object>, ApiError> {
    let Cancel { run_id } = call.json().await?;
    let found = find(&call.workspace, &call.principal, run_id, Level::CanManageRun).await?;
    cancel_run(&call.workspace, found.run().clone()).await?;
    Ok(Json(Object::new()))
}

/// Tells a run to end; one that waits in the queue ends at once, one that has ended stays as it is.
pub(crate) async fn cancel_run(workspace: &Workspace, mut run: Run) -> Result<(), ApiError> {
    if run.state.is_final() || workspace.jobs.runner().stop_run(run.id, Stop::Canceled) {
        return Ok(());
    }
    run.state = State::ended(ResultState::Canceled, "the run was cancelled");
    run.end_time = Some(workspace.clock.now_ms());
    for mut task in run::tasks(workspace, run.id).await? {
        task.state = run.state.clone();
        run::save_task(workspace, &task).await?;
    }
    run::save(workspace, &run).await
}
