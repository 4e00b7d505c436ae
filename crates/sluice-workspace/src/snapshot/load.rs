//! Bringing a snapshot back, into the platform that it was taken of or into another one.
//!
//! All copies are made beside the workspaces first (`<name>.loading`); then a marker says that they are to take their place, and each is
//! renamed. [`finish`] goes on from the marker, or removes copies that never came to it.

use std::path::{Path, PathBuf};

use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use super::{Manifest, SnapshotError, copy, file_error, manifest, store_error};
use crate::daemon::Place;
use crate::workspaces::lock_directory;

const MARKER: &str = "loading.json";
const LOADING: &str = ".loading";
const REPLACED: &str = ".replaced";

/// Replaces the workspaces by those of a snapshot. What they held is gone.
///
/// # Errors
/// When they are running, there is no such snapshot, or a file cannot be read or written; before the marker is written nothing has changed.
pub async fn load(place: &Place, name: &str) -> Result<Manifest, SnapshotError> {
    let manifest = manifest(place, name)?;
    if let Some(daemon) = place.running()? {
        return Err(SnapshotError::Running(daemon.pid));
    }
    let _lock = lock_directory(&place.directory)?;
    bring(&place.snapshots().join(name), &manifest, place).await?;
    Ok(manifest)
}

/// Makes workspaces of another platform out of a snapshot.
///
/// # Errors
/// As [`load`], and when that platform has workspaces already.
pub async fn fork(place: &Place, name: &str, other: &Place) -> Result<Manifest, SnapshotError> {
    let manifest = manifest(place, name)?;
    if manifest
        .workspaces
        .iter()
        .any(|workspace| other.directory.join(workspace).exists())
    {
        return Err(SnapshotError::Occupied(other.directory.clone()));
    }
    let _lock = lock_directory(&other.directory)?;
    bring(&place.snapshots().join(name), &manifest, other).await?;
    Ok(manifest)
}

async fn bring(snapshot: &Path, manifest: &Manifest, place: &Place) -> Result<(), SnapshotError> {
    let failed = |source| file_error(&place.directory, source);
    finish(&place.directory).map_err(failed)?;
    for workspace in &manifest.workspaces {
        let from = snapshot.join(workspace);
        let to = beside(&place.directory, workspace, LOADING);
        copy::workspace(&from, &to).map_err(|source| file_error(&to, source))?;
        let store = to.join("store.sqlite");
        std::fs::copy(from.join("store.sqlite"), &store).map_err(|source| file_error(&store, source))?;
        if manifest.directory != place.directory {
            relocate(&store, &manifest.directory, &place.directory).await?;
        }
    }
    let text = serde_json::to_vec(&manifest.workspaces).map_err(|error| failed(error.into()))?;
    crate::private_file::write(&place.directory.join(MARKER), &text).map_err(failed)?;
    finish(&place.directory).map_err(failed)
}

/// Managed tables and volumes stand in the store with the absolute path of their files.
async fn relocate(store: &Path, from: &Path, to: &Path) -> Result<(), SnapshotError> {
    let failed = store_error(store);
    let mut connection = SqliteConnectOptions::new()
        .filename(store)
        .connect()
        .await
        .map_err(&failed)?;
    sqlx::query("UPDATE securable SET location = ?2 || substr(location, length(?1) + 1) WHERE substr(location, 1, length(?1) + 1) = ?1 || '/'")
        .bind(from.to_string_lossy().as_ref())
        .bind(to.to_string_lossy().as_ref())
        .execute(&mut connection)
        .await
        .map_err(&failed)?;
    Ok(())
}

fn beside(directory: &Path, workspace: &str, suffix: &str) -> PathBuf {
    directory.join(format!("{workspace}{suffix}"))
}

/// Ends a load that was cut off: with the marker the copies take their places, without it they are removed.
pub(crate) fn finish(directory: &Path) -> std::io::Result<()> {
    let marker = directory.join(MARKER);
    let text = match std::fs::read(&marker) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return discard(directory),
        Err(error) => return Err(error),
    };
    let workspaces: Vec<String> = serde_json::from_slice(&text)?;
    for workspace in &workspaces {
        let loading = beside(directory, workspace, LOADING);
        if !loading.exists() {
            continue;
        }
        let place = directory.join(workspace);
        if place.exists() {
            let replaced = beside(directory, workspace, REPLACED);
            remove(&replaced)?;
            std::fs::rename(&place, &replaced)?;
        }
        std::fs::rename(&loading, &place)?;
    }
    std::fs::remove_file(&marker)?;
    discard(directory)
}

fn discard(directory: &Path) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if name
            .to_str()
            .is_some_and(|name| name.ends_with(LOADING) || name.ends_with(REPLACED))
        {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(directory: &Path, file: &str, content: &str) {
        let path = directory.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn read(directory: &Path, file: &str) -> Option<String> {
        std::fs::read_to_string(directory.join(file)).ok()
    }

    #[test]
    fn copies_without_a_marker_are_removed_and_with_one_they_take_their_places() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        write(directory, "dev/x", "old");
        write(directory, "dev.loading/x", "new");
        finish(directory).unwrap();
        assert_eq!(read(directory, "dev/x").as_deref(), Some("old"));
        assert!(!directory.join("dev.loading").exists());

        // It was cut off after the first workspace had moved.
        write(directory, "dev.replaced/x", "old");
        write(directory, "dev/x", "new");
        write(directory, "qa/x", "old");
        write(directory, "qa.loading/x", "new");
        write(directory, MARKER, r#"["dev", "qa", "prod"]"#);
        for _ in 0..2 {
            finish(directory).unwrap();
            for workspace in ["dev", "qa"] {
                assert_eq!(read(directory, &format!("{workspace}/x")).as_deref(), Some("new"));
            }
            let mut left: Vec<_> = std::fs::read_dir(directory)
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect();
            left.sort();
            assert_eq!(left, ["dev", "qa"]);
        }
    }
}
