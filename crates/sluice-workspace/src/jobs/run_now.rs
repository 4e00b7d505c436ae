//! Asking for a run: run-now, for a job, and submit, without one.

use axum::Json;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::error::ApiError;
use crate::jobs::access;
use crate::jobs::definitions::{self, check_run_as};
use crate::jobs::run::{Overriding, RunType, Trigger};
use crate::jobs::settings::{JobPlan, Object, with_defaults};
use crate::jobs::start::{self, Start};
use crate::permissions::Level;

#[derive(Deserialize)]
struct RunNow {
    job_id: i64,
    #[serde(default)]
    idempotency_token: Option<String>,
    #[serde(default)]
    job_parameters: Option<IndexMap<String, String>>,
    #[serde(flatten)]
    overriding: Overriding,
    #[serde(default)]
    queue: Option<Queue>,
    #[serde(flatten)]
    rest: Object,
}

#[derive(Deserialize)]
struct Queue {
    enabled: bool,
}

/// The run that was started.
#[derive(Serialize)]
pub(crate) struct Started {
    run_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    number_in_job: Option<i64>,
}

/// Fields of run-now that belong to task kinds or features that are not here.
const REFUSED: [&str; 6] = [
    "dbt_commands",
    "jar_params",
    "only",
    "performance_target",
    "pipeline_params",
    "spark_submit_params",
];

/// Refuses fields of a request that have no effect here.
pub(crate) fn refuse(operation: &str, given: &Object) -> Result<(), ApiError> {
    match REFUSED.into_iter().find(|field| given.contains_key(*field)) {
        Some(field) => Err(ApiError::not_implemented(format!(
            "`{field}` of {operation} is not offered by the local workspace"
        ))),
        None => Ok(()),
    }
}

/// `POST jobs/run-now`
pub(crate) async fn run_now(mut call: Call) -> Result<Json<Started>, ApiError> {
    let asked: RunNow = call.json().await?;
    refuse("run-now", &asked.rest)?;
    let (workspace, principal) = (call.workspace.clone(), call.principal.clone());
    let job = definitions::require(&workspace, &principal, asked.job_id, Level::CanManageRun).await?;
    let plan = job.plan()?;
    let overriding = asked.overriding;
    let parameters = start::job_parameters(&plan, asked.job_parameters, &overriding)?;
    let run_as = access::run_as(&workspace, &job).await?;
    let start = Start {
        job_id: job.id,
        creator: principal.name,
        run_as,
        settings: job.settings,
        parameters,
        overriding,
        idempotency_token: asked.idempotency_token,
        queued: asked.queue.map(|queue| queue.enabled),
        run_type: RunType::JobRun,
        trigger: Trigger::OneTime,
        parent_task_run: None,
    };
    let run = start::start(&workspace, start).await?;
    Ok(Json(Started {
        run_id: run.id,
        number_in_job: Some(run.number_in_job),
    }))
}

#[derive(Deserialize)]
struct Submit {
    #[serde(default)]
    idempotency_token: Option<String>,
    #[serde(default)]
    run_name: Option<String>,
    #[serde(flatten)]
    settings: Object,
}

/// `POST jobs/runs/submit`: a run of tasks that belong to no job. Its job id is its own and is in no list of jobs.
pub(crate) async fn submit(mut call: Call) -> Result<Json<Started>, ApiError> {
    let Submit {
        idempotency_token,
        run_name,
        settings: mut given,
    } = call.json().await?;
    refuse("runs/submit", &given)?;
    let entries = access::given(&given)?;
    let (workspace, principal) = (call.workspace.clone(), call.principal.clone());
    let entries = access::initial(&workspace, &principal, &entries).await?;
    if let Some(name) = run_name {
        given.insert("name".to_owned(), name.into());
    }
    let settings = with_defaults(given, false);
    let plan = JobPlan::read(&settings)?;
    let run_as = match plan.run_as.as_ref().and_then(|run_as| run_as.principal()) {
        Some(name) => {
            check_run_as(&workspace, &principal, name).await?;
            name.to_owned()
        }
        None => principal.name.clone(),
    };
    let job_id = workspace.ids.number();
    let mut transaction = workspace.store.begin().await?;
    access::store(&workspace, &mut transaction, job_id, &entries).await?;
    transaction.commit().await?;
    let start = Start {
        job_id,
        creator: principal.name,
        run_as,
        settings,
        parameters: Vec::new(),
        overriding: Overriding::default(),
        idempotency_token,
        queued: None,
        run_type: RunType::SubmitRun,
        trigger: Trigger::OneTime,
        parent_task_run: None,
    };
    let run = start::start(&workspace, start).await?;
    Ok(Json(Started {
        run_id: run.id,
        number_in_job: None,
    }))
}
