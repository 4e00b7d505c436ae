//! Which local files a deployment uploads, with every path relative to the bundle root.

use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::SyncRules;
use super::include::clean;
use super::session::Session;

/// Rewrites `sync.*` relative to the bundle root and returns the rules.
pub(super) fn rules(config: &mut Tree, session: &mut Session<'_>) -> SyncRules {
    let mut sync = config.get("sync").cloned().unwrap_or_default();
    let mut rules = SyncRules {
        root: ".".to_owned(),
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
    }
    config.set("sync", sync);
    rules
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
        let (negation, pattern) = match text.strip_prefix('!') {
            Some(pattern) => ("!", pattern),
            None => ("", text.as_str()),
        };
        let folder = item.location.as_ref().map_or(".", |location| folder(&location.file));
        // A pattern without a slash of the root file matches in every folder and stays so; `a/` is a folder and stays one.
        let slash = if pattern.ends_with('/') { "/" } else { "" };
        let joined = if folder == "." && key != "paths" {
            pattern.to_owned()
        } else {
            format!("{}{slash}", clean(&format!("{folder}/{pattern}")))
        };
        *text = format!("{negation}{joined}");
        paths.push(text.clone());
    }
    paths
}

/// The folder of a file, `.` at the root.
pub(super) fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or(".", |(folder, _)| folder)
}
