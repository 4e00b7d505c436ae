//! What a task does, once the references in its parameters have values.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::jobs::condition::Operator;
use crate::jobs::for_each;
use crate::jobs::references::{EndedTask, Input, ReferenceError, Values};
use crate::jobs::run::{self, Overriding, ParameterValue, TaskRun, Trigger};
use crate::jobs::run_job::Called;
use crate::jobs::settings::Object;
use crate::jobs::task_plan::{ForEachTask, TaskPlan, WheelTask};
use crate::jobs::work::Shared;
use crate::pipelines::StartUpdate;

/// What a task does, with all references replaced.
pub(crate) enum Work {
    Process(ProcessWork),
    Sql {
        warehouse_id: String,
        path: String,
        parameters: BTreeMap<String, String>,
    },
    Condition {
        op: Operator,
        left: String,
        right: String,
    },
    ForEach {
        task: ForEachTask,
        inputs: Vec<Input>,
    },
    RunJob(Called),
    Pipeline(String, StartUpdate),
}

/// What a task process does.
pub(crate) struct ProcessWork {
    pub(crate) kind: ProcessKind,
    /// The notebook or file in the workspace; a package has none.
    pub(crate) path: Option<String>,
    /// Widget values, or arguments.
    pub(crate) parameters: Value,
    /// Values of the tasks that have ended.
    pub(crate) task_values: BTreeMap<String, Object>,
}

/// What a task process runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProcessKind {
    Notebook,
    PythonFile,
    /// The Python sources of a pipeline.
    Pipeline,
    /// A function of an installed package.
    PythonWheel {
        package: String,
        entry_point: String,
    },
}

impl Work {
    /// `ResolvedValues` of the API.
    pub(crate) fn resolved(&self) -> Value {
        match self {
            Self::Process(ProcessWork { kind, parameters, .. }) => match kind {
                ProcessKind::Notebook => json!({ "notebook_task": { "base_parameters": parameters } }),
                ProcessKind::PythonFile => json!({ "spark_python_task": { "parameters": parameters } }),
                ProcessKind::Pipeline => Value::Null,
                ProcessKind::PythonWheel { .. } => json!({ "python_wheel_task": { "parameters": parameters } }),
            },
            Self::Sql { parameters, .. } => json!({ "sql_task": { "parameters": parameters } }),
            Self::Condition { left, right, .. } => json!({ "condition_task": { "left": left, "right": right } }),
            Self::ForEach { .. } => Value::Null,
            Self::Pipeline(_, asked) => json!({ "pipeline_task": { "parameters": asked.parameters } }),
            Self::RunJob(called) => json!({ "run_job_task": { "job_parameters": called.parameters } }),
        }
    }
}

pub(crate) async fn resolve(
    shared: &Shared,
    task: &TaskPlan,
    attempt: &TaskRun,
) -> Result<Result<Work, String>, ApiError> {
    let values = values(shared, task, attempt).await?;
    if let Some(each) = &task.for_each_task {
        let resolved = values.resolve(&each.inputs).map_err(|error| error.to_string());
        let inputs = resolved.and_then(|text| for_each::inputs(&text));
        return Ok(inputs.map(|inputs| Work::ForEach {
            task: each.clone(),
            inputs,
        }));
    }
    let resolver = Resolver {
        values: &values,
        overriding: &shared.run.overriding,
        parameters: &shared.run.parameters,
    };
    Ok(resolver.work(task).map_err(|error| error.to_string()))
}

struct Resolver<'a> {
    values: &'a Values,
    overriding: &'a Overriding,
    parameters: &'a [ParameterValue],
}

impl Resolver<'_> {
    fn work(&self, task: &TaskPlan) -> Result<Work, ReferenceError> {
        if let Some(condition) = &task.condition_task {
            return Ok(Work::Condition {
                op: condition.op,
                left: self.values.resolve(&condition.left)?,
                right: self.values.resolve(&condition.right)?,
            });
        }
        if let Some(run_job) = &task.run_job_task {
            let parameters = run_job.job_parameters.iter();
            let parameters = parameters.map(|(name, value)| Ok((name.clone(), self.values.resolve(value)?)));
            return Ok(Work::RunJob(Called {
                job_id: run_job.job_id,
                parameters: parameters.collect::<Result<_, ReferenceError>>()?,
                overriding: run_job.overriding.clone(),
            }));
        }
        if let Some(pipeline) = &task.pipeline_task {
            let mut asked = pipeline.asked.clone();
            for value in asked.parameters.values_mut() {
                *value = self.values.resolve(value)?;
            }
            return Ok(Work::Pipeline(self.values.resolve(&pipeline.pipeline_id)?, asked));
        }
        if let Some(sql) = &task.sql_task {
            return Ok(Work::Sql {
                warehouse_id: sql.warehouse_id.clone(),
                path: sql.file.as_ref().map(|file| file.path.clone()).unwrap_or_default(),
                parameters: self.named(&sql.parameters, self.overriding.sql_params.as_ref())?,
            });
        }
        let (kind, path, parameters) = if let Some(notebook) = &task.notebook_task {
            let parameters = self.named(&notebook.base_parameters, self.overriding.notebook_params.as_ref())?;
            (
                ProcessKind::Notebook,
                Some(notebook.notebook_path.clone()),
                json!(parameters),
            )
        } else if let Some(file) = &task.spark_python_task {
            let parameters = self.list(&file.parameters)?;
            (
                ProcessKind::PythonFile,
                Some(file.python_file.clone()),
                json!(parameters),
            )
        } else {
            let wheel = task.python_wheel_task.as_ref();
            let wheel = wheel.expect("invariant: a checked task has one of the kinds that are executed");
            let kind = ProcessKind::PythonWheel {
                package: wheel.package_name.clone(),
                entry_point: wheel.entry_point.clone(),
            };
            (kind, None, json!(self.wheel_arguments(wheel)?))
        };
        let ended = self.values.tasks.iter();
        Ok(Work::Process(ProcessWork {
            kind,
            path,
            parameters,
            task_values: ended.map(|(key, ended)| (key.clone(), ended.values.clone())).collect(),
        }))
    }

    /// Named parameters become arguments of the form `--name=value`.
    fn wheel_arguments(&self, wheel: &WheelTask) -> Result<Vec<String>, ReferenceError> {
        let over = self.overriding.python_named_params.as_ref();
        if over.is_none() && wheel.named_parameters.is_empty() {
            return self.list(&wheel.parameters);
        }
        let mut named = wheel.named_parameters.clone();
        named.extend(
            over.into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        let argument = |(name, value): (&String, &String)| Ok(format!("--{name}={}", self.values.resolve(value)?));
        named.iter().map(argument).collect()
    }

    fn list(&self, own: &[String]) -> Result<Vec<String>, ReferenceError> {
        let given = self.overriding.python_params.as_deref().unwrap_or(own);
        given.iter().map(|each| self.values.resolve(each)).collect()
    }

    fn named(
        &self,
        own: &IndexMap<String, String>,
        over: Option<&IndexMap<String, String>>,
    ) -> Result<BTreeMap<String, String>, ReferenceError> {
        let mut all: BTreeMap<String, String> = own.clone().into_iter().collect();
        let over = over.into_iter().flatten();
        all.extend(over.map(|(name, value)| (name.clone(), value.clone())));
        // Job parameters reach every task that takes named parameters, and win.
        let job = self.parameters.iter();
        all.extend(job.map(|each| (each.name.clone(), each.value.clone())));
        all.into_iter()
            .map(|(name, value)| Ok((name, self.values.resolve(&value)?)))
            .collect()
    }
}

async fn values(shared: &Shared, task: &TaskPlan, attempt: &TaskRun) -> Result<Values, ApiError> {
    let run = &shared.run;
    let mut values = Values {
        job_id: run.job_id,
        job_name: shared.job_name.clone(),
        run_id: run.id,
        repair_count: run.repairs.len(),
        start_time: run.start_time.unwrap_or(run.requested_at),
        trigger: match run.trigger {
            Trigger::OneTime => "one_time",
            Trigger::Periodic => "periodic",
            Trigger::RunJobTask => "run_job_task",
        },
        task_name: task.task_key.clone(),
        task_run_id: attempt.id,
        attempt: attempt.attempt_number,
        notebook_path: task.notebook_task.as_ref().map(|task| task.notebook_path.clone()),
        input: attempt.iteration.as_ref().map(|iteration| iteration.input.clone()),
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
            let ended = EndedTask {
                run_id: each.id,
                result: each.state.result,
                executions: each.attempt_number + 1,
                values: each.task_values,
            };
            (each.task_key, ended)
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
