//! Who may do what with a job, and as whom it runs.
//!
//! Access control lists are kept by [`crate::permissions`], and stay when a job is deleted: whoever may not see a job does not learn
//! whether it exists.

use serde::Deserialize;
use sqlx::{Sqlite, Transaction};

use crate::error::ApiError;
use crate::jobs::job::Job;
use crate::permissions::{Level, Object, ObjectKind};
use crate::principal::Principal;
use crate::workspace::Workspace;

/// Refuses a caller with less than this level.
pub(crate) async fn require(
    workspace: &Workspace,
    principal: &Principal,
    job_id: i64,
    level: Level,
) -> Result<(), ApiError> {
    workspace
        .permissions()
        .require(principal, &Object::job(job_id), level)
        .await
}

/// Whether the caller may see a job.
pub(crate) async fn may_view(workspace: &Workspace, principal: &Principal, job_id: i64) -> Result<bool, ApiError> {
    workspace
        .permissions()
        .allows(principal, &Object::job(job_id), Level::CanView)
        .await
}

/// Whether the caller may start and end runs of a job.
pub(crate) async fn may_manage_runs(
    workspace: &Workspace,
    principal: &Principal,
    job_id: i64,
) -> Result<bool, ApiError> {
    workspace
        .permissions()
        .allows(principal, &Object::job(job_id), Level::CanManageRun)
        .await
}

/// The `access_control_list` of a body.
///
/// # Errors
/// 400 when it cannot be read.
pub(crate) fn given(body: &crate::jobs::settings::Object) -> Result<Vec<Entry>, ApiError> {
    match body.get("access_control_list") {
        None => Ok(Vec::new()),
        Some(list) => serde_json::from_value(list.clone())
            .map_err(|error| ApiError::invalid(format!("`access_control_list` cannot be read: {error}"))),
    }
}

/// An entry of `access_control_list` in the body of create.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Entry {
    #[serde(default)]
    user_name: Option<String>,
    #[serde(default)]
    group_name: Option<String>,
    #[serde(default)]
    service_principal_name: Option<String>,
    permission_level: String,
}

impl Entry {
    async fn principal(&self, workspace: &Workspace) -> Result<&str, ApiError> {
        let names = [&self.user_name, &self.group_name, &self.service_principal_name];
        let [name] = names.into_iter().flatten().collect::<Vec<_>>()[..] else {
            return Err(ApiError::invalid(
                "an entry of `access_control_list` names exactly one principal",
            ));
        };
        if crate::identity::principal_exists(workspace, name).await? {
            return Ok(name);
        }
        Err(ApiError::not_found(format!(
            "`access_control_list` names '{name}', which does not exist"
        )))
    }
}

/// Checks the entries that a new job gets; the creator owns it unless an administrator names another owner.
pub(crate) async fn initial(
    workspace: &Workspace,
    creator: &Principal,
    given: &[Entry],
) -> Result<Vec<(String, Level)>, ApiError> {
    let mut entries = Vec::new();
    for entry in given {
        let level: Level = entry.permission_level.parse()?;
        if !ObjectKind::Job.levels().iter().any(|(each, _)| *each == level) {
            return Err(ApiError::invalid(format!(
                "a job has no permission level {}",
                level.as_str()
            )));
        }
        entries.push((entry.principal(workspace).await?.to_owned(), level));
    }
    let owners: Vec<_> = entries
        .iter()
        .filter(|(_, level)| *level == Level::IsOwner)
        .map(|(name, _)| name.clone())
        .collect();
    match owners[..] {
        [] => entries.push((creator.name.clone(), Level::IsOwner)),
        [ref owner] if *owner == creator.name || creator.is_admin => {}
        [ref owner] => {
            return Err(ApiError::denied(format!(
                "User '{}' may not make '{owner}' the owner of a job: only members of the group `admins` may",
                creator.name
            )));
        }
        _ => return Err(ApiError::invalid("a job has exactly one IS_OWNER")),
    }
    Ok(entries)
}

/// Stores the first entries of a new job.
pub(crate) async fn store(
    workspace: &Workspace,
    transaction: &mut Transaction<'_, Sqlite>,
    job_id: i64,
    entries: &[(String, Level)],
) -> Result<(), ApiError> {
    for (principal, level) in entries {
        workspace
            .permissions()
            .put(transaction, &Object::job(job_id), principal, *level)
            .await?;
    }
    Ok(())
}

/// The principal whose grants the tasks of a job have: `run_as` of its settings, else its owner.
pub(crate) async fn run_as(workspace: &Workspace, job: &Job) -> Result<String, ApiError> {
    if let Some(named) = job.named_run_as()? {
        return Ok(named);
    }
    let owner = workspace.permissions().owner(&Object::job(job.id)).await?;
    Ok(owner.unwrap_or_else(|| job.creator.clone()))
}
