//! Which local files belong to a deployment.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use ignore::WalkBuilder;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use sluice_bundle::language::SyncRules;
use sluice_model::Digest;

use crate::bundle_files::local_path::is_notebook;

/// A file that a deployment uploads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// Where it is on this machine.
    pub absolute: PathBuf,
    /// Digest of its content.
    pub digest: Digest,
    /// Whether the workspace makes a notebook of it, which loses its extension.
    pub notebook: bool,
}

/// Files by path relative to the sync root, with `/` between segments.
pub type LocalFiles = BTreeMap<String, LocalFile>;

/// The files cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum ListingError {
    /// A directory or file cannot be read.
    #[error("cannot read the files of the bundle")]
    Walk(#[source] ignore::Error),
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A pattern of `sync.include` or `sync.exclude` cannot be read.
    #[error("`{pattern}` in `sync` is not a pattern")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// Why.
        #[source]
        source: ignore::Error,
    },
    /// A name that the workspace cannot have.
    #[error("the name of `{}` is not valid UTF-8, so it cannot be uploaded; rename it or list it in `sync.exclude`", path.display())]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// A symbolic link would upload a file of another place of this machine.
    #[error("`{}` is a symbolic link to `{}`, outside the bundle; copy the file or list the link in `sync.exclude`", path.display(), leads_to.display())]
    LinkOutside {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        leads_to: PathBuf,
    },
    /// Two notebooks would have the same place, because notebooks lose their extension.
    #[error("`{first}` and `{second}` would both become the workspace object `{place}`; rename one of them")]
    SamePlace {
        /// One file.
        first: String,
        /// The other.
        second: String,
        /// Their common place.
        place: String,
    },
}

/// Lists what Git would not ignore below the sync paths, plus the includes, minus the excludes; `.git` and `.databricks` never belong.
///
/// # Errors
/// When a file cannot be read or cannot be uploaded.
pub fn list(bundle_root: &Path, rules: &SyncRules) -> Result<LocalFiles, ListingError> {
    let read = |path: &Path| {
        let path = path.to_owned();
        move |source| ListingError::Read { path, source }
    };
    let joined = bundle_root.join(&rules.root);
    let root = fs::canonicalize(&joined).map_err(read(&joined))?;
    let exclude = patterns(&root, &rules.exclude)?;
    let mut files = LocalFiles::new();
    for path in &rules.paths {
        let start = bundle_root.join(path);
        let start = fs::canonicalize(&start).map_err(read(&start))?;
        for entry in walk(&start, true) {
            add(&root, entry.map_err(ListingError::Walk)?.path(), &exclude, &mut files)?;
        }
    }
    if !rules.include.is_empty() {
        let include = patterns(&root, &rules.include)?;
        for entry in walk(&root, false) {
            let entry = entry.map_err(ListingError::Walk)?;
            if include.matched_path_or_any_parents(entry.path(), false).is_ignore() {
                add(&root, entry.path(), &exclude, &mut files)?;
            }
        }
    }
    check_places(&files)?;
    Ok(files)
}

pub(super) fn patterns(root: &Path, patterns: &[String]) -> Result<Gitignore, ListingError> {
    let mut builder = GitignoreBuilder::new(root);
    for pattern in patterns {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        builder
            .add_line(None, pattern)
            .map_err(|source| ListingError::Pattern {
                pattern: pattern.to_owned(),
                source,
            })?;
    }
    builder.build().map_err(|source| ListingError::Pattern {
        pattern: patterns.join(", "),
        source,
    })
}

/// Walks a directory; with Git's rules, as far up as the checkout reaches.
pub(super) fn walk(start: &Path, git_rules: bool) -> ignore::Walk {
    let in_checkout = start.ancestors().any(|directory| directory.join(".git").exists());
    WalkBuilder::new(start)
        .standard_filters(false)
        .git_ignore(git_rules)
        .parents(git_rules && in_checkout)
        .require_git(in_checkout)
        .filter_entry(|entry| !matches!(entry.file_name().to_str(), Some(".git" | ".databricks")))
        .build()
}

fn add(root: &Path, path: &Path, exclude: &Gitignore, files: &mut LocalFiles) -> Result<(), ListingError> {
    let read = |source| ListingError::Read {
        path: path.to_owned(),
        source,
    };
    // A path outside the root cannot be matched against its patterns; the language refuses such sync paths before.
    let Ok(relative) = path.strip_prefix(root) else {
        return Ok(());
    };
    if exclude.matched_path_or_any_parents(relative, false).is_ignore() {
        return Ok(());
    }
    if fs::symlink_metadata(path).map_err(read)?.is_symlink() {
        let leads_to = fs::canonicalize(path).map_err(read)?;
        if !leads_to.starts_with(root) {
            return Err(ListingError::LinkOutside {
                path: path.to_owned(),
                leads_to,
            });
        }
    }
    if !fs::metadata(path).map_err(read)?.is_file() {
        return Ok(());
    }
    let name = slashed(relative).ok_or_else(|| ListingError::Name { path: path.to_owned() })?;
    let content = fs::read(path).map_err(read)?;
    files.insert(
        name,
        LocalFile {
            absolute: path.to_owned(),
            digest: Digest::of(&content),
            notebook: is_notebook(path, &content),
        },
    );
    Ok(())
}

fn slashed(path: &Path) -> Option<String> {
    let segments: Option<Vec<&str>> = path
        .components()
        .map(|component| match component {
            Component::Normal(name) => name.to_str(),
            Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => None,
        })
        .collect();
    segments.map(|segments| segments.join("/"))
}

/// The path of a file in the workspace, relative to the deployment's files: notebooks lose their extension.
#[must_use]
pub fn remote_name(local: &str, notebook: bool) -> &str {
    match local.rfind('.') {
        Some(dot) if notebook && !local[dot..].contains('/') => &local[..dot],
        _ => local,
    }
}

fn check_places(files: &LocalFiles) -> Result<(), ListingError> {
    let mut places = BTreeMap::new();
    for (name, file) in files {
        let place = remote_name(name, file.notebook);
        if let Some(first) = places.insert(place, name) {
            return Err(ListingError::SamePlace {
                first: first.clone(),
                second: name.clone(),
                place: place.to_owned(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, files: &[(&str, &str)]) {
        for (name, content) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }

    fn check(root: &Path, rules: &SyncRules) -> Vec<String> {
        list(root, rules).unwrap().into_keys().collect()
    }

    fn rules(paths: &[&str], include: &[&str], exclude: &[&str]) -> SyncRules {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        SyncRules {
            root: ".".to_owned(),
            bundle_root: None,
            paths: owned(paths),
            include: owned(include),
            exclude: owned(exclude),
        }
    }

    #[test]
    fn git_rules_includes_and_excludes_are_applied_in_this_order() {
        let top = tempfile::tempdir().unwrap();
        write(
            top.path(),
            &[
                (".gitignore", "dist/\n*.log\n"),
                (".databricks/x", ""),
                (".git/x", ""),
                (".hidden", ""),
                ("src/a.py", ""),
                ("src/.gitignore", "b.py\n"),
                ("src/b.py", ""),
                ("c.log", ""),
                ("dist/w.whl", ""),
                ("docs/x.md", ""),
            ],
        );
        assert_eq!(
            check(top.path(), &rules(&["."], &[], &[])),
            [".gitignore", ".hidden", "docs/x.md", "src/.gitignore", "src/a.py"]
        );
        assert_eq!(
            check(top.path(), &rules(&["src"], &[], &[])),
            ["src/.gitignore", "src/a.py"]
        );
        assert_eq!(
            check(
                top.path(),
                &rules(&["src"], &["dist/*.whl", "*.log"], &["c.*", "src/.gitignore"])
            ),
            ["dist/w.whl", "src/a.py"]
        );
    }

    #[test]
    fn rules_of_the_checkout_hold_below_it() {
        let top = tempfile::tempdir().unwrap();
        write(
            top.path(),
            &[
                (".git/HEAD", ""),
                (".gitignore", "*.tmp\n"),
                ("p/a.tmp", ""),
                ("p/a.py", ""),
            ],
        );
        assert_eq!(check(&top.path().join("p"), &rules(&["."], &[], &[])), ["a.py"]);
    }

    #[test]
    fn a_link_out_of_the_bundle_is_refused() {
        let top = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        write(other.path(), &[("secret", "")]);
        write(top.path(), &[("a", "")]);
        std::os::unix::fs::symlink("a", top.path().join("b")).unwrap();
        assert_eq!(check(top.path(), &rules(&["."], &[], &[])), ["a", "b"]);
        std::os::unix::fs::symlink(other.path().join("secret"), top.path().join("c")).unwrap();
        let error = list(top.path(), &rules(&["."], &[], &[])).unwrap_err();
        assert!(matches!(error, ListingError::LinkOutside { .. }), "{error}");
        assert_eq!(check(top.path(), &rules(&["."], &[], &["c"])), ["a", "b"]);
    }

    #[test]
    fn patterns_without_a_match_are_named() {
        let top = tempfile::tempdir().unwrap();
        write(
            top.path(),
            &[(".gitignore", "out/\n"), ("out/a.dat", ""), ("b.txt", "")],
        );
        let check = |list: &[&str]| {
            let list: Vec<String> = list.iter().map(|text| (*text).to_owned()).collect();
            super::super::idle_patterns::without_match(top.path(), &rules(&["."], &[], &[]), &list).unwrap()
        };
        assert_eq!(check(&["out/*.dat", "b.*", "out/"]), Vec::<String>::new());
        assert_eq!(
            check(&["*.tmp", "!b.txt", "!c.txt", "other/"]),
            ["*.tmp", "!c.txt", "other/"]
        );
    }

    #[test]
    fn notebooks_lose_their_extension_and_must_not_meet() {
        assert_eq!(remote_name("a.b/c.py", true), "a.b/c");
        assert_eq!(remote_name("a.b/c", true), "a.b/c");
        assert_eq!(remote_name("c.py", false), "c.py");
        let top = tempfile::tempdir().unwrap();
        write(
            top.path(),
            &[
                ("n.py", "# Databricks notebook source"),
                ("n.sql", "-- Databricks notebook source"),
            ],
        );
        let error = list(top.path(), &rules(&["."], &[], &[])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`n.py` and `n.sql` would both become the workspace object `n`; rename one of them"
        );
    }
}
