//! Patterns of `sync` that no file matches: mostly a slip, which nothing else would show.

use std::fs;
use std::path::Path;

use ignore::gitignore::Gitignore;
use sluice_bundle::language::SyncRules;
use sluice_model::{Diagnostic, Tree, TreePath};

use super::listing::{ListingError, patterns, walk};
use super::load::LoadedBundle;

/// A warning for each pattern of `sync.include` and `sync.exclude` without a match.
///
/// # Errors
/// When a directory cannot be read or a text is no pattern.
pub fn idle_patterns(loaded: &LoadedBundle) -> Result<Vec<Diagnostic>, ListingError> {
    let rules = &loaded.bundle.sync;
    let mut found = Vec::new();
    for (list, patterns) in [("include", &rules.include), ("exclude", &rules.exclude)] {
        let path = TreePath::keys(["sync", list]);
        let written = loaded.bundle.config.at_path(&path).and_then(Tree::as_sequence);
        for pattern in without_match(&loaded.root, rules, patterns)? {
            let mut items = written.unwrap_or_default().iter().enumerate();
            let item = items.find(|(_, item)| item.as_str() == Some(&pattern));
            let warning = Diagnostic::warning(format!("no file matches the pattern `{pattern}`"));
            found.push(match item {
                Some((index, item)) => warning.path(path.index(index)).location(item.location.clone()),
                None => warning.path(path.clone()),
            });
        }
    }
    Ok(found)
}

/// The patterns that no file below the sync root matches, with or without `!`.
pub(super) fn without_match(
    bundle_root: &Path,
    rules: &SyncRules,
    list: &[String],
) -> Result<Vec<String>, ListingError> {
    let joined = bundle_root.join(&rules.root);
    let root = fs::canonicalize(&joined).map_err(|source| ListingError::Read { path: joined, source })?;
    let mut open: Vec<(&String, Gitignore)> = Vec::new();
    for pattern in list {
        let plain = pattern.strip_prefix('!').unwrap_or(pattern).to_owned();
        open.push((pattern, patterns(&root, &[plain])?));
    }
    for entry in walk(&root, false) {
        if open.is_empty() {
            break;
        }
        let entry = entry.map_err(ListingError::Walk)?;
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            open.retain(|(_, pattern)| !pattern.matched_path_or_any_parents(entry.path(), false).is_ignore());
        }
    }
    Ok(open.into_iter().map(|(pattern, _)| pattern.clone()).collect())
}
