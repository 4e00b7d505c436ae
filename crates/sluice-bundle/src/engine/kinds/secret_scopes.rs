//! Secret scopes and who may use them. Values of secrets are never declared, read or written.
//!
//! The service lists scopes only all together, so one is read by its access control list: there is none without the scope. A scope
//! cannot be changed, only made anew, which loses its secrets.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Value, json};
use sluice_wire::{Method, Request};

use super::{Answer, Call, Change, Facts, Kind, ProbeAnswer, permissions, text};
use crate::engine::difference::{Class, Rule, Rules};
use crate::engine::plan::Action;

/// The kind `secret_scopes`.
pub(crate) struct SecretScopes;

/// The sub-resource `secret_scopes.*.permissions`.
pub(crate) struct SecretAcls;

static RULES: Rules = Rules {
    keyed: &[],
    fields: &[
        Rule {
            pattern: "scope",
            class: Class::Identity(Action::Recreate),
            reason: "id_field",
        },
        Rule {
            pattern: "scope_backend_type",
            class: Class::NotReturned,
            reason: "not_returned_by_api",
        },
        Rule {
            pattern: "backend_azure_keyvault",
            class: Class::NotReturned,
            reason: "not_returned_by_api",
        },
        Rule {
            pattern: "scope_backend_type",
            class: Class::Recreate,
            reason: "immutable",
        },
        Rule {
            pattern: "backend_azure_keyvault",
            class: Class::Recreate,
            reason: "immutable",
        },
    ],
    output_only: &[],
};

impl Kind for SecretScopes {
    fn rules(&self) -> &Rules {
        &RULES
    }

    fn desired(&self, document: Value, _facts: &Facts) -> Result<Value, Vec<String>> {
        super::required(&document, &["name"])?;
        let mut body = json!({"scope": text(&document, "name")});
        if let Some(backend) = text(&document, "backend_type") {
            body["scope_backend_type"] = backend.into();
        }
        if let Some(vault) = document.get("keyvault_metadata") {
            body["backend_azure_keyvault"] = vault.clone();
        }
        Ok(body)
    }

    /// A scope whose backend nobody names is one of the service's own.
    fn expanded(&self, body: &Value) -> Value {
        let mut body = body.clone();
        if body.get("scope").is_some() && text(&body, "scope_backend_type").is_none() {
            body["scope_backend_type"] = "DATABRICKS".into();
        }
        body
    }

    fn natural_id(&self, body: &Value) -> Option<String> {
        text(body, "scope").map(str::to_owned)
    }

    fn read(&self, id: &str) -> Request {
        list(id)
    }

    fn observed(&self, _pages: Vec<Value>) -> Value {
        json!({})
    }

    fn comparable(&self, _remote: &Value, old: Option<&Value>, new: &Value) -> Value {
        json!({"scope": old.unwrap_or(new)["scope"], "scope_backend_type": self.expanded(old.unwrap_or(new))["scope_backend_type"]})
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = self.natural_id(change.new) else {
            return Vec::new();
        };
        vec![Call {
            description: "create".to_owned(),
            request: Request::new(Method::Post, "/api/2.0/secrets/scopes/create").json(change.new.clone()),
            answer: Answer::Id(id.clone()),
            idempotent: false,
            probe: Some((list(&id), ProbeAnswer::Exists(id))),
        }]
    }

    fn update(&self, _change: &Change<'_>) -> Vec<Call> {
        Vec::new()
    }

    fn delete(&self, id: &str, _old: &Value) -> Vec<Call> {
        vec![Call {
            description: "delete".to_owned(),
            request: Request::new(Method::Post, "/api/2.0/secrets/scopes/delete").json(json!({"scope": id})),
            answer: Answer::Gone,
            idempotent: true,
            probe: None,
        }]
    }
}

static ACL_RULES: Rules = Rules {
    keyed: &[("acls", &["principal"])],
    fields: &[Rule {
        pattern: "scope_name",
        class: Class::Identity(Action::UpdateId),
        reason: "id_field",
    }],
    output_only: &[],
};

/// The levels, lowest first.
const LEVELS: [&str; 3] = ["READ", "WRITE", "MANAGE"];

impl Kind for SecretAcls {
    fn rules(&self) -> &Rules {
        &ACL_RULES
    }

    /// One level per principal, the highest; the deployer keeps managing the scope.
    fn desired(&self, document: Value, facts: &Facts) -> Result<Value, Vec<String>> {
        let mut acls: IndexMap<String, &str> = IndexMap::new();
        let list = document.get("__embed__").and_then(Value::as_array);
        let mut faults = Vec::new();
        for item in list.into_iter().flatten() {
            let principal = permissions::PRINCIPALS.iter().find_map(|field| text(item, field));
            let level = text(item, "level").and_then(|level| LEVELS.iter().find(|known| **known == level));
            match (principal, level) {
                (Some(principal), Some(level)) => raise(&mut acls, principal, level),
                (None, _) => faults.push("has a permission without a principal".to_owned()),
                (_, None) => faults.push(format!(
                    "has a permission whose level is none of `{}`",
                    LEVELS.join("`, `")
                )),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        raise(&mut acls, &facts.user_name, LEVELS[2]);
        Ok(json!({"scope_name": document.get("object_id"), "acls": to_list(&acls)}))
    }

    fn natural_id(&self, body: &Value) -> Option<String> {
        text(body, "scope_name").map(str::to_owned)
    }

    fn is_access(&self) -> bool {
        true
    }

    fn read(&self, id: &str) -> Request {
        list(id)
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        let answer = super::first_page(pages);
        let items = answer.get("items").and_then(Value::as_array).into_iter().flatten();
        let acls: IndexMap<String, &str> = items
            .filter_map(|item| Some((text(item, "principal")?.to_owned(), text(item, "permission")?)))
            .collect();
        json!({"acls": to_list(&acls)})
    }

    fn comparable(&self, remote: &Value, old: Option<&Value>, new: &Value) -> Value {
        json!({"scope_name": old.unwrap_or(new)["scope_name"], "acls": remote["acls"]})
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        self.update(change)
    }

    fn update(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(scope) = self.natural_id(change.new) else {
            return Vec::new();
        };
        let (held, wanted) = (acls(change.entry.remote_state.as_ref()), acls(Some(change.new)));
        let mut calls = Vec::new();
        for (principal, level) in &wanted {
            if held.get(principal) != Some(level) {
                let body = json!({"scope": scope, "principal": principal, "permission": level});
                let request = Request::new(Method::Post, "/api/2.0/secrets/acls/put").json(body);
                calls.push(acl_call(
                    format!("give {level} to {principal}"),
                    request,
                    Answer::Id(scope.clone()),
                ));
            }
        }
        for principal in held.keys().filter(|principal| !wanted.contains_key(*principal)) {
            let body = json!({"scope": scope, "principal": principal});
            let request = Request::new(Method::Post, "/api/2.0/secrets/acls/delete").json(body);
            calls.push(acl_call(
                format!("take all from {principal}"),
                request,
                Answer::GoneFrom(scope.clone()),
            ));
        }
        calls
    }

    fn delete(&self, _id: &str, _old: &Value) -> Vec<Call> {
        Vec::new()
    }
}

fn acl_call(description: String, request: Request, answer: Answer) -> Call {
    Call {
        description,
        request,
        answer,
        idempotent: true,
        probe: None,
    }
}

fn list(scope: &str) -> Request {
    Request::new(Method::Get, "/api/2.0/secrets/acls/list").query("scope", scope)
}

fn raise<'level>(acls: &mut IndexMap<String, &'level str>, principal: &str, level: &'level str) {
    let rank = |level: &str| LEVELS.iter().position(|known| *known == level);
    let held = acls.entry(principal.to_owned()).or_insert(level);
    if rank(held) < rank(level) {
        *held = level;
    }
}

fn to_list(acls: &IndexMap<String, &str>) -> Vec<Value> {
    acls.iter()
        .map(|(principal, level)| json!({"principal": principal, "permission": level}))
        .collect()
}

fn acls(body: Option<&Value>) -> BTreeMap<String, String> {
    let list = body.and_then(|body| body.get("acls")).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|item| {
            Some((
                text(item, "principal")?.to_owned(),
                text(item, "permission")?.to_owned(),
            ))
        })
        .collect()
}
