//! The operations on jobs themselves: create, reset, update, get, delete.

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::Call;
use crate::error::ApiError;
use crate::jobs::access;
use crate::jobs::job::{self, Job};
use crate::jobs::page;
use crate::jobs::settings::{JobPlan, Object, with_defaults};
use crate::log;
use crate::permissions::Level;
use crate::principal::Principal;
use crate::workspace::Workspace;

/// Arrays of settings are cut at this length, page by page.
pub(super) const PAGE: usize = 100;
const PAGED: [&str; 4] = ["tasks", "job_clusters", "parameters", "environments"];

/// The version of the API that was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V21,
    V22,
}

#[derive(Serialize)]
pub(crate) struct Created {
    job_id: i64,
}

/// `POST jobs/create`
pub(crate) async fn create(mut call: Call, version: Version) -> Result<Json<Created>, ApiError> {
    let given: Object = call.json().await?;
    let entries = access::given(&given)?;
    let entries = access::initial(&call.workspace, &call.principal, &entries).await?;
    let settings = with_defaults(given, version == Version::V22);
    let plan = JobPlan::read(&settings)?;
    if let Some(name) = plan.run_as.as_ref().and_then(|run_as| run_as.principal()) {
        check_run_as(&call.workspace, &call.principal, name).await?;
    }
    let job = Job {
        id: call.workspace.ids.number(),
        creator: call.principal.name.clone(),
        created_at: call.workspace.clock.now_ms(),
        settings,
    };
    let mut transaction = call.workspace.store.begin().await?;
    job::insert(&mut transaction, &job).await?;
    access::store(&call.workspace, &mut transaction, job.id, &entries).await?;
    transaction.commit().await?;
    call.workspace.jobs.scheduler().arm(job.id, &plan, job.created_at);
    warn_of_ignored_start(&call.workspace, &job, &plan);
    Ok(Json(Created { job_id: job.id }))
}

#[derive(Deserialize)]
struct Reset {
    job_id: i64,
    new_settings: Object,
}

/// `POST jobs/reset`
pub(crate) async fn reset(mut call: Call, version: Version) -> Result<Json<Object>, ApiError> {
    let Reset {
        job_id,
        mut new_settings,
    } = call.json().await?;
    let job = require(&call.workspace, &call.principal, job_id, Level::CanManage).await?;
    if let (None, Some(run_as)) = (new_settings.get("run_as"), job.settings.get("run_as")) {
        new_settings.insert("run_as".to_owned(), run_as.clone());
    }
    replace(
        &call.workspace,
        &call.principal,
        job,
        with_defaults(new_settings, version == Version::V22),
    )
    .await
}

#[derive(Deserialize)]
struct Update {
    job_id: i64,
    #[serde(default)]
    new_settings: Object,
    #[serde(default)]
    fields_to_remove: Vec<String>,
}

/// `POST jobs/update`
pub(crate) async fn update(mut call: Call, version: Version) -> Result<Json<Object>, ApiError> {
    let Update {
        job_id,
        new_settings,
        fields_to_remove,
    } = call.json().await?;
    let job = require(&call.workspace, &call.principal, job_id, Level::CanManage).await?;
    let mut settings = job.settings.clone();
    for field in &fields_to_remove {
        remove_field(&mut settings, field)?;
    }
    for (name, value) in new_settings {
        let merged = match (settings.get_mut(&name), PAGED.contains(&name.as_str())) {
            (Some(Value::Array(existing)), true) => merge_array(existing, &value),
            _ => value,
        };
        settings.insert(name, merged);
    }
    replace(
        &call.workspace,
        &call.principal,
        job,
        with_defaults(settings, version == Version::V22),
    )
    .await
}

async fn replace(
    workspace: &Workspace,
    principal: &Principal,
    mut job: Job,
    settings: Object,
) -> Result<Json<Object>, ApiError> {
    let plan = JobPlan::read(&settings)?;
    let before = access::run_as(workspace, &job).await?;
    let former = std::mem::replace(&mut job.settings, settings);
    // Compared as names: a job that loses its `run_as` runs as its owner from then on.
    let after = access::run_as(workspace, &job).await?;
    if after != before {
        check_run_as(workspace, principal, &after).await?;
    }
    let mut transaction = workspace.store.begin().await?;
    job::set_settings(&mut transaction, job.id, &job.settings).await?;
    transaction.commit().await?;
    if ["schedule", "trigger"]
        .into_iter()
        .any(|name| former.get(name) != job.settings.get(name))
    {
        workspace.jobs.scheduler().arm(job.id, &plan, workspace.clock.now_ms());
    }
    warn_of_ignored_start(workspace, &job, &plan);
    Ok(Json(Object::new()))
}

/// Elements with the same key replace each other, others are added at the end.
fn merge_array(existing: &[Value], given: &Value) -> Value {
    let Value::Array(given) = given else {
        return given.clone();
    };
    let key_of = |each: &Value| {
        ["task_key", "job_cluster_key", "environment_key", "name"]
            .into_iter()
            .find_map(|name| each.get(name).and_then(Value::as_str).map(str::to_owned))
    };
    let mut merged = existing.to_vec();
    for each in given {
        match merged
            .iter_mut()
            .find(|other| key_of(other).is_some() && key_of(other) == key_of(each))
        {
            Some(same) => *same = each.clone(),
            None => merged.push(each.clone()),
        }
    }
    Value::Array(merged)
}

/// `name` removes a field, `tasks/key` an element of an array.
fn remove_field(settings: &mut Object, field: &str) -> Result<(), ApiError> {
    match field.split_once('/') {
        None => {
            settings.shift_remove(field);
        }
        Some((array, key)) if PAGED.contains(&array) => {
            let elements = settings.get_mut(array).and_then(Value::as_array_mut);
            let names = ["task_key", "job_cluster_key", "environment_key", "name"];
            if let Some(elements) = elements {
                elements.retain(|each| {
                    !names
                        .iter()
                        .any(|name| each.get(*name).and_then(Value::as_str) == Some(key))
                });
            }
        }
        Some(_) => {
            return Err(ApiError::invalid(format!(
                "`{field}` in `fields_to_remove` names no field of a job"
            )));
        }
    }
    Ok(())
}

#[derive(Serialize)]
pub(crate) struct JobView {
    job_id: i64,
    creator_user_name: String,
    run_as_user_name: String,
    created_time: i64,
    pub(super) settings: Object,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) has_more: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

impl JobView {
    pub(super) fn of(job: Job, run_as_user_name: String) -> Self {
        Self {
            job_id: job.id,
            creator_user_name: job.creator,
            run_as_user_name,
            created_time: job.created_at,
            settings: job.settings,
            has_more: None,
            next_page_token: None,
        }
    }
}

/// `GET jobs/get`
pub(crate) async fn get(call: Call, version: Version) -> Result<Json<JobView>, ApiError> {
    let id = call.required_query("job_id")?;
    let id = id
        .parse()
        .map_err(|_not_a_number| ApiError::invalid(format!("`{id}` is not a job id")))?;
    let job = require(&call.workspace, &call.principal, id, Level::CanView).await?;
    let scope = format!("job {id}");
    let start = page::start(call.query("page_token"), &scope)?;
    let run_as = access::run_as(&call.workspace, &job).await?;
    let mut view = JobView::of(job, run_as);
    if version == Version::V22 {
        let mut more = false;
        for name in PAGED {
            if let Some(elements) = view.settings.get_mut(name).and_then(Value::as_array_mut) {
                more |= elements.len() > start + PAGE;
                *elements = elements.iter().skip(start).take(PAGE).cloned().collect();
            }
        }
        view.next_page_token = more.then(|| page::token(start + PAGE, &scope));
    }
    Ok(Json(view))
}

#[derive(Deserialize)]
struct Delete {
    job_id: i64,
}

/// `POST jobs/delete`
pub(crate) async fn delete(mut call: Call) -> Result<Json<Object>, ApiError> {
    let Delete { job_id } = call.json().await?;
    let job = require(&call.workspace, &call.principal, job_id, Level::CanManage).await?;
    let mut transaction = call.workspace.store.begin().await?;
    job::delete(&mut transaction, job.id).await?;
    transaction.commit().await?;
    call.workspace.jobs.scheduler().disarm(job.id);
    call.workspace.jobs.cancel_job(&call.workspace, job.id).await?;
    Ok(Json(Object::new()))
}

/// The job, for a principal who may; the permission is checked before the job is looked up.
pub(crate) async fn require(
    workspace: &Workspace,
    principal: &Principal,
    id: i64,
    level: Level,
) -> Result<Job, ApiError> {
    access::require(workspace, principal, id, level).await?;
    job::find(workspace, id)
        .await?
        .ok_or_else(|| ApiError::invalid(format!("Job {id} does not exist.")))
}

/// Only administrators let a job run as somebody else.
pub(crate) async fn check_run_as(workspace: &Workspace, principal: &Principal, name: &str) -> Result<(), ApiError> {
    if crate::identity::by_name(workspace, name).await?.is_none() {
        return Err(ApiError::invalid(format!(
            "`run_as` names `{name}`, which is no principal of this workspace"
        )));
    }
    if principal.is_admin || principal.name == name {
        return Ok(());
    }
    Err(ApiError::denied(format!(
        "User '{}' may not let a job run as '{name}': only '{name}' and members of the group `admins` may",
        principal.name
    )))
}

fn warn_of_ignored_start(workspace: &Workspace, job: &Job, plan: &JobPlan) {
    if let Some(field) = plan.ignored_start() {
        log::line(&format!(
            "{}: job {} `{}` has an unpaused `{field}`, which does not start runs here: start it with run-now",
            workspace.name,
            job.id,
            job.name()
        ));
    }
}
