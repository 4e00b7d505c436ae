//! `GET jobs/list`: the jobs that somebody may see, the newest first, page by page.
//!
//! Decided about in order, and no further than the page: there may be thousands. A batch of jobs takes one question for their places, one for their
//! access control lists; what stands on the page takes one more.

use std::collections::BTreeMap;

use axum::Json;
use serde::Serialize;
use serde_json::Value;

use crate::call::Call;
use crate::error::ApiError;
use crate::jobs::definitions::{JobView, PAGE};
use crate::jobs::job;
use crate::jobs::page;
use crate::permissions::{Level, Object, ObjectKind, owner_among};
use crate::principal::Principal;
use crate::workspace::Workspace;

/// So many jobs are looked at together at most.
const BATCH: usize = 1000;

#[derive(Serialize)]
pub(crate) struct JobList {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    jobs: Vec<JobView>,
    has_more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_page_token: Option<String>,
}

pub(crate) async fn list(call: Call) -> Result<Json<JobList>, ApiError> {
    let limit = call.parse_query::<usize>("limit")?.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(ApiError::invalid(format!("`limit` is {limit}: expected 1 to 100")));
    }
    let expand = call.flag("expand_tasks")?;
    let name = call
        .query("name")
        .filter(|name| !name.is_empty())
        .map(str::to_lowercase);
    let scope = format!("jobs {}", name.as_deref().unwrap_or_default());
    let start = match call.parse_query::<usize>("offset")? {
        Some(offset) => offset,
        None => page::start(call.query("page_token"), &scope)?,
    };
    let enough = start.saturating_add(limit).saturating_add(1);
    let visible = visible(&call.workspace, &call.principal, name.as_deref(), enough).await?;
    let has_more = visible.len() == enough;
    let shown: Vec<Visible> = visible.into_iter().skip(start).take(limit).collect();
    let ids: Vec<i64> = shown.iter().map(|job| job.id).collect();
    let found = job::find_all(&call.workspace, &ids).await?;
    let mut found: BTreeMap<i64, job::Job> = found.into_iter().map(|job| (job.id, job)).collect();
    let mut jobs = Vec::new();
    for Visible { id, owner } in shown {
        // One that was deleted in between is left out.
        let Some(job) = found.remove(&id) else { continue };
        let run_as = match job.named_run_as()? {
            Some(named) => named,
            None => owner.unwrap_or_else(|| job.creator.clone()),
        };
        jobs.push(listed(JobView::of(job, run_as), expand));
    }
    Ok(Json(JobList {
        jobs,
        has_more,
        next_page_token: has_more.then(|| page::token(start + limit, &scope)),
        prev_page_token: (start > 0).then(|| page::token(start.saturating_sub(limit), &scope)),
    }))
}

/// A job that somebody may see.
struct Visible {
    id: i64,
    owner: Option<String>,
}

/// The first `enough` jobs that the principal may see, of those with this name (in lower case) when there is one.
async fn visible(
    workspace: &Workspace,
    principal: &Principal,
    name: Option<&str>,
    enough: usize,
) -> Result<Vec<Visible>, ApiError> {
    let batch = if name.is_some() { BATCH } else { enough.min(BATCH) };
    let permissions = workspace.permissions();
    let mut visible = Vec::new();
    let mut after = None;
    loop {
        let positions = job::newest(workspace, after, batch, name.is_some()).await?;
        let last_batch = positions.len() < batch;
        after = positions.last().map(|(position, _)| *position);
        let wanted = positions
            .into_iter()
            .filter(|(_, job_name)| name.is_none_or(|name| job_name.to_lowercase() == name));
        let ids: Vec<i64> = wanted.map(|((_, id), _)| id).collect();
        let names: Vec<String> = ids.iter().map(i64::to_string).collect();
        let mut entries = permissions.entries_of(ObjectKind::Job, &names).await?;
        for id in ids {
            let object = Object::job(id);
            let entries = entries.remove(&object.id).unwrap_or_default();
            if permissions.allow(principal, &object, Level::CanView, &entries) {
                let owner = owner_among(entries);
                visible.push(Visible { id, owner });
            }
            if visible.len() == enough {
                return Ok(visible);
            }
        }
        if last_batch {
            return Ok(visible);
        }
    }
}

/// A list shows tasks only when they are asked for, and never more than a page of them.
fn listed(mut view: JobView, expand: bool) -> JobView {
    let mut more = false;
    for name in ["tasks", "job_clusters", "parameters", "environments"] {
        if !expand && matches!(name, "tasks" | "job_clusters") {
            view.settings.shift_remove(name);
        } else if let Some(elements) = view.settings.get_mut(name).and_then(Value::as_array_mut) {
            more |= elements.len() > PAGE;
            elements.truncate(PAGE);
        }
    }
    view.has_more = more.then_some(true);
    view
}
