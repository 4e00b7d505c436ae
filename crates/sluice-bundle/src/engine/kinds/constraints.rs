//! The foreign keys of a table. They are apart from it because they need the tables that they lead to, which may lead back.
//!
//! Only keys that are or were declared are looked at, by name. A changed one is dropped and added again.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sluice_wire::Request;

use super::statements::{self, statement};
use super::{Call, Change, Facts, Kind, ProbeAnswer, text};
use crate::engine::ddl;
use crate::engine::difference::{Class, Rule, Rules};
use crate::engine::field_path::FieldPath;
use crate::engine::plan::Action;

/// The sub-resource `catalog.tables.*.constraints`.
pub(crate) struct ForeignKeys;

static RULES: Rules = Rules {
    keyed: &[],
    fields: &[
        Rule {
            pattern: "table",
            class: Class::Identity(Action::UpdateId),
            reason: "id_field",
        },
        Rule {
            pattern: "foreign_keys.*.references",
            class: Class::CaseInsensitive,
            reason: "uc_lower_cases",
        },
        Rule {
            pattern: "foreign_keys.*.referenced_columns",
            class: Class::BackendDefault(&[]),
            reason: "backend_default",
        },
        Rule {
            pattern: "warehouse_id",
            class: Class::IgnoreLocal,
            reason: "only_runs_statements",
        },
    ],
    output_only: &[],
};

impl Kind for ForeignKeys {
    fn rules(&self) -> &Rules {
        &RULES
    }

    fn desired(&self, document: Value, facts: &Facts) -> Result<Value, Vec<String>> {
        let mut faults = Vec::new();
        let mut keys = Map::new();
        let declared = document.get("foreign_keys").and_then(Value::as_object);
        for (name, key) in declared.into_iter().flatten() {
            match desired_key(key) {
                Ok(body) => {
                    keys.insert(name.to_lowercase(), body);
                }
                Err(fault) => faults.push(format!("has the foreign key `{name}` that {fault}")),
            }
        }
        let Some(warehouse) = statements::warehouse(facts, &mut faults).filter(|_| faults.is_empty()) else {
            return Err(faults);
        };
        Ok(json!({"table": document.get("table"), "foreign_keys": keys, "warehouse_id": warehouse}))
    }

    fn natural_id(&self, body: &Value) -> Option<String> {
        text(body, "table").map(super::lower_name)
    }

    fn uses(&self, body: &Value) -> Vec<String> {
        parents(body).collect()
    }

    fn needs(&self, body: &Value) -> Vec<(&'static str, String)> {
        parents(body).map(|name| ("tables", name)).collect()
    }

    fn is_access(&self) -> bool {
        true
    }

    fn read(&self, id: &str) -> Request {
        statements::read(id)
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        let table = super::first_page(pages);
        let constraints = table.get("table_constraints").and_then(Value::as_array);
        let mut keys = Map::new();
        for constraint in constraints.into_iter().flatten() {
            let Some(key) = constraint.get("foreign_key_constraint") else {
                continue;
            };
            let mut body = json!({
                "columns": key.get("child_columns"),
                "references": key.get("parent_table"),
                "referenced_columns": key.get("parent_columns"),
            });
            if key.get("rely").and_then(Value::as_bool) == Some(true) {
                body["rely"] = json!(true);
            }
            keys.insert(text(key, "name").unwrap_or_default().to_lowercase(), body);
        }
        json!({"foreign_keys": keys})
    }

    fn comparable(&self, remote: &Value, old: Option<&Value>, new: &Value) -> Value {
        let mut comparable = remote.clone();
        if let Some(keys) = comparable["foreign_keys"].as_object_mut() {
            keys.retain(|name, _| {
                let declared = |body: &Value| body["foreign_keys"].get(name).is_some();
                old.is_some_and(declared) || declared(new)
            });
        }
        comparable["table"] = old.unwrap_or(new)["table"].clone();
        comparable["warehouse_id"] = old.unwrap_or(new)["warehouse_id"].clone();
        comparable
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        self.update(change)
    }

    fn update(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = self.natural_id(change.new) else {
            return Vec::new();
        };
        let held = keys_of(change.entry.remote_state.as_ref());
        let (old, new) = (keys_of(change.old), keys_of(Some(change.new)));
        let mut calls = Vec::new();
        let changed = |name: &str| {
            let place = FieldPath::default().key("foreign_keys").key(name).to_string();
            let mut needed = change.needed();
            needed.any(|(path, _)| path.starts_with(&place))
        };
        for name in old.keys().filter(|name| !new.contains_key(*name)) {
            if held.contains_key(name) {
                calls.push(drop_key(change.new, &id, name));
            }
        }
        for (name, key) in &new {
            let exists = held.contains_key(name);
            // A body without a state entry is compared here, because there are no changes in its plan entry.
            let differs =
                changed(name) || change.old.is_none() && held.get(name).is_some_and(|held| !covers(held, key));
            if exists && differs {
                calls.push(drop_key(change.new, &id, name));
            }
            if !exists || differs {
                calls.push(self.add_key(change.new, &id, name, key));
            }
        }
        calls
    }

    fn delete(&self, _id: &str, _old: &Value) -> Vec<Call> {
        Vec::new()
    }
}

impl ForeignKeys {
    fn add_key(&self, body: &Value, table: &str, name: &str, key: &Value) -> Call {
        let parent = text(key, "references").unwrap_or_default();
        let mut sql = format!(
            "ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {}",
            ddl::full_name(table),
            ddl::identifier(name),
            ddl::identifiers(&key["columns"]),
            ddl::full_name(&super::lower_name(parent))
        );
        if let Some(columns) = key.get("referenced_columns") {
            sql.push_str(&format!(" ({})", ddl::identifiers(columns)));
        }
        if key["rely"] == true {
            sql.push_str(" RELY");
        }
        let columns = FieldPath::default().key("foreign_keys").key(name).key("columns");
        let probe = ProbeAnswer::Field {
            path: columns.to_string(),
            value: key.get("columns").cloned(),
            id: table.to_owned(),
        };
        Call {
            idempotent: false,
            probe: Some((self.read(table), probe)),
            ..statement(format!("add foreign key {name}"), body, table, sql)
        }
    }
}

fn desired_key(key: &Value) -> Result<Value, String> {
    let list = |field: &str| {
        let list = key.get(field).and_then(Value::as_array);
        list.filter(|list| !list.is_empty())
    };
    let columns = list("columns").ok_or("has no `columns`")?;
    let references = text(key, "references").ok_or("has no `references`")?;
    let mut body = json!({"columns": columns, "references": references});
    if let Some(referenced) = list("referenced_columns") {
        if referenced.len() != columns.len() {
            return Err(format!("leads from {} columns to {}", columns.len(), referenced.len()));
        }
        body["referenced_columns"] = json!(referenced);
    }
    if key.get("rely").and_then(Value::as_bool) == Some(true) {
        body["rely"] = json!(true);
    }
    Ok(body)
}

/// Whether an observed key is the wanted one; what the wanted one leaves out does not count.
fn covers(held: &Value, wanted: &Value) -> bool {
    let lower = |body: &Value| text(body, "references").map(str::to_lowercase);
    let referenced = wanted.get("referenced_columns");
    held["columns"] == wanted["columns"]
        && lower(held) == lower(wanted)
        && referenced.is_none_or(|columns| held.get("referenced_columns") == Some(columns))
        && held.get("rely") == wanted.get("rely")
}

fn keys_of(body: Option<&Value>) -> BTreeMap<String, Value> {
    let keys = body
        .and_then(|body| body.get("foreign_keys"))
        .and_then(Value::as_object);
    keys.into_iter()
        .flatten()
        .map(|(name, key)| (name.clone(), key.clone()))
        .collect()
}

fn parents(body: &Value) -> impl Iterator<Item = String> {
    keys_of(Some(body))
        .into_values()
        .filter_map(|key| text(&key, "references").map(str::to_owned))
}

fn drop_key(body: &Value, table: &str, name: &str) -> Call {
    let sql = format!(
        "ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}",
        ddl::full_name(table),
        ddl::identifier(name)
    );
    statement(format!("drop foreign key {name}"), body, table, sql)
}
