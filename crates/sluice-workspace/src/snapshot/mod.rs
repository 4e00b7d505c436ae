//! Snapshots: everything that the workspaces of a platform hold, kept under a name, brought back, compared, or made into workspaces of
//! their own.
//!
//! A snapshot is a directory with one copy of each workspace's directory. It is made of a running process, too: the store's one writer waits
//! while the files are copied, so that catalog, files and jobs are of one moment, and each Delta table is whole. Only a stopped process's
//! workspaces are replaced. *Invariant:* a snapshot has its final name when it is complete; a load that was cut off is finished, or undone,
//! before the workspaces are opened again.

mod copy;
mod difference;
mod load;
mod save;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use difference::{Change, TableChange, difference};
pub(crate) use load::finish;
pub use load::{fork, load};
pub use save::save;

use crate::daemon::Place;

/// What a snapshot says about itself, in `snapshot.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this file: 1.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// When it was taken, milliseconds since 1970.
    pub taken_at: i64,
    /// The directory that its workspaces were in: absolute paths in the store begin with it.
    pub directory: PathBuf,
    /// The workspaces.
    pub workspaces: Vec<String>,
    /// Bytes of all files.
    pub bytes: u64,
}

/// A snapshot cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The name could not be that of a directory.
    #[error(
        "`{0}` is no name of a snapshot: letters, digits, `-`, `_` and `.`, 64 at most, beginning with a letter or digit"
    )]
    Name(String),
    /// There is no such snapshot.
    #[error("there is no snapshot `{name}`{}", there_are(known))]
    Unknown {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The name is taken.
    #[error("there is a snapshot `{0}` already: remove it first, or choose another name")]
    Exists(String),
    /// There is nothing to keep.
    #[error("there is no workspace in `{}`: `sluice workspace up` makes them", .0.display())]
    Nothing(PathBuf),
    /// The process runs.
    #[error("the workspaces are running (process {0}): `sluice workspace down` first")]
    Running(i32),
    /// Workspaces of the other platform exist.
    #[error("there are workspaces in `{}` already: a fork never replaces any", .0.display())]
    Occupied(PathBuf),
    /// `snapshot.json` was written by another program or another version.
    #[error("`{}` cannot be read: {why}", path.display())]
    Manifest {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A file.
    #[error("could not access `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A store.
    #[error("could not read the store `{}`", path.display())]
    Store {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// Another process uses the directory.
    #[error(transparent)]
    Lock(#[from] crate::workspaces::ServeError),
    /// The process's own files.
    #[error(transparent)]
    Daemon(#[from] crate::daemon::FileError),
}

fn there_are(names: &[String]) -> String {
    if names.is_empty() {
        ": `sluice workspace snapshot save NAME` takes one".to_owned()
    } else {
        format!("; there are {}", names.join(", "))
    }
}

/// All snapshots of a platform, the oldest first.
///
/// # Errors
/// When the directory or a manifest cannot be read.
pub fn list(place: &Place) -> Result<Vec<Manifest>, SnapshotError> {
    let directory = place.snapshots();
    let entries = match std::fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(file_error(&directory, source)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.map_err(|source| file_error(&directory, source))?.file_name();
        // What begins with a dot is not complete.
        if let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) {
            found.push(manifest(place, name)?);
        }
    }
    found.sort_by(|one, other| (one.taken_at, &one.name).cmp(&(other.taken_at, &other.name)));
    Ok(found)
}

/// Removes a snapshot.
///
/// # Errors
/// When there is none of this name, or the disk refuses.
pub fn remove(place: &Place, name: &str) -> Result<(), SnapshotError> {
    manifest(place, name)?;
    let directory = place.snapshots().join(name);
    let doomed = place.snapshots().join(format!(".removed-{name}"));
    std::fs::rename(&directory, &doomed).map_err(|source| file_error(&directory, source))?;
    std::fs::remove_dir_all(&doomed).map_err(|source| file_error(&doomed, source))
}

/// What a snapshot says about itself.
///
/// # Errors
/// When there is none of this name, or its manifest cannot be read.
pub fn manifest(place: &Place, name: &str) -> Result<Manifest, SnapshotError> {
    check_name(name)?;
    let path = place.snapshots().join(name).join("snapshot.json");
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(SnapshotError::Unknown {
                name: name.to_owned(),
                known: names(place)?,
            });
        }
        Err(source) => return Err(file_error(&path, source)),
    };
    let unreadable = |why: String| SnapshotError::Manifest {
        path: path.clone(),
        why,
    };
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
    if manifest.version != 1 {
        return Err(unreadable(format!(
            "it has version {}, this program knows 1",
            manifest.version
        )));
    }
    Ok(manifest)
}

fn names(place: &Place) -> Result<Vec<String>, SnapshotError> {
    let directory = place.snapshots();
    let entries = match std::fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(file_error(&directory, source)),
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    Ok(names)
}

fn check_name(name: &str) -> Result<(), SnapshotError> {
    let first = name.chars().next().is_some_and(|first| first.is_ascii_alphanumeric());
    let rest = name
        .chars()
        .all(|each| each.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&each));
    if first && rest && name.len() <= 64 {
        Ok(())
    } else {
        Err(SnapshotError::Name(name.to_owned()))
    }
}

fn file_error(path: &Path, source: std::io::Error) -> SnapshotError {
    SnapshotError::File {
        path: path.to_owned(),
        source,
    }
}

fn store_error(path: &Path) -> impl Fn(sqlx::Error) -> SnapshotError {
    let path = path.to_owned();
    move |source| SnapshotError::Store {
        path: path.clone(),
        source,
    }
}
