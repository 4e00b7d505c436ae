//! How statements and their chunks look in answers.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::links;
use super::register::{Progress, State};
use super::request::Format;
use super::stored::{Chunk, Content, Row, StoredResult};
use crate::compute::{Column, StatementError};
use crate::error::ApiError;
use crate::workspace::Workspace;

/// `StatementResponse` of the API.
#[derive(Serialize)]
struct StatementView<'a> {
    statement_id: &'a str,
    status: Status<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<Manifest<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<ResultData<'a>>,
}

#[derive(Serialize)]
struct Status<'a> {
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ServiceError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sql_state: Option<&'a str>,
}

#[derive(Serialize)]
struct ServiceError {
    error_code: &'static str,
    message: String,
}

#[derive(Serialize)]
struct Manifest<'a> {
    format: Format,
    schema: Schema<'a>,
    total_chunk_count: usize,
    chunks: Vec<Place>,
    total_row_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_byte_count: Option<usize>,
    truncated: bool,
}

#[derive(Serialize)]
struct Schema<'a> {
    column_count: usize,
    columns: Vec<Positioned<'a>>,
}

#[derive(Serialize)]
struct Positioned<'a> {
    #[serde(flatten)]
    column: &'a Column,
    position: usize,
}

/// `ResultData` of the API: the rows of a chunk, or a link to them.
#[derive(Serialize)]
#[serde(untagged)]
enum ResultData<'a> {
    Rows {
        #[serde(flatten)]
        step: Step,
        data_array: &'a [Row],
    },
    Links {
        external_links: [ExternalLink; 1],
    },
}

#[derive(Serialize)]
struct ExternalLink {
    #[serde(flatten)]
    step: Step,
    external_link: String,
    expiration: String,
}

/// Where a chunk stands and where the next one is.
#[derive(Serialize)]
struct Step {
    #[serde(flatten)]
    place: Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_chunk_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_chunk_internal_link: Option<String>,
}

/// Where a chunk stands in its result.
#[derive(Serialize)]
struct Place {
    chunk_index: usize,
    row_offset: usize,
    row_count: usize,
    /// What a link leads to; rows in answers have no size of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    byte_count: Option<usize>,
}

impl Place {
    fn of(chunk_index: usize, chunk: &Chunk) -> Self {
        Self {
            chunk_index,
            row_offset: chunk.row_offset,
            row_count: chunk.row_count,
            byte_count: match &chunk.content {
                Content::Bytes(bytes) => Some(bytes.len()),
                Content::Rows(_) => None,
            },
        }
    }
}

/// A statement, with manifest and first chunk once there is a result.
pub(super) fn statement(workspace: &Workspace, id: &str, progress: &Progress) -> Result<Response, ApiError> {
    let succeeded = progress
        .stored
        .as_deref()
        .filter(|_| progress.state == State::Succeeded);
    let view = StatementView {
        statement_id: id,
        status: Status {
            state: progress.state,
            error: progress.error.as_ref().map(service_error),
            sql_state: progress.error.as_ref().and_then(|error| error.sql_state.as_deref()),
        },
        manifest: succeeded.map(manifest),
        result: succeeded
            .map(|result| result_data(workspace, id, result, 0))
            .transpose()?,
    };
    Ok(Json(view).into_response())
}

fn service_error(error: &StatementError) -> ServiceError {
    let condition = error.condition.as_ref().map(|condition| format!("[{condition}] "));
    ServiceError {
        error_code: match error.condition.as_deref() {
            Some("INTERNAL_ERROR" | "ENGINE_UNAVAILABLE") => "INTERNAL_ERROR",
            _ => "BAD_REQUEST",
        },
        message: format!("{}{}", condition.unwrap_or_default(), error.message),
    }
}

/// One chunk.
///
/// # Errors
/// 404 when there is no such chunk.
pub(super) fn chunk(
    workspace: &Workspace,
    id: &str,
    result: &StoredResult,
    index: usize,
) -> Result<Response, ApiError> {
    Ok(Json(result_data(workspace, id, result, index)?).into_response())
}

fn result_data<'a>(
    workspace: &Workspace,
    id: &str,
    result: &'a StoredResult,
    index: usize,
) -> Result<ResultData<'a>, ApiError> {
    let found = result
        .chunks
        .get(index)
        .ok_or_else(|| ApiError::not_found(format!("The result of the statement {id} has no chunk {index}.")))?;
    let next = (index + 1 < result.chunks.len()).then_some(index + 1);
    let step = Step {
        place: Place::of(index, found),
        next_chunk_index: next,
        next_chunk_internal_link: next.map(|next| format!("/api/2.0/sql/statements/{id}/result/chunks/{next}")),
    };
    Ok(match &found.content {
        Content::Rows(rows) => ResultData::Rows { step, data_array: rows },
        Content::Bytes(_) => {
            let link = links::make(workspace, id, index)?;
            ResultData::Links {
                external_links: [ExternalLink {
                    step,
                    external_link: link.address,
                    expiration: link.expiration,
                }],
            }
        }
    })
}

fn manifest(result: &StoredResult) -> Manifest<'_> {
    let columns = result.columns.iter().enumerate();
    let columns: Vec<_> = columns
        .map(|(position, column)| Positioned { column, position })
        .collect();
    let chunks: Vec<_> = (0..)
        .zip(&result.chunks)
        .map(|(index, chunk)| Place::of(index, chunk))
        .collect();
    Manifest {
        format: result.format,
        schema: Schema {
            column_count: columns.len(),
            columns,
        },
        total_chunk_count: chunks.len(),
        total_byte_count: chunks.iter().map(|chunk| chunk.byte_count).sum(),
        chunks,
        total_row_count: result.row_count(),
        truncated: result.truncated,
    }
}
