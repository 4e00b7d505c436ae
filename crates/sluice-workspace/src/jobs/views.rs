//! Runs and task runs as the API shows them.

use serde::Serialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::jobs::for_each;
use crate::jobs::run::{self, Overriding, ParameterValue, Repair, Run, RunType, TaskRun, Trigger};
use crate::jobs::settings::Object;
use crate::jobs::state::{RunState, RunStatus, State};
use crate::workspace::Workspace;

/// Arrays of a run are cut at this length, page by page.
pub(crate) const PAGE: usize = 100;

#[derive(Serialize)]
struct RunView<'a> {
    job_id: i64,
    run_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_run_id: Option<i64>,
    number_in_job: i64,
    creator_user_name: &'a str,
    run_as_user_name: &'a str,
    run_name: &'a str,
    run_type: RunType,
    trigger: Trigger,
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger_info: Option<TriggerInfo>,
    format: &'static str,
    run_page_url: String,
    original_attempt_run_id: i64,
    attempt_number: i64,
    state: RunState<'a>,
    status: RunStatus<'a>,
    #[serde(flatten)]
    times: Times,
    job_parameters: &'a [ParameterValue],
    #[serde(skip_serializing_if = "Overriding::is_empty")]
    overriding_parameters: &'a Overriding,
    tasks: Vec<Object>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    iterations: Vec<Object>,
}

/// The task run that asked for a run.
#[derive(Serialize)]
struct TriggerInfo {
    run_id: i64,
}

/// When something began and how long it took, in milliseconds.
#[derive(Serialize)]
struct Times {
    start_time: i64,
    end_time: i64,
    setup_duration: i64,
    execution_duration: i64,
    cleanup_duration: i64,
    run_duration: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_duration: Option<i64>,
}

impl Times {
    fn new(asked: i64, started: Option<i64>, ended: Option<i64>) -> Self {
        let start = started.unwrap_or(asked);
        let duration = ended.map_or(0, |ended| ended - start);
        Self {
            start_time: asked,
            end_time: ended.unwrap_or(0),
            setup_duration: 0,
            execution_duration: if started.is_some() { duration } else { 0 },
            cleanup_duration: 0,
            run_duration: ended.map_or(0, |ended| ended - asked),
            queue_duration: started.map(|started| started - asked).filter(|waited| *waited > 0),
        }
    }
}

/// A run with its tasks, without those before `start` and after a page; whether there are more.
pub(crate) async fn of_run(workspace: &Workspace, run: &Run, start: usize) -> Result<(Value, bool), ApiError> {
    let tasks = run::tasks(workspace, run.id).await?;
    let more = tasks.len() > start + PAGE;
    let mut views = Vec::new();
    for task in tasks.iter().skip(start).take(PAGE) {
        views.push(of_task(workspace, run, task).await?);
    }
    let parts = Parts {
        tasks: views,
        ..Parts::default()
    };
    Ok((view(workspace, run, &run.state, parts, None)?, more))
}

/// A run without its tasks, as lists show it.
pub(crate) fn of_run_alone(workspace: &Workspace, run: &Run) -> Result<Value, ApiError> {
    let mut view = view(workspace, run, &run.state, Parts::default(), None)?;
    if let Some(view) = view.as_object_mut() {
        view.shift_remove("tasks");
    }
    Ok(view)
}

/// One task run in the form of a run, with its iterations from `start` on, up to a page; whether there are more.
pub(crate) async fn of_task_as_run(
    workspace: &Workspace,
    run: &Run,
    task: &TaskRun,
    start: usize,
) -> Result<(Value, bool), ApiError> {
    let all = run::iterations(workspace, task.id).await?;
    let mut iterations = Vec::new();
    for iteration in all.iter().skip(start).take(PAGE) {
        iterations.push(of_task(workspace, run, iteration).await?);
    }
    let parts = Parts {
        tasks: vec![of_task(workspace, run, task).await?],
        iterations,
    };
    Ok((
        view(workspace, run, &task.state, parts, Some(task))?,
        all.len() > start + PAGE,
    ))
}

/// Adds the run as it was first and each of its repairs: `repair_history` of the API.
pub(crate) async fn add_history(workspace: &Workspace, run: &Run, view: &mut Object) -> Result<(), ApiError> {
    let attempts = run::all_attempts(workspace, run.id).await?;
    let item = |kind: &str, repair: &Repair, id: Option<i64>| {
        let attempts = attempts
            .iter()
            .filter(|task| task.iteration.is_none() && task.repair_id == id);
        let mut item = json!({
            "type": kind,
            "start_time": repair.start_time,
            "end_time": repair.end_time.unwrap_or(0),
            "state": repair.state.as_state(),
            "status": repair.state.as_status(),
            "task_run_ids": attempts.map(|task| task.id).collect::<Vec<_>>(),
        });
        if let Some(id) = id {
            item["id"] = id.into();
        }
        item
    };
    let now = Repair {
        id: run.id,
        start_time: run.start_time.unwrap_or(run.requested_at),
        end_time: run.end_time,
        state: run.state.clone(),
    };
    let original = run.original.as_deref().unwrap_or(&now);
    let repairs = run.repairs.iter().map(|repair| item("REPAIR", repair, Some(repair.id)));
    let history = [item("ORIGINAL", original, None)].into_iter().chain(repairs).collect();
    view.insert("repair_history".to_owned(), history);
    Ok(())
}

/// What a run consists of.
#[derive(Default)]
struct Parts {
    tasks: Vec<Object>,
    iterations: Vec<Object>,
}

fn view(
    workspace: &Workspace,
    run: &Run,
    state: &State,
    parts: Parts,
    task: Option<&TaskRun>,
) -> Result<Value, ApiError> {
    let (id, started, ended) = task.map_or((run.id, run.start_time, run.end_time), |task| {
        (task.id, task.start_time, task.end_time)
    });
    let name = task.map(|task| task.task_key.as_str());
    let name = name
        .or_else(|| run.settings.get("name").and_then(Value::as_str))
        .unwrap_or_default();
    let view = RunView {
        job_id: run.job_id,
        run_id: id,
        job_run_id: task.map(|_| run.id),
        number_in_job: run.number_in_job,
        creator_user_name: &run.creator,
        run_as_user_name: &run.run_as,
        run_name: name,
        run_type: run.run_type,
        trigger: run.trigger,
        trigger_info: run.parent_task_run.map(|run_id| TriggerInfo { run_id }),
        format: "MULTI_TASK",
        run_page_url: page_url(workspace, run.job_id, id),
        original_attempt_run_id: id,
        attempt_number: task.map_or(0, |task| task.attempt_number),
        state: state.as_state(),
        status: state.as_status(),
        times: Times::new(
            task.and_then(|task| task.start_time).unwrap_or(run.requested_at),
            started,
            ended,
        ),
        job_parameters: &run.parameters,
        overriding_parameters: &run.overriding,
        tasks: parts.tasks,
        iterations: parts.iterations,
    };
    Ok(serde_json::to_value(view)?)
}

/// The settings of a task; those of an iteration stand in the task that it repeats.
fn settings_of(run: &Run, task: &TaskRun) -> Object {
    let all = run.settings.get("tasks").and_then(Value::as_array);
    let mut all = all.into_iter().flatten();
    let key = json!(task.task_key);
    let found = match task.iteration {
        None => all.find(|each| each.get("task_key") == Some(&key)),
        Some(_) => all
            .filter_map(|each| each.get("for_each_task")?.get("task"))
            .find(|each| each.get("task_key") == Some(&key)),
    };
    found.and_then(Value::as_object).cloned().unwrap_or_default()
}

/// One task of a run: the settings of the task with how far it is.
async fn of_task(workspace: &Workspace, run: &Run, task: &TaskRun) -> Result<Object, ApiError> {
    let mut view = settings_of(run, task);
    if let Some(each) = view.get_mut("for_each_task").and_then(Value::as_object_mut) {
        let iterations = run::iterations(workspace, task.id).await?;
        each.insert("stats".to_owned(), json!(for_each::statistics(&iterations)));
    }
    let outcome = task.output.as_ref().and_then(|output| output.outcome);
    if let (Some(condition), Some(outcome)) = (view.get_mut("condition_task"), outcome) {
        condition["outcome"] = outcome.to_string().into();
    }
    let times = Times::new(
        task.start_time.unwrap_or(run.requested_at),
        task.start_time,
        task.end_time,
    );
    let added = json!({
        "run_id": task.id,
        "task_key": task.task_key,
        "attempt_number": task.attempt_number,
        "run_page_url": page_url(workspace, run.job_id, task.id),
        "state": task.state.as_state(),
        "status": task.state.as_status(),
        "start_time": if task.start_time.is_some() { times.start_time } else { 0 },
        "end_time": times.end_time,
        "setup_duration": 0,
        "execution_duration": times.execution_duration,
        "cleanup_duration": 0,
        "run_duration": times.run_duration,
        "resolved_values": task.resolved,
    });
    if let Value::Object(added) = added {
        view.extend(added.into_iter().filter(|(_, value)| !value.is_null()));
    }
    Ok(view)
}

/// What a task left behind: `RunOutput` of the API.
pub(crate) async fn of_output(workspace: &Workspace, run: &Run, task: &TaskRun) -> Result<Value, ApiError> {
    let mut view = Object::new();
    view.insert("metadata".to_owned(), of_task_as_run(workspace, run, task, 0).await?.0);
    let output = task.output.clone().unwrap_or_default();
    let is_notebook = task
        .resolved
        .as_ref()
        .is_some_and(|resolved| resolved.get("notebook_task").is_some());
    if is_notebook {
        let mut notebook = json!({ "truncated": output.truncated });
        if let (Some(result), Some(notebook)) = (output.result, notebook.as_object_mut()) {
            notebook.insert("result".to_owned(), json!(result));
        }
        view.insert("notebook_output".to_owned(), notebook);
    }
    let texts = [
        ("logs", Some(output.logs).filter(|logs| !logs.is_empty())),
        ("info", output.info),
        ("error", output.error),
        ("error_trace", output.error_trace),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            view.insert(name.to_owned(), json!(text));
        }
    }
    view.insert("logs_truncated".to_owned(), json!(output.logs_truncated));
    if let Some(child) = output.child_run_id {
        view.insert("run_job_output".to_owned(), json!({ "run_id": child }));
    }
    if let Some(sql) = output.sql {
        view.insert("sql_output".to_owned(), sql);
    }
    Ok(Value::Object(view))
}

/// Where a person would look at a run.
fn page_url(workspace: &Workspace, job_id: i64, run_id: i64) -> String {
    format!("{}/?o={}#job/{job_id}/run/{run_id}", workspace.host(), workspace.org_id)
}
