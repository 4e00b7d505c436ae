//! `metadata.json`, in the format of the Databricks CLI (version 1).

use serde_json::{Map, Value, json};
use sluice_bundle::engine::States;
use sluice_bundle::language::{Bundle, Mode};
use sluice_model::TreePath;

/// The document.
pub(crate) fn document(bundle: &Bundle, states: &States) -> Value {
    let git = bundle.git.as_ref().map_or_else(
        || json!({}),
        |git| {
            json!({
                "branch": git.branch,
                "origin_url": git.origin_url,
                "commit": git.commit,
                "bundle_root_path": git.bundle_root_path,
            })
        },
    );
    let mode = bundle.mode.map(|mode| match mode {
        Mode::Development => "development",
        Mode::Production => "production",
    });
    let mut resources: Map<String, Value> = Map::new();
    for kind in ["jobs", "pipelines", "dashboards"] {
        let entries: Map<String, Value> = states
            .entries()
            .filter(|(key, _)| key.kind == kind && key.sub.is_none() && !key.catalog)
            .map(|(key, entry)| {
                let place = TreePath::keys(["resources", kind, &key.name]);
                let file = bundle
                    .config
                    .at_path(&place)
                    .and_then(|tree| tree.location.as_ref())
                    .map(|location| location.file.to_string());
                (key.name.clone(), json!({"id": entry.id, "relative_path": file}))
            })
            .collect();
        if !entries.is_empty() {
            resources.insert(kind.to_owned(), Value::Object(entries));
        }
    }
    json!({
        "version": 1,
        "config": {
            "bundle": {"name": bundle.name, "target": bundle.target, "mode": mode, "git": git},
            "workspace": {"file_path": bundle.workspace.file_path},
            "resources": resources,
        },
    })
}
