//! The Statement Execution API: `/api/2.0/sql/statements`.
//!
//! Results are returned inline as JSON arrays, in chunks. A statement and its result are kept in memory for an hour after its end, and belong to who sent it; a
//! restart forgets them. Failed SQL is an answer with HTTP status 200, as clients expect.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::statement::{Defaults, Parameter, Statement};
use crate::call::Call;
use crate::compute::{Rows, StatementError};
use crate::error::ApiError;
use crate::permissions::Level;
use crate::route::Route;
use crate::warehouses;

/// Rows of one chunk.
const CHUNK_ROWS: usize = 10_000;
/// What an inline result may hold.
const INLINE_BYTES: usize = 25 * 1024 * 1024;
/// How long a result is kept.
const KEPT: Duration = Duration::from_secs(3600);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/2.0/sql/statements", submit),
        Route::get("/api/2.0/sql/statements/{statement_id}", get),
        Route::post("/api/2.0/sql/statements/{statement_id}/cancel", cancel),
        Route::get(
            "/api/2.0/sql/statements/{statement_id}/result/chunks/{chunk_index}",
            chunk,
        ),
    ]
}

#[derive(Debug, Deserialize)]
struct Request {
    statement: String,
    warehouse_id: String,
    catalog: Option<String>,
    schema: Option<String>,
    #[serde(default)]
    parameters: Vec<GivenParameter>,
    row_limit: Option<usize>,
    byte_limit: Option<usize>,
    disposition: Option<String>,
    format: Option<String>,
    wait_timeout: Option<String>,
    on_wait_timeout: Option<String>,
}

#[derive(Debug, Deserialize)]
struct GivenParameter {
    name: String,
    r#type: Option<String>,
    value: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum State {
    Running,
    Succeeded,
    Failed,
    Canceled,
}

#[derive(Clone, Debug)]
struct Progress {
    state: State,
    rows: Arc<Rows>,
    error: Option<StatementError>,
}

struct Entry {
    principal: i64,
    progress: watch::Receiver<Progress>,
    cancel: AbortHandle,
    cancelled: Arc<watch::Sender<Progress>>,
    begun: Instant,
}

/// The statements that were sent, by id.
#[derive(Default)]
pub(crate) struct Statements {
    entries: Mutex<BTreeMap<String, Entry>>,
}

impl std::fmt::Debug for Statements {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Statements").finish_non_exhaustive()
    }
}

impl Statements {
    fn add(&self, id: String, entry: Entry) {
        let mut entries = self.entries.lock().expect("invariant: nobody panics with this lock");
        entries.retain(|_, entry| entry.begun.elapsed() < KEPT || entry.progress.borrow().state == State::Running);
        entries.insert(id, entry);
    }

    /// Ends what runs.
    pub(crate) fn stop(&self) {
        let entries = self.entries.lock().expect("invariant: nobody panics with this lock");
        entries.values().for_each(|entry| entry.cancel.abort());
    }
}

fn seconds(text: &str) -> Result<Duration, ApiError> {
    let number = text.strip_suffix('s').and_then(|number| number.parse::<u64>().ok());
    match number {
        Some(0) => Ok(Duration::ZERO),
        Some(seconds @ 5..=50) => Ok(Duration::from_secs(seconds)),
        _ => Err(ApiError::invalid(format!(
            "`{text}` is not a value of `wait_timeout`: expected `0s`, or `5s` to `50s`"
        ))),
    }
}

fn check(request: &Request) -> Result<(), ApiError> {
    match request.disposition.as_deref() {
        None | Some("INLINE") => {}
        Some(other) => {
            return Err(ApiError::not_implemented(format!(
                "the local workspace does not have the disposition `{other}`: use `INLINE`"
            )));
        }
    }
    match request.format.as_deref() {
        None | Some("JSON_ARRAY") => {}
        Some(other) => {
            return Err(ApiError::not_implemented(format!(
                "the local workspace does not have the format `{other}`: use `JSON_ARRAY`"
            )));
        }
    }
    if request.statement.trim().is_empty() {
        return Err(ApiError::invalid("`statement` is empty"));
    }
    Ok(())
}

async fn submit(mut call: Call) -> Result<Json<Value>, ApiError> {
    let request: Request = call.json().await?;
    check(&request)?;
    let wait = seconds(request.wait_timeout.as_deref().unwrap_or("10s"))?;
    let cancel_when_late = match request.on_wait_timeout.as_deref() {
        None | Some("CONTINUE") => false,
        Some("CANCEL") if wait.is_zero() => {
            return Err(ApiError::invalid(
                "`on_wait_timeout` cannot be `CANCEL` when `wait_timeout` is `0s`",
            ));
        }
        Some("CANCEL") => true,
        Some(other) => {
            return Err(ApiError::invalid(format!(
                "`{other}` is not a value of `on_wait_timeout`: expected `CONTINUE` or `CANCEL`"
            )));
        }
    };
    let warehouse = warehouses::require(&call.workspace, &call.principal, &request.warehouse_id, Level::CanUse).await?;
    if !warehouse.running {
        warehouses::set_running(&call.workspace, &warehouse.id, true).await?;
    }
    let parameter = |given: GivenParameter| Parameter {
        name: given.name,
        type_text: given.r#type.unwrap_or_else(|| "STRING".to_owned()),
        value: given.value,
    };
    let statement = Statement {
        principal: call.principal.clone(),
        text: request.statement,
        parameters: request.parameters.into_iter().map(parameter).collect(),
        defaults: Defaults {
            catalog: request.catalog,
            schema: request.schema,
        },
        row_limit: request.row_limit,
    };
    let id = call.workspace.ids.uuid();
    let mut progress = begin(&call, &id, statement, request.byte_limit);
    if !wait.is_zero() {
        let ended = tokio::time::timeout(wait, progress.wait_for(|progress| progress.state != State::Running))
            .await
            .is_ok();
        if !ended && cancel_when_late {
            cancel_entry(&call, &id)?;
        }
    }
    let answer = describe(&id, &progress.borrow());
    Ok(Json(answer))
}

fn begin(call: &Call, id: &str, statement: Statement, byte_limit: Option<usize>) -> watch::Receiver<Progress> {
    let running = Progress {
        state: State::Running,
        rows: Arc::default(),
        error: None,
    };
    let (sender, receiver) = watch::channel(running);
    let sender = Arc::new(sender);
    let workspace = call.workspace.clone();
    let task = tokio::spawn({
        let sender = sender.clone();
        async move {
            let outcome = super::execute(&workspace, &statement)
                .await
                .and_then(|rows| limited(rows, byte_limit));
            let ended = match outcome {
                Ok(rows) => Progress {
                    state: State::Succeeded,
                    rows: Arc::new(rows),
                    error: None,
                },
                Err(error) => Progress {
                    state: State::Failed,
                    rows: Arc::default(),
                    error: Some(error),
                },
            };
            sender.send_replace(ended);
        }
    });
    let entry = Entry {
        principal: call.principal.id,
        progress: receiver.clone(),
        cancel: task.abort_handle(),
        cancelled: sender,
        begun: Instant::now(),
    };
    call.workspace.sql.statements.add(id.to_owned(), entry);
    receiver
}

/// Cuts at the limit that was asked for; refuses what is too large for an inline result.
fn limited(mut rows: Rows, byte_limit: Option<usize>) -> Result<Rows, StatementError> {
    let mut bytes = 0;
    for index in 0..rows.rows.len() {
        bytes += rows.rows[index]
            .iter()
            .flatten()
            .map(|cell| cell.len() + 3)
            .sum::<usize>();
        if byte_limit.is_some_and(|limit| bytes > limit) {
            rows.rows.truncate(index);
            rows.truncated = true;
            return Ok(rows);
        }
        if bytes > INLINE_BYTES {
            let message = "the result is larger than the 25 MiB of an inline result: select fewer rows or columns, or set `row_limit` or `byte_limit`";
            return Err(StatementError::new("INLINE_RESULT_TOO_LARGE", "54000", message));
        }
    }
    Ok(rows)
}

fn find<T>(call: &Call, id: &str, found: impl FnOnce(&Entry) -> T) -> Result<T, ApiError> {
    let entries = call
        .workspace
        .sql
        .statements
        .entries
        .lock()
        .expect("invariant: nobody panics with this lock");
    // Somebody else's statement looks like one that does not exist.
    let entry = entries
        .get(id)
        .filter(|entry| entry.principal == call.principal.id || call.principal.is_admin);
    entry
        .map(found)
        .ok_or_else(|| ApiError::not_found(format!("The statement {id} was not found.")))
}

async fn get(call: Call) -> Result<Json<Value>, ApiError> {
    let id = call.parameter("statement_id");
    let progress = find(&call, id, |entry| entry.progress.borrow().clone())?;
    Ok(Json(describe(id, &progress)))
}

fn cancel_entry(call: &Call, id: &str) -> Result<(), ApiError> {
    find(call, id, |entry| {
        entry.cancel.abort();
        entry.cancelled.send_if_modified(|progress| {
            let running = progress.state == State::Running;
            if running {
                progress.state = State::Canceled;
            }
            running
        });
    })
}

async fn cancel(call: Call) -> Result<Json<Value>, ApiError> {
    cancel_entry(&call, call.parameter("statement_id"))?;
    Ok(Json(json!({})))
}

async fn chunk(call: Call) -> Result<Json<Value>, ApiError> {
    let id = call.parameter("statement_id");
    let index: usize = call.parse("chunk_index")?;
    let progress = find(&call, id, |entry| entry.progress.borrow().clone())?;
    if progress.state != State::Succeeded {
        return Err(ApiError::invalid_state(format!("The statement {id} has no result.")));
    }
    if index >= chunks(&progress.rows) {
        return Err(ApiError::not_found(format!(
            "The result of the statement {id} has no chunk {index}."
        )));
    }
    Ok(Json(chunk_data(id, &progress.rows, index)))
}

fn chunks(rows: &Rows) -> usize {
    rows.rows.len().div_ceil(CHUNK_ROWS).max(1)
}

fn chunk_rows(rows: &Rows, index: usize) -> &[Vec<Option<String>>] {
    let start = (index * CHUNK_ROWS).min(rows.rows.len());
    &rows.rows[start..(start + CHUNK_ROWS).min(rows.rows.len())]
}

fn chunk_data(id: &str, rows: &Rows, index: usize) -> Value {
    let data = chunk_rows(rows, index);
    let mut chunk =
        json!({"chunk_index": index, "row_offset": index * CHUNK_ROWS, "row_count": data.len(), "data_array": data});
    if index + 1 < chunks(rows) {
        chunk["next_chunk_index"] = (index + 1).into();
        chunk["next_chunk_internal_link"] = format!("/api/2.0/sql/statements/{id}/result/chunks/{}", index + 1).into();
    }
    chunk
}

fn describe(id: &str, progress: &Progress) -> Value {
    let mut status = json!({"state": progress.state});
    if let Some(error) = &progress.error {
        let code = match error.condition.as_deref() {
            Some("INTERNAL_ERROR" | "ENGINE_UNAVAILABLE") => "INTERNAL_ERROR",
            _ => "BAD_REQUEST",
        };
        let condition = error
            .condition
            .as_ref()
            .map(|condition| format!("[{condition}] "))
            .unwrap_or_default();
        status["error"] = json!({"error_code": code, "message": format!("{condition}{}", error.message)});
        status["sql_state"] = error.sql_state.clone().into();
    }
    let mut answer = json!({"statement_id": id, "status": status});
    if progress.state == State::Succeeded {
        answer["manifest"] = manifest(&progress.rows);
        answer["result"] = chunk_data(id, &progress.rows, 0);
    }
    answer
}

fn manifest(rows: &Rows) -> Value {
    let columns: Vec<_> = rows
        .columns
        .iter()
        .enumerate()
        .map(|(position, column)| {
            let mut column = json!(column);
            column["position"] = position.into();
            column
        })
        .collect();
    let chunks: Vec<_> = (0..chunks(rows))
        .map(|index| json!({"chunk_index": index, "row_offset": index * CHUNK_ROWS, "row_count": chunk_rows(rows, index).len()}))
        .collect();
    json!({
        "format": "JSON_ARRAY",
        "schema": {"column_count": columns.len(), "columns": columns},
        "total_chunk_count": chunks.len(),
        "chunks": chunks,
        "total_row_count": rows.rows.len(),
        "truncated": rows.truncated,
    })
}
