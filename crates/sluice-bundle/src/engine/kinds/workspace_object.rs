//! What objects with a place in the workspace tree share: Genie spaces and dashboards.

use serde_json::{Value, json};
use sluice_wire::{Method, Request};

use super::{Answer, Call, Facts, text};

/// How paths of the workspace tree may begin; the service leaves it out of some answers.
const MOUNT: &str = "/Workspace";

/// Makes the folder that the object is to stand in.
pub(super) fn folder(body: &Value) -> Vec<Call> {
    let Some(folder) = text(body, "parent_path").filter(|folder| !folder.is_empty()) else {
        return Vec::new();
    };
    vec![Call {
        description: "make the folder".to_owned(),
        request: Request::new(Method::Post, "/api/2.0/workspace/mkdirs").json(json!({"path": folder})),
        answer: Answer::Id(String::new()),
        idempotent: true,
        probe: None,
    }]
}

/// What is known of an object before it has an id: title and folder.
pub(super) fn mark(title: Option<&str>, folder: Option<&str>) -> String {
    format!("{}/{}", plain(folder.unwrap_or_default()), title.unwrap_or_default())
}

/// Whether the object is to stand in the folder that belongs to this deployment.
pub(super) fn in_own_folder(body: &Value, facts: &Facts) -> bool {
    let folder = text(body, "parent_path").map(plain).unwrap_or_default();
    folder == plain(&facts.resource_path)
}

/// Gives an observed folder the spelling of the desired one.
pub(super) fn same_folder(remote: &mut Value, new: &Value) {
    let (Some(wanted), Some(held)) = (text(new, "parent_path"), text(remote, "parent_path")) else {
        return;
    };
    if plain(wanted) == plain(held) {
        remote["parent_path"] = json!(wanted);
    }
}

/// A content that nobody changed since it was applied, by its etag, is what was applied, in whatever way the service shows it.
pub(super) fn unchanged_since(comparable: &mut Value, remote: &Value, old: Option<&Value>, field: &str) {
    let Some(old) = old else { return };
    let etag = text(old, "etag").filter(|etag| !etag.is_empty());
    if etag.is_some() && etag == text(remote, "etag") {
        comparable[field] = old[field].clone();
    }
}

fn plain(path: &str) -> &str {
    let path = path
        .strip_prefix(MOUNT)
        .filter(|rest| rest.starts_with('/'))
        .unwrap_or(path);
    path.trim_end_matches('/')
}
