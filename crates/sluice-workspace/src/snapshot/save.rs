//! Taking a snapshot.

use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use super::{Manifest, SnapshotError, check_name, copy, file_error, store_error};
use crate::clock::Clock;
use crate::daemon::Place;

/// Keeps everything that these workspaces hold under a name. They may be running: who writes waits meanwhile.
///
/// # Errors
/// When the name is taken or could not be that of a directory, there is no workspace, or a file or store cannot be read or written; nothing
/// is left of the attempt then.
pub async fn save(place: &Place, name: &str, workspaces: &[&str]) -> Result<Manifest, SnapshotError> {
    check_name(name)?;
    let snapshots = place.snapshots();
    let target = snapshots.join(name);
    if target.exists() {
        return Err(SnapshotError::Exists(name.to_owned()));
    }
    let present: Vec<&str> = workspaces
        .iter()
        .copied()
        .filter(|workspace| place.directory.join(workspace).join("store.sqlite").is_file())
        .collect();
    if present.is_empty() {
        return Err(SnapshotError::Nothing(place.directory.clone()));
    }
    let making = snapshots.join(format!(".making-{name}"));
    let made = make(place, name, &present, &making).await;
    let kept = made.and_then(|manifest| {
        std::fs::rename(&making, &target).map_err(|source| file_error(&target, source))?;
        Ok(manifest)
    });
    if kept.is_err() {
        // What is left begins with a dot and is nobody's snapshot; the next attempt removes it.
        drop(std::fs::remove_dir_all(&making));
    }
    kept
}

async fn make(place: &Place, name: &str, workspaces: &[&str], making: &Path) -> Result<Manifest, SnapshotError> {
    let failed = |source| file_error(making, source);
    match std::fs::remove_dir_all(making) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    std::fs::create_dir_all(place.snapshots()).map_err(failed)?;
    copy::new_directory(making).map_err(failed)?;
    let mut bytes = 0;
    for workspace in workspaces {
        bytes += keep(&place.directory.join(workspace), &making.join(workspace)).await?;
    }
    let manifest = Manifest {
        version: 1,
        name: name.to_owned(),
        taken_at: Clock::System.now_ms(),
        directory: place.directory.clone(),
        workspaces: workspaces.iter().map(|&workspace| workspace.to_owned()).collect(),
        bytes,
    };
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| failed(error.into()))?;
    crate::private_file::write(&making.join("snapshot.json"), &text).map_err(failed)?;
    Ok(manifest)
}

/// Copies one workspace while nobody else can write to its store.
async fn keep(from: &Path, to: &Path) -> Result<u64, SnapshotError> {
    let store = from.join("store.sqlite");
    let failed = store_error(&store);
    let options = SqliteConnectOptions::new()
        .filename(&store)
        .busy_timeout(Duration::from_secs(30));
    let mut holder = options.connect().await.map_err(&failed)?;
    let mut reader = options.connect().await.map_err(&failed)?;
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut holder)
        .await
        .map_err(&failed)?;
    let bytes = copy::workspace(from, to).map_err(|source| file_error(from, source))?;
    let copied = to.join("store.sqlite");
    sqlx::query("VACUUM INTO ?")
        .bind(copied.to_string_lossy().as_ref())
        .execute(&mut reader)
        .await
        .map_err(&failed)?;
    sqlx::query("ROLLBACK").execute(&mut holder).await.map_err(&failed)?;
    let size = std::fs::metadata(&copied).map_err(|source| file_error(&copied, source))?;
    Ok(bytes + size.len())
}
