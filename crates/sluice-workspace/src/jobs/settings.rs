//! The settings of a job: checked, completed with defaults, and kept as they were given.
//!
//! What the workspace branches on is read into [`JobPlan`]; everything else is echoed and never looked at. A task that
//! could not be executed is refused here, by its name, not when it should run.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::jobs::graph;

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// The task kinds of the API that this workspace does not execute.
const REFUSED_KINDS: [&str; 19] = [
    "ai_function_task",
    "ai_runtime_task",
    "alert_task",
    "clean_rooms_notebook_task",
    "condition_task",
    "dashboard_task",
    "dbt_cloud_task",
    "dbt_platform_task",
    "dbt_task",
    "for_each_task",
    "gen_ai_compute_task",
    "pipeline_task",
    "power_bi_task",
    "python_operator_task",
    "python_wheel_task",
    "run_job_task",
    "spark_jar_task",
    "spark_submit_task",
    "simulation_task",
];
const EXECUTED_KINDS: [&str; 3] = ["notebook_task", "spark_python_task", "sql_task"];

/// The part of a job's settings that running it depends on.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct JobPlan {
    /// Name of the job.
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) tasks: Vec<TaskPlan>,
    #[serde(default)]
    pub(crate) parameters: Vec<JobParameter>,
    #[serde(default = "one")]
    pub(crate) max_concurrent_runs: u32,
    #[serde(default)]
    pub(crate) timeout_seconds: u64,
    #[serde(default)]
    pub(crate) queue: Queue,
    #[serde(default)]
    pub(crate) run_as: Option<RunAs>,
    #[serde(default)]
    pub(crate) deployment: Option<Deployment>,
    #[serde(default)]
    environments: Vec<Environment>,
    #[serde(default)]
    git_source: Option<Object>,
    #[serde(default)]
    schedule: Option<Pausable>,
    #[serde(default)]
    trigger: Option<Pausable>,
    #[serde(default)]
    continuous: Option<Pausable>,
}

fn one() -> u32 {
    1
}

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
    pub(crate) sql_task: Option<SqlTask>,
    #[serde(default)]
    libraries: Vec<Object>,
}

/// A task that must end before another starts.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) task_key: String,
    #[serde(default)]
    outcome: Option<String>,
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

/// A declared job parameter.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct JobParameter {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) default: String,
}

/// Whether a run waits when the job runs already.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct Queue {
    #[serde(default)]
    pub(crate) enabled: bool,
}

/// Who the job runs as.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RunAs {
    #[serde(default)]
    user_name: Option<String>,
    #[serde(default)]
    service_principal_name: Option<String>,
    #[serde(default)]
    group_name: Option<String>,
}

/// What deployed the job.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Deployment {
    #[serde(default)]
    pub(crate) metadata_file_path: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Environment {
    environment_key: String,
    #[serde(default)]
    spec: EnvironmentSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct EnvironmentSpec {
    #[serde(default)]
    dependencies: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Pausable {
    #[serde(default)]
    pause_status: Option<String>,
}

impl RunAs {
    /// The user name or application id; none when neither is given.
    pub(crate) fn principal(&self) -> Option<&str> {
        self.user_name.as_deref().or(self.service_principal_name.as_deref())
    }
}

impl JobPlan {
    /// Reads and checks settings.
    ///
    /// # Errors
    /// 400 naming the field; 501 naming what this workspace does not execute.
    pub(crate) fn read(settings: &Object) -> Result<Self, ApiError> {
        refuse_kinds(settings)?;
        let plan: Self = serde_json::from_value(Value::Object(settings.clone()))
            .map_err(|error| ApiError::invalid(format!("the job's settings cannot be read: {error}")))?;
        plan.check()?;
        Ok(plan)
    }

    /// How the job would start by itself, were schedules executed here; none when it is only started by hand.
    pub(crate) fn unpaused_start(&self) -> Option<&'static str> {
        let unpaused = |each: &Option<Pausable>| {
            each.as_ref()
                .is_some_and(|each| each.pause_status.as_deref() != Some("PAUSED"))
        };
        [
            ("schedule", &self.schedule),
            ("trigger", &self.trigger),
            ("continuous", &self.continuous),
        ]
        .into_iter()
        .find(|(_, each)| unpaused(each))
        .map(|(name, _)| name)
    }

    fn check(&self) -> Result<(), ApiError> {
        if self.git_source.is_some() {
            return Err(not_executed("`git_source`: tasks run from files of the workspace"));
        }
        if self.run_as.as_ref().is_some_and(|run_as| run_as.group_name.is_some()) {
            return Err(not_executed(
                "`run_as.group_name`: a job runs as a user or a service principal",
            ));
        }
        for environment in &self.environments {
            if let Some(first) = environment.spec.dependencies.first() {
                return Err(not_executed(&format!(
                    "the dependency `{first}` of the environment `{}`: tasks find what the local runtime holds",
                    environment.environment_key
                )));
            }
        }
        let mut parameters = BTreeSet::new();
        if let Some(twice) = self.parameters.iter().find(|each| !parameters.insert(&each.name)) {
            return Err(ApiError::invalid(format!(
                "the job parameter `{}` is declared twice",
                twice.name
            )));
        }
        let mut keys = BTreeSet::new();
        for task in &self.tasks {
            check_key(&task.task_key)?;
            if !keys.insert(task.task_key.as_str()) {
                return Err(ApiError::invalid(format!(
                    "the task key `{}` is used twice",
                    task.task_key
                )));
            }
            task.check()?;
        }
        graph::check(&self.tasks)
    }
}

impl TaskPlan {
    fn check(&self) -> Result<(), ApiError> {
        let key = &self.task_key;
        if !self.libraries.is_empty() {
            return Err(not_executed(&format!(
                "`libraries` of the task `{key}`: tasks find what the local runtime holds"
            )));
        }
        if self.depends_on.iter().any(|dependency| dependency.outcome.is_some()) {
            return Err(not_executed(&format!("`depends_on.outcome` of the task `{key}`")));
        }
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
                "the source of the task `{key}`: files come from the WORKSPACE"
            )));
        }
        if let Some(task) = &self.notebook_task {
            require_path(key, "notebook_task.notebook_path", &task.notebook_path)?;
        }
        if let Some(task) = &self.spark_python_task {
            require_path(key, "spark_python_task.python_file", &task.python_file)?;
        }
        self.sql_task.as_ref().map_or(Ok(()), |task| task.check(key))
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

fn not_executed(what: &str) -> ApiError {
    ApiError::not_implemented(format!("the local workspace does not execute {what}"))
}

/// Refuses tasks by kind before their other fields are read, so that the message names the kind.
fn refuse_kinds(settings: &Object) -> Result<(), ApiError> {
    let tasks = settings
        .get("tasks")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    for task in tasks.iter().filter_map(Value::as_object) {
        let key = task.get("task_key").and_then(Value::as_str).unwrap_or_default();
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
    }
    Ok(())
}

/// The settings with what the API fills in; `queued_by_default` is what version 2.2 does and 2.1 does not.
pub(crate) fn with_defaults(mut settings: Object, queued_by_default: bool) -> Object {
    // Input only: who may do what is kept with the permissions.
    settings.shift_remove("access_control_list");
    let queue = json!({ "enabled": true });
    let defaults = [
        ("name", json!("Untitled")),
        ("format", json!("MULTI_TASK")),
        ("max_concurrent_runs", json!(1)),
        ("timeout_seconds", json!(0)),
        ("email_notifications", json!({})),
        ("webhook_notifications", json!({})),
    ];
    fill(&mut settings, defaults);
    if queued_by_default {
        fill(&mut settings, [("queue", queue)]);
    }
    let tasks = settings.get_mut("tasks").and_then(Value::as_array_mut);
    for task in tasks.into_iter().flatten().filter_map(Value::as_object_mut) {
        complete_task(task);
    }
    settings
}

fn complete_task(task: &mut Object) {
    let defaults = [
        ("run_if", json!("ALL_SUCCESS")),
        ("timeout_seconds", json!(0)),
        ("email_notifications", json!({})),
        ("webhook_notifications", json!({})),
    ];
    fill(task, defaults);
    for path in [
        ["notebook_task"].as_slice(),
        &["spark_python_task"],
        &["sql_task", "file"],
    ] {
        let start = task.get_mut(path[0]);
        let found = path[1..]
            .iter()
            .fold(start, |each, name| each.and_then(|each| each.get_mut(*name)));
        if let Some(found) = found.and_then(Value::as_object_mut) {
            fill(found, [("source", json!("WORKSPACE"))]);
        }
    }
    if let Some(depends_on) = task.get_mut("depends_on").and_then(Value::as_array_mut) {
        depends_on.sort_by_key(|each| {
            each.get("task_key")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        });
    }
    if let Some(cluster) = task.get_mut("new_cluster").and_then(Value::as_object_mut) {
        cluster.shift_remove("apply_policy_default_values");
    }
}

fn fill<const COUNT: usize>(object: &mut Object, defaults: [(&str, Value); COUNT]) {
    for (name, value) in defaults {
        if object.get(name).is_none_or(Value::is_null) {
            object.insert(name.to_owned(), value);
        }
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
