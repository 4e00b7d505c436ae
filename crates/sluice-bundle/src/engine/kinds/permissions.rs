//! The access control list of a workspace object: a PUT replaces what was given directly; inherited entries stay and are not compared.
//!
//! A job's list always names exactly one owner, because the workspace refuses a list without one: the deploying identity, when the
//! configuration names none. Other objects have no owner; there the deploying identity keeps managing them. Deleting the sub-resource
//! makes no call: the list goes with its object.

use serde_json::{Value, json};
use sluice_wire::{Method, Request};

use super::{Answer, Call, Change, Facts, Kind, text};
use crate::engine::difference::{Class, Rule, Rules};
use crate::engine::plan::Action;

/// The sub-resource `permissions` of jobs, Genie spaces and dashboards.
pub(crate) struct Permissions {
    /// Whether one of the entries is the owner.
    pub(crate) with_owner: bool,
}

/// The fields that name a principal, in the order in which they are looked for.
pub(crate) const PRINCIPALS: &[&str] = &["user_name", "group_name", "service_principal_name"];

static RULES: Rules = Rules {
    keyed: &[("__embed__", PRINCIPALS)],
    fields: &[Rule {
        pattern: "object_id",
        class: Class::Identity(Action::UpdateId),
        reason: "id_field",
    }],
    output_only: &["object_type"],
};

impl Kind for Permissions {
    fn rules(&self) -> &Rules {
        &RULES
    }

    fn desired(&self, document: Value, facts: &Facts) -> Result<Value, Vec<String>> {
        let (object_id, list) = (
            document.get("object_id"),
            document.get("__embed__").and_then(Value::as_array),
        );
        let mut entries = Vec::new();
        let mut faults = Vec::new();
        for item in list.into_iter().flatten() {
            let principals: Vec<_> = PRINCIPALS
                .iter()
                .filter_map(|field| Some((*field, text(item, field)?)))
                .collect();
            match (&principals[..], text(item, "level")) {
                ([(field, principal)], Some(level)) => {
                    entries.push(((*field).to_owned(), (*principal).to_owned(), level.to_owned()))
                }
                (_, None) => faults.push("an entry has no `level`".to_owned()),
                _ => faults.push(format!("an entry needs exactly one of `{}`", PRINCIPALS.join("`, `"))),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let highest = if self.with_owner { "IS_OWNER" } else { "CAN_MANAGE" };
        let deployer = |principal: &str| self.with_owner || principal == facts.user_name;
        if !entries
            .iter()
            .any(|(_, principal, level)| level == highest && deployer(principal))
        {
            let field = if facts.service_principal {
                "service_principal_name"
            } else {
                "user_name"
            };
            entries.retain(|(_, principal, _)| *principal != facts.user_name);
            entries.push((field.to_owned(), facts.user_name.clone(), highest.to_owned()));
        }
        let list: Vec<Value> = entries
            .into_iter()
            .map(|(field, principal, level)| json!({"level": level, field: principal}))
            .collect();
        Ok(json!({"object_id": object_id, "__embed__": list}))
    }

    fn natural_id(&self, body: &Value) -> Option<String> {
        text(body, "object_id").map(str::to_owned)
    }

    fn is_access(&self) -> bool {
        true
    }

    fn read(&self, id: &str) -> Request {
        Request::new(Method::Get, format!("/api/2.0/permissions{id}"))
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        let answer = pages.into_iter().next().unwrap_or_default();
        let list = answer.get("access_control_list").and_then(Value::as_array);
        let mut entries = Vec::new();
        for item in list.into_iter().flatten() {
            let Some((field, principal)) = PRINCIPALS.iter().find_map(|field| Some((*field, text(item, field)?)))
            else {
                continue;
            };
            let direct = item
                .get("all_permissions")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let level = direct
                .filter(|permission| permission.get("inherited").and_then(Value::as_bool) != Some(true))
                .find_map(|permission| text(permission, "permission_level"));
            if let Some(level) = level {
                entries.push(json!({"level": level, field: principal}));
            }
        }
        json!({"object_id": answer.get("object_id"), "object_type": answer.get("object_type"), "__embed__": entries})
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        self.update(change)
    }

    fn update(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(object_id) = text(change.new, "object_id") else {
            return Vec::new();
        };
        let list: Vec<Value> = change.new["__embed__"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|item| {
                let mut entry = super::pick(item, PRINCIPALS);
                entry.insert("permission_level".to_owned(), item["level"].clone());
                Value::Object(entry)
            })
            .collect();
        vec![Call {
            description: "set".to_owned(),
            request: Request::new(Method::Put, format!("/api/2.0/permissions{object_id}"))
                .json(json!({"access_control_list": list})),
            answer: Answer::Id(object_id.to_owned()),
            idempotent: true,
            probe: None,
        }]
    }

    fn delete(&self, _id: &str, _old: &Value) -> Vec<Call> {
        Vec::new()
    }
}
