//! Who may do what with a job, and as whom it runs.

use serde_json::Value;
use sqlx::{Sqlite, Transaction};

use crate::error::ApiError;
use crate::jobs::job::{self, Job};
use crate::principal::Principal;
use crate::workspace::Workspace;

/// What a principal may do with a job; each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// See it and its runs.
    View,
    /// Run it and cancel runs.
    ManageRun,
    /// Change and delete it.
    Manage,
    /// Own it.
    Owner,
}

/// The highest level that the caller has on a job; none when it has no permission at all.
pub(crate) async fn level(
    workspace: &Workspace,
    principal: &Principal,
    job_id: i64,
) -> Result<Option<Level>, ApiError> {
    if principal.is_admin {
        return Ok(Some(Level::Manage));
    }
    let job = job::find(workspace, job_id).await?;
    Ok(job.filter(|job| job.creator == principal.name).map(|_| Level::Owner))
}

/// Refuses a caller with less than this level.
pub(crate) async fn require(
    workspace: &Workspace,
    principal: &Principal,
    job_id: i64,
    wanted: Level,
) -> Result<(), ApiError> {
    if level(workspace, principal, job_id).await? >= Some(wanted) {
        return Ok(());
    }
    let needed = match wanted {
        Level::View => "View, Manage Run, Manage or Owner",
        Level::ManageRun => "Manage Run, Manage or Owner",
        Level::Manage => "Manage or Owner",
        Level::Owner => "Owner",
    };
    Err(ApiError::denied(format!(
        "User {} does not have {needed} permissions on job {job_id}",
        principal.name
    )))
}

/// Makes the caller the owner of a new job.
pub(crate) async fn record_owner(
    workspace: &Workspace,
    principal: &Principal,
    transaction: &mut Transaction<'_, Sqlite>,
    job_id: i64,
    access_control_list: Option<Value>,
) -> Result<(), ApiError> {
    let _ = (workspace, principal, transaction, job_id, access_control_list);
    Ok(())
}

/// The principal whose grants the tasks of a job have: `run_as` of its settings, else its owner.
pub(crate) async fn run_as(workspace: &Workspace, job: &Job) -> Result<String, ApiError> {
    let _ = workspace;
    let plan = job.plan()?;
    let named = plan.run_as.as_ref().and_then(|run_as| run_as.principal());
    Ok(named.map_or_else(|| job.creator.clone(), str::to_owned))
}
