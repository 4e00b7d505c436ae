//! Writing changed files, all or none, and one commit of exactly them.

use std::io::Write as _;
use std::path::Path;

use serde::Serialize;

use super::{Change, MetadataError};
use crate::git::{Signature, git, git_line};

/// What an edit wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Files that changed; none when everything was so already.
    pub files: Vec<String>,
    /// The commit; none when nothing changed or none was asked for.
    pub commit: Option<String>,
    /// Files that hold the edit already, in a state that no commit has: somebody's own change, or an edit that was stopped before its
    /// commit. Only where a commit was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uncommitted: Vec<String>,
}

impl Written {
    fn new(files: Vec<String>, commit: Option<String>) -> Self {
        Self {
            files,
            commit,
            uncommitted: Vec::new(),
        }
    }
}

/// Writes the changes, and commits them when asked to. When something fails the files are as they were.
pub(super) async fn write(
    root: &Path,
    changes: Vec<Change>,
    message: &str,
    commit: bool,
) -> Result<Written, MetadataError> {
    let is_change = |change: &Change| change.before.as_ref() != Some(&change.after);
    let (changes, same): (Vec<Change>, Vec<Change>) = changes.into_iter().partition(is_change);
    let files: Vec<String> = changes.iter().map(|change| change.file.clone()).collect();
    if changes.is_empty() {
        let mut written = Written::new(files, None);
        for change in same.into_iter().filter(|_| commit) {
            if is_dirty(root, &change.file).await? {
                written.uncommitted.push(change.file);
            }
        }
        return Ok(written);
    }
    if commit {
        for file in &files {
            if is_dirty(root, file).await? {
                return Err(MetadataError::Dirty { file: file.clone() });
            }
        }
    }
    let mut done: Vec<&Change> = Vec::new();
    for change in &changes {
        done.push(change);
        if let Err(error) = replace(root, &change.file, &change.after) {
            restore(root, &done)?;
            return Err(error);
        }
    }
    if !commit {
        return Ok(Written::new(files, None));
    }
    match make_commit(root, &files, message).await {
        Ok(id) => Ok(Written::new(files, Some(id))),
        Err(error) => {
            restore(root, &done)?;
            let mut unstage = vec!["reset", "--quiet", "--"];
            unstage.extend(files.iter().map(String::as_str));
            // The files are back; an index that Git cannot reset either is told with the commit's own failure.
            match git(root, &unstage).await {
                Ok(_) | Err(_) => Err(error),
            }
        }
    }
}

/// Whether a file is in a state that no commit has.
async fn is_dirty(root: &Path, file: &str) -> Result<bool, MetadataError> {
    let status = git(root, &["status", "--porcelain", "--untracked-files=all", "--", file]).await?;
    Ok(!status.trim_ascii().is_empty())
}

/// A commit of these files alone, whatever else is staged.
async fn make_commit(root: &Path, files: &[String], message: &str) -> Result<String, MetadataError> {
    let paths = || files.iter().map(String::as_str);
    let mut add = vec!["add", "--force", "--"];
    add.extend(paths());
    git(root, &add).await?;
    let [name, email] = Signature::of_directory(root).await?.settings();
    let mut commit = vec![
        "-c",
        &name,
        "-c",
        &email,
        "commit",
        "--quiet",
        "--only",
        "--message",
        message,
        "--",
    ];
    commit.extend(paths());
    git(root, &commit).await?;
    Ok(git_line(root, &["rev-parse", "HEAD"]).await?)
}

/// Replaces a file as a whole: a reader sees the old or the new text.
fn replace(root: &Path, file: &str, text: &str) -> Result<(), MetadataError> {
    let path = root.join(file);
    let failed = |source| MetadataError::Write {
        path: path.clone(),
        source,
    };
    // A link stays a link, and what it leads to is replaced.
    let target = path.canonicalize().unwrap_or_else(|_absent| path.clone());
    let directory = target.parent().unwrap_or(root);
    std::fs::create_dir_all(directory).map_err(failed)?;
    let mut temporary = tempfile::Builder::new()
        .prefix(".sluice-metadata-")
        .tempfile_in(directory)
        .map_err(failed)?;
    temporary.write_all(text.as_bytes()).map_err(failed)?;
    let permissions = match std::fs::metadata(&target) {
        Ok(known) => known.permissions(),
        Err(_absent) => std::os::unix::fs::PermissionsExt::from_mode(0o644),
    };
    temporary.as_file().set_permissions(permissions).map_err(failed)?;
    temporary.persist(&target).map_err(|error| failed(error.error))?;
    Ok(())
}

fn restore(root: &Path, changes: &[&Change]) -> Result<(), MetadataError> {
    for change in changes {
        match &change.before {
            Some(before) => replace(root, &change.file, before)?,
            None => {
                let path = root.join(&change.file);
                match std::fs::remove_file(&path) {
                    Ok(()) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    Err(source) => return Err(MetadataError::Write { path, source }),
                }
            }
        }
    }
    Ok(())
}
