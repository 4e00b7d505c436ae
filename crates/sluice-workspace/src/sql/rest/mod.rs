//! The Statement Execution API: `/api/2.0/sql/statements`, and the sessions that SQL drivers keep.
//!
//! Failed SQL is an answer with HTTP status 200, as clients expect. A statement belongs to who sent it and is kept in memory (see `register`); a restart
//! forgets it. `request` reads what is asked for, `stored` holds a result in chunks, `links` hands them out to who has no token, `answer` describes.

mod answer;
mod links;
mod register;
mod request;
mod session;
mod stored;

use std::sync::Arc;

use axum::Json;
use axum::response::Response;
use serde::Serialize;
use sluice_wire::Method;
use tokio::sync::watch;

use super::settings::Settings;
use super::statement::{Defaults, Statement};
use crate::call::Call;
use crate::compute::StatementError;
use crate::error::ApiError;
use crate::permissions::Level;
use crate::route::{Access, Route};
use crate::warehouses;
use crate::workspace::Workspace;
pub(crate) use register::Statements;
use register::{Progress, State};
use request::{Delivery, Request, Waiting};
pub(crate) use session::Sessions;
use stored::StoredResult;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/2.0/sql/statements", submit),
        Route::get("/api/2.0/sql/statements/{statement_id}", get),
        // Not in the API description; SQL drivers close what they have read.
        Route::delete("/api/2.0/sql/statements/{statement_id}", close),
        Route::post("/api/2.0/sql/statements/{statement_id}/cancel", cancel),
        Route::get(
            "/api/2.0/sql/statements/{statement_id}/result/chunks/{chunk_index}",
            chunk,
        ),
        Route::new(Method::Get, links::TEMPLATE, Access::Public, links::fetch),
        Route::post("/api/2.0/sql/sessions", session::open),
        Route::delete("/api/2.0/sql/sessions/{session_id}", session::close),
    ]
}

/// `{}`
#[derive(Serialize)]
struct Empty {}

async fn submit(mut call: Call) -> Result<Response, ApiError> {
    let request: Request = call.json().await?;
    let delivery = request.delivery()?;
    let waiting = request.waiting()?;
    let warehouse = warehouses::require(&call.workspace, &call.principal, &request.warehouse_id, Level::CanUse).await?;
    if !warehouse.running {
        warehouses::set_running(&call.workspace, &warehouse.id, true).await?;
    }
    let (byte_limit, session_id) = (request.byte_limit, request.session_id.clone());
    let statement = statement(&call, request)?;
    let id = call.workspace.ids.uuid();
    let begun = Begun {
        statement,
        delivery,
        byte_limit,
        session_id,
    };
    let mut progress = begin(&call, &id, begun);
    wait(&call, &id, &mut progress, waiting).await?;
    let progress = progress.borrow().clone();
    answer::statement(&call.workspace, &id, &progress)
}

/// The statement of a request; what it does not say itself, its session does.
fn statement(call: &Call, request: Request) -> Result<Statement, ApiError> {
    let (session, settings) = match &request.session_id {
        Some(id) => call.workspace.sql.sessions.state(&call.principal, id)?,
        None => (Defaults::default(), Settings::default()),
    };
    let parameters = request.parameters();
    Ok(Statement {
        principal: call.principal.clone(),
        text: request.statement,
        parameters,
        defaults: Defaults {
            catalog: request.catalog.or(session.catalog),
            schema: request.schema.or(session.schema),
        },
        row_limit: request.row_limit,
        settings,
    })
}

/// A statement on its way.
struct Begun {
    statement: Statement,
    delivery: Delivery,
    byte_limit: Option<usize>,
    session_id: Option<String>,
}

fn begin(call: &Call, id: &str, begun: Begun) -> watch::Receiver<Progress> {
    let workspace = call.workspace.clone();
    let (sender, receiver) = register::channel();
    let task = tokio::spawn({
        let sender = sender.clone();
        async move {
            let ended = match run(&workspace, &begun).await {
                Ok(result) => Progress::succeeded(result, workspace.clock.now_ms()),
                Err(error) => Progress::failed(error, workspace.clock.now_ms()),
            };
            register::end(&sender, ended);
        }
    });
    let statements = &call.workspace.sql.statements;
    let now = call.workspace.clock.now_ms();
    statements.add(id, call.principal.id, sender, task.abort_handle(), now);
    receiver
}

async fn run(workspace: &Arc<Workspace>, begun: &Begun) -> Result<StoredResult, StatementError> {
    let executing = super::execute_statement(workspace, &begun.statement, None);
    let outcome = begun.statement.settings.within_timeout(executing).await?;
    if let (Some(id), Some((catalog, schema))) = (&begun.session_id, outcome.used) {
        workspace.sql.sessions.set(id, catalog, schema);
    }
    if let (Some(id), Some(settings)) = (&begun.session_id, outcome.set) {
        workspace.sql.sessions.configure(id, settings);
    }
    StoredResult::make(workspace, outcome.rows, begun.delivery, begun.byte_limit).await
}

/// Waits as long as the request asks for, then leaves the statement alone or cancels it.
async fn wait(
    call: &Call,
    id: &str,
    progress: &mut watch::Receiver<Progress>,
    waiting: Waiting,
) -> Result<(), ApiError> {
    if waiting.limit.is_zero() {
        return Ok(());
    }
    let ended = progress.wait_for(|progress| progress.state != State::Running);
    let late = tokio::time::timeout(waiting.limit, ended).await.is_err();
    if late && waiting.cancel_when_late {
        cancel_statement(call, id)?;
    }
    Ok(())
}

fn cancel_statement(call: &Call, id: &str) -> Result<(), ApiError> {
    let now = call.workspace.clock.now_ms();
    call.workspace.sql.statements.cancel(&call.principal, id, now)
}

async fn get(call: Call) -> Result<Response, ApiError> {
    let id = call.parameter("statement_id");
    let now = call.workspace.clock.now_ms();
    let progress = call.workspace.sql.statements.find(&call.principal, id, now)?;
    answer::statement(&call.workspace, id, &progress)
}

async fn cancel(call: Call) -> Result<Json<Empty>, ApiError> {
    cancel_statement(&call, call.parameter("statement_id"))?;
    Ok(Json(Empty {}))
}

async fn close(call: Call) -> Result<Json<Empty>, ApiError> {
    let id = call.parameter("statement_id");
    cancel_statement(&call, id)?;
    let now = call.workspace.clock.now_ms();
    call.workspace.sql.statements.close(&call.principal, id, now)?;
    Ok(Json(Empty {}))
}

async fn chunk(call: Call) -> Result<Response, ApiError> {
    let id = call.parameter("statement_id");
    let index: usize = call.parse("chunk_index")?;
    let now = call.workspace.clock.now_ms();
    let progress = call.workspace.sql.statements.find(&call.principal, id, now)?;
    let result = progress.result(id)?;
    answer::chunk(&call.workspace, id, result, index)
}
