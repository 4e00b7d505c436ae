//! Which local files a deployment uploads, with every path relative to the bundle root.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::include::clean;
use super::session::Session;
use super::{GitCheckout, SyncRules};

/// Rewrites `sync.*` relative to the bundle root and returns the rules.
pub(super) fn rules(config: &mut Tree, git: Option<&GitCheckout>, session: &mut Session<'_>) -> SyncRules {
    let mut sync = config.get("sync").cloned().unwrap_or_default();
    let mut rules = SyncRules {
        root: ".".to_owned(),
        bundle_root: Some(".".to_owned()),
        paths: relative(&mut sync, "paths", session),
        include: relative(&mut sync, "include", session),
        exclude: relative(&mut sync, "exclude", session),
    };
    if sync.get("paths").is_none_or(Tree::is_null) {
        rules.paths = vec![".".to_owned()];
        sync.set("paths", Tree::from(Node::Sequence(vec![Tree::from(".")])));
    }
    let up = rules
        .paths
        .iter()
        .map(|path| path.split('/').take_while(|part| *part == "..").count())
        .max();
    if let Some(up) = up.filter(|up| *up > 0) {
        rules.root = vec![".."; up].join("/");
        rules.bundle_root = bundle_root(&rules.root, git, &session.inputs.directory);
        if rules.bundle_root.is_none() && session.inputs.git.is_some() {
            session.report(
                Diagnostic::error("`sync.paths` leads out of the Git checkout of the bundle")
                    .path(TreePath::keys(["sync", "paths"]))
                    .location(sync.get("paths").and_then(|paths| paths.location.clone()))
                    .help("commit the bundle and what it shares to one checkout"),
            );
        }
    }
    if let Some(place) = rules.bundle_root.as_deref().filter(|place| *place != ".") {
        from_sync_root(&mut sync, place);
        rules.include = texts(&sync, "include");
        rules.exclude = texts(&sync, "exclude");
    }
    config.set("sync", sync);
    rules
}

/// Shows every path from the sync root, which is above the bundle root here.
fn from_sync_root(sync: &mut Tree, bundle_root: &str) {
    for key in ["paths", "include", "exclude"] {
        let Some(Node::Sequence(items)) = sync.get_mut(key).map(|list| &mut list.node) else {
            continue;
        };
        for item in items {
            if let Node::String(text) = &mut item.node {
                let (negation, path) = negated(text);
                *text = format!("{negation}{}", clean(&format!("{bundle_root}/{path}")));
            }
        }
    }
}

fn texts(sync: &Tree, key: &str) -> Vec<String> {
    let items = sync.get(key).and_then(Tree::as_sequence).unwrap_or_default();
    items.iter().filter_map(Tree::as_str).map(str::to_owned).collect()
}

/// The `!` of a pattern, and the rest.
fn negated(pattern: &str) -> (&'static str, &str) {
    match pattern.strip_prefix('!') {
        Some(rest) => ("!", rest),
        None => ("", pattern),
    }
}

/// The texts of a list, each made relative to the bundle root from the folder of the file that it stands in.
fn relative(sync: &mut Tree, key: &str, session: &mut Session<'_>) -> Vec<String> {
    let Some(Node::Sequence(items)) = sync.get_mut(key).map(|list| &mut list.node) else {
        return Vec::new();
    };
    let mut paths = Vec::new();
    for (index, item) in items.iter_mut().enumerate() {
        let Node::String(text) = &mut item.node else { continue };
        if text.starts_with('/') && key == "paths" {
            session.report(
                Diagnostic::error(format!("`{text}` is an absolute path"))
                    .path(TreePath::keys(["sync", key]).index(index))
                    .location(item.location.clone())
                    .help("write it relative to the file that it stands in"),
            );
            continue;
        }
        let (negation, pattern) = negated(text);
        let folder = item.location.as_ref().map_or(".", |location| folder(&location.file));
        let joined = clean(&format!("{folder}/{pattern}"));
        *text = format!("{negation}{joined}");
        paths.push(text.clone());
    }
    paths
}

/// The bundle root relative to the sync root: the last folders of its place in the checkout, or else on the disk. None when neither is
/// known.
fn bundle_root(sync_root: &str, git: Option<&GitCheckout>, directory: &str) -> Option<String> {
    if sync_root == "." {
        return Some(".".to_owned());
    }
    let up = sync_root.split('/').count();
    let last_of = |place: &str| {
        let folders: Vec<&str> = place.split('/').filter(|folder| !matches!(*folder, "" | ".")).collect();
        let start = folders.len().checked_sub(up)?;
        Some(folders[start..].join("/"))
    };
    git.and_then(|git| last_of(&git.bundle_root_path))
        .or_else(|| last_of(directory))
}

/// The folder of a file, `.` at the root.
pub(super) fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_root_is_seen_from_the_sync_root() {
        let git = |place: &str| GitCheckout {
            origin_url: None,
            branch: None,
            commit: None,
            bundle_root_path: place.to_owned(),
        };
        let seen = |root: &str, git: Option<&GitCheckout>| bundle_root(root, git, "");
        assert_eq!(seen(".", None).as_deref(), Some("."));
        assert_eq!(seen("..", Some(&git("products/flights"))).as_deref(), Some("flights"));
        assert_eq!(
            seen("../..", Some(&git("products/flights"))).as_deref(),
            Some("products/flights")
        );
        assert_eq!(seen("../../..", Some(&git("products/flights"))), None);
        assert_eq!(seen("..", None), None);
        assert_eq!(
            bundle_root("../..", None, "/home/jane/products/flights").as_deref(),
            Some("products/flights")
        );
        assert_eq!(
            bundle_root("../..", Some(&git(".")), "/home/jane/flights").as_deref(),
            Some("jane/flights")
        );
    }
}
