//! Where an app takes its code from: one place, and one that no other app has.

use std::collections::BTreeMap;

use sluice_model::{Diagnostic, Tree, TreePath};

use super::session::Session;

/// Refuses apps without code, with two sources of it, or with the folder of another app.
pub(super) fn check(resources: &Tree, session: &mut Session<'_>) {
    let mut folders: BTreeMap<String, String> = BTreeMap::new();
    let apps = resources.get("apps").and_then(Tree::as_mapping).into_iter().flatten();
    for (name, app) in apps {
        let given = |field: &str| app.get(field).filter(|value| !value.is_null());
        let folder = given("source_code_path").filter(|folder| folder.as_str() != Some(""));
        let summary = match (folder, given("git_source")) {
            (None, None) => Some(format!("app `{name}` says nothing about its code")),
            (Some(_), Some(_)) => Some(format!("app `{name}` takes its code from two places")),
            (Some(folder), None) => {
                let text = folder.as_str().unwrap_or_default().to_owned();
                let other = folders.insert(text, name.clone());
                other.map(|other| format!("apps `{other}` and `{name}` take their code from the same folder"))
            }
            (None, Some(_)) => None,
        };
        if let Some(summary) = summary {
            session.report(
                Diagnostic::error(summary)
                    .path(TreePath::keys(["resources", "apps", name]))
                    .location(app.key_location.clone().or_else(|| app.location.clone()))
                    .help("give each app one of `source_code_path` and `git_source`, and a folder of its own"),
            );
        }
    }
}
