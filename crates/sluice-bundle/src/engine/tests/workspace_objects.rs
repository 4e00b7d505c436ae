//! Test data: how the model of a workspace keeps Genie spaces, dashboards and secret scopes.

use serde_json::{Value, json};
use sluice_wire::{Method, Request, Response};

use super::workspace::{Workspace, answer, error};

pub(super) struct Kind {
    pub(super) path: &'static str,
    id: &'static str,
    list: &'static str,
    content: &'static str,
}

pub(super) const KINDS: [Kind; 2] = [
    Kind {
        path: "/api/2.0/genie/spaces",
        id: "space_id",
        list: "spaces",
        content: "serialized_space",
    },
    Kind {
        path: "/api/2.0/lakeview/dashboards",
        id: "dashboard_id",
        list: "dashboards",
        content: "serialized_dashboard",
    },
];

impl Workspace {
    /// Paths come back without `/Workspace`, times and etags rise with each change.
    pub(super) fn object(&mut self, request: &Request, body: Value) -> Response {
        let kind = KINDS.iter().find(|kind| request.path.starts_with(kind.path)).unwrap();
        let rest = request.path.strip_prefix(kind.path).unwrap().trim_start_matches('/');
        let (id, published) = match rest.split_once('/') {
            Some((id, "published")) => (id, true),
            _ => (rest, false),
        };
        let now = self.changes.len();
        if request.method == Method::Post && id.is_empty() {
            self.next_id += 1;
            let id = format!("{}{}", kind.list, self.next_id);
            let mut held = body;
            held[kind.id] = json!(id);
            self.objects.insert(id.clone(), held);
            return self.written(kind, &id, now);
        }
        if id.is_empty() {
            let objects = self.objects.values().filter(|object| object.get(kind.id).is_some());
            let list: Vec<Value> = objects.cloned().collect();
            return answer(200, json!({kind.list: list}));
        }
        let Some(held) = self.objects.get_mut(id) else {
            return error(404, "RESOURCE_DOES_NOT_EXIST", "there is no such object");
        };
        match (request.method, published) {
            (Method::Get, true) => match held.get("published") {
                Some(version) => answer(200, version.clone()),
                None => error(404, "RESOURCE_DOES_NOT_EXIST", "it is not published"),
            },
            (Method::Post, true) => {
                let mut version = body;
                version["revision_create_time"] = json!(time(now));
                held["published"] = version;
                answer(200, json!({}))
            }
            (Method::Patch, _) => {
                if body.get("etag").is_some_and(|etag| *etag != held["etag"]) {
                    return error(409, "ABORTED", "it was changed meanwhile");
                }
                let fields = body.as_object().unwrap().clone();
                held.as_object_mut().unwrap().extend(fields);
                self.written(kind, id, now)
            }
            (Method::Delete, _) => {
                self.objects.remove(id);
                answer(200, json!({}))
            }
            _ => answer(200, held.clone()),
        }
    }

    fn written(&mut self, kind: &Kind, id: &str, now: usize) -> Response {
        let held = self.objects.get_mut(id).unwrap();
        let content = held[kind.content].as_str().unwrap().to_owned();
        if kind.id == "space_id" {
            if let Err(message) = sorted(&serde_json::from_str(&content).unwrap()) {
                return error(400, "INVALID_PARAMETER_VALUE", &message);
            }
        } else {
            // The service writes a dashboard in a layout of its own.
            let mut content: Value = serde_json::from_str(&content).unwrap();
            content["theme"] = json!("default");
            held["serialized_dashboard"] = json!(content.to_string());
        }
        let folder = held["parent_path"]
            .as_str()
            .unwrap()
            .trim_start_matches("/Workspace")
            .to_owned();
        held["parent_path"] = json!(folder);
        held["etag"] = json!(format!("e{now}"));
        held["update_time"] = json!(time(now));
        answer(200, held.clone())
    }

    pub(super) fn secrets(&mut self, path: &str, scope: Option<String>, body: &Value) -> Response {
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        let scope = scope.unwrap_or_else(|| text("scope"));
        let operation = path.strip_prefix("/api/2.0/secrets/").unwrap();
        if operation == "scopes/create" {
            if self.scopes.contains_key(&scope) {
                return error(400, "RESOURCE_ALREADY_EXISTS", "the scope exists");
            }
            let creator = ("deployer".to_owned(), "MANAGE".to_owned());
            self.scopes.insert(scope, [creator].into());
            return answer(200, json!({}));
        }
        let Some(acls) = self.scopes.get_mut(&scope) else {
            return error(404, "RESOURCE_DOES_NOT_EXIST", "there is no such scope");
        };
        match operation {
            "scopes/delete" => {
                self.scopes.remove(&scope);
            }
            "acls/put" => {
                acls.insert(text("principal"), text("permission"));
            }
            "acls/delete" => {
                if acls.remove(&text("principal")).is_none() {
                    return error(404, "RESOURCE_DOES_NOT_EXIST", "there is no such entry");
                }
            }
            _ => {
                let items: Vec<Value> = acls
                    .iter()
                    .map(|(principal, level)| json!({"principal": principal, "permission": level}))
                    .collect();
                return answer(200, json!({"items": items}));
            }
        }
        answer(200, json!({}))
    }
}

fn time(now: usize) -> String {
    format!("2026-01-01T00:{:02}:{:02}Z", now / 60, now % 60)
}

/// Lists with ids are sorted by them, tables by name.
fn sorted(content: &Value) -> Result<(), String> {
    match content {
        Value::Object(fields) => fields.values().try_for_each(sorted),
        Value::Array(items) => {
            for field in ["id", "identifier", "column_name"] {
                let keys: Vec<&str> = items.iter().filter_map(|item| item[field].as_str()).collect();
                if !keys.is_sorted() {
                    return Err(format!("not sorted by {field}: {keys:?}"));
                }
                if !keys.is_empty() {
                    break;
                }
            }
            items.iter().try_for_each(sorted)
        }
        _ => Ok(()),
    }
}
