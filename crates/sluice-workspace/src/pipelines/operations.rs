//! The requests about updates and events.

use std::collections::BTreeMap;

use axum::Json;
use serde::{Deserialize, Serialize};

use super::definition::{self, Definition};
use super::event::{self, Event, Level as EventLevel, Told};
use super::event_filter::{EventFilter, Order};
use super::update::{self, Asked, Update, UpdateState};
use crate::call::Call;
use crate::error::ApiError;
use crate::jobs::Object as Document;
use crate::paging::page;
use crate::permissions::Level;
use crate::workspace::Workspace;

/// The body of a request for an update.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct StartUpdate {
    #[serde(default)]
    cause: Option<String>,
    #[serde(default)]
    pub(crate) full_refresh: bool,
    #[serde(default)]
    pub(crate) full_refresh_selection: Vec<String>,
    #[serde(default)]
    pub(crate) refresh_selection: Vec<String>,
    #[serde(default)]
    validate_only: bool,
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, String>,
    #[serde(default)]
    full_refresh_selection_by_path: Vec<String>,
    #[serde(default)]
    refresh_selection_by_path: Vec<String>,
    #[serde(default)]
    reset_checkpoint_selection: Vec<String>,
    #[serde(default)]
    replace_where_overrides: Vec<Document>,
    #[serde(default)]
    rewind_spec: Option<Document>,
}

impl StartUpdate {
    /// Because a task of a job asks.
    pub(crate) fn by_task(mut self) -> Self {
        self.cause = Some("JOB_TASK".to_owned());
        self
    }

    /// Refuses what is not executed.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        let given = [
            (
                "full_refresh_selection_by_path",
                !self.full_refresh_selection_by_path.is_empty(),
            ),
            ("refresh_selection_by_path", !self.refresh_selection_by_path.is_empty()),
            (
                "reset_checkpoint_selection",
                !self.reset_checkpoint_selection.is_empty(),
            ),
            ("replace_where_overrides", !self.replace_where_overrides.is_empty()),
            ("rewind_spec", self.rewind_spec.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((field, _)) => Err(ApiError::not_implemented(format!(
                "`{field}` is not executed by the local workspace: name datasets in `refresh_selection` or `full_refresh_selection`"
            ))),
            None => Ok(()),
        }
    }
}

/// The answer to a request for an update.
#[derive(Serialize)]
pub(super) struct Started {
    update_id: String,
}

/// `POST pipelines/{id}/updates`
pub(super) async fn start_update(mut call: Call) -> Result<Json<Started>, ApiError> {
    let body: StartUpdate = call.json().await?;
    let id = call.parameter("id").to_owned();
    let definition = definition::require(&call.workspace, &call.principal, &id, Level::CanRun).await?;
    let update = start(&call.workspace, &definition, body).await?;
    Ok(Json(Started { update_id: update.id }))
}

/// Starts an update of a pipeline.
///
/// # Errors
/// 409 while another one is active; 400 and 501 for what cannot be executed.
pub(crate) async fn start(
    workspace: &std::sync::Arc<Workspace>,
    definition: &Definition,
    asked: StartUpdate,
) -> Result<Update, ApiError> {
    asked.check()?;
    let spec = definition.spec()?;
    spec.check()?;
    let update = Update {
        number: 0,
        id: workspace.ids.uuid(),
        pipeline_id: definition.id.clone(),
        state: UpdateState::Created,
        created_at: workspace.clock.now_ms(),
        acknowledged: false,
        reason: None,
        asked: Asked {
            cause: asked.cause.unwrap_or_else(|| "API_CALL".to_owned()),
            full_refresh: asked.full_refresh,
            full_refresh_selection: asked.full_refresh_selection,
            refresh_selection: asked.refresh_selection,
            validate_only: asked.validate_only,
            parameters: asked.parameters,
            run_as: definition.run_as(workspace).await?,
            spec,
            config: definition.body.clone(),
        },
    };
    update.insert(workspace).await?;
    let message = format!("Update {} was asked for ({}).", update.id, update.asked.cause);
    Told::new(&update, "create_update", message)
        .tell(workspace, EventLevel::Info)
        .await?;
    workspace.pipelines.begin(workspace, update.clone());
    Ok(update)
}

/// `POST pipelines/{id}/stop`
pub(super) async fn stop(call: Call) -> Result<Json<Document>, ApiError> {
    let id = call.parameter("id");
    definition::require(&call.workspace, &call.principal, id, Level::CanRun).await?;
    call.workspace.pipelines.cancel(id);
    update::acknowledge(&call.workspace, id).await?;
    Ok(Json(Document::new()))
}

/// `UpdateInfo` of the API.
#[derive(Serialize)]
struct UpdateInfo {
    pipeline_id: String,
    update_id: String,
    state: UpdateState,
    cause: String,
    creation_time: i64,
    full_refresh: bool,
    validate_only: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    full_refresh_selection: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refresh_selection: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    parameters: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<Document>,
}

impl UpdateInfo {
    fn of(update: Update, with_config: bool) -> Self {
        let asked = update.asked;
        Self {
            pipeline_id: update.pipeline_id,
            update_id: update.id,
            state: update.state,
            cause: asked.cause,
            creation_time: update.created_at,
            full_refresh: asked.full_refresh,
            validate_only: asked.validate_only,
            full_refresh_selection: asked.full_refresh_selection,
            refresh_selection: asked.refresh_selection,
            parameters: asked.parameters,
            config: with_config.then_some(asked.config),
        }
    }
}

#[derive(Serialize)]
pub(super) struct OneUpdate {
    update: UpdateInfo,
}

/// `GET pipelines/{id}/updates/{update_id}`
pub(super) async fn get_update(call: Call) -> Result<Json<OneUpdate>, ApiError> {
    let (id, update_id) = (call.parameter("id"), call.parameter("update_id"));
    definition::require(&call.workspace, &call.principal, id, Level::CanView).await?;
    let found = update::find(&call.workspace, update_id).await?;
    let found = found
        .filter(|update| update.pipeline_id == id)
        .ok_or_else(|| ApiError::not_found(format!("The update {update_id} of the pipeline {id} does not exist.")))?;
    Ok(Json(OneUpdate {
        update: UpdateInfo::of(found, true),
    }))
}

#[derive(Serialize)]
pub(super) struct Updates {
    updates: Vec<UpdateInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// `GET pipelines/{id}/updates`: the newest first.
pub(super) async fn list_updates(call: Call) -> Result<Json<Updates>, ApiError> {
    let id = call.parameter("id");
    definition::require(&call.workspace, &call.principal, id, Level::CanView).await?;
    let mut found = update::of_pipeline(&call.workspace, id).await?;
    if let Some(until) = call.query("until_update_id").filter(|until| !until.is_empty()) {
        let last = found.iter().position(|update| update.id == until).ok_or_else(|| {
            ApiError::invalid(format!(
                "`until_update_id` names {until}, which is no update of the pipeline {id}"
            ))
        })?;
        found.truncate(last + 1);
    }
    let keyed = found
        .into_iter()
        .map(|update| (place(i64::MAX - update.number), update))
        .collect();
    let page = page(&call, "max_results", keyed, |(key, _): &(String, Update)| key)?;
    Ok(Json(Updates {
        updates: page
            .items
            .into_iter()
            .map(|(_, update)| UpdateInfo::of(update, false))
            .collect(),
        next_page_token: page.next_page_token,
    }))
}

/// A number as a text that sorts like it.
fn place(number: i64) -> String {
    format!("{number:020}")
}

/// `PipelineEvent` of the API.
#[derive(Serialize)]
struct EventInfo {
    id: String,
    timestamp: String,
    level: EventLevel,
    #[serde(flatten)]
    told: Told,
    sequence: Sequence,
}

#[derive(Serialize)]
struct Sequence {
    control_plane_seq_no: i64,
}

#[derive(Serialize)]
pub(super) struct Events {
    events: Vec<EventInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// `GET pipelines/{id}/events`: the newest first, unless `order_by` says otherwise.
pub(super) async fn list_events(call: Call) -> Result<Json<Events>, ApiError> {
    let id = call.parameter("id");
    definition::require(&call.workspace, &call.principal, id, Level::CanView).await?;
    let filter = EventFilter::read(call.query("filter").unwrap_or_default())?;
    let order = Order::read(call.query("order_by"))?;
    let mut keyed = Vec::new();
    for event in event::of_pipeline(&call.workspace, id).await? {
        if filter.fits(&event) {
            let key = match order {
                Order::Ascending => place(event.number),
                Order::Descending => place(i64::MAX - event.number),
            };
            keyed.push((key, event));
        }
    }
    if order == Order::Descending {
        keyed.reverse();
    }
    let page = page(&call, "max_results", keyed, |(key, _): &(String, Event)| key)?;
    let info = |(_, event): (String, Event)| EventInfo {
        id: event.id,
        timestamp: definition::moment(event.created_at),
        level: event.level,
        told: event.told,
        sequence: Sequence {
            control_plane_seq_no: event.number,
        },
    };
    Ok(Json(Events {
        events: page.items.into_iter().map(info).collect(),
        next_page_token: page.next_page_token,
    }))
}
