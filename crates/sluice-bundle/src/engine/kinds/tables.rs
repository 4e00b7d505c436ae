//! Tables of the catalog files: managed Delta tables, made and changed by SQL statements, one statement per call.
//!
//! Changed in place are comments, properties, nullability, the primary key, checks, new columns and types that Delta can widen. What would
//! lose rows or values is refused with the reason. A table is dropped only when it carries the marker of its deployment and the caller
//! allows it.

use serde_json::{Map, Value, json};
use sluice_wire::Request;

use super::statements::{self, MARKER, statement};
use super::{Call, Change, Facts, Kind, ProbeAnswer, table_constraints, text};
use crate::engine::ddl::{self, ColumnType};
use crate::engine::difference::{Class, Rule, Rules};
use crate::engine::field_path::{FieldPath, Segment};
use crate::engine::plan::{Action, FieldChange};

/// The catalog kind `tables`.
pub(crate) struct Tables;

/// The property without which Delta does not widen types.
const WIDENING: &str = "delta.enableTypeWidening";

/// The property without which Delta refuses some characters in names of columns.
const MAPPING: &str = "delta.columnMapping.mode";

static RULES: Rules = Rules {
    keyed: &[("columns", &["name"])],
    fields: &[
        Rule {
            pattern: "name",
            class: Class::CaseInsensitive,
            reason: "uc_lower_cases",
        },
        Rule {
            pattern: "name",
            class: Class::Recreate,
            reason: "immutable",
        },
        Rule {
            pattern: "constraints",
            class: Class::NotReturned,
            reason: "not_returned_by_api",
        },
        Rule {
            pattern: "warehouse_id",
            class: Class::IgnoreLocal,
            reason: "only_runs_statements",
        },
    ],
    output_only: &[
        "table_type",
        "data_source_format",
        "storage_location",
        "owner",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "table_id",
    ],
};

const FIELDS: &[&str] = &["name", "comment", "columns", "constraints", "properties"];

impl Kind for Tables {
    fn rules(&self) -> &Rules {
        &RULES
    }

    fn desired(&self, document: Value, facts: &Facts) -> Result<Value, Vec<String>> {
        let mut body = statements::desired_base(&document, facts)?;
        let mut faults = Vec::new();
        let mapped = body["properties"].get(MAPPING).is_some();
        let mut columns: Vec<Value> = Vec::new();
        for item in document.get("columns").and_then(Value::as_array).into_iter().flatten() {
            match desired_column(item, mapped) {
                Ok(column) if columns.iter().any(|other| other["name"] == column["name"]) => {
                    faults.push(format!("has the column {} twice", column["name"]));
                }
                Ok(column) => columns.push(column),
                Err(fault) => faults.push(fault),
            }
        }
        if columns.is_empty() && faults.is_empty() {
            faults.push("has no `columns`".to_owned());
        }
        let constraints = table_constraints::desired(&document, &columns, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        body.insert("columns".to_owned(), Value::Array(columns));
        if let Some(constraints) = constraints {
            body.insert("constraints".to_owned(), constraints);
        }
        Ok(Value::Object(body))
    }

    fn natural_id(&self, body: &Value) -> Option<String> {
        text(body, "name").map(super::lower_name)
    }

    fn has_marker(&self) -> bool {
        true
    }

    fn is_marked(&self, remote: &Value, marker: &str) -> bool {
        statements::is_marked(remote, marker)
    }

    fn holds_rows(&self) -> bool {
        true
    }

    fn identity_field(&self) -> Option<&'static str> {
        Some("table_id")
    }

    fn read(&self, id: &str) -> Request {
        statements::read(id)
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        let table = super::first_page(pages);
        let mut body = super::pick(&table, &["comment", "properties"]);
        body.insert("name".to_owned(), table.get("full_name").cloned().unwrap_or_default());
        let mut columns: Vec<&Value> = table
            .get("columns")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .collect();
        columns.sort_by_key(|column| column.get("position").and_then(Value::as_u64));
        body.insert("columns".to_owned(), columns.into_iter().map(observed_column).collect());
        if let Some(constraints) = table_constraints::observed(&table) {
            body.insert("constraints".to_owned(), constraints);
        }
        body.extend(super::pick(&table, RULES.output_only));
        Value::Object(body)
    }

    fn comparable(&self, remote: &Value, old: Option<&Value>, new: &Value) -> Value {
        let mut comparable = Value::Object(super::pick(remote, FIELDS));
        super::merge_properties(&mut comparable, old, new, |name| name == MARKER);
        table_constraints::comparable(&mut comparable, old, new);
        comparable["warehouse_id"] = old.unwrap_or(new)["warehouse_id"].clone();
        comparable
    }

    fn refused(&self, change: &Change<'_>) -> Vec<String> {
        let remote = change.entry.remote_state.as_ref();
        if let Some(kind) = remote.and_then(|remote| text(remote, "table_type"))
            && !matches!(kind, "MANAGED" | "EXTERNAL")
        {
            return vec![format!(
                "it exists as {kind}, not as a table; drop that or choose another name"
            )];
        }
        let mut reasons: Vec<String> = change
            .needed()
            .filter_map(|(path, field)| refusal(&FieldPath::parse(path)?, field, change.new))
            .collect();
        if let Some(remote) = remote {
            reasons.extend(reordered(&column_names(change.new), &column_names(remote)));
        }
        reasons
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = self.natural_id(change.new) else {
            return Vec::new();
        };
        let mut clauses: Vec<String> = columns(change.new).map(column_clause).collect();
        clauses.extend(table_constraints::key_clause(change.new, &id));
        let mut sql = format!(
            "CREATE TABLE {} ({}) USING DELTA",
            ddl::full_name(&id),
            clauses.join(", ")
        );
        if let Some(comment) = statements::comment_clause(change.new) {
            sql.push_str(&format!(" {comment}"));
        }
        let none = Map::new();
        let properties = change.new["properties"].as_object().unwrap_or(&none);
        sql.push_str(&format!(" {}", statements::properties_clause(properties.iter())));
        let mut calls = vec![statements::create(change.new, &id, self.read(&id), sql)];
        calls.extend(table_constraints::new_checks(change.new, &id, &self.read(&id)));
        calls
    }

    fn update(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = change.id else { return Vec::new() };
        let mut calls = statements::metadata_changes(change, "TABLE", id);
        calls.extend(self.column_changes(change, id));
        calls.extend(table_constraints::changes(change, id, &self.read(id)));
        calls
    }

    fn delete(&self, id: &str, old: &Value) -> Vec<Call> {
        vec![statements::drop(
            old,
            id,
            format!("DROP TABLE IF EXISTS {}", ddl::full_name(id)),
        )]
    }
}

impl Tables {
    /// New columns in the order of the declaration, so that one may stand after another new one; then changes of existing ones.
    fn column_changes(&self, change: &Change<'_>, id: &str) -> Vec<Call> {
        let table = ddl::full_name(id);
        let needed: Vec<(FieldPath, &FieldChange)> = change
            .needed()
            .filter_map(|(path, field)| Some((FieldPath::parse(path)?, field)))
            .collect();
        let changes_of = |name: &str| {
            let name = name.to_owned();
            needed.iter().filter_map(move |(path, field)| match &path.0[..] {
                [Segment::Key(head), Segment::Select(_, column), rest @ ..] if head == "columns" && *column == name => {
                    Some((rest, *field))
                }
                _ => None,
            })
        };
        let mut calls = Vec::new();
        let names = column_names(change.new);
        let existing = change.entry.remote_state.as_ref().map(column_names).unwrap_or_default();
        for (position, column) in columns(change.new).enumerate() {
            let name = text(column, "name").unwrap_or_default();
            if changes_of(name).any(|(rest, _)| rest.is_empty()) {
                let last = names[position..].iter().all(|later| !existing.contains(later));
                let place = match position.checked_sub(1).map(|before| ddl::identifier(&names[before])) {
                    _ if last => String::new(),
                    None => " FIRST".to_owned(),
                    Some(before) => format!(" AFTER {before}"),
                };
                let sql = format!("ALTER TABLE {table} ADD COLUMN {}{place}", column_clause(column));
                let probe = ProbeAnswer::Field {
                    path: FieldPath::default()
                        .key("columns")
                        .then(Segment::Select("name".to_owned(), name.to_owned()))
                        .key("name")
                        .to_string(),
                    value: Some(json!(name)),
                    id: id.to_owned(),
                };
                calls.push(Call {
                    idempotent: false,
                    probe: Some((self.read(id), probe)),
                    ..statement(format!("add column {name}"), change.new, id, sql)
                });
                continue;
            }
            for (rest, _) in changes_of(name) {
                let [Segment::Key(field)] = rest else { continue };
                let (what, sql) = column_change(field, column);
                let sql = format!("ALTER TABLE {table} ALTER COLUMN {} {sql}", ddl::identifier(name));
                calls.push(statement(format!("{what} of column {name}"), change.new, id, sql));
            }
        }
        calls
    }
}

/// What to do to an existing column, and how SQL says it.
fn column_change(field: &str, column: &Value) -> (&'static str, String) {
    match field {
        "type" => (
            "widen type",
            format!("TYPE {}", text(column, "type").unwrap_or_default()),
        ),
        "nullable" if column["nullable"] == false => ("forbid nulls", "SET NOT NULL".to_owned()),
        "nullable" => ("allow nulls", "DROP NOT NULL".to_owned()),
        _ => {
            let comment = text(column, "comment").unwrap_or_default();
            ("set comment", format!("COMMENT {}", ddl::literal(comment)))
        }
    }
}

/// Why one field change cannot be made in place.
fn refusal(path: &FieldPath, field: &FieldChange, new: &Value) -> Option<String> {
    if field.action == Action::Recreate {
        return Some(format!("`{path}` would make it another table"));
    }
    let [Segment::Key(head), Segment::Select(_, column), rest @ ..] = &path.0[..] else {
        return None;
    };
    if head != "columns" {
        return None;
    }
    match rest {
        [] => match (&field.old, &field.new, &field.remote) {
            (None, None, Some(_)) => Some(format!(
                "the table has a column `{column}` that is not declared; declare it, or drop it by hand"
            )),
            (Some(_), None, _) => Some(format!("column `{column}` would be dropped with its values")),
            (_, Some(added), None) if added["nullable"] == false => Some(format!(
                "column `{column}` is new and forbids nulls, but existing rows have no value; add it with `nullable: true`, fill it, then forbid nulls"
            )),
            _ => None,
        },
        [Segment::Key(name)] if name == "type" => type_refusal(column, field, new),
        _ => None,
    }
}

fn type_refusal(column: &str, field: &FieldChange, new: &Value) -> Option<String> {
    let kind = |value: &Option<Value>| ColumnType::parse(value.as_ref()?.as_str()?).ok();
    let (from, to) = (kind(&field.remote)?, kind(&field.new)?);
    if !from.widens_to(&to) {
        return Some(format!(
            "column `{column}` cannot change from `{from}` to `{to}` without losing values"
        ));
    }
    let widening = new.get("properties").and_then(|properties| text(properties, WIDENING));
    (widening != Some("true")).then(|| {
        format!("column `{column}` can be widened from `{from}` to `{to}` when the property `{WIDENING}` is `\"true\"`")
    })
}

/// Whether columns that both have stand in another order.
fn reordered(wanted: &[String], existing: &[String]) -> Option<String> {
    let common = |list: &[String], other: &[String]| -> Vec<String> {
        list.iter().filter(|name| other.contains(name)).cloned().collect()
    };
    let (now, then) = (common(existing, wanted), common(wanted, existing));
    let (moved, _) = then.iter().zip(&now).find(|(one, two)| one != two)?;
    Some(format!(
        "column `{moved}` would move; the order in the table is `{}`",
        now.join("`, `")
    ))
}

fn desired_column(item: &Value, mapped: bool) -> Result<Value, String> {
    let name = text(item, "name")
        .filter(|name| !name.is_empty())
        .ok_or("has a column without `name`")?;
    if !mapped && name.contains([' ', ',', ';', '{', '}', '(', ')', '\n', '\t', '=']) {
        return Err(format!(
            "has the column `{name}`: Delta takes white space and `,;{{}}()=` in names only with the property `{MAPPING}`"
        ));
    }
    let kind = text(item, "type").ok_or_else(|| format!("has the column `{name}` without `type`"))?;
    let kind = ColumnType::parse(kind).map_err(|fault| format!("has the column `{name}`: {fault}"))?;
    let nullable = item.get("nullable").and_then(Value::as_bool).unwrap_or(true);
    Ok(column_body(name, &kind.to_string(), nullable, text(item, "comment")))
}

fn observed_column(column: &Value) -> Value {
    let name = text(column, "name").unwrap_or_default();
    let kind = text(column, "type_text").unwrap_or_default();
    let kind = ColumnType::parse(kind).map_or_else(|_unknown| kind.to_owned(), |kind| kind.to_string());
    let nullable = column.get("nullable").and_then(Value::as_bool).unwrap_or(true);
    column_body(name, &kind, nullable, text(column, "comment"))
}

fn column_body(name: &str, kind: &str, nullable: bool, comment: Option<&str>) -> Value {
    let mut column = json!({"name": name, "type": kind, "nullable": nullable});
    if let Some(comment) = comment.filter(|comment| !comment.is_empty()) {
        column["comment"] = json!(comment);
    }
    column
}

fn columns(body: &Value) -> impl Iterator<Item = &Value> {
    body.get("columns").and_then(Value::as_array).into_iter().flatten()
}

fn column_names(body: &Value) -> Vec<String> {
    columns(body)
        .filter_map(|column| text(column, "name"))
        .map(str::to_owned)
        .collect()
}

fn column_clause(column: &Value) -> String {
    let mut clause = format!(
        "{} {}",
        ddl::identifier(text(column, "name").unwrap_or_default()),
        text(column, "type").unwrap_or_default()
    );
    if column["nullable"] == false {
        clause.push_str(" NOT NULL");
    }
    if let Some(comment) = statements::comment_clause(column) {
        clause.push_str(&format!(" {comment}"));
    }
    clause
}
