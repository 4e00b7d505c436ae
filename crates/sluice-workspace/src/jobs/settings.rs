//! The settings of a job: checked, completed with defaults, and kept as they were given.
//!
//! What the workspace branches on is read into [`JobPlan`]; everything else is echoed and never looked at. A task that
//! could not be executed is refused here, by its name, not when it should run (`task_plan`).

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::jobs::graph;
use crate::jobs::library::Library;
use crate::jobs::schedule::{Schedule, Timer, Trigger};
use crate::jobs::task_plan::{TaskPlan, refuse_kinds};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

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
    schedule: Option<Schedule>,
    #[serde(default)]
    trigger: Option<Trigger>,
    #[serde(default)]
    continuous: Option<Pausable>,
}

fn one() -> u32 {
    1
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
    pause_status: PauseStatus,
}

/// Whether something starts runs by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum PauseStatus {
    #[default]
    Unpaused,
    Paused,
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

    /// What starts runs by itself, and when; none when it is paused or the job has neither schedule nor periodic trigger.
    pub(crate) fn timer(&self) -> Option<Timer<'_>> {
        let schedule = self
            .schedule
            .as_ref()
            .filter(|each| each.pause_status == PauseStatus::Unpaused);
        let trigger = self
            .trigger
            .as_ref()
            .filter(|each| each.pause_status == PauseStatus::Unpaused);
        schedule
            .map(Timer::Schedule)
            .or_else(|| trigger.and_then(|each| each.periodic.as_ref()).map(Timer::Periodic))
    }

    /// How the job would start by itself in a way that is not executed here.
    pub(crate) fn ignored_start(&self) -> Option<&'static str> {
        let continuous = self.continuous.as_ref().map(|each| each.pause_status);
        if continuous == Some(PauseStatus::Unpaused) {
            return Some("continuous");
        }
        let trigger = self
            .trigger
            .as_ref()
            .filter(|each| each.pause_status == PauseStatus::Unpaused);
        trigger.filter(|each| each.periodic.is_none()).map(|_| "trigger")
    }

    /// What a task finds installed: the dependencies of its environment, and its own libraries.
    ///
    /// # Errors
    /// As [`Library`] says.
    pub(crate) fn libraries(&self, task: &TaskPlan) -> Result<Vec<Library>, ApiError> {
        let mut found = task.libraries()?;
        let Some(key) = &task.environment_key else {
            return Ok(found);
        };
        // A task may name an environment that nobody described: it has what the local runtime holds.
        let described = self.environments.iter().find(|each| each.environment_key == *key);
        for text in described.into_iter().flat_map(|each| &each.spec.dependencies) {
            found.push(Library::dependency(&format!("the environment `{key}`"), text)?);
        }
        Ok(found)
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
            for text in &environment.spec.dependencies {
                Library::dependency(&format!("the environment `{}`", environment.environment_key), text)?;
            }
        }
        if let Some(schedule) = &self.schedule {
            schedule.check()?;
        }
        if let Some(trigger) = &self.trigger {
            trigger.check()?;
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

pub(crate) fn not_executed(what: &str) -> ApiError {
    ApiError::not_implemented(format!("the local workspace does not execute {what}"))
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
    let repeated = task.get_mut("for_each_task").and_then(|each| each.get_mut("task"));
    if let Some(repeated) = repeated.and_then(Value::as_object_mut) {
        complete_task(repeated);
    }
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
