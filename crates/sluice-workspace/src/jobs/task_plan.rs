//! One task of a job: what it does, when, and what of it the workspace does not execute.

use serde::Deserialize;

use crate::error::ApiError;
use crate::jobs::condition::Condition;
use crate::jobs::graph;
use crate::jobs::library::Library;
use crate::jobs::run::Overriding;
use crate::jobs::settings::{Object, not_executed};
use crate::pipelines::StartUpdate;

/// The task kinds of the API that this workspace does not execute.
pub(crate) const REFUSED_KINDS: [&str; 14] = [
    "ai_function_task",
    "ai_runtime_task",
    "alert_task",
    "clean_rooms_notebook_task",
    "dashboard_task",
    "dbt_cloud_task",
    "dbt_platform_task",
    "dbt_task",
    "gen_ai_compute_task",
    "power_bi_task",
    "python_operator_task",
    "spark_jar_task",
    "spark_submit_task",
    "simulation_task",
];
/// Those that it does.
pub(crate) const EXECUTED_KINDS: [&str; 8] = [
    "condition_task",
    "for_each_task",
    "notebook_task",
    "pipeline_task",
    "python_wheel_task",
    "run_job_task",
    "spark_python_task",
    "sql_task",
];
/// A `for_each_task` runs at most this many iterations at the same time.
const CONCURRENCY_LIMIT: u32 = 100;

/// One task of a job.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TaskPlan {
    pub(crate) task_key: String,
    #[serde(default)]
    pub(crate) depends_on: Vec<Dependency>,
    #[serde(default)]
    pub(crate) run_if: graph::RunIf,
    #[serde(default)]
    pub(crate) disabled: bool,
    #[serde(default)]
    pub(crate) timeout_seconds: u64,
    #[serde(default)]
    pub(crate) max_retries: i64,
    #[serde(default)]
    pub(crate) min_retry_interval_millis: u64,
    #[serde(default)]
    pub(crate) retry_on_timeout: bool,
    #[serde(default)]
    pub(crate) notebook_task: Option<NotebookTask>,
    #[serde(default)]
    pub(crate) spark_python_task: Option<PythonTask>,
    #[serde(default)]
    pub(crate) python_wheel_task: Option<WheelTask>,
    #[serde(default)]
    pub(crate) sql_task: Option<SqlTask>,
    #[serde(default)]
    pub(crate) condition_task: Option<Condition>,
    #[serde(default)]
    pub(crate) for_each_task: Option<ForEachTask>,
    #[serde(default)]
    pub(crate) run_job_task: Option<RunJobTask>,
    #[serde(default)]
    pub(crate) pipeline_task: Option<PipelineTask>,
    /// The environment of the job whose dependencies the task finds.
    #[serde(default)]
    pub(crate) environment_key: Option<String>,
    #[serde(default)]
    libraries: Vec<Object>,
}

/// A task that must end before another starts.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) task_key: String,
    /// The outcome, `true` or `false`, that a condition must have.
    #[serde(default)]
    pub(crate) outcome: Option<String>,
}

/// A notebook of the workspace.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct NotebookTask {
    pub(crate) notebook_path: String,
    #[serde(default)]
    pub(crate) base_parameters: indexmap::IndexMap<String, String>,
    #[serde(default)]
    source: Option<String>,
}

/// A Python file of the workspace.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PythonTask {
    pub(crate) python_file: String,
    #[serde(default)]
    pub(crate) parameters: Vec<String>,
    #[serde(default)]
    source: Option<String>,
}

/// An update of a pipeline.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PipelineTask {
    pub(crate) pipeline_id: String,
    /// What the update is to do.
    #[serde(flatten)]
    pub(crate) asked: StartUpdate,
    #[serde(default)]
    refresh_flow_selection: Vec<String>,
}

/// A function of an installed package.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct WheelTask {
    pub(crate) package_name: String,
    pub(crate) entry_point: String,
    #[serde(default)]
    pub(crate) parameters: Vec<String>,
    #[serde(default)]
    pub(crate) named_parameters: indexmap::IndexMap<String, String>,
}

/// A file of SQL statements on a warehouse.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SqlTask {
    #[serde(default)]
    pub(crate) warehouse_id: String,
    #[serde(default)]
    pub(crate) file: Option<SqlFile>,
    #[serde(default)]
    pub(crate) parameters: indexmap::IndexMap<String, String>,
    #[serde(default)]
    query: Option<Object>,
    #[serde(default)]
    dashboard: Option<Object>,
    #[serde(default)]
    alert: Option<Object>,
}

/// The file of a SQL task.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SqlFile {
    pub(crate) path: String,
    #[serde(default)]
    source: Option<String>,
}

/// A task that runs once for each of some inputs.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ForEachTask {
    /// A JSON array, or a reference to one.
    pub(crate) inputs: String,
    #[serde(default)]
    pub(crate) concurrency: Option<u32>,
    pub(crate) task: Box<TaskPlan>,
}

/// A run of another job.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RunJobTask {
    pub(crate) job_id: i64,
    #[serde(default)]
    pub(crate) job_parameters: indexmap::IndexMap<String, String>,
    #[serde(flatten)]
    pub(crate) overriding: Overriding,
}

impl TaskPlan {
    /// Whether the task works in a process or on the engine; others only wait or compare.
    pub(crate) fn works(&self) -> bool {
        let waits = self.for_each_task.is_some() || self.run_job_task.is_some() || self.pipeline_task.is_some();
        !waits && self.condition_task.is_none()
    }

    /// The libraries of the task itself.
    ///
    /// # Errors
    /// 501 naming a kind of library that is not installed here.
    pub(crate) fn libraries(&self) -> Result<Vec<Library>, ApiError> {
        let read = |each| Library::read(&format!("the task `{}`", self.task_key), each);
        self.libraries.iter().map(read).collect()
    }

    /// Refuses what cannot be executed.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        let key = &self.task_key;
        check_key(key)?;
        self.libraries()?;
        self.check_sources()?;
        if let Some(task) = &self.notebook_task {
            require_path(key, "notebook_task.notebook_path", &task.notebook_path)?;
        }
        if let Some(task) = &self.spark_python_task {
            require_path(key, "spark_python_task.python_file", &task.python_file)?;
        }
        if let Some(task) = &self.python_wheel_task {
            if task.package_name.is_empty() || task.entry_point.is_empty() {
                return Err(ApiError::invalid(format!(
                    "the task `{key}` needs `python_wheel_task.package_name` and `python_wheel_task.entry_point`"
                )));
            }
            if !task.parameters.is_empty() && !task.named_parameters.is_empty() {
                return Err(ApiError::invalid(format!(
                    "the task `{key}` has `parameters` and `named_parameters`: give one of them"
                )));
            }
        }
        if let Some(task) = &self.for_each_task {
            task.check(key)?;
        }
        if let Some(task) = &self.pipeline_task {
            if !task.refresh_flow_selection.is_empty() {
                let what =
                    format!("`refresh_flow_selection` of the task `{key}`: name datasets in `refresh_selection`");
                return Err(not_executed(&what));
            }
            task.asked.check()?;
        }
        self.sql_task.as_ref().map_or(Ok(()), |task| task.check(key))
    }

    fn check_sources(&self) -> Result<(), ApiError> {
        let sources = [
            self.notebook_task.as_ref().and_then(|task| task.source.as_deref()),
            self.spark_python_task.as_ref().and_then(|task| task.source.as_deref()),
            self.sql_task
                .as_ref()
                .and_then(|task| task.file.as_ref())
                .and_then(|file| file.source.as_deref()),
        ];
        if sources.into_iter().flatten().any(|source| source != "WORKSPACE") {
            return Err(not_executed(&format!(
                "the source of the task `{}`: files come from the WORKSPACE",
                self.task_key
            )));
        }
        Ok(())
    }
}

impl ForEachTask {
    fn check(&self, key: &str) -> Result<(), ApiError> {
        if self.task.for_each_task.is_some() || self.task.condition_task.is_some() {
            return Err(ApiError::invalid(format!(
                "the task `{key}` repeats a `for_each_task` or `condition_task`, which cannot be nested"
            )));
        }
        if !self.task.depends_on.is_empty() {
            return Err(ApiError::invalid(format!(
                "the task that `{key}` repeats has `depends_on`: put it on `{key}`"
            )));
        }
        if self
            .concurrency
            .is_some_and(|count| !(1..=CONCURRENCY_LIMIT).contains(&count))
        {
            return Err(ApiError::invalid(format!(
                "`for_each_task.concurrency` of the task `{key}` is not a number from 1 to {CONCURRENCY_LIMIT}"
            )));
        }
        self.task.check()
    }
}

impl SqlTask {
    fn check(&self, key: &str) -> Result<(), ApiError> {
        for (name, given) in [
            ("query", &self.query),
            ("dashboard", &self.dashboard),
            ("alert", &self.alert),
        ] {
            if given.is_some() {
                return Err(not_executed(&format!(
                    "`sql_task.{name}` of the task `{key}`: use `sql_task.file`"
                )));
            }
        }
        if self.warehouse_id.is_empty() {
            return Err(ApiError::invalid(format!(
                "the task `{key}` needs `sql_task.warehouse_id`"
            )));
        }
        match &self.file {
            Some(file) => require_path(key, "sql_task.file.path", &file.path),
            None => Err(ApiError::invalid(format!("the task `{key}` needs `sql_task.file`"))),
        }
    }
}

fn require_path(key: &str, field: &str, path: &str) -> Result<(), ApiError> {
    if path.starts_with('/') && !path.starts_with("/Volumes/") {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "`{field}` of the task `{key}` is `{path}`: expected an absolute path of a workspace file"
    )))
}

fn check_key(key: &str) -> Result<(), ApiError> {
    let allowed = |each: char| each.is_ascii_alphanumeric() || each == '_' || each == '-';
    if !key.is_empty() && key.len() <= 100 && key.chars().all(allowed) {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "`{key}` is not a task key: 1 to 100 letters, digits, underscores and hyphens"
    )))
}

/// Refuses tasks by kind before their other fields are read, so that the message names the kind.
pub(crate) fn refuse_kinds(settings: &Object) -> Result<(), ApiError> {
    let tasks = settings
        .get("tasks")
        .and_then(|tasks| tasks.as_array())
        .map_or(&[][..], Vec::as_slice);
    tasks
        .iter()
        .filter_map(|task| task.as_object())
        .try_for_each(refuse_kind)
}

fn refuse_kind(task: &Object) -> Result<(), ApiError> {
    let key = task.get("task_key").and_then(|key| key.as_str()).unwrap_or_default();
    if let Some(kind) = REFUSED_KINDS.into_iter().find(|kind| task.contains_key(*kind)) {
        return Err(ApiError::not_implemented(format!(
            "the task `{key}` cannot be run: task type `{kind}` is not executed by the local workspace, which executes {}",
            EXECUTED_KINDS.join(", ")
        )));
    }
    let kinds: Vec<_> = EXECUTED_KINDS
        .into_iter()
        .filter(|kind| task.contains_key(*kind))
        .collect();
    if kinds.len() != 1 {
        return Err(ApiError::invalid(format!(
            "the task `{key}` must have exactly one of {}, it has {}",
            EXECUTED_KINDS.join(", "),
            if kinds.is_empty() {
                "none".to_owned()
            } else {
                kinds.join(" and ")
            }
        )));
    }
    let repeated = task.get("for_each_task").and_then(|each| each.get("task"));
    repeated.and_then(|task| task.as_object()).map_or(Ok(()), refuse_kind)
}
