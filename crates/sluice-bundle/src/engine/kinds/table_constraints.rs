//! The constraints that are a part of a table's own entry: its primary key, and checks, which Delta keeps among the properties.

use serde_json::{Map, Value, json};

use super::statements::statement;
use super::{Call, Change, ProbeAnswer, text};
use crate::engine::ddl;
use crate::engine::field_path::FieldPath;

/// What the names of the properties begin with in which Delta keeps checks.
const CHECK_PROPERTY: &str = "delta.constraints.";

/// The desired constraints, checked against the columns. A key that is only a list of columns stays a list; names of checks are in
/// lower case, as Delta keeps them.
pub(super) fn desired(document: &Value, columns: &[Value], faults: &mut Vec<String>) -> Option<Value> {
    let mut body = Map::new();
    let declared = document.get("constraints");
    if let Some(key) = declared.and_then(|constraints| constraints.get("primary_key")) {
        let names = key_columns(key);
        for name in &names {
            match columns.iter().find(|column| column["name"] == *name) {
                None => faults.push(format!(
                    "has `{name}` in its primary key, which is not one of its columns"
                )),
                Some(column) if column["nullable"] != false => {
                    faults.push(format!(
                        "has `{name}` in its primary key: set `nullable: false` on that column"
                    ));
                }
                Some(_) => {}
            }
        }
        if !names.is_empty() {
            body.insert("primary_key".to_owned(), normal_key(key, &names));
        }
    }
    let checks = declared.and_then(|constraints| constraints.get("checks"));
    let mut expressions = Map::new();
    for (name, check) in checks.and_then(Value::as_object).into_iter().flatten() {
        let expression = check.as_str().unwrap_or_default().trim();
        if expression.is_empty() {
            faults.push(format!("has the check `{name}` without an expression"));
        }
        if expressions.insert(name.to_lowercase(), expression.into()).is_some() {
            faults.push(format!(
                "has the check `{name}` twice: names do not differ by case alone"
            ));
        }
    }
    if !expressions.is_empty() {
        body.insert("checks".to_owned(), Value::Object(expressions));
    }
    (!body.is_empty()).then_some(Value::Object(body))
}

/// The constraints of an observed table; none when the workspace does not show any.
pub(super) fn observed(table: &Value) -> Option<Value> {
    let mut body = Map::new();
    let constraints = table.get("table_constraints").and_then(Value::as_array);
    let key = constraints
        .into_iter()
        .flatten()
        .find_map(|constraint| constraint.get("primary_key_constraint"));
    if let Some(key) = key {
        let mut observed = json!({"name": key.get("name"), "columns": key.get("child_columns")});
        if key.get("rely").and_then(Value::as_bool) == Some(true) {
            observed["rely"] = json!(true);
        }
        body.insert("primary_key".to_owned(), observed);
    }
    let properties = table.get("properties").and_then(Value::as_object);
    let checks: Map<String, Value> = properties
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.strip_prefix(CHECK_PROPERTY)?.to_lowercase(), value.clone())))
        .collect();
    if !checks.is_empty() {
        body.insert("checks".to_owned(), Value::Object(checks));
    }
    (constraints.is_some() || !body.is_empty()).then_some(Value::Object(body))
}

/// Brings observed constraints into the form of the declared ones: a key without a name has any, and the layout of an expression makes
/// no difference. Checks that were never declared are not ours.
pub(super) fn comparable(remote: &mut Value, old: Option<&Value>, new: &Value) {
    let Some(constraints) = remote.get_mut("constraints").and_then(Value::as_object_mut) else {
        return;
    };
    let declared = |pointer: &str| {
        let found = new.pointer(pointer);
        found.or_else(|| old.and_then(|old| old.pointer(pointer)))
    };
    if let Some(key) = constraints.get_mut("primary_key") {
        match declared("/constraints/primary_key") {
            Some(Value::Object(wanted)) => {
                if let (false, Some(key)) = (wanted.contains_key("name"), key.as_object_mut()) {
                    key.shift_remove("name");
                }
            }
            _ => *key = key["columns"].clone(),
        }
    }
    if let Some(checks) = constraints.get_mut("checks").and_then(Value::as_object_mut) {
        let wanted =
            |body: &Value, name: &str| Some(body.pointer("/constraints/checks")?.get(name)?.as_str()?.to_owned());
        checks.retain(|name, _| old.is_some_and(|old| wanted(old, name).is_some()) || wanted(new, name).is_some());
        for (name, check) in checks.iter_mut() {
            for body in [Some(new), old].into_iter().flatten() {
                if let Some(wanted) = wanted(body, name)
                    && check.as_str().map(bare) == Some(bare(&wanted))
                {
                    *check = json!(wanted);
                    break;
                }
            }
        }
        if checks.is_empty() {
            constraints.shift_remove("checks");
        }
    }
}

/// The clause for a new table.
pub(super) fn key_clause(body: &Value, id: &str) -> Option<String> {
    let key = body.pointer("/constraints/primary_key")?;
    let names: Vec<String> = key_columns(key).iter().map(|name| ddl::identifier(name)).collect();
    let rely = if key.get("rely").is_some_and(|rely| *rely == true) {
        " RELY"
    } else {
        ""
    };
    let name = key_name(key, id);
    Some(format!("CONSTRAINT {name} PRIMARY KEY ({}){rely}", names.join(", ")))
}

/// The statements that add the checks of a new table: `CREATE TABLE` has no place for them.
pub(super) fn new_checks(body: &Value, id: &str, read: &sluice_wire::Request) -> Vec<Call> {
    let checks = body.pointer("/constraints/checks").and_then(Value::as_object);
    checks
        .into_iter()
        .flatten()
        .map(|(name, check)| add_check(body, id, read, name, check))
        .collect()
}

/// The statements that change the constraints of an existing table.
pub(super) fn changes(change: &Change<'_>, id: &str, read: &sluice_wire::Request) -> Vec<Call> {
    let table = ddl::full_name(id);
    let mut calls = Vec::new();
    let needed: Vec<FieldPath> = change
        .needed()
        .filter_map(|(path, _)| FieldPath::parse(path))
        .filter(|path| path.head() == "constraints")
        .collect();
    let whole = needed.iter().any(|path| path.0.len() == 1);
    let touched = |name: &str| {
        let place = FieldPath::default().key("constraints").key(name);
        whole || needed.iter().any(|path| path.0.starts_with(&place.0))
    };
    if touched("primary_key") {
        let sql = format!("ALTER TABLE {table} DROP PRIMARY KEY IF EXISTS");
        calls.push(statement("drop primary key", change.new, id, sql));
        if let Some(clause) = key_clause(change.new, id) {
            let sql = format!("ALTER TABLE {table} ADD {clause}");
            calls.push(statement("add primary key", change.new, id, sql));
        }
    }
    if touched("checks") {
        let checks = |body: Option<&Value>| -> Map<String, Value> {
            let checks = body.and_then(|body| body.pointer("/constraints/checks"));
            checks.and_then(Value::as_object).cloned().unwrap_or_default()
        };
        let (old, new) = (checks(change.old), checks(Some(change.new)));
        let held = checks(change.entry.remote_state.as_ref());
        let same = |name: &str, check: &Value| {
            let held = held.get(name).and_then(Value::as_str);
            held.map(bare) == check.as_str().map(bare)
        };
        for name in held.keys() {
            let wanted = new.get(name);
            let ours = old.contains_key(name) || wanted.is_some();
            if ours && wanted.is_none_or(|wanted| !same(name, wanted)) {
                let sql = format!(
                    "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {}",
                    ddl::identifier(name)
                );
                calls.push(statement(format!("drop check {name}"), change.new, id, sql));
            }
        }
        for (name, check) in new.iter().filter(|(name, check)| !same(name, check)) {
            calls.push(add_check(change.new, id, read, name, check));
        }
    }
    calls
}

fn add_check(body: &Value, id: &str, read: &sluice_wire::Request, name: &str, check: &Value) -> Call {
    let sql = format!(
        "ALTER TABLE {} ADD CONSTRAINT {} CHECK ({})",
        ddl::full_name(id),
        ddl::identifier(name),
        check.as_str().unwrap_or_default()
    );
    let place = FieldPath::default().key("constraints").key("checks").key(name);
    let probe = ProbeAnswer::Field {
        path: place.to_string(),
        value: Some(check.clone()),
        id: id.to_owned(),
    };
    Call {
        idempotent: false,
        probe: Some((read.clone(), probe)),
        ..statement(format!("add check {name}"), body, id, sql)
    }
}

/// The columns of a key in either form.
fn key_columns(key: &Value) -> Vec<String> {
    let columns = key.get("columns").unwrap_or(key).as_array();
    let names = columns.into_iter().flatten();
    names.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn normal_key(key: &Value, names: &[String]) -> Value {
    let name = text(key, "name").filter(|name| !name.is_empty());
    let rely = key.get("rely").and_then(Value::as_bool) == Some(true);
    if name.is_none() && !rely {
        return json!(names);
    }
    let mut body = json!({"columns": names});
    if let Some(name) = name {
        body["name"] = json!(name);
    }
    if rely {
        body["rely"] = json!(true);
    }
    body
}

fn key_name(key: &Value, id: &str) -> String {
    match text(key, "name") {
        Some(name) => ddl::identifier(name),
        None => {
            let table = ddl::name_parts(id).pop().unwrap_or_default();
            ddl::identifier(&format!("{table}_pk"))
        }
    }
}

/// An expression without its layout and the brackets around it.
fn bare(expression: &str) -> String {
    let compact = ddl::comparable_query(expression);
    match compact.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) if is_balanced(inner) => bare(inner),
        _ => compact,
    }
}

/// Whether every bracket of a text closes one that it opens. Brackets inside quotes count too, which at most keeps a pair.
fn is_balanced(text: &str) -> bool {
    let mut open = 0;
    for letter in text.chars() {
        match letter {
            '(' => open += 1,
            ')' if open == 0 => return false,
            ')' => open -= 1,
            _ => {}
        }
    }
    open == 0
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn expressions_are_compared_without_layout_and_outer_brackets() {
        assert_eq!(bare("( flights  >= 0 )"), " flights >= 0 ".trim());
        assert_eq!(bare("((a))"), "a");
        assert_eq!(bare("(a) OR (b)"), "(a) OR (b)");
    }
}
