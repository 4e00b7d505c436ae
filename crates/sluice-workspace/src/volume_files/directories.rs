//! Directories of volumes.

use axum::Json;
use axum::http::StatusCode;
use serde::Serialize;

use super::{metadata_of, missing};
use crate::call::Call;
use crate::catalog::VolumeFile;
use crate::error::ApiError;
use crate::paging::page;

async fn resolve(call: &Call, write: bool) -> Result<VolumeFile, ApiError> {
    call.workspace
        .catalog()
        .resolve_volume_path(&call.principal, call.parameter("path"), write)
        .await
}

async fn existing(call: &Call, write: bool) -> Result<VolumeFile, ApiError> {
    let directory = resolve(call, write).await?;
    match metadata_of(&directory).await? {
        Some(metadata) if metadata.is_dir() => Ok(directory),
        Some(_) => Err(ApiError::invalid(format!("{} is not a directory", directory.name))),
        None => Err(missing(&directory)),
    }
}

#[derive(Serialize)]
struct Entry {
    path: String,
    name: String,
    is_directory: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_size: Option<u64>,
    last_modified: u64,
}

#[derive(Serialize)]
pub(super) struct Listing {
    contents: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

pub(super) async fn list(call: Call) -> Result<Json<Listing>, ApiError> {
    let directory = existing(&call, false).await?;
    let failed = |error: std::io::Error| ApiError::from_io(&directory.name, &error);
    let mut reader = tokio::fs::read_dir(&directory.path).await.map_err(failed)?;
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry().await.map_err(failed)? {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let metadata = entry.metadata().await.map_err(failed)?;
        // Links, which a task may have made, lead nowhere here; showing them would promise more.
        if metadata.is_symlink() {
            continue;
        }
        let modified = metadata
            .modified()
            .ok()
            .and_then(|moment| moment.duration_since(std::time::UNIX_EPOCH).ok());
        entries.push(Entry {
            path: format!("{}/{name}", directory.name),
            name,
            is_directory: metadata.is_dir(),
            file_size: metadata.is_file().then_some(metadata.len()),
            last_modified: modified.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)),
        });
    }
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    let page = page(&call, "page_size", entries, |entry| &entry.name)?;
    Ok(Json(Listing {
        contents: page.items,
        next_page_token: page.next_page_token,
    }))
}

pub(super) async fn metadata(call: Call) -> Result<StatusCode, ApiError> {
    existing(&call, false).await?;
    Ok(StatusCode::OK)
}

pub(super) async fn create(call: Call) -> Result<StatusCode, ApiError> {
    use std::io::ErrorKind::{AlreadyExists, NotADirectory};
    let directory = resolve(&call, true).await?;
    match tokio::fs::create_dir_all(&directory.path).await {
        Ok(()) => {
            let named = call
                .workspace
                .store
                .disk()
                .name(&directory.path, &call.workspace.directory);
            named
                .await
                .map_err(|error| ApiError::from_io(&directory.name, &error))?;
            Ok(StatusCode::NO_CONTENT)
        }
        Err(error) if matches!(error.kind(), AlreadyExists | NotADirectory) => Err(ApiError::conflict(
            "ALREADY_EXISTS",
            format!("a file is in the way of {}", directory.name),
        )),
        Err(error) => Err(ApiError::from_io(&directory.name, &error)),
    }
}

pub(super) async fn delete(call: Call) -> Result<StatusCode, ApiError> {
    let directory = existing(&call, true).await?;
    if directory.is_root() {
        return Err(ApiError::invalid(format!(
            "{} is a volume: delete the volume instead",
            directory.name
        )));
    }
    match tokio::fs::remove_dir(&directory.path).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) if error.kind() == std::io::ErrorKind::DirectoryNotEmpty => Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "DIRECTORY_NOT_EMPTY",
            format!("{} is not empty", directory.name),
        )),
        Err(error) => Err(ApiError::from_io(&directory.name, &error)),
    }
}
