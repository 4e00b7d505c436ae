//! What objects with a place in the workspace tree share: Genie spaces and dashboards.

use serde_json::{Value, json};
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

use super::{Answer, Call, Facts, NEW_ID, ProbeAnswer, text};

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

/// How the service speaks of one kind of them. What an interrupted deployment left behind is found by title and folder.
pub(crate) struct Titled {
    /// Where they are listed and made.
    pub(super) path: &'static str,
    /// The field of a list that holds them.
    pub(super) list: &'static str,
    /// The field with the id.
    pub(super) id: &'static str,
    /// The field with the title.
    pub(super) title: &'static str,
}

impl Titled {
    /// The path of one object.
    pub(super) fn one(&self, id: &str) -> String {
        if id == NEW_ID {
            format!("{}/{id}", self.path)
        } else {
            format!("{}/{}", self.path, encode_segment(id))
        }
    }

    /// Lists all; none while the title is not known.
    pub(super) fn search(&self, body: &Value) -> Option<Request> {
        text(body, self.title).filter(|title| !title.is_empty() && !title.contains("${"))?;
        Some(Request::new(Method::Get, self.path).query("page_size", 100))
    }

    /// What is known of an object before it has an id: title and folder.
    pub(super) fn mark(&self, body: &Value) -> String {
        let folder = text(body, "parent_path").unwrap_or_default();
        format!("{}/{}", plain(folder), text(body, self.title).unwrap_or_default())
    }

    /// The ids of those with this mark in a list.
    pub(super) fn found(&self, answer: &Value, mark: &str) -> Vec<String> {
        let listed = answer.get(self.list).and_then(Value::as_array).into_iter().flatten();
        listed
            .filter(|one| self.mark(one) == mark)
            .filter_map(|one| text(one, self.id).map(str::to_owned))
            .collect()
    }

    /// Makes the folder, and the object in it by this request.
    pub(super) fn create(&self, body: &Value, request: Request) -> Vec<Call> {
        let mark = self.mark(body);
        let mut calls = folder(body);
        calls.push(Call {
            description: "create".to_owned(),
            request,
            answer: Answer::IdField(self.id),
            idempotent: false,
            probe: self.search(body).map(|search| (search, ProbeAnswer::Search { mark })),
        });
        calls
    }

    /// Moves it to the trash.
    pub(super) fn delete(&self, id: &str) -> Vec<Call> {
        vec![Call {
            description: "move to the trash".to_owned(),
            request: Request::new(Method::Delete, self.one(id)),
            answer: Answer::Gone,
            idempotent: true,
            probe: None,
        }]
    }
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
