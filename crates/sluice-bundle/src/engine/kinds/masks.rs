//! Column masks and the row filter of a table, as a part of a declared table or on their own for a table that is declared elsewhere.
//!
//! Only columns that have or had a declared mask are looked at, and the row filter likewise. A mask is replaced by one statement, so
//! that there is no moment without one. Masks of a declared table go with it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sluice_wire::Request;

use super::statements::{self, statement};
use super::{Answer, Call, Change, Facts, Kind, text};
use crate::engine::ddl;
use crate::engine::difference::{Class, Rule, Rules};
use crate::engine::plan::Action;

/// Masks and row filter of a table.
pub(crate) struct Masks {
    /// Whether they stand on their own. Then deleting takes them off.
    pub(crate) alone: bool,
}

static RULES: Rules = Rules {
    keyed: &[],
    fields: &[
        Rule {
            pattern: "table",
            class: Class::Identity(Action::Recreate),
            reason: "id_field",
        },
        Rule {
            pattern: "masks.*.function",
            class: Class::CaseInsensitive,
            reason: "uc_lower_cases",
        },
        Rule {
            pattern: "row_filter.function",
            class: Class::CaseInsensitive,
            reason: "uc_lower_cases",
        },
        Rule {
            pattern: "warehouse_id",
            class: Class::IgnoreLocal,
            reason: "only_runs_statements",
        },
    ],
    output_only: &[],
};

impl Kind for Masks {
    fn rules(&self) -> &Rules {
        &RULES
    }

    fn desired(&self, document: Value, facts: &Facts) -> Result<Value, Vec<String>> {
        super::required(&document, &["table"])?;
        let mut faults = Vec::new();
        let mut masks = Map::new();
        let declared = document.get("masks").and_then(Value::as_object);
        for (column, mask) in declared.into_iter().flatten() {
            match mask_body(mask) {
                Ok(body) => {
                    masks.insert(column.clone(), body);
                }
                Err(fault) => faults.push(format!("has a mask on `{column}` that {fault}")),
            }
        }
        let mut filter = Value::Null;
        if let Some(declared) = document.get("row_filter").filter(|filter| !filter.is_null()) {
            match (text(declared, "function"), names(declared, "columns")) {
                (Some(function), Some(columns)) => filter = json!({"function": function, "columns": columns}),
                (None, _) => faults.push("has a row filter without `function`".to_owned()),
                (_, None) => faults.push("has a row filter without `columns`".to_owned()),
            }
        }
        let Some(warehouse) = statements::warehouse(facts, &mut faults).filter(|_| faults.is_empty()) else {
            return Err(faults);
        };
        let mut body = json!({"table": text(&document, "table"), "masks": masks, "warehouse_id": warehouse});
        if !filter.is_null() {
            body["row_filter"] = filter;
        }
        Ok(body)
    }

    fn natural_id(&self, body: &Value) -> Option<String> {
        text(body, "table").map(super::lower_name)
    }

    fn uses(&self, body: &Value) -> Vec<String> {
        let mut used: Vec<String> = functions(body).map(str::to_owned).collect();
        used.extend(text(body, "table").map(str::to_owned));
        used
    }

    fn needs(&self, body: &Value) -> Vec<(&'static str, String)> {
        functions(body).map(|name| ("functions", name.to_owned())).collect()
    }

    fn is_access(&self) -> bool {
        true
    }

    fn read(&self, id: &str) -> Request {
        statements::read(id)
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        let table = super::first_page(pages);
        let mut masks = Map::new();
        for column in table.get("columns").and_then(Value::as_array).into_iter().flatten() {
            let mask = column.get("mask").filter(|mask| !mask.is_null());
            if let (Some(name), Some(mask)) = (text(column, "name"), mask) {
                let mut body = json!({"function": mask.get("function_name")});
                if let Some(columns) = names(mask, "using_column_names") {
                    body["using_columns"] = json!(columns);
                }
                masks.insert(name.to_owned(), body);
            }
        }
        let mut body = json!({"masks": masks});
        if let Some(filter) = table.get("row_filter").filter(|filter| !filter.is_null()) {
            body["row_filter"] = json!({
                "function": filter.get("function_name").or_else(|| filter.get("name")),
                "columns": names(filter, "input_column_names").unwrap_or_default(),
            });
        }
        body
    }

    fn comparable(&self, remote: &Value, old: Option<&Value>, new: &Value) -> Value {
        let mut comparable = remote.clone();
        let declared = |path: &str| {
            [old, Some(new)]
                .into_iter()
                .flatten()
                .any(|body| body.pointer(path).is_some())
        };
        if let Some(masks) = comparable["masks"].as_object_mut() {
            let ours = |body: Option<&Value>, column: &str| {
                let masks = body.and_then(|body| body["masks"].as_object());
                masks.is_some_and(|masks| masks.keys().any(|name| name.eq_ignore_ascii_case(column)))
            };
            masks.retain(|column, _| ours(old, column) || ours(Some(new), column));
        }
        if let (false, Some(fields)) = (declared("/row_filter"), comparable.as_object_mut()) {
            fields.shift_remove("row_filter");
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
        let observed_here = change.entry.action != Action::Recreate;
        let remote = change.entry.remote_state.as_ref().filter(|_| observed_here);
        let (old, new) = (masks_of(change.old), masks_of(Some(change.new)));
        let held = masks_of(remote);
        let mut calls = Vec::new();
        for (column, mask) in &new {
            if held.get(column).is_none_or(|held| !same(held, mask)) {
                calls.push(set_mask(change.new, &id, column, mask));
            }
        }
        for column in old.keys().filter(|column| !new.contains_key(*column)) {
            if held.contains_key(column) {
                calls.push(drop_mask(change.new, &id, column));
            }
        }
        let filter = |body: Option<&Value>| body.and_then(|body| body.get("row_filter")).cloned();
        let held = filter(remote);
        match (filter(Some(change.new)), filter(change.old)) {
            (Some(wanted), _) if held.as_ref().is_none_or(|held| !same(held, &wanted)) => {
                calls.push(set_filter(change.new, &id, &wanted));
            }
            (None, Some(_)) if held.is_some() => calls.push(drop_filter(change.new, &id)),
            _ => {}
        }
        calls
    }

    fn delete(&self, id: &str, old: &Value) -> Vec<Call> {
        if !self.alone {
            return Vec::new();
        }
        let mut calls: Vec<Call> = masks_of(Some(old))
            .keys()
            .map(|column| drop_mask(old, id, column))
            .collect();
        if old.get("row_filter").is_some() {
            calls.push(drop_filter(old, id));
        }
        for call in &mut calls {
            call.answer = Answer::GoneByStatement(id.to_owned());
        }
        calls
    }
}

/// What this body claims for itself: at most one declaration masks a column or filters a table.
pub(super) fn claims(body: &Value) -> Vec<String> {
    let table = text(body, "table").unwrap_or_default().to_lowercase();
    let mut claims: Vec<String> = masks_of(Some(body))
        .keys()
        .map(|column| format!("the mask of the column `{column}` of `{table}`"))
        .collect();
    if body.get("row_filter").is_some() {
        claims.push(format!("the row filter of `{table}`"));
    }
    claims
}

fn mask_body(mask: &Value) -> Result<Value, String> {
    let function = text(mask, "function").ok_or("has no `function`")?;
    let mut body = json!({"function": function});
    if let Some(columns) = names(mask, "using_columns") {
        body["using_columns"] = json!(columns);
    }
    Ok(body)
}

/// Masks by column.
fn masks_of(body: Option<&Value>) -> BTreeMap<String, Value> {
    let masks = body.and_then(|body| body.get("masks")).and_then(Value::as_object);
    masks
        .into_iter()
        .flatten()
        .map(|(column, mask)| (column.clone(), mask.clone()))
        .collect()
}

fn functions(body: &Value) -> impl Iterator<Item = &str> {
    let masks = body.get("masks").and_then(Value::as_object);
    let masks = masks.into_iter().flat_map(Map::values);
    masks
        .chain(body.get("row_filter"))
        .filter_map(|entry| text(entry, "function"))
}

/// Whether two masks or filters are the same; the case of the function's name makes no difference.
fn same(one: &Value, two: &Value) -> bool {
    let lower = |body: &Value| {
        let mut body = body.clone();
        if let Some(name) = text(&body, "function").map(str::to_lowercase) {
            body["function"] = json!(name);
        }
        body
    };
    lower(one) == lower(two)
}

/// The names in a list of a body; none when there are none.
fn names(body: &Value, field: &str) -> Option<Vec<String>> {
    let list = body.get(field)?.as_array()?;
    let names: Vec<String> = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    Some(names).filter(|names| !names.is_empty())
}

fn quoted(names: Option<Vec<String>>) -> String {
    let names: Vec<String> = names
        .unwrap_or_default()
        .iter()
        .map(|name| ddl::identifier(name))
        .collect();
    names.join(", ")
}

fn set_mask(body: &Value, table: &str, column: &str, mask: &Value) -> Call {
    let mut sql = format!(
        "ALTER TABLE {} ALTER COLUMN {} SET MASK {}",
        ddl::full_name(table),
        ddl::identifier(column),
        ddl::full_name(&super::lower_name(text(mask, "function").unwrap_or_default()))
    );
    if let Some(columns) = names(mask, "using_columns") {
        sql.push_str(&format!(" USING COLUMNS ({})", quoted(Some(columns))));
    }
    statement(format!("set mask of column {column}"), body, table, sql)
}

fn drop_mask(body: &Value, table: &str, column: &str) -> Call {
    let sql = format!(
        "ALTER TABLE {} ALTER COLUMN {} DROP MASK",
        ddl::full_name(table),
        ddl::identifier(column)
    );
    statement(format!("drop mask of column {column}"), body, table, sql)
}

fn set_filter(body: &Value, table: &str, filter: &Value) -> Call {
    let sql = format!(
        "ALTER TABLE {} SET ROW FILTER {} ON ({})",
        ddl::full_name(table),
        ddl::full_name(&super::lower_name(text(filter, "function").unwrap_or_default())),
        quoted(names(filter, "columns"))
    );
    statement("set row filter", body, table, sql)
}

fn drop_filter(body: &Value, table: &str) -> Call {
    let sql = format!("ALTER TABLE {} DROP ROW FILTER", ddl::full_name(table));
    statement("drop row filter", body, table, sql)
}
