//! The root file and the files that it includes, merged into one tree.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use sluice_model::{Diagnostic, Location, Node, Tree, TreePath};

use super::check::Check;
use super::session::{Session, Stopped};
use super::shape::Type;
use super::{file_names, glob, merge, shape, yaml};

/// The names that a root file may have.
const ROOT_FILES: [&str; 4] = ["databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml"];

/// Reads the root file and every included file, and merges them in order.
pub(super) fn load(session: &mut Session<'_>) -> Result<Tree, Stopped> {
    let (root_file, text) = root(session)?;
    let mut root = parse(session, root_file, text);
    session.proceed()?;
    // What is wrong in the root file is said together with what is wrong with its includes.
    Check::written(session, false).conform(&mut root, Type::Object(&shape::ROOT), &TreePath::default());
    let known = session.errors();
    let included = included_files(session, &root);
    session.proceed_beyond(known)?;
    if root.get("include").is_some_and(|include| !include.is_null()) {
        // What it comes to, as `validate -o json` of the CLI shows it.
        let files: Vec<Tree> = included.iter().map(|(file, _)| Tree::from(file.as_str())).collect();
        let node = if files.is_empty() {
            Node::Null
        } else {
            Node::Sequence(files)
        };
        root.set("include", Tree::from(node));
    }
    let texts: Vec<(String, &str)> = included
        .into_iter()
        .filter_map(|(file, location)| match session.file(&file)? {
            Some(text) => Some((file, text)),
            None => {
                session.report(Diagnostic::error(format!("included file `{file}` does not exist")).location(location));
                None
            }
        })
        .collect();
    session.proceed_beyond(known)?;
    let mut seen = BTreeMap::new();
    resource_keys(&root, &mut seen);
    for (file, text) in texts {
        let tree = parse(session, &file, text);
        if let Some(include) = tree.get("include") {
            session.report(
                Diagnostic::warning(format!("`include` counts in `{root_file}` alone and is ignored here"))
                    .path(TreePath::keys(["include"]))
                    .location(include.key_location.clone()),
            );
        }
        resource_keys(&tree, &mut seen);
        file_names::check(&file, &tree, session);
        merge::merge(&mut root, tree, &TreePath::default(), session);
    }
    unique_resource_keys(seen, session);
    session.proceed_beyond(known)?;
    Ok(root)
}

/// The one root file and its text.
fn root<'inputs>(session: &mut Session<'inputs>) -> Result<(&'static str, &'inputs str), Stopped> {
    let known = ROOT_FILES.map(|name| (name, session.file(name)));
    session.proceed()?;
    let present: Vec<(&'static str, &str)> = known
        .into_iter()
        .filter_map(|(name, text)| Some((name, text??)))
        .collect();
    match present[..] {
        [found] => Ok(found),
        [] => {
            session.report(
                Diagnostic::error("there is no bundle here: `databricks.yml` does not exist")
                    .help("run the command in a directory with a `databricks.yml`, or below one"),
            );
            Err(Stopped)
        }
        _ => {
            let names: Vec<String> = present.iter().map(|(name, _)| format!("`{name}`")).collect();
            session.report(
                Diagnostic::error(format!("a bundle has one root file, here are {}", names.join(" and ")))
                    .help("keep `databricks.yml`"),
            );
            Err(Stopped)
        }
    }
}

/// A document of the bundle: a map; nothing for a file that cannot be read, which is reported.
fn parse(session: &mut Session<'_>, file: &str, text: &str) -> Tree {
    match yaml::parse_with_anchors(text, file) {
        Ok(yaml::Parsed { mut tree, anchored }) => match &mut tree.node {
            Node::Mapping(fields) => {
                fields.retain(|key, value| shape::is_bundle_block(key) || !has_anchor(value, &anchored));
                tree
            }
            Node::Null => Tree::mapping(),
            Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) | Node::Sequence(_) => {
                let kind = tree.kind_name();
                session.report(
                    Diagnostic::error(format!("a bundle file holds a map, this is a {kind}")).location(tree.location),
                );
                Tree::mapping()
            }
        },
        Err(diagnostics) => {
            for diagnostic in diagnostics {
                session.report(diagnostic);
            }
            Tree::mapping()
        }
    }
}

/// Whether a block holds anchors: an unknown top-level block that does is a place to keep values for aliases.
fn has_anchor(tree: &Tree, anchored: &BTreeSet<Location>) -> bool {
    let here = tree
        .location
        .as_ref()
        .is_some_and(|location| anchored.contains(location));
    here || match &tree.node {
        Node::Sequence(items) => items.iter().any(|item| has_anchor(item, anchored)),
        Node::Mapping(fields) => fields.values().any(|value| has_anchor(value, anchored)),
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) => false,
    }
}

/// The files that `include` names, in order, each once, with the place of their pattern.
fn included_files(session: &mut Session<'_>, root: &Tree) -> Vec<(String, Option<Location>)> {
    let path = TreePath::keys(["include"]);
    let Some(include) = root.get("include").filter(|include| !include.is_null()) else {
        return Vec::new();
    };
    // Another type has been reported by the check of fields.
    let patterns = include.as_sequence().unwrap_or_default();
    let mut seen: BTreeSet<String> = ROOT_FILES.iter().map(|name| (*name).to_owned()).collect();
    let mut files = Vec::new();
    for (index, pattern) in patterns.iter().enumerate() {
        let matched = matched(session, pattern, &path.index(index));
        for file in matched {
            if seen.insert(file.clone()) {
                files.push((file, pattern.location.clone()));
            }
        }
    }
    files
}

fn matched(session: &mut Session<'_>, pattern: &Tree, path: &TreePath) -> Vec<String> {
    let refuse = |summary: String| {
        Diagnostic::error(summary)
            .path(path.clone())
            .location(pattern.location.clone())
    };
    // Another type has been reported by the check of fields.
    let Some(text) = pattern.as_str() else {
        return Vec::new();
    };
    if text.contains("${") {
        session.report(
            refuse(format!("`include` cannot use references: `{text}`"))
                .help("files are included before variables have values"),
        );
        return Vec::new();
    }
    if text.starts_with('/') {
        session.report(refuse(format!("`{text}` is an absolute path")).help("write it relative to the root file"));
        return Vec::new();
    }
    if !glob::is_well_formed(text) {
        session.report(
            refuse(format!(
                "`include` pattern `{text}` does not end: a `[` is not closed, or nothing follows a `\\`"
            ))
            .help("close it, or write `\\[` for the character itself"),
        );
        return Vec::new();
    }
    let clean = clean(text);
    let mut files = if glob::is_pattern(text) {
        match session.glob(&clean) {
            None => return Vec::new(),
            Some([]) => {
                let summary = format!("`include` pattern `{text}` matches no file");
                let said = Diagnostic::recommendation(summary)
                    .path(path.clone())
                    .location(pattern.location.clone());
                session.report(if text.contains("**") {
                    said.help("`**` is no pattern of its own here: `*` matches within one directory")
                } else {
                    said.help("correct the pattern or remove it")
                });
                return Vec::new();
            }
            Some(files) => files.to_vec(),
        }
    } else {
        match session.file(&clean) {
            None => return Vec::new(),
            Some(None) => {
                session.report(
                    refuse(format!("`include` names `{text}`, which does not exist"))
                        .help("correct the path or remove it"),
                );
                return Vec::new();
            }
            Some(Some(_)) => vec![clean],
        }
    };
    files.sort();
    for file in &files {
        if ![".yml", ".yaml", ".json"]
            .iter()
            .any(|extension| file.ends_with(extension))
        {
            session.report(
                refuse(format!(
                    "`{file}` cannot be included: only .yml, .yaml and .json files can"
                ))
                .help("narrow the pattern, for example to `*.yml`; files to upload belong to `sync.include`"),
            );
        }
    }
    files
}

/// `./a/../b` as `b`: without `.` and inner `..`.
pub(super) fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}

/// Where resources are, by their keys: path and place of each.
type Keys = BTreeMap<String, Vec<(TreePath, Option<Location>)>>;

/// Adds the keys of the resources of one file.
fn resource_keys(tree: &Tree, seen: &mut Keys) {
    let empty = IndexMap::new();
    let kinds = tree.get("resources").and_then(Tree::as_mapping).unwrap_or(&empty);
    for (kind, resources) in kinds {
        for (key, resource) in resources.as_mapping().unwrap_or(&empty) {
            let path = TreePath::keys(["resources", kind, key]);
            let places = seen.entry(key.clone()).or_default();
            places.push((path, resource.key_location.clone()));
        }
    }
}

/// A key names one resource, whatever its kind, in one file.
fn unique_resource_keys(seen: Keys, session: &mut Session<'_>) {
    for (key, places) in seen {
        if places.len() < 2 {
            continue;
        }
        let (mut paths, mut locations): (Vec<_>, Vec<_>) = places.into_iter().unzip();
        paths.sort();
        paths.dedup();
        locations.sort();
        let mut fault = Diagnostic::error(format!("resource key `{key}` is used more than once"))
            .help("every resource has a key of its own, across kinds and files");
        for path in paths {
            fault = fault.path(path);
        }
        for location in locations {
            fault = fault.location(location);
        }
        session.report(fault);
    }
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn paths_are_cleaned_as_in_go() {
        for (path, expected) in [
            ("./a", "a"),
            ("a//b/./c", "a/b/c"),
            ("a/../b", "b"),
            ("../a", "../a"),
            ("a/../../b", "../b"),
            (".", "."),
        ] {
            assert_eq!(clean(path), expected, "{path}");
        }
    }
}
