//! What a commit becomes in the workspace tree: files, notebooks and directories with their contents.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::program::Clone;
use super::sparse::SparseCheckout;
use crate::error::ApiError;
use crate::files::{PlacedFile, WorkspacePath, placed};
use crate::workspace::Workspace;

/// The most files, and bytes in them, that a Git folder may have.
const MOST_FILES: usize = 20_000;
const MOST_BYTES: u64 = 500 * 1024 * 1024;
/// The most bytes that are read at once.
const BATCH: u64 = 32 * 1024 * 1024;

/// The files of a commit below the path of its folder, and the directories that hold no file (submodules).
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) files: BTreeMap<WorkspacePath, PlacedFile>,
    pub(super) directories: BTreeSet<WorkspacePath>,
}

/// One line of `git ls-tree`.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    object: String,
    size: u64,
    path: String,
    is_submodule: bool,
}

/// Reads a commit (none: an empty repository) and stores its contents.
///
/// # Errors
/// 400 when it is too large or has a path that the workspace cannot have; when the disk fails.
pub(super) async fn read(
    workspace: &Workspace,
    clone: &Clone,
    commit: Option<&str>,
    root: &WorkspacePath,
    sparse: Option<&SparseCheckout>,
) -> Result<Contents, ApiError> {
    let mut contents = Contents::default();
    let Some(commit) = commit else {
        return Ok(contents);
    };
    let mut entries = parse_list(&clone.list(commit).await?)?;
    entries.retain(|entry| sparse.is_none_or(|sparse| sparse.keeps(&entry.path)));
    check_size(&entries)?;
    let (submodules, files): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.is_submodule);
    for submodule in submodules {
        contents.directories.insert(below(root, &submodule.path)?);
    }
    for batch in batches(files) {
        let objects: Vec<String> = batch.iter().map(|entry| entry.object.clone()).collect();
        let mut read = Bytes::from(clone.read(&objects).await?);
        for entry in batch {
            let content = next_object(&mut read, &entry)?;
            let path = below(root, &entry.path)?;
            let (path, file) = placed(workspace, &path, content).await?;
            if contents.files.insert(path.clone(), file).is_some() {
                return Err(ApiError::invalid(format!(
                    "the repository has two files that would both be {path} (`{}` is one): a notebook loses its extension",
                    entry.path
                )));
            }
        }
    }
    check_paths(root, &contents)?;
    Ok(contents)
}

fn below(root: &WorkspacePath, path: &str) -> Result<WorkspacePath, ApiError> {
    root.join(path).as_str().parse()
}

fn check_size(entries: &[Entry]) -> Result<(), ApiError> {
    let bytes: u64 = entries.iter().map(|entry| entry.size).sum();
    if entries.len() > MOST_FILES || bytes > MOST_BYTES {
        return Err(ApiError::invalid(format!(
            "the repository has {} files and {bytes} bytes, a Git folder takes {MOST_FILES} files and {MOST_BYTES} bytes: \
             use a sparse checkout",
            entries.len()
        )));
    }
    Ok(())
}

/// A file cannot stand where a directory is: a notebook `a.py` beside a directory `a`.
fn check_paths(root: &WorkspacePath, contents: &Contents) -> Result<(), ApiError> {
    for path in contents.files.keys().chain(&contents.directories) {
        let above = std::iter::successors(path.parent(), WorkspacePath::parent);
        for directory in above.take_while(|directory| directory != root) {
            if contents.files.contains_key(&directory) {
                return Err(ApiError::invalid(format!(
                    "the repository has both a notebook and a directory that would be {directory}: rename one of them"
                )));
            }
        }
    }
    Ok(())
}

fn parse_list(output: &[u8]) -> Result<Vec<Entry>, ApiError> {
    let mut entries = Vec::new();
    for line in output.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let line = std::str::from_utf8(line)
            .map_err(|error| ApiError::invalid(format!("the repository has a path that is not UTF-8: {error}")))?;
        let odd = || ApiError::internal(format!("`git ls-tree` wrote `{line}`"));
        let (fields, path) = line.split_once('\t').ok_or_else(odd)?;
        let [_mode, kind, object, size] = fields.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(odd());
        };
        entries.push(Entry {
            object: object.to_owned(),
            size: size.parse().unwrap_or_default(),
            path: path.to_owned(),
            is_submodule: kind == "commit",
        });
    }
    Ok(entries)
}

/// Files in groups that are read together.
fn batches(files: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut batches: Vec<Vec<Entry>> = Vec::new();
    let mut room = 0;
    for file in files {
        if batches.is_empty() || file.size > room {
            batches.push(Vec::new());
            room = BATCH;
        }
        room = room.saturating_sub(file.size);
        if let Some(batch) = batches.last_mut() {
            batch.push(file);
        }
    }
    batches
}

/// Takes the next object off the output of `git cat-file --batch`: `<object> blob <size>`, its bytes, and a line feed.
fn next_object(output: &mut Bytes, entry: &Entry) -> Result<Bytes, ApiError> {
    let odd = || ApiError::internal(format!("`git cat-file` did not give `{}`", entry.path));
    let end = output.iter().position(|byte| *byte == b'\n').ok_or_else(odd)?;
    let head = output.split_to(end + 1);
    let expected = format!("{} blob {}\n", entry.object, entry.size);
    let size = usize::try_from(entry.size).map_err(|_too_large| odd())?;
    if head != expected || output.len() <= size {
        return Err(odd());
    }
    let content = output.split_to(size);
    drop(output.split_to(1));
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_objects_are_read_as_git_writes_them() {
        let listed =
            b"100644 blob 0abc      4\tsrc/a b.py\x00120000 blob 0abd 1\tlink\x00160000 commit 0abe       -\tsub\0";
        let entries = parse_list(listed).unwrap();
        let shown: Vec<_> = entries
            .iter()
            .map(|entry| (entry.path.as_str(), entry.size, entry.is_submodule))
            .collect();
        assert_eq!(shown, [("src/a b.py", 4, false), ("link", 1, false), ("sub", 0, true)]);
        assert_eq!(parse_list(b"\xff\tx\0").unwrap_err().status.as_u16(), 400);
        let mut output = Bytes::from_static(b"0abc blob 4\na\nb\n\n0abd blob 1\nx\n");
        assert_eq!(next_object(&mut output, &entries[0]).unwrap(), "a\nb\n");
        assert_eq!(next_object(&mut output, &entries[1]).unwrap(), "x");
        assert_eq!(next_object(&mut output, &entries[1]).unwrap_err().status.as_u16(), 500);
    }

    #[test]
    fn large_files_are_read_apart() {
        let entry = |size| Entry {
            object: String::new(),
            size,
            path: String::new(),
            is_submodule: false,
        };
        let sizes = |files: Vec<Entry>| batches(files).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(
            sizes(vec![entry(1), entry(BATCH), entry(BATCH * 2), entry(1), entry(2)]),
            [1, 1, 1, 2]
        );
        assert_eq!(sizes(Vec::new()), Vec::<usize>::new());
    }
}
