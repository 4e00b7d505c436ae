//! Files of volumes.

use std::io::{self, SeekFrom};
use std::path::Path;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt as _, TryStreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use super::{metadata_of, missing, range, uploads};
use crate::call::Call;
use crate::catalog::VolumeFile;
use crate::error::ApiError;

/// Bytes that are read from disk at once.
const CHUNK: usize = 256 * 1024;

async fn resolve(call: &Call, write: bool) -> Result<VolumeFile, ApiError> {
    call.workspace
        .catalog()
        .resolve_volume_path(&call.principal, call.parameter("path"), write)
        .await
}

/// The file that a request reads, with its metadata.
async fn readable(call: &Call) -> Result<(VolumeFile, std::fs::Metadata), ApiError> {
    let file = resolve(call, false).await?;
    match metadata_of(&file).await? {
        Some(metadata) if metadata.is_file() => Ok((file, metadata)),
        Some(_) => Err(ApiError::invalid(format!("{} is a directory", file.name))),
        None => Err(missing(&file)),
    }
}

/// The time of the last change as HTTP writes it.
pub(super) fn last_modified(metadata: &std::fs::Metadata) -> String {
    let moment = metadata
        .modified()
        .ok()
        .and_then(|moment| sluice_model::Timestamp::try_from(moment).ok());
    moment
        .unwrap_or(sluice_model::Timestamp::UNIX_EPOCH)
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

fn headers(metadata: &std::fs::Metadata, length: u64) -> [(header::HeaderName, String); 4] {
    [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::LAST_MODIFIED, last_modified(metadata)),
    ]
}

pub(super) async fn metadata(call: Call) -> Result<Response, ApiError> {
    let (_, metadata) = readable(&call).await?;
    Ok(headers(&metadata, metadata.len()).into_response())
}

pub(super) async fn download(call: Call) -> Result<Response, ApiError> {
    let (file, metadata) = readable(&call).await?;
    let failed = |error: io::Error| ApiError::from_io(&file.name, &error);
    let wanted = call.headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let part = wanted
        .map(|wanted| range::parse(wanted, metadata.len()))
        .transpose()?
        .flatten();
    let (start, length) = part.unwrap_or((0, metadata.len()));
    let mut opened = tokio::fs::File::open(&file.path).await.map_err(failed)?;
    opened.seek(SeekFrom::Start(start)).await.map_err(failed)?;
    let chunks = futures::stream::try_unfold(opened.take(length), |mut rest| async move {
        let mut chunk = bytes::BytesMut::with_capacity(CHUNK);
        let read = rest.read_buf(&mut chunk).await?;
        Ok::<_, io::Error>((read > 0).then(|| (chunk.freeze(), rest)))
    });
    let mut response = (headers(&metadata, length), Body::from_stream(chunks)).into_response();
    if part.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {start}-{}/{}", start + length - 1, metadata.len());
        let value = range
            .parse()
            .map_err(|_invalid| ApiError::internal("a range could not be described"))?;
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    Ok(response)
}

pub(super) async fn upload(mut call: Call) -> Result<StatusCode, ApiError> {
    let overwrite = call.query("overwrite").is_none() || call.flag("overwrite")?;
    let file = resolve(&call, true).await?;
    let exists = metadata_of(&file).await?;
    if exists.as_ref().is_some_and(std::fs::Metadata::is_dir) {
        return Err(ApiError::conflict(
            "ALREADY_EXISTS",
            format!("{} is a directory", file.name),
        ));
    }
    if exists.is_some() && !overwrite {
        return Err(taken(&file));
    }
    let temporary = uploads(&call.workspace).join(&call.request_id);
    let disk = call.workspace.store.disk().clone();
    let root = call.workspace.directory.clone();
    let body = call.take_body();
    let uploaded = async {
        let failed = |error: io::Error| ApiError::from_io(&file.name, &error);
        receive(body, &temporary, &file).await?;
        disk.file(&temporary).await.map_err(failed)?;
        place(&temporary, &file, overwrite).await?;
        disk.name(&file.path, &root).await.map_err(failed)
    };
    let placed = uploaded.await;
    match tokio::fs::remove_file(&temporary).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            placed.and(Err(ApiError::from_io("an unfinished upload", &error)))
        }
        _ => placed.map(|()| StatusCode::NO_CONTENT),
    }
}

fn taken(file: &VolumeFile) -> ApiError {
    ApiError::conflict(
        "ALREADY_EXISTS",
        format!("{} already exists: use overwrite=true to replace it", file.name),
    )
}

/// Streams a body to a temporary file.
async fn receive(body: Body, temporary: &Path, file: &VolumeFile) -> Result<(), ApiError> {
    let failed = |error: io::Error| ApiError::from_io(&file.name, &error);
    let mut target = tokio::fs::File::create_new(temporary).await.map_err(failed)?;
    let mut chunks = body
        .into_data_stream()
        .map_err(|error| ApiError::malformed(format!("the upload broke off: {error}")));
    while let Some(chunk) = chunks.next().await {
        target.write_all(&chunk?).await.map_err(failed)?;
    }
    target.flush().await.map_err(failed)
}

/// Gives a complete upload its name, with the directories above it; without `overwrite` one of several at once succeeds.
async fn place(temporary: &Path, file: &VolumeFile, overwrite: bool) -> Result<(), ApiError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => taken(file),
        _ => ApiError::from_io(&file.name, &error),
    };
    if let Some(directory) = file.path.parent() {
        tokio::fs::create_dir_all(directory).await.map_err(failed)?;
    }
    if overwrite {
        tokio::fs::rename(temporary, &file.path).await.map_err(failed)
    } else {
        tokio::fs::hard_link(temporary, &file.path).await.map_err(failed)
    }
}

pub(super) async fn delete(call: Call) -> Result<StatusCode, ApiError> {
    let file = resolve(&call, true).await?;
    match metadata_of(&file).await? {
        Some(metadata) if metadata.is_file() => {}
        Some(_) => return Err(ApiError::invalid(format!("{} is a directory", file.name))),
        None => return Err(missing(&file)),
    }
    tokio::fs::remove_file(&file.path)
        .await
        .map_err(|error| ApiError::from_io(&file.name, &error))?;
    Ok(StatusCode::NO_CONTENT)
}
