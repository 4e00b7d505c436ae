//! Calls that run one SQL statement, for kinds that REST cannot make.

use serde_json::{Value, json};
use sluice_model::Tree;
use sluice_wire::{Method, Request};

use super::{Answer, Call, Change, Facts, ProbeAnswer, text};
use crate::engine::ddl;

/// The property that marks tables and views of a deployment, with `<bundle>/<target>` as its value.
pub(crate) const MARKER: &str = "sluice.product";

/// One statement on the object `id`, by the warehouse that the body names. The workspace answers within 50 seconds or goes on
/// working, and is then asked again.
pub(crate) fn statement(description: impl Into<String>, body: &Value, id: &str, sql: String) -> Call {
    let request = json!({
        "warehouse_id": body.get("warehouse_id"),
        "statement": sql,
        "wait_timeout": "50s",
        "on_wait_timeout": "CONTINUE",
    });
    Call {
        description: description.into(),
        request: Request::new(Method::Post, "/api/2.0/sql/statements").json(request),
        answer: Answer::Statement(id.to_owned()),
        idempotent: true,
        probe: None,
    }
}

/// A statement that makes the object: it fails when sent twice, and took effect when the object can be read.
pub(crate) fn create(body: &Value, id: &str, read: Request, sql: String) -> Call {
    Call {
        idempotent: false,
        probe: Some((read, ProbeAnswer::Exists(id.to_owned()))),
        ..statement("create", body, id, sql)
    }
}

/// A statement that drops the object.
pub(crate) fn drop(old: &Value, id: &str, sql: String) -> Call {
    Call {
        answer: Answer::GoneByStatement(id.to_owned()),
        ..statement("drop", old, id, sql)
    }
}

/// Reads a table or view.
pub(crate) fn read(id: &str) -> Request {
    let name = sluice_wire::request::encode_segment(id);
    Request::new(Method::Get, format!("/api/2.1/unity-catalog/tables/{name}"))
}

/// The warehouse that runs statements; without one a fault.
pub(crate) fn warehouse<'facts>(facts: &'facts Facts, faults: &mut Vec<String>) -> Option<&'facts str> {
    if facts.warehouse_id.is_none() {
        faults.push("needs a warehouse to be made with: set `warehouse_id` in one of the catalog files".to_owned());
    }
    facts.warehouse_id.as_deref()
}

/// What all objects that statements make share of a desired body: the full name checked, comment and warehouse.
pub(crate) fn named_base(document: &Value, facts: &Facts) -> Result<serde_json::Map<String, Value>, Vec<String>> {
    super::required(document, &["name"])?;
    let name = text(document, "name").unwrap_or_default();
    let mut faults = Vec::new();
    let parts = ddl::name_parts(name);
    if !name.contains("${") && (parts.len() != 3 || parts.iter().any(String::is_empty)) {
        faults.push(format!("has the name `{name}`, expected `catalog.schema.name`"));
    }
    let warehouse = warehouse(facts, &mut faults).unwrap_or_default();
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut body = serde_json::Map::new();
    body.insert("name".to_owned(), name.into());
    if let Some(comment) = text(document, "comment").filter(|comment| !comment.is_empty()) {
        body.insert("comment".to_owned(), comment.into());
    }
    body.insert("warehouse_id".to_owned(), warehouse.into());
    Ok(body)
}

/// What tables and views share of a desired body beside that: their properties with the marker.
pub(crate) fn desired_base(document: &Value, facts: &Facts) -> Result<serde_json::Map<String, Value>, Vec<String>> {
    let declared = document.get("properties");
    let marked = declared.and_then(|properties| properties.get(MARKER)).is_some();
    let fault = marked.then(|| format!("sets the property `{MARKER}`, which the deployment sets itself"));
    let mut body = match named_base(document, facts) {
        Ok(_) if fault.is_some() => return Err(fault.into_iter().collect()),
        Ok(body) => body,
        Err(mut faults) => {
            faults.extend(fault);
            return Err(faults);
        }
    };
    let mut properties = serde_json::Map::new();
    for (name, value) in document
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        properties.insert(name.clone(), value.into());
    }
    properties.insert(MARKER.to_owned(), facts.marker.as_str().into());
    body.insert("properties".to_owned(), Value::Object(properties));
    Ok(body)
}

/// The warehouse that the catalog files name.
pub(crate) fn warehouse_of(catalog: &Tree) -> Option<String> {
    catalog
        .get("warehouse_id")
        .and_then(Tree::as_str)
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
}

/// Whether an observed object carries the marker.
pub(crate) fn is_marked(remote: &Value, marker: &str) -> bool {
    remote.get("properties").and_then(|properties| text(properties, MARKER)) == Some(marker)
}

/// `COMMENT '…'`, when the body has a comment.
pub(crate) fn comment_clause(body: &Value) -> Option<String> {
    Some(format!("COMMENT {}", ddl::literal(text(body, "comment")?)))
}

/// `TBLPROPERTIES (…)` of these names and values.
pub(crate) fn properties_clause<'a>(properties: impl Iterator<Item = (&'a String, &'a Value)>) -> String {
    let pairs: Vec<String> = properties
        .map(|(name, value)| {
            format!(
                "{} = {}",
                ddl::literal(name),
                ddl::literal(value.as_str().unwrap_or_default())
            )
        })
        .collect();
    format!("TBLPROPERTIES ({})", pairs.join(", "))
}

/// The statements that change comment and properties of a table or view (`what`: `TABLE` or `VIEW`).
pub(crate) fn metadata_changes(change: &Change<'_>, what: &str, id: &str) -> Vec<Call> {
    let name = ddl::full_name(id);
    let mut set = serde_json::Map::new();
    let mut unset = Vec::new();
    let mut comment = None;
    for (path, field) in change.needed() {
        let Some(path) = crate::engine::field_path::FieldPath::parse(path) else {
            continue;
        };
        match (path.head(), &path.0[1..]) {
            ("comment", []) => comment = Some(field.new.as_ref().and_then(Value::as_str).unwrap_or_default()),
            ("properties", [crate::engine::field_path::Segment::Key(property)]) => match &field.new {
                Some(value) => {
                    set.insert(property.clone(), value.clone());
                }
                None => unset.push(ddl::literal(property)),
            },
            ("properties", []) => set.extend(
                field
                    .new
                    .as_ref()
                    .and_then(Value::as_object)
                    .cloned()
                    .unwrap_or_default(),
            ),
            _ => {}
        }
    }
    let mut calls = Vec::new();
    if !set.is_empty() {
        let clause = properties_clause(set.iter());
        calls.push(statement(
            "set properties",
            change.new,
            id,
            format!("ALTER {what} {name} SET {clause}"),
        ));
    }
    if !unset.is_empty() {
        let list = unset.join(", ");
        let sql = format!("ALTER {what} {name} UNSET TBLPROPERTIES IF EXISTS ({list})");
        calls.push(statement("unset properties", change.new, id, sql));
    }
    if let Some(comment) = comment {
        let text = if comment.is_empty() {
            "NULL".to_owned()
        } else {
            ddl::literal(comment)
        };
        calls.push(statement(
            "set comment",
            change.new,
            id,
            format!("COMMENT ON TABLE {name} IS {text}"),
        ));
    }
    calls
}
