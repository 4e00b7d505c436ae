//! Runs and task runs in the store.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _, Sqlite, Transaction};

use crate::error::ApiError;
use crate::jobs::graph::End;
use crate::jobs::references::Input;
use crate::jobs::settings::Object;
use crate::jobs::state::{ResultState, State};
use crate::workspace::Workspace;

/// One run of a job.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) id: i64,
    pub(crate) job_id: i64,
    pub(crate) number_in_job: i64,
    pub(crate) creator: String,
    /// The principal whose grants the tasks have.
    pub(crate) run_as: String,
    /// The settings of the job when the run was asked for.
    pub(crate) settings: Object,
    pub(crate) parameters: Vec<ParameterValue>,
    pub(crate) overriding: Overriding,
    pub(crate) idempotency_token: Option<String>,
    pub(crate) state: State,
    pub(crate) requested_at: i64,
    pub(crate) start_time: Option<i64>,
    pub(crate) end_time: Option<i64>,
    pub(crate) run_type: RunType,
    pub(crate) trigger: Trigger,
    /// The task run of another run that asked for this one.
    pub(crate) parent_task_run: Option<i64>,
    /// How the run ended before its first repair.
    pub(crate) original: Option<Box<Repair>>,
    pub(crate) repairs: Vec<Repair>,
}

/// What a run belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RunType {
    /// A job.
    JobRun,
    /// Nothing: its tasks came with the request.
    SubmitRun,
}

/// What asked for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Trigger {
    /// Somebody.
    OneTime,
    /// A schedule or a periodic trigger.
    Periodic,
    /// A task of another job.
    RunJobTask,
}

/// A part of the history of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Repair {
    pub(crate) id: i64,
    pub(crate) start_time: i64,
    pub(crate) end_time: Option<i64>,
    pub(crate) state: State,
}

/// A job parameter of a run: `JobParameter` of the API.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ParameterValue {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<String>,
    pub(crate) value: String,
}

/// What run-now changed for all tasks of a kind: `RunParameters` of the API.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Overriding {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) notebook_params: Option<indexmap::IndexMap<String, String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) python_params: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) python_named_params: Option<indexmap::IndexMap<String, String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sql_params: Option<indexmap::IndexMap<String, String>>,
}

impl Overriding {
    /// Whether nothing is changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.notebook_params.is_none()
            && self.python_params.is_none()
            && self.python_named_params.is_none()
            && self.sql_params.is_none()
    }
}

/// One attempt at one task of a run.
#[derive(Clone, Debug)]
pub(crate) struct TaskRun {
    pub(crate) id: i64,
    pub(crate) run_id: i64,
    pub(crate) position: i64,
    pub(crate) task_key: String,
    pub(crate) attempt_number: i64,
    pub(crate) state: State,
    pub(crate) start_time: Option<i64>,
    pub(crate) end_time: Option<i64>,
    /// The parameters of the task with all references replaced, once it started.
    pub(crate) resolved: Option<Value>,
    pub(crate) output: Option<Output>,
    /// What the task set with `dbutils.jobs.taskValues`.
    pub(crate) task_values: Object,
    /// Which iteration of a `for_each_task` it is.
    pub(crate) iteration: Option<Iteration>,
    /// The repair in which it was made.
    pub(crate) repair_id: Option<i64>,
}

/// One iteration of a `for_each_task`.
#[derive(Clone, Debug)]
pub(crate) struct Iteration {
    /// The task run that it belongs to.
    pub(crate) of: i64,
    pub(crate) number: i64,
    pub(crate) input: Input,
}

/// What a task left behind.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Output {
    /// The value of `dbutils.notebook.exit`.
    pub(crate) result: Option<String>,
    pub(crate) truncated: bool,
    pub(crate) logs: String,
    pub(crate) logs_truncated: bool,
    pub(crate) error: Option<String>,
    pub(crate) error_trace: Option<String>,
    /// The statements of a SQL task.
    pub(crate) sql: Option<Value>,
    /// What a condition came to.
    #[serde(default)]
    pub(crate) outcome: Option<bool>,
    /// The run of another job that the task waited for.
    #[serde(default)]
    pub(crate) child_run_id: Option<i64>,
    /// What else there is to know, such as the update of a pipeline that the task waited for.
    #[serde(default)]
    pub(crate) info: Option<String>,
}

impl Output {
    /// Of a task that failed before it left anything.
    pub(crate) fn failed(error: String) -> Self {
        Self {
            error: Some(error),
            ..Self::default()
        }
    }
}

impl TaskRun {
    /// How it ended, as far as other tasks depend on it.
    pub(crate) fn end(&self) -> End {
        End {
            result: self.state.result.unwrap_or(ResultState::Failed),
            outcome: self.output.as_ref().and_then(|output| output.outcome),
        }
    }
}

impl<'r> FromRow<'r, SqliteRow> for Run {
    fn from_row(row: &'r SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            job_id: row.try_get("job_id")?,
            number_in_job: row.try_get("number_in_job")?,
            creator: row.try_get("creator")?,
            run_as: row.try_get("run_as")?,
            settings: document(row.try_get("settings")?)?,
            parameters: document(row.try_get("parameters")?)?,
            overriding: document(row.try_get("overriding")?)?,
            idempotency_token: row.try_get("idempotency_token")?,
            state: document(row.try_get("state")?)?,
            requested_at: row.try_get("requested_at")?,
            start_time: row.try_get("start_time")?,
            end_time: row.try_get("end_time")?,
            run_type: document(row.try_get("run_type")?)?,
            trigger: document(row.try_get("trigger_type")?)?,
            parent_task_run: row.try_get("parent_task_run")?,
            original: row.try_get::<Option<&str>, _>("original")?.map(document).transpose()?,
            repairs: document(row.try_get("repairs")?)?,
        })
    }
}

impl<'r> FromRow<'r, SqliteRow> for TaskRun {
    fn from_row(row: &'r SqliteRow) -> sqlx::Result<Self> {
        let iteration: Option<i64> = row.try_get("iteration_of")?;
        let iteration = match iteration {
            Some(of) => Some(Iteration {
                of,
                number: row.try_get("iteration")?,
                input: document(row.try_get("input")?)?,
            }),
            None => None,
        };
        let task_values: Option<&str> = row.try_get("task_values")?;
        Ok(Self {
            id: row.try_get("id")?,
            run_id: row.try_get("run_id")?,
            position: row.try_get("position")?,
            task_key: row.try_get("task_key")?,
            attempt_number: row.try_get("attempt_number")?,
            state: document(row.try_get("state")?)?,
            start_time: row.try_get("start_time")?,
            end_time: row.try_get("end_time")?,
            resolved: row.try_get::<Option<&str>, _>("resolved")?.map(document).transpose()?,
            output: row.try_get::<Option<&str>, _>("output")?.map(document).transpose()?,
            task_values: task_values.map(document).transpose()?.unwrap_or_default(),
            iteration,
            repair_id: row.try_get("repair_id")?,
        })
    }
}

/// A column that holds a JSON document.
fn document<T: DeserializeOwned>(text: &str) -> sqlx::Result<T> {
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// The run with this id.
pub(crate) async fn find(workspace: &Workspace, id: i64) -> Result<Option<Run>, ApiError> {
    let row: Option<Run> = sqlx::query_as("SELECT * FROM job_run WHERE id = ?")
        .bind(id)
        .fetch_optional(workspace.store.reader())
        .await?;
    Ok(row)
}

/// The run that this principal asked for with this token.
pub(crate) async fn find_by_token(
    transaction: &mut Transaction<'_, Sqlite>,
    creator: &str,
    token: &str,
) -> Result<Option<Run>, ApiError> {
    let row: Option<Run> = sqlx::query_as("SELECT * FROM job_run WHERE creator = ? AND idempotency_token = ?")
        .bind(creator)
        .bind(token)
        .fetch_optional(&mut **transaction)
        .await?;
    Ok(row)
}

/// Runs of one job or of all, the newest first.
pub(crate) async fn list(workspace: &Workspace, job_id: Option<i64>) -> Result<Vec<Run>, ApiError> {
    let rows: Vec<Run> =
        sqlx::query_as("SELECT * FROM job_run WHERE ?1 IS NULL OR job_id = ?1 ORDER BY requested_at DESC, rowid DESC")
            .bind(job_id)
            .fetch_all(workspace.store.reader())
            .await?;
    Ok(rows)
}

/// Runs that have not ended, the oldest first.
pub(crate) async fn unfinished(workspace: &Workspace) -> Result<Vec<Run>, ApiError> {
    let rows: Vec<Run> = sqlx::query_as("SELECT * FROM job_run WHERE active = 1 ORDER BY requested_at, rowid")
        .fetch_all(workspace.store.reader())
        .await?;
    Ok(rows)
}

/// How many runs of a job have not ended, and how many it has had.
pub(crate) async fn counts(transaction: &mut Transaction<'_, Sqlite>, job_id: i64) -> Result<(i64, i64), ApiError> {
    let row: (i64, i64) = sqlx::query_as(
        "SELECT coalesce(sum(active), 0), coalesce(max(number_in_job), 0) FROM job_run WHERE job_id = ?",
    )
    .bind(job_id)
    .fetch_one(&mut **transaction)
    .await?;
    Ok(row)
}

/// Adds a run.
pub(crate) async fn insert(transaction: &mut Transaction<'_, Sqlite>, run: &Run) -> Result<(), ApiError> {
    sqlx::query(
        "INSERT INTO job_run (id, job_id, number_in_job, creator, run_as, settings, parameters, overriding, \
         idempotency_token, state, active, requested_at, start_time, end_time, run_type, trigger_type, parent_task_run) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(run.id)
    .bind(run.job_id)
    .bind(run.number_in_job)
    .bind(&run.creator)
    .bind(&run.run_as)
    .bind(serde_json::to_string(&run.settings)?)
    .bind(serde_json::to_string(&run.parameters)?)
    .bind(serde_json::to_string(&run.overriding)?)
    .bind(&run.idempotency_token)
    .bind(serde_json::to_string(&run.state)?)
    .bind(!run.state.is_final())
    .bind(run.requested_at)
    .bind(run.start_time)
    .bind(run.end_time)
    .bind(serde_json::to_string(&run.run_type)?)
    .bind(serde_json::to_string(&run.trigger)?)
    .bind(run.parent_task_run)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Writes down how far a run is.
pub(crate) async fn save(workspace: &Workspace, run: &Run) -> Result<(), ApiError> {
    let mut transaction = workspace.store.begin().await?;
    update(&mut transaction, run).await?;
    Ok(transaction.commit().await?)
}

/// Writes down how far a run is, with what a repair changes about it.
pub(crate) async fn update(transaction: &mut Transaction<'_, Sqlite>, run: &Run) -> Result<(), ApiError> {
    sqlx::query(
        "UPDATE job_run SET state = ?, active = ?, start_time = ?, end_time = ?, settings = ?, parameters = ?, overriding = ?, \
         original = ?, repairs = ? WHERE id = ?",
    )
    .bind(serde_json::to_string(&run.state)?)
    .bind(!run.state.is_final())
    .bind(run.start_time)
    .bind(run.end_time)
    .bind(serde_json::to_string(&run.settings)?)
    .bind(serde_json::to_string(&run.parameters)?)
    .bind(serde_json::to_string(&run.overriding)?)
    .bind(run.original.as_ref().map(serde_json::to_string).transpose()?)
    .bind(serde_json::to_string(&run.repairs)?)
    .bind(run.id)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Removes a run with its tasks.
pub(crate) async fn delete(workspace: &Workspace, id: i64) -> Result<(), ApiError> {
    let mut transaction = workspace.store.begin().await?;
    sqlx::query("DELETE FROM job_run WHERE id = ?")
        .bind(id)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// The task run with this id.
pub(crate) async fn find_task(workspace: &Workspace, id: i64) -> Result<Option<TaskRun>, ApiError> {
    let row: Option<TaskRun> = sqlx::query_as("SELECT * FROM task_run WHERE id = ?")
        .bind(id)
        .fetch_optional(workspace.store.reader())
        .await?;
    Ok(row)
}

/// The newest attempt at each task of a run, in the order of the job.
pub(crate) async fn tasks(workspace: &Workspace, run_id: i64) -> Result<Vec<TaskRun>, ApiError> {
    let rows: Vec<TaskRun> = sqlx::query_as(
        "SELECT * FROM task_run AS newest WHERE run_id = ? AND iteration_of IS NULL AND attempt_number = \
         (SELECT max(attempt_number) FROM task_run \
          WHERE run_id = newest.run_id AND task_key = newest.task_key AND iteration_of IS NULL) \
         ORDER BY position",
    )
    .bind(run_id)
    .fetch_all(workspace.store.reader())
    .await?;
    Ok(rows)
}

/// The newest attempt at each iteration of a task run, in the order of the inputs.
pub(crate) async fn iterations(workspace: &Workspace, task_run_id: i64) -> Result<Vec<TaskRun>, ApiError> {
    let rows: Vec<TaskRun> = sqlx::query_as(
        "SELECT * FROM task_run AS newest WHERE iteration_of = ? AND attempt_number = \
         (SELECT max(attempt_number) FROM task_run WHERE iteration_of = newest.iteration_of AND iteration = newest.iteration) \
         ORDER BY iteration",
    )
    .bind(task_run_id)
    .fetch_all(workspace.store.reader())
    .await?;
    Ok(rows)
}

/// Every attempt at every task and iteration of a run, in the order of the job.
pub(crate) async fn all_attempts(workspace: &Workspace, run_id: i64) -> Result<Vec<TaskRun>, ApiError> {
    let rows: Vec<TaskRun> =
        sqlx::query_as("SELECT * FROM task_run WHERE run_id = ? ORDER BY position, attempt_number, iteration")
            .bind(run_id)
            .fetch_all(workspace.store.reader())
            .await?;
    Ok(rows)
}

/// Adds a task run that has not started.
pub(crate) async fn insert_task(transaction: &mut Transaction<'_, Sqlite>, task: &TaskRun) -> Result<(), ApiError> {
    sqlx::query(
        "INSERT INTO task_run (id, run_id, position, task_key, attempt_number, state, iteration_of, iteration, input, repair_id) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(task.id)
    .bind(task.run_id)
    .bind(task.position)
    .bind(&task.task_key)
    .bind(task.attempt_number)
    .bind(serde_json::to_string(&task.state)?)
    .bind(task.iteration.as_ref().map(|iteration| iteration.of))
    .bind(task.iteration.as_ref().map(|iteration| iteration.number))
    .bind(
        task.iteration
            .as_ref()
            .map(|iteration| serde_json::to_string(&iteration.input))
            .transpose()?,
    )
    .bind(task.repair_id)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Writes down how far a task run is.
pub(crate) async fn save_task(workspace: &Workspace, task: &TaskRun) -> Result<(), ApiError> {
    let mut transaction = workspace.store.begin().await?;
    sqlx::query(
        "UPDATE task_run SET state = ?, start_time = ?, end_time = ?, resolved = ?, output = ?, task_values = ? \
         WHERE id = ?",
    )
    .bind(serde_json::to_string(&task.state)?)
    .bind(task.start_time)
    .bind(task.end_time)
    .bind(task.resolved.as_ref().map(Value::to_string))
    .bind(task.output.as_ref().map(serde_json::to_string).transpose()?)
    .bind(serde_json::to_string(&task.task_values)?)
    .bind(task.id)
    .execute(&mut *transaction)
    .await?;
    Ok(transaction.commit().await?)
}
