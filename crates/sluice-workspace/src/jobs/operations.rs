//! Looking at runs: get, list, get-output.

use axum::Json;
use serde::Serialize;
use serde_json::Value;

use crate::call::Call;
use crate::error::ApiError;
use crate::jobs::access;
use crate::jobs::page;
use crate::jobs::run::{self, Run, RunType, TaskRun};
use crate::jobs::views;
use crate::permissions::Level;
use crate::principal::Principal;
use crate::workspace::Workspace;

/// A run that was asked for by id: of a job, or of one task.
pub(crate) enum Found {
    Run(Run),
    Task(Run, Box<TaskRun>),
}

impl Found {
    /// The run, also of a task.
    pub(crate) fn run(&self) -> &Run {
        match self {
            Self::Run(run) | Self::Task(run, _) => run,
        }
    }
}

/// The run or task run with this id, for a principal who may.
///
/// # Errors
/// 400 when there is none, 403 when the principal may not.
pub(crate) async fn find(
    workspace: &Workspace,
    principal: &Principal,
    id: i64,
    level: Level,
) -> Result<Found, ApiError> {
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
    let found = find(&call.workspace, &call.principal, id, Level::CanView).await?;
    let (mut view, more) = match &found {
        Found::Run(run) => views::of_run(&call.workspace, run, start).await?,
        Found::Task(run, task) => views::of_task_as_run(&call.workspace, run, task, start).await?,
    };
    if let (true, Found::Run(run), Some(view)) = (call.flag("include_history")?, &found, view.as_object_mut()) {
        views::add_history(&call.workspace, run, view).await?;
    }
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
    let run_type = run_type(&call)?;
    let scope = format!("runs {job_id:?} {active_only} {completed_only} {from:?} {to:?} {run_type:?}");
    let start = match call.parse_query::<usize>("offset")? {
        Some(offset) => offset,
        None => page::start(call.query("page_token"), &scope)?,
    };
    let mut visible = Vec::new();
    for run in run::list(&call.workspace, job_id).await? {
        let ended = run.state.is_final();
        let wanted = !(active_only && ended || completed_only && !ended)
            && run_type.as_ref().is_none_or(|wanted| *wanted == Some(run.run_type))
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

/// The type of runs that a list is cut down to; none of them for a type that the workspace does not have.
fn run_type(call: &Call) -> Result<Option<Option<RunType>>, ApiError> {
    match call.query("run_type") {
        None | Some("") => Ok(None),
        Some("JOB_RUN") => Ok(Some(Some(RunType::JobRun))),
        Some("SUBMIT_RUN") => Ok(Some(Some(RunType::SubmitRun))),
        Some("WORKFLOW_RUN") => Ok(Some(None)),
        Some(other) => Err(ApiError::invalid(format!(
            "`{other}` is not a value of `run_type`: expected `JOB_RUN`, `SUBMIT_RUN` or `WORKFLOW_RUN`"
        ))),
    }
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
    Ok(Json(views::of_output(&call.workspace, &run, &task).await?))
}
