//! Scripts of a bundle: the `scripts` block and `experimental.scripts`. They are texts of a shell, in which `$` has a meaning already.

use sluice_model::tree::Step;
use sluice_model::{Diagnostic, Tree, TreePath};

use super::reference;
use super::session::Session;

/// Whether the value at this path is a text of a shell that references must not be filled into.
pub(super) fn is_verbatim(path: &TreePath) -> bool {
    let keys: Vec<&str> = path.0.iter().map_while(key).collect();
    matches!(
        keys[..],
        ["scripts", _, "content"] | ["experimental", "scripts", "preinit"]
    )
}

/// Whether the value at this path is a text of a shell, where `${NAME}` is a variable of the environment.
pub(super) fn is_of_shell(path: &TreePath) -> bool {
    let keys: Vec<&str> = path.0.iter().map_while(key).collect();
    matches!(keys[..], ["experimental", "scripts", ..] | ["artifacts", _, "build"])
}

fn key(step: &Step) -> Option<&str> {
    match step {
        Step::Key(key) => Some(key),
        Step::Index(_) => None,
    }
}

/// Reports scripts without content, and references in contents, where the shell would see them.
pub(super) fn check(root: &Tree, session: &mut Session<'_>) {
    let scripts = root.get("scripts").and_then(Tree::as_mapping);
    for (name, script) in scripts.into_iter().flatten() {
        let path = TreePath::keys(["scripts", name, "content"]);
        let content = script.get("content").filter(|content| content.as_str() != Some(""));
        let Some(content) = content.filter(|content| !content.is_null()) else {
            session.report(
                Diagnostic::error(format!("script `{name}` has no content"))
                    .path(path)
                    .location(script.key_location.clone().or_else(|| script.location.clone()))
                    .help("set `content`"),
            );
            continue;
        };
        for reference in reference::references(content.as_str().unwrap_or_default()) {
            session.report(
                Diagnostic::error(format!("`{}` cannot stand in the content of a script", reference.text))
                    .path(path.clone())
                    .location(content.location.clone())
                    .help("give the value a name in `env`, and write $NAME in the content"),
            );
        }
    }
}
