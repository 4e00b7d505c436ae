//! Directories of managed tables and volumes.
//!
//! A directory is named after the object's UUID. Deleting moves it aside, then forgets the object, then removes the files, so that
//! a process that dies between two steps leaves something that [`sweep`] can decide at the next start.

use std::io;
use std::path::{Path, PathBuf};

use crate::catalog::privilege::SecurableKind;
use crate::catalog::securable::Securable;
use crate::error::ApiError;
use crate::workspace::Workspace;

/// A place for the files of a managed table that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableLocation {
    /// The id that the table will have.
    pub table_id: String,
    /// The directory, which does not exist yet.
    pub directory: PathBuf,
}

const TRASH: &str = ".trash";

/// Where the managed object with this id keeps its files.
pub(crate) fn managed_location(workspace: &Workspace, kind: SecurableKind, id: &str) -> PathBuf {
    let family = if kind == SecurableKind::Volume {
        "volumes"
    } else {
        "tables"
    };
    workspace.managed_directory().join(family).join(id)
}

fn trash(workspace: &Workspace) -> PathBuf {
    workspace.managed_directory().join(TRASH)
}

/// The managed directory of an object; none for external tables, views and containers.
fn managed_directory(workspace: &Workspace, securable: &Securable) -> Option<PathBuf> {
    let own = managed_location(workspace, securable.kind, &securable.id);
    securable
        .location
        .as_ref()
        .filter(|location| **location == own)
        .cloned()
}

/// Moves the files of these objects aside; on failure everything is where it was.
pub(crate) async fn move_aside(workspace: &Workspace, removed: &[Securable]) -> Result<(), ApiError> {
    let trash = trash(workspace);
    tokio::fs::create_dir_all(&trash)
        .await
        .map_err(|error| ApiError::from_io("the catalog's directory", &error))?;
    for (index, securable) in removed.iter().enumerate() {
        let Some(directory) = managed_directory(workspace, securable) else {
            continue;
        };
        match tokio::fs::rename(&directory, trash.join(&securable.id)).await {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                move_back(workspace, &removed[..index]).await?;
                return Err(ApiError::from_io(format!("the files of {}", securable.title()), &error));
            }
        }
    }
    Ok(())
}

/// Undoes [`move_aside`], for a deletion that the store refused.
pub(crate) async fn move_back(workspace: &Workspace, removed: &[Securable]) -> Result<(), ApiError> {
    for securable in removed {
        if let Some(directory) = managed_directory(workspace, securable) {
            match tokio::fs::rename(trash(workspace).join(&securable.id), &directory).await {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(ApiError::from_io(format!("the files of {}", securable.title()), &error)),
            }
        }
    }
    Ok(())
}

/// Removes the files of objects that the store has forgotten.
pub(crate) async fn remove_aside(workspace: &Workspace, removed: &[Securable]) -> Result<(), ApiError> {
    for securable in removed {
        remove_directory(&trash(workspace).join(&securable.id))
            .await
            .map_err(|error| ApiError::from_io(format!("the files of {}", securable.title()), &error))?;
    }
    Ok(())
}

pub(crate) async fn remove_directory(path: &Path) -> io::Result<()> {
    match tokio::fs::remove_dir_all(path).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Puts the directories in order after a process died: what belongs to an object goes back to its place, what belongs to none goes.
/// Runs before the first request, when nothing is being made.
pub(crate) async fn sweep(workspace: &Workspace) -> Result<(), ApiError> {
    let failed = |error: io::Error| ApiError::from_io("the catalog's directory", &error);
    for (family, aside) in [(TRASH, true), ("tables", false), ("volumes", false)] {
        let directory = workspace.managed_directory().join(family);
        tokio::fs::create_dir_all(&directory).await.map_err(failed)?;
        let mut entries = tokio::fs::read_dir(&directory).await.map_err(failed)?;
        while let Some(entry) = entries.next_entry().await.map_err(failed)? {
            let id = entry.file_name().to_string_lossy().into_owned();
            let owner: Option<Securable> = sqlx::query_as("SELECT * FROM securable WHERE id = ?")
                .bind(&id)
                .fetch_optional(workspace.store.reader())
                .await?;
            match owner {
                Some(owner) if aside => move_back(workspace, &[owner]).await?,
                Some(_) => {}
                None => remove_directory(&entry.path()).await.map_err(failed)?,
            }
        }
    }
    Ok(())
}
