//! Files of a run: those in a volume, where the artifacts of its experiment stand in one. The workspace keeps none elsewhere.

use axum::Json;
use serde::Serialize;

use super::run;
use crate::call::Call;
use crate::error::ApiError;
use crate::paging::page;
use crate::records::Need;

#[derive(Serialize)]
struct FileInfo {
    path: String,
    is_dir: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_size: Option<u64>,
}

#[derive(Serialize)]
pub(super) struct Artifacts {
    root_uri: String,
    files: Vec<FileInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

pub(super) async fn list(call: Call) -> Result<Json<Artifacts>, ApiError> {
    let run_id = call.query("run_id").or(call.query("run_uuid"));
    let run = run::get(&call, run_id, Need::See).await?;
    let below = call.query("path").unwrap_or_default().trim_matches('/').to_owned();
    let root = run.artifact_uri.trim_start_matches("dbfs:");
    let files = match root.starts_with("/Volumes/") {
        true => in_volume(&call, root, &below).await?,
        false => Vec::new(),
    };
    let page = page(&call, "", files, |file| &file.path)?;
    Ok(Json(Artifacts {
        root_uri: run.artifact_uri,
        files: page.items,
        next_page_token: page.next_page_token,
    }))
}

/// What stands in a directory below the artifacts, paths being relative to those, sorted.
async fn in_volume(call: &Call, root: &str, below: &str) -> Result<Vec<FileInfo>, ApiError> {
    let path = format!("{}/{below}", root.trim_end_matches('/'));
    let catalog = call.workspace.catalog();
    let directory = catalog.resolve_volume_path(&call.principal, &path, false).await?;
    let failed = |error: std::io::Error| ApiError::from_io(&directory.name, &error);
    let mut reader = match tokio::fs::read_dir(&directory.path).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened.map_err(failed)?,
    };
    let mut files = Vec::new();
    while let Some(entry) = reader.next_entry().await.map_err(failed)? {
        let metadata = entry.metadata().await.map_err(failed)?;
        let (Ok(name), false) = (entry.file_name().into_string(), metadata.is_symlink()) else {
            continue;
        };
        files.push(FileInfo {
            path: format!("{below}/{name}").trim_start_matches('/').to_owned(),
            is_dir: metadata.is_dir(),
            file_size: metadata.is_file().then_some(metadata.len()),
        });
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}
