//! What a task does, once the references in its parameters have values.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::jobs::references::{EndedTask, ReferenceError, Values};
use crate::jobs::run::{self, TaskRun};
use crate::jobs::settings::{Object, TaskPlan};
use crate::jobs::work::Shared;

/// What a task does, with all references replaced.
pub(crate) enum Work {
    Process {
        kind: &'static str,
        path: String,
        parameters: Value,
        task_values: BTreeMap<String, Object>,
    },
    Sql {
        warehouse_id: String,
        path: String,
        parameters: BTreeMap<String, String>,
    },
}

impl Work {
    /// `ResolvedValues` of the API.
    pub(crate) fn resolved(&self) -> Value {
        match self {
            Self::Process {
                kind: "notebook",
                parameters,
                ..
            } => {
                json!({ "notebook_task": { "base_parameters": parameters } })
            }
            Self::Process { parameters, .. } => json!({ "spark_python_task": { "parameters": parameters } }),
            Self::Sql { parameters, .. } => json!({ "sql_task": { "parameters": parameters } }),
        }
    }
}

pub(crate) async fn resolve(
    shared: &Shared,
    task: &TaskPlan,
    attempt: &TaskRun,
) -> Result<Result<Work, String>, ApiError> {
    let values = values(shared, task, attempt).await?;
    Ok(resolve_with(shared, task, &values).map_err(|error| error.to_string()))
}

fn resolve_with(shared: &Shared, task: &TaskPlan, values: &Values) -> Result<Work, ReferenceError> {
    let overriding = &shared.run.overriding;
    let named = |own: &IndexMap<String, String>, over: Option<&IndexMap<String, String>>| {
        let mut all: BTreeMap<String, String> = own.clone().into_iter().collect();
        all.extend(
            over.into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        // Job parameters reach every task that takes named parameters, and win.
        let job = shared
            .run
            .parameters
            .iter()
            .map(|each| (each.name.clone(), each.value.clone()));
        all.extend(job);
        all.into_iter()
            .map(|(name, value)| Ok((name, values.resolve(&value)?)))
            .collect::<Result<BTreeMap<_, _>, _>>()
    };
    let task_values: BTreeMap<String, Object> = values
        .tasks
        .iter()
        .map(|(key, ended)| (key.clone(), ended.values.clone()))
        .collect();
    if let Some(notebook) = &task.notebook_task {
        let parameters = named(&notebook.base_parameters, overriding.notebook_params.as_ref())?;
        let path = notebook.notebook_path.clone();
        return Ok(Work::Process {
            kind: "notebook",
            path,
            parameters: json!(parameters),
            task_values,
        });
    }
    if let Some(file) = &task.spark_python_task {
        let given = overriding.python_params.as_ref().unwrap_or(&file.parameters);
        let parameters = given
            .iter()
            .map(|each| values.resolve(each))
            .collect::<Result<Vec<_>, _>>()?;
        let path = file.python_file.clone();
        return Ok(Work::Process {
            kind: "python_file",
            path,
            parameters: json!(parameters),
            task_values,
        });
    }
    let sql = task
        .sql_task
        .as_ref()
        .expect("invariant: a checked task has one of three kinds");
    let parameters = named(&sql.parameters, overriding.sql_params.as_ref())?;
    let path = sql.file.as_ref().map(|file| file.path.clone()).unwrap_or_default();
    Ok(Work::Sql {
        warehouse_id: sql.warehouse_id.clone(),
        path,
        parameters,
    })
}

async fn values(shared: &Shared, task: &TaskPlan, attempt: &TaskRun) -> Result<Values, ApiError> {
    let run = &shared.run;
    let mut values = Values {
        job_id: run.job_id,
        job_name: shared.job_name.clone(),
        run_id: run.id,
        start_time: run.start_time.unwrap_or(run.requested_at),
        task_name: task.task_key.clone(),
        task_run_id: attempt.id,
        attempt: attempt.attempt_number,
        workspace_id: shared.workspace.org_id,
        workspace_url: shared.workspace.host(),
        ..Values::default()
    };
    let ended = run::tasks(&shared.workspace, run.id)
        .await?
        .into_iter()
        .filter(|each| each.state.is_final());
    values.tasks = ended
        .map(|each| {
            (
                each.task_key,
                EndedTask {
                    run_id: each.id,
                    result: each.state.result,
                    values: each.task_values,
                },
            )
        })
        .collect();
    for parameter in &run.parameters {
        // A job parameter may itself refer to the job, such as `{{job.id}}`.
        let value = values
            .resolve(&parameter.value)
            .unwrap_or_else(|_| parameter.value.clone());
        values.job_parameters.insert(parameter.name.clone(), value);
    }
    Ok(values)
}
