//! Grants on Unity Catalog securables, as a part of a resource (`grants:` of a schema, volume, table or view) or on their own in the
//! catalog files, for securables that are declared elsewhere.
//!
//! Each principal that is listed gets exactly its privileges; one that was listed before and is not any more loses what it has;
//! others are left alone. `ALL_PRIVILEGES` stands for all the others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

use super::{Answer, Call, Change, Facts, Kind, text};
use crate::engine::difference::{Class, Rule, Rules};
use crate::engine::plan::Action;

/// Grants of a securable.
pub(crate) struct Grants {
    /// Whether they stand on their own. Then deleting takes them back; grants of a resource go with it.
    pub(crate) alone: bool,
}

/// The securables that grants on their own can be on.
const SECURABLES: &[&str] = &[
    "catalog",
    "schema",
    "table",
    "volume",
    "function",
    "external_location",
    "secret",
];

const KEYED: &[(&str, &[&str])] = &[("__embed__", &["principal"])];

/// Grants of a resource follow it when it is renamed.
static RULES: Rules = Rules {
    keyed: KEYED,
    fields: &[Rule {
        pattern: "full_name",
        class: Class::Identity(Action::UpdateId),
        reason: "id_field",
    }],
    output_only: &[],
};

/// Grants on their own that name another securable are taken back from the one before.
static RULES_ALONE: Rules = Rules {
    keyed: KEYED,
    fields: &[
        Rule {
            pattern: "securable_type",
            class: Class::Identity(Action::Recreate),
            reason: "id_field",
        },
        Rule {
            pattern: "full_name",
            class: Class::Identity(Action::Recreate),
            reason: "id_field",
        },
    ],
    output_only: &[],
};

type ByPrincipal = BTreeMap<String, BTreeSet<String>>;

impl Kind for Grants {
    fn rules(&self) -> &Rules {
        if self.alone { &RULES_ALONE } else { &RULES }
    }

    fn desired(&self, document: Value, _facts: &Facts) -> Result<Value, Vec<String>> {
        super::required(&document, &["securable_type", "full_name"])?;
        // The grants API has no securable type for views: they are tables to it.
        let securable = text(&document, "securable_type").unwrap_or_default().to_lowercase();
        let securable = if securable == "view" {
            "table".to_owned()
        } else {
            securable
        };
        if !SECURABLES.contains(&securable.as_str()) {
            return Err(vec![format!(
                "has the securable type `{securable}`, expected one of `{}`",
                SECURABLES.join("`, `")
            )]);
        }
        let list = document.get("__embed__").or_else(|| document.get("grants"));
        let mut faults = Vec::new();
        for item in list.and_then(Value::as_array).into_iter().flatten() {
            if text(item, "principal").is_none() {
                faults.push("has a grant without `principal`".to_owned());
            }
            if item
                .get("privileges")
                .and_then(Value::as_array)
                .is_none_or(Vec::is_empty)
            {
                faults.push("has a grant without `privileges`".to_owned());
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(json!({
            "securable_type": securable,
            "full_name": text(&document, "full_name"),
            "__embed__": to_list(&by_principal(list)),
        }))
    }

    fn natural_id(&self, body: &Value) -> Option<String> {
        Some(format!(
            "{}/{}",
            text(body, "securable_type")?,
            text(body, "full_name")?
        ))
    }

    fn uses(&self, body: &Value) -> Vec<String> {
        text(body, "full_name").map(str::to_owned).into_iter().collect()
    }

    fn is_access(&self) -> bool {
        true
    }

    fn read(&self, id: &str) -> Request {
        Request::new(Method::Get, path(id))
    }

    fn next_page(&self, request: &Request, answer: &Value) -> Option<Request> {
        super::page_after(request, answer)
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        let assignments: Value = pages
            .iter()
            .filter_map(|page| page.get("privilege_assignments").and_then(Value::as_array))
            .flatten()
            .cloned()
            .collect();
        json!({"__embed__": to_list(&by_principal(Some(&assignments)))})
    }

    /// Principals that were never listed are not ours; the securable is what was read.
    fn comparable(&self, remote: &Value, old: Option<&Value>, new: &Value) -> Value {
        let identity = |name: &str| old.unwrap_or(new).get(name).cloned();
        let ours: BTreeSet<String> = [old, Some(new)]
            .into_iter()
            .flatten()
            .flat_map(|body| by_principal(body.get("__embed__")).into_keys())
            .collect();
        let mut list = by_principal(remote.get("__embed__"));
        list.retain(|principal, _| ours.contains(principal));
        json!({
            "securable_type": identity("securable_type"),
            "full_name": identity("full_name"),
            "__embed__": to_list(&list),
        })
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        self.update(change)
    }

    fn update(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = self.natural_id(change.new) else {
            return Vec::new();
        };
        let embedded = |body: Option<&Value>| by_principal(body.and_then(|body| body.get("__embed__")));
        let (old, new) = (embedded(change.old), embedded(Some(change.new)));
        let observed_here = change.entry.action != Action::Recreate;
        let remote = embedded(change.entry.remote_state.as_ref().filter(|_| observed_here));
        let none = BTreeSet::new();
        let principals: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let changes: Vec<Value> = principals
            .into_iter()
            .filter_map(|principal| {
                let wanted = new.get(principal).unwrap_or(&none);
                let held = remote.get(principal).unwrap_or(&none);
                let add: Vec<&String> = wanted.difference(held).collect();
                let remove: Vec<&String> = held.difference(wanted).collect();
                let nothing = add.is_empty() && remove.is_empty();
                (!nothing).then(|| json!({"principal": principal, "add": add, "remove": remove}))
            })
            .collect();
        if changes.is_empty() {
            return Vec::new();
        }
        vec![patch("change", id, &changes)]
    }

    fn delete(&self, id: &str, old: &Value) -> Vec<Call> {
        let changes: Vec<Value> = by_principal(old.get("__embed__"))
            .into_iter()
            .map(|(principal, privileges)| json!({"principal": principal, "remove": privileges}))
            .collect();
        if !self.alone || changes.is_empty() {
            return Vec::new();
        }
        vec![Call {
            answer: Answer::Gone,
            ..patch("revoke", id.to_owned(), &changes)
        }]
    }
}

fn patch(description: &str, id: String, changes: &[Value]) -> Call {
    Call {
        description: description.to_owned(),
        request: Request::new(Method::Patch, path(&id)).json(json!({"changes": changes})),
        answer: Answer::Id(id),
        idempotent: true,
        probe: None,
    }
}

fn path(id: &str) -> String {
    let (securable, name) = id.split_once('/').unwrap_or((id, ""));
    format!(
        "/api/2.1/unity-catalog/permissions/{securable}/{}",
        encode_segment(name)
    )
}

/// The principals that a body lists.
pub(super) fn principals(body: &Value) -> Vec<String> {
    by_principal(body.get("__embed__")).into_keys().collect()
}

/// Privileges by principal, in the API's spelling; several grants to one principal are one.
fn by_principal(list: Option<&Value>) -> ByPrincipal {
    let mut principals = ByPrincipal::new();
    for item in list.and_then(Value::as_array).into_iter().flatten() {
        let Some(principal) = text(item, "principal") else {
            continue;
        };
        let privileges = principals.entry(principal.to_owned()).or_default();
        let names = item.get("privileges").and_then(Value::as_array).into_iter().flatten();
        privileges.extend(
            names
                .filter_map(Value::as_str)
                .map(|name| name.to_uppercase().replace(' ', "_")),
        );
        if privileges.contains("ALL_PRIVILEGES") {
            privileges.retain(|name| name == "ALL_PRIVILEGES");
        }
    }
    principals
}

fn to_list(principals: &ByPrincipal) -> Vec<Value> {
    principals
        .iter()
        .map(|(principal, privileges)| json!({"principal": principal, "privileges": privileges}))
        .collect()
}
