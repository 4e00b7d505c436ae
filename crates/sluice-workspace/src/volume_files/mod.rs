//! The Files API: files and directories of volumes, kept as plain files below the volume's directory.
//!
//! An upload is streamed into a file beside the volumes and renamed when it is complete, so a reader never sees half of one and a
//! full disk leaves nothing behind.

mod directories;
mod files;
mod range;

use std::path::PathBuf;

use crate::catalog::VolumeFile;
use crate::error::ApiError;
use crate::module::Module;
use crate::principal::Principal;
use crate::route::Route;
use crate::store::Migrations;
use crate::workspace::Workspace;

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "volume_files",
            steps: &[],
        },
        routes: || {
            vec![
                Route::get("/api/2.0/fs/files/{*path}", files::download),
                Route::head("/api/2.0/fs/files/{*path}", files::metadata),
                Route::put("/api/2.0/fs/files/{*path}", files::upload),
                Route::delete("/api/2.0/fs/files/{*path}", files::delete),
                Route::get("/api/2.0/fs/directories/{*path}", directories::list),
                Route::head("/api/2.0/fs/directories/{*path}", directories::metadata),
                Route::put("/api/2.0/fs/directories/{*path}", directories::create),
                Route::delete("/api/2.0/fs/directories/{*path}", directories::delete),
            ]
        },
    }
}

/// The content of a file of a volume, for a principal who may read it.
///
/// # Errors
/// 403 and 404 as the Files API has them, 400 for a directory or a file of more than `limit` bytes.
pub(crate) async fn read(
    workspace: &Workspace,
    principal: &Principal,
    path: &str,
    limit: usize,
) -> Result<Vec<u8>, ApiError> {
    let path = path.trim_start_matches('/');
    let file = workspace.catalog().resolve_volume_path(principal, path, false).await?;
    match metadata_of(&file).await? {
        Some(metadata) if !metadata.is_file() => Err(ApiError::invalid(format!("{} is a directory", file.name))),
        Some(metadata) if metadata.len() > limit as u64 => {
            Err(ApiError::invalid(format!("{} is larger than {limit} bytes", file.name)))
        }
        Some(_) => tokio::fs::read(&file.path)
            .await
            .map_err(|error| ApiError::from_io(&file.name, &error)),
        None => Err(missing(&file)),
    }
}

/// Where uploads stand until they are complete: on the same file system as the volumes, out of sight of who lists one.
fn uploads(workspace: &Workspace) -> PathBuf {
    workspace.managed_directory().join("uploads")
}

/// Removes uploads that an earlier process did not complete.
pub(crate) async fn sweep(workspace: &Workspace) -> Result<(), ApiError> {
    let failed = |error: std::io::Error| ApiError::from_io("unfinished uploads", &error);
    let directory = uploads(workspace);
    match tokio::fs::remove_dir_all(&directory).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    tokio::fs::create_dir_all(&directory).await.map_err(failed)
}

fn missing(file: &VolumeFile) -> ApiError {
    ApiError::new(
        axum::http::StatusCode::NOT_FOUND,
        "NOT_FOUND",
        format!("{} does not exist.", file.name),
    )
}

/// What stands at a path; none when there is nothing.
async fn metadata_of(file: &VolumeFile) -> Result<Option<std::fs::Metadata>, ApiError> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    match tokio::fs::metadata(&file.path).await {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(None),
        Err(error) => Err(ApiError::from_io(&file.name, &error)),
    }
}
