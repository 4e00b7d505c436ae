//! Links to the chunks of a result, which are fetched without a token and end after a quarter of an hour.
//!
//! A link carries its end and a signature over it, so that nothing has to be remembered. Storage services refuse a signed link that comes with credentials,
//! and so does this one: a client that sends its token there would hand it to whoever stores the result.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use ring::hmac;
use sluice_model::Timestamp;

use super::stored::{Content, StoredResult};
use crate::call::Call;
use crate::error::ApiError;
use crate::workspace::Workspace;

/// Where chunks are fetched.
pub(super) const TEMPLATE: &str = "/_sluice/results/{statement_id}/{chunk_index}";
/// How long a link is valid.
const VALID_MS: i64 = 15 * 60 * 1000;

/// An address and the moment from which it leads nowhere.
pub(super) struct Link {
    pub(super) address: String,
    /// ISO 8601, UTC.
    pub(super) expiration: String,
}

/// A link to a chunk.
///
/// # Errors
/// When the clock stands outside the years that can be written.
pub(super) fn make(workspace: &Workspace, statement_id: &str, chunk: usize) -> Result<Link, ApiError> {
    let expires = workspace.clock.now_ms() + VALID_MS;
    let signature = hmac::sign(&key(workspace), &signed(statement_id, chunk, expires));
    let hex: String = signature.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let expiration = Timestamp::from_millisecond(expires)
        .map_err(|error| ApiError::internal(format!("the end of a link cannot be written: {error}")))?;
    Ok(Link {
        address: format!(
            "{}/_sluice/results/{statement_id}/{chunk}?expires={expires}&signature={hex}",
            workspace.host()
        ),
        expiration: expiration.to_string(),
    })
}

fn key(workspace: &Workspace) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, workspace.pepper.expose().as_bytes())
}

fn signed(statement_id: &str, chunk: usize, expires: i64) -> Vec<u8> {
    format!("result of a statement\0{statement_id}\0{chunk}\0{expires}").into_bytes()
}

/// `GET /_sluice/results/{statement_id}/{chunk_index}`
pub(super) async fn fetch(call: Call) -> Result<Response, ApiError> {
    if call.headers.contains_key(header::AUTHORIZATION) {
        return Err(ApiError::invalid(
            "a link to a result is fetched without the header `Authorization`: it would hand the token to the storage of results",
        ));
    }
    let id = call.parameter("statement_id");
    let index: usize = call.parse("chunk_index")?;
    let expires: i64 = call
        .parse_query("expires")?
        .ok_or_else(|| ApiError::denied("the link is not complete"))?;
    let signature = bytes(call.required_query("signature")?);
    let genuine = signature
        .is_some_and(|signature| hmac::verify(&key(&call.workspace), &signed(id, index, expires), &signature).is_ok());
    if !genuine {
        return Err(ApiError::denied("the link was not made by this workspace"));
    }
    let now = call.workspace.clock.now_ms();
    if now >= expires {
        return Err(ApiError::denied(
            "the link has expired: ask for the chunk again with its statement id",
        ));
    }
    let progress = call
        .workspace
        .sql
        .statements
        .find_linked(id, now)
        .ok_or_else(|| ApiError::not_found(format!("The statement {id} was not found.")))?;
    let result: &StoredResult = progress.result(id)?;
    match result.chunks.get(index).map(|chunk| &chunk.content) {
        Some(Content::Bytes(bytes)) => {
            Ok(([(header::CONTENT_TYPE, result.format.media_type())], bytes.clone()).into_response())
        }
        Some(Content::Rows(_)) | None => Err(ApiError::not_found(format!(
            "The result of the statement {id} has no chunk {index} to fetch."
        ))),
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    (0..hex.len())
        .step_by(2)
        .map(|start| u8::from_str_radix(hex.get(start..start + 2)?, 16).ok())
        .collect()
}
