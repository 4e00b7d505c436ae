//! Writes several files together: all of them or none, also when the machine stops in between.
//!
//! 1. Every content goes into a staging directory, is synced, and a list of what goes where is written there, last and atomically.
//! 2. Every file is renamed into its place; then the list is removed.
//!
//! Without the list nothing has begun, and what is staged is thrown away. With it every content is on the disk, and [`complete`]
//! does what is left: renaming the same file again does nothing more. As long as the list is there, no bundle is loaded from the files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::deploy::write_atomically;

/// Where staged files are, from the bundle root. Git ignores `.databricks`, and it is on the same file system.
const STAGING: &str = ".databricks/capture";

/// Name of the list in it.
const LIST: &str = "list.json";

/// A file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`", path.display())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// Whether files had begun to be put into their places: the next capture goes on with that.
    pub half_way: bool,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// What goes where: number of the staged file to path from the root.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    files: BTreeMap<usize, String>,
}

/// Writes all files, by path from the root.
///
/// # Errors
/// When something cannot be written. Nothing has changed then, unless the error came while files were put into their places: then
/// the next call of [`complete`] goes on.
pub(super) fn write_all(root: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), WriteError> {
    if files.is_empty() {
        return Ok(());
    }
    let staging = root.join(STAGING);
    discard(&staging)?;
    fs::create_dir_all(&staging).map_err(at(&staging))?;
    let mut list = List { files: BTreeMap::new() };
    for (number, (path, content)) in files.iter().enumerate() {
        let staged = staging.join(number.to_string());
        write_atomically(&staged, content).map_err(at(&staged))?;
        list.files.insert(number, path.clone());
    }
    let text = serde_json::to_vec(&list).expect("invariant: a list of paths has a JSON form");
    let place = staging.join(LIST);
    write_atomically(&place, &text).map_err(at(&place))?;
    complete(root).map(drop)
}

/// Whether a [`write_all`] has begun to put files into their places and not ended.
pub(crate) fn is_unfinished(root: &Path) -> bool {
    root.join(STAGING).join(LIST).exists()
}

/// Finishes what an interrupted [`write_all`] began. Gives the paths that it had to write.
///
/// # Errors
/// When a file cannot be put into its place.
pub(super) fn complete(root: &Path) -> Result<Vec<String>, WriteError> {
    let staging = root.join(STAGING);
    let half_way = |path: &Path, source| WriteError {
        path: path.to_owned(),
        half_way: true,
        source,
    };
    let place = staging.join(LIST);
    let text = match fs::read(&place) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            discard(&staging)?;
            return Ok(Vec::new());
        }
        Err(source) => return Err(half_way(&place, source)),
    };
    let list: List = serde_json::from_slice(&text)
        .map_err(|error| half_way(&place, io::Error::new(io::ErrorKind::InvalidData, error)))?;
    let mut written = Vec::new();
    for (number, path) in &list.files {
        let target = root.join(path);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(|source| half_way(folder, source))?;
        }
        match fs::rename(staging.join(number.to_string()), &target) {
            Ok(()) => written.push(path.clone()),
            // It was put into its place before the interruption.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(half_way(&target, source)),
        }
    }
    discard(&staging)?;
    Ok(written)
}

/// Removes the staging directory, the list first: what is without a list has not begun.
fn discard(staging: &Path) -> Result<(), WriteError> {
    for (path, result) in [
        (staging.join(LIST), fs::remove_file(staging.join(LIST))),
        (staging.to_owned(), fs::remove_dir_all(staging)),
    ] {
        match result {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(at(&path)(source)),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_owned();
    move |source| WriteError {
        path,
        half_way: false,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> BTreeMap<String, Vec<u8>> {
        let names = ["a.yml", "catalog/b.yml", "src/c/d.py"];
        names.map(|name| (name.to_owned(), name.as_bytes().to_vec())).into()
    }

    fn stage(root: &Path, with_list: bool, placed: usize) {
        let staging = root.join(STAGING);
        fs::create_dir_all(&staging).unwrap();
        let mut list = List { files: BTreeMap::new() };
        for (number, (path, content)) in files().into_iter().enumerate() {
            if number < placed {
                write_atomically(&root.join(&path), &content).unwrap();
            } else {
                fs::write(staging.join(number.to_string()), content).unwrap();
            }
            list.files.insert(number, path);
        }
        if with_list {
            fs::write(staging.join(LIST), serde_json::to_vec(&list).unwrap()).unwrap();
        }
    }

    fn present(root: &Path) -> usize {
        files().keys().filter(|path| root.join(path).exists()).count()
    }

    #[test]
    fn what_was_interrupted_is_completed_or_untouched() {
        for placed in 0..=3 {
            let root = tempfile::tempdir().unwrap();
            stage(root.path(), true, placed);
            assert_eq!(complete(root.path()).unwrap().len(), 3 - placed);
            assert_eq!(present(root.path()), 3);
            assert!(!root.path().join(STAGING).exists());
        }
        let root = tempfile::tempdir().unwrap();
        stage(root.path(), false, 0);
        assert!(complete(root.path()).unwrap().is_empty());
        assert_eq!(present(root.path()), 0);
        assert!(!root.path().join(STAGING).exists());
    }

    #[test]
    fn a_file_that_cannot_be_placed_is_named() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("catalog"), "in the way").unwrap();
        let error = write_all(root.path(), &files()).unwrap_err();
        assert!(error.to_string().contains("catalog"), "{error}");
        fs::remove_file(root.path().join("catalog")).unwrap();
        complete(root.path()).unwrap();
        assert_eq!(present(root.path()), 3);
    }
}
