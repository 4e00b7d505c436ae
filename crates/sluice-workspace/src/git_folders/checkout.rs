//! From one commit to another: which files of the tree change, and which changes of people are in the way. Pure.

use std::collections::BTreeMap;

use super::contents::Contents;
use crate::error::ApiError;
use crate::files::{TreeChange, WorkspaceObject, WorkspacePath};

/// What stands in the folder.
pub(super) type Standing = BTreeMap<WorkspacePath, WorkspaceObject>;

/// What changes between two commits, as `git checkout` does it: a file that is the same in both stays as people left it; a file that
/// differs, and that somebody changed, removed or made, is in the way, unless `discard` says that their changes go.
///
/// # Errors
/// 400 naming the files that are in the way.
pub(super) fn change(
    before: &Contents,
    after: &Contents,
    standing: &Standing,
    discard: bool,
) -> Result<TreeChange, ApiError> {
    let mut change = TreeChange {
        directories: after.directories.clone(),
        ..TreeChange::default()
    };
    let mut in_the_way = Vec::new();
    for (path, file) in &after.files {
        let found = standing.get(path);
        let same = before.files.get(path) == Some(file);
        if found.is_some_and(|object| file.is(object)) || (same && !discard) {
            continue;
        }
        let untouched = match before.files.get(path) {
            Some(before) => found.is_some_and(|object| before.is(object)),
            None => found.is_none(),
        };
        if !untouched && !discard {
            in_the_way.push(path.as_str());
        }
        change.written.insert(path.clone(), file.clone());
    }
    for (path, file) in before.files.iter().filter(|(path, _)| !after.files.contains_key(*path)) {
        match standing.get(path) {
            Some(object) if file.is(object) || discard => {
                change.removed.insert(path.clone());
            }
            Some(_) => in_the_way.push(path.as_str()),
            None => {}
        }
    }
    if in_the_way.is_empty() {
        return Ok(change);
    }
    let shown: Vec<&str> = in_the_way.iter().copied().take(5).collect();
    Err(ApiError::invalid_state(format!(
        "{} changed files are in the way ({}): save them elsewhere, or send `dangerously_force_discard_all` to lose the changes",
        in_the_way.len(),
        shown.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use sluice_model::Digest;

    use super::*;
    use crate::files::{FileKind, PlacedFile};

    fn path(name: &str) -> WorkspacePath {
        format!("/r/{name}").parse().unwrap()
    }

    fn digest(content: &str) -> Digest {
        Digest::of(content.as_bytes())
    }

    fn commit(files: &[(&str, &str)]) -> Contents {
        let file = |content: &str| PlacedFile {
            language: None,
            digest: digest(content),
            size: 1,
        };
        Contents {
            files: files
                .iter()
                .map(|(name, content)| (path(name), file(content)))
                .collect(),
            ..Contents::default()
        }
    }

    fn standing(files: &[(&str, &str)]) -> Standing {
        let object = |name: &str, content: &str| WorkspaceObject {
            id: 1,
            path: path(name),
            kind: FileKind::File,
            resource_id: "1".to_owned(),
            language: None,
            digest: Some(digest(content)),
            size: 1,
            created_at: 0,
            modified_at: 0,
        };
        files
            .iter()
            .map(|(name, content)| (path(name), object(name, content)))
            .collect()
    }

    /// What is written and removed; none when something is in the way.
    fn changed(
        before: &[(&str, &str)],
        after: &[(&str, &str)],
        present: &[(&str, &str)],
        discard: bool,
    ) -> Option<(Vec<String>, Vec<String>)> {
        let change = change(&commit(before), &commit(after), &standing(present), discard).ok()?;
        let names = |path: &WorkspacePath| path.name().to_owned();
        Some((
            change.written.keys().map(names).collect(),
            change.removed.iter().map(names).collect(),
        ))
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn only_what_differs_between_the_commits_changes() {
        let before = [("same", "1"), ("other", "1"), ("old", "1")];
        let after = [("same", "1"), ("other", "2"), ("new", "1")];
        let expected = Some((names(&["new", "other"]), names(&["old"])));
        assert_eq!(changed(&before, &after, &before, false), expected);
        let edited = [("same", "mine"), ("other", "1"), ("old", "1"), ("own", "x")];
        assert_eq!(
            changed(&before, &after, &edited, false),
            expected,
            "an edit that is not in the way stays"
        );
        assert_eq!(changed(&before, &after, &after, false), Some((Vec::new(), Vec::new())));
    }

    #[test]
    fn what_people_changed_is_lost_only_when_they_say_so() {
        let before = [("a", "1"), ("gone", "1")];
        let after = [("a", "2"), ("new", "1")];
        for present in [
            vec![("a", "mine"), ("gone", "1")],
            vec![("gone", "1")],
            vec![("a", "1"), ("gone", "mine")],
            vec![("a", "1"), ("gone", "1"), ("new", "mine")],
        ] {
            assert_eq!(changed(&before, &after, &present, false), None, "{present:?}");
            let (written, removed) = changed(&before, &after, &present, true).unwrap();
            assert_eq!(
                (written, removed),
                (names(&["a", "new"]), names(&["gone"])),
                "{present:?}"
            );
        }
        let same = [("a", "1")];
        assert_eq!(
            changed(&same, &same, &[("a", "mine")], true),
            Some((names(&["a"]), Vec::new()))
        );
    }
}
