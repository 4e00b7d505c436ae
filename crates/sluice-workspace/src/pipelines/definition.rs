//! The stored definition of a pipeline: who may do what with it, as whom it runs, and how it stands.

use serde::Serialize;

use super::spec::Spec;
use super::update::{self, UpdateState};
use crate::error::ApiError;
use crate::jobs::Object as Document;
use crate::permissions::{Level, Object, ObjectKind};
use crate::principal::Principal;
use crate::workspace::Workspace;

/// A pipeline.
pub(crate) struct Definition {
    pub(crate) id: String,
    /// What was written, with defaults.
    pub(crate) body: Document,
    pub(crate) creator: String,
}

impl Definition {
    /// What of it updates depend on.
    pub(super) fn spec(&self) -> Result<Spec, ApiError> {
        serde_json::from_value(self.body.clone().into()).map_err(|error| {
            ApiError::invalid(format!(
                "the definition of the pipeline {} cannot be read: {error}",
                self.id
            ))
        })
    }

    /// The principal whose grants its updates have: `run_as`, else its owner.
    pub(crate) async fn run_as(&self, workspace: &Workspace) -> Result<String, ApiError> {
        if let Some(named) = named(&self.body) {
            return Ok(named);
        }
        let object = object(&self.id);
        let owner = workspace.permissions().owner(&object).await?;
        Ok(owner.unwrap_or_else(|| self.creator.clone()))
    }
}

/// The principal in `run_as` of a definition.
pub(crate) fn named(body: &Document) -> Option<String> {
    let run_as = body.get("run_as")?;
    let field = |name: &str| run_as.get(name).and_then(|value| value.as_str());
    field("user_name")
        .or_else(|| field("service_principal_name"))
        .map(str::to_owned)
}

fn object(id: &str) -> Object {
    Object {
        kind: ObjectKind::Pipeline,
        id: id.to_owned(),
    }
}

/// The pipeline, when the principal has this level on it.
///
/// # Errors
/// 404, 403.
pub(crate) async fn require(
    workspace: &Workspace,
    principal: &Principal,
    id: &str,
    level: Level,
) -> Result<Definition, ApiError> {
    let found = crate::records::pipeline(workspace, id).await?;
    workspace.permissions().require(principal, &object(id), level).await?;
    Ok(found)
}

/// What the workspace says about a pipeline beside its definition.
#[derive(Serialize)]
pub(crate) struct Standing {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    run_as_user_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    latest_updates: Vec<Latest>,
}

/// One of the latest updates.
#[derive(Serialize)]
struct Latest {
    update_id: String,
    state: UpdateState,
    creation_time: String,
}

/// How a pipeline stands: what its active update does, else how the last one ended.
pub(crate) async fn standing(workspace: &Workspace, definition: &Definition) -> Result<Standing, ApiError> {
    let latest = update::latest(workspace, &definition.id).await?;
    let last = latest.first();
    let state = match last.map(|update| (update.state, update.acknowledged)) {
        None | Some((UpdateState::Completed | UpdateState::Canceled, _) | (UpdateState::Failed, true)) => "IDLE",
        Some((UpdateState::Failed, false)) => "FAILED",
        Some((UpdateState::Created | UpdateState::WaitingForResources | UpdateState::Initializing, _)) => "STARTING",
        Some((UpdateState::Running, _)) => "RUNNING",
        Some((UpdateState::Stopping, _)) => "STOPPING",
    };
    let ended = latest.iter().find(|update| update.state.is_final());
    let health = ended.map(|update| match update.state {
        UpdateState::Failed => "UNHEALTHY",
        _ => "HEALTHY",
    });
    Ok(Standing {
        state,
        health,
        cause: last.and_then(|update| update.reason.clone()),
        run_as_user_name: definition.run_as(workspace).await?,
        latest_updates: latest
            .iter()
            .map(|update| Latest {
                update_id: update.id.clone(),
                state: update.state,
                creation_time: moment(update.created_at),
            })
            .collect(),
    })
}

/// A time as the REST API writes it: `2021-07-22T06:37:33.083Z`.
pub(super) fn moment(milliseconds: i64) -> String {
    sluice_model::Timestamp::from_millisecond(milliseconds)
        .map(|time| format!("{time:.3}"))
        .unwrap_or_default()
}

/// Stops what a pipeline that is about to be deleted does, and removes what it has made: its datasets, unless `cascade` is false, and its history.
///
/// # Errors
/// When a dataset cannot be removed and `force` is not given.
pub(crate) async fn clear(
    workspace: &Workspace,
    definition: &Definition,
    cascade: bool,
    force: bool,
) -> Result<(), ApiError> {
    workspace.pipelines.cancel(&definition.id);
    for update in update::unfinished(workspace).await? {
        if update.pipeline_id == definition.id {
            super::runner::ended(workspace, &update.id).await?;
        }
    }
    if cascade {
        let name = definition.run_as(workspace).await?;
        let principal = crate::identity::by_name(workspace, &name).await?;
        let missing = || {
            ApiError::invalid(format!(
                "the pipeline runs as '{name}', which is no principal of this workspace"
            ))
        };
        for table in workspace.catalog().tables_of_pipeline(&definition.id).await? {
            let dropped = match &principal {
                Some(principal) => {
                    workspace
                        .catalog()
                        .drop_table(principal, &table.securable.full_name)
                        .await
                }
                None => Err(missing()),
            };
            if !force {
                dropped?;
            }
        }
    }
    update::forget(workspace, &definition.id).await
}
