//! Sessions of SQL drivers: a catalog and a schema that `USE` changes. They are not in the API description; what is here is what drivers were seen to send.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use axum::Json;
use serde::{Deserialize, Serialize};

use super::Empty;
use crate::call::Call;
use crate::error::ApiError;
use crate::permissions::Level;
use crate::principal::Principal;
use crate::sql::settings::{Refused, Settings};
use crate::sql::statement::Defaults;
use crate::warehouses;

/// A workspace keeps this many; the oldest go first.
const KEPT: usize = 1000;

struct Session {
    number: u64,
    principal: i64,
    defaults: Defaults,
    settings: Settings,
}

/// The open sessions, by id.
#[derive(Default)]
pub(crate) struct Sessions {
    open: Mutex<BTreeMap<String, Session>>,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Sessions {
    fn open(&self) -> MutexGuard<'_, BTreeMap<String, Session>> {
        self.open.lock().expect("invariant: nobody panics with this lock")
    }

    /// Where a session looks up names, and what it has set.
    ///
    /// # Errors
    /// 404 when the principal has no such session.
    pub(super) fn state(&self, principal: &Principal, id: &str) -> Result<(Defaults, Settings), ApiError> {
        let sessions = self.open();
        let session = sessions.get(id).filter(|session| session.principal == principal.id);
        session
            .map(|session| (session.defaults.clone(), session.settings.clone()))
            .ok_or_else(|| missing(id))
    }

    /// What `USE` does; a session that was closed meanwhile stays closed.
    pub(super) fn set(&self, id: &str, catalog: String, schema: String) {
        if let Some(session) = self.open().get_mut(id) {
            session.defaults = Defaults {
                catalog: Some(catalog),
                schema: Some(schema),
            };
        }
    }

    /// What `SET` does.
    pub(super) fn configure(&self, id: &str, settings: Settings) {
        if let Some(session) = self.open().get_mut(id) {
            session.settings = settings;
        }
    }
}

fn missing(id: &str) -> ApiError {
    ApiError::not_found(format!("The session {id} was not found: open a new one."))
}

#[derive(Deserialize)]
struct Opening {
    warehouse_id: String,
    catalog: Option<String>,
    schema: Option<String>,
    #[serde(default)]
    session_confs: BTreeMap<String, String>,
}

#[derive(Serialize)]
pub(super) struct Opened {
    session_id: String,
}

/// `POST /api/2.0/sql/sessions`
pub(super) async fn open(mut call: Call) -> Result<Json<Opened>, ApiError> {
    let asked: Opening = call.json().await?;
    let mut settings = Settings::default();
    for (name, value) in &asked.session_confs {
        settings.set(name, value).map_err(|refused| match refused {
            Refused::Value(message) => ApiError::invalid(message),
            Refused::Unsupported(message) => ApiError::not_implemented(message),
        })?;
    }
    warehouses::require(&call.workspace, &call.principal, &asked.warehouse_id, Level::CanUse).await?;
    let id = call.workspace.ids.uuid();
    let mut sessions = call.workspace.sql.sessions.open();
    let number = sessions.values().map(|session| session.number + 1).max().unwrap_or(0);
    sessions.retain(|_, session| session.number + KEPT as u64 > number);
    sessions.insert(
        id.clone(),
        Session {
            number,
            principal: call.principal.id,
            defaults: Defaults {
                catalog: asked.catalog,
                schema: asked.schema,
            },
            settings,
        },
    );
    Ok(Json(Opened { session_id: id }))
}

/// `DELETE /api/2.0/sql/sessions/{session_id}`
pub(super) async fn close(call: Call) -> Result<Json<Empty>, ApiError> {
    let id = call.parameter("session_id");
    let mut sessions = call.workspace.sql.sessions.open();
    match sessions.get(id) {
        Some(session) if session.principal == call.principal.id => {
            sessions.remove(id);
            Ok(Json(Empty {}))
        }
        _ => Err(missing(id)),
    }
}
