//! Copies of a workspace's directory.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// What belongs to a running process alone, and the store, which is copied by SQLite.
fn left_out(name: &str) -> bool {
    matches!(name, "engine-scratch" | "tasks") || name.starts_with("store.sqlite") || name.ends_with(".log")
}

/// Copies a workspace's directory, without its store, to a new one; gives the bytes of its files.
///
/// Blobs are linked instead of copied where the disk can: a blob never changes.
pub(super) fn workspace(from: &Path, to: &Path) -> io::Result<u64> {
    new_directory(to)?;
    let mut bytes = 0;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().is_some_and(left_out) {
            continue;
        }
        let links = name == "blobs";
        bytes += tree(&entry.path(), &to.join(&name), links)?;
    }
    Ok(bytes)
}

fn tree(from: &Path, to: &Path, links: bool) -> io::Result<u64> {
    // What is removed while it is copied, as an upload that was given up, belongs to no moment.
    let kind = match std::fs::symlink_metadata(from) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    if kind.is_dir() {
        new_directory(to)?;
        let mut bytes = 0;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            bytes += tree(&entry.path(), &to.join(entry.file_name()), links)?;
        }
        return Ok(bytes);
    }
    if !kind.is_file() {
        return Ok(0);
    }
    if links && std::fs::hard_link(from, to).is_ok() {
        return Ok(kind.len());
    }
    match std::fs::copy(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        copied => copied,
    }
}

/// A directory that only its owner may look into.
pub(super) fn new_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}
