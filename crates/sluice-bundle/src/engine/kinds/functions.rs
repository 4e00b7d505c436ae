//! SQL functions of the catalog files, such as those that mask columns and filter rows.
//!
//! A new definition, comment or return type replaces the function under its name, so that masks which use it stay. New parameters
//! make it another function: Databricks does not replace one with another signature.
//! (<https://docs.databricks.com/sql/language-manual/sql-ref-syntax-ddl-create-sql-function.html>)

use serde_json::{Value, json};
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

use super::statements::{self, statement};
use super::{Call, Change, Facts, Kind, text};
use crate::engine::ddl::{self, ColumnType};
use crate::engine::difference::{Class, Rule, Rules};

/// The catalog kind `functions`.
pub(crate) struct Functions;

static RULES: Rules = Rules {
    keyed: &[],
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
            pattern: "parameters[*].comment",
            class: Class::InPlace,
            reason: "replaced",
        },
        Rule {
            pattern: "parameters",
            class: Class::Recreate,
            reason: "another_signature",
        },
        Rule {
            pattern: "deterministic",
            class: Class::BackendDefault(&[]),
            reason: "backend_default",
        },
        Rule {
            pattern: "warehouse_id",
            class: Class::IgnoreLocal,
            reason: "only_runs_statements",
        },
    ],
    output_only: &[
        "routine_body",
        "function_id",
        "owner",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
    ],
};

const FIELDS: &[&str] = &[
    "name",
    "parameters",
    "returns",
    "definition",
    "deterministic",
    "comment",
];

impl Kind for Functions {
    fn rules(&self) -> &Rules {
        &RULES
    }

    fn desired(&self, document: Value, facts: &Facts) -> Result<Value, Vec<String>> {
        let mut body = statements::named_base(&document, facts)?;
        let mut faults = Vec::new();
        let mut parameters: Vec<Value> = Vec::new();
        let items = document.get("parameters").and_then(Value::as_array);
        for item in items.into_iter().flatten() {
            match parameter(item) {
                Ok(parameter) if parameters.iter().any(|other| other["name"] == parameter["name"]) => {
                    faults.push(format!("has the parameter {} twice", parameter["name"]));
                }
                Ok(parameter) => parameters.push(parameter),
                Err(fault) => faults.push(fault),
            }
        }
        match text(&document, "returns").map(ColumnType::parse) {
            Some(Ok(returns)) => {
                body.insert("returns".to_owned(), returns.to_string().into());
            }
            Some(Err(fault)) => faults.push(format!("has the type of its result: {fault}")),
            None => faults.push("has no `returns`".to_owned()),
        }
        let definition = text(&document, "definition").unwrap_or_default();
        let definition = definition.trim().trim_end_matches(';').trim_end();
        if definition.is_empty() {
            faults.push("has no `definition`".to_owned());
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        if !parameters.is_empty() {
            body.insert("parameters".to_owned(), Value::Array(parameters));
        }
        body.insert("definition".to_owned(), definition.into());
        if let Some(deterministic) = document.get("deterministic") {
            body.insert("deterministic".to_owned(), deterministic.clone());
        }
        Ok(Value::Object(body))
    }

    fn natural_id(&self, body: &Value) -> Option<String> {
        text(body, "name").map(super::lower_name)
    }

    fn uses(&self, body: &Value) -> Vec<String> {
        super::views::used_names(text(body, "definition").unwrap_or_default())
    }

    fn identity_field(&self) -> Option<&'static str> {
        Some("function_id")
    }

    fn read(&self, id: &str) -> Request {
        Request::new(
            Method::Get,
            format!("/api/2.1/unity-catalog/functions/{}", encode_segment(id)),
        )
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        let function = super::first_page(pages);
        let mut body = super::pick(&function, &["comment"]);
        for (name, field) in [
            ("name", "full_name"),
            ("definition", "routine_definition"),
            ("deterministic", "is_deterministic"),
        ] {
            if let Some(value) = function.get(field) {
                body.insert(name.to_owned(), value.clone());
            }
        }
        let returns = text(&function, "full_data_type").or_else(|| text(&function, "data_type"));
        body.insert("returns".to_owned(), canonical(returns.unwrap_or_default()).into());
        let parameters = function.pointer("/input_params/parameters").and_then(Value::as_array);
        let mut parameters: Vec<&Value> = parameters.into_iter().flatten().collect();
        parameters.sort_by_key(|parameter| parameter.get("position").and_then(Value::as_u64));
        let parameters: Vec<Value> = parameters.into_iter().map(observed_parameter).collect();
        if !parameters.is_empty() {
            body.insert("parameters".to_owned(), Value::Array(parameters));
        }
        body.extend(super::pick(&function, RULES.output_only));
        Value::Object(body)
    }

    /// Layout of the definition makes no difference.
    fn comparable(&self, remote: &Value, old: Option<&Value>, new: &Value) -> Value {
        let mut comparable = Value::Object(super::pick(remote, FIELDS));
        comparable["warehouse_id"] = old.unwrap_or(new)["warehouse_id"].clone();
        let definition = |body: &Value| text(body, "definition").map(ddl::comparable_query);
        for body in [Some(new), old].into_iter().flatten() {
            if definition(remote) == definition(body) {
                comparable["definition"] = body["definition"].clone();
                break;
            }
        }
        comparable
    }

    fn refused(&self, change: &Change<'_>) -> Vec<String> {
        let remote = change.entry.remote_state.as_ref();
        match remote.and_then(|remote| text(remote, "routine_body")) {
            Some(language) if language != "SQL" => vec![format!(
                "it exists as a function that is not written in SQL ({language}); drop that or choose another name"
            )],
            _ => Vec::new(),
        }
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = self.natural_id(change.new) else {
            return Vec::new();
        };
        let sql = create_clause("CREATE FUNCTION", &id, change.new);
        vec![statements::create(change.new, &id, self.read(&id), sql)]
    }

    fn update(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = change.id.filter(|_| change.needed().next().is_some()) else {
            return Vec::new();
        };
        let sql = create_clause("CREATE OR REPLACE FUNCTION", id, change.new);
        vec![statement("replace", change.new, id, sql)]
    }

    fn delete(&self, id: &str, old: &Value) -> Vec<Call> {
        vec![statements::drop(
            old,
            id,
            format!("DROP FUNCTION IF EXISTS {}", ddl::full_name(id)),
        )]
    }
}

fn create_clause(verb: &str, id: &str, body: &Value) -> String {
    let parameters = body.get("parameters").and_then(Value::as_array);
    let parameters: Vec<String> = parameters
        .into_iter()
        .flatten()
        .map(|parameter| {
            let name = ddl::identifier(text(parameter, "name").unwrap_or_default());
            let clause = format!("{name} {}", text(parameter, "type").unwrap_or_default());
            statements::comment_clause(parameter).map_or(clause.clone(), |comment| format!("{clause} {comment}"))
        })
        .collect();
    let mut sql = format!(
        "{verb} {}({}) RETURNS {}",
        ddl::full_name(id),
        parameters.join(", "),
        text(body, "returns").unwrap_or_default()
    );
    match body.get("deterministic").and_then(Value::as_bool) {
        Some(true) => sql.push_str(" DETERMINISTIC"),
        Some(false) => sql.push_str(" NOT DETERMINISTIC"),
        None => {}
    }
    if let Some(comment) = statements::comment_clause(body) {
        sql.push_str(&format!(" {comment}"));
    }
    sql.push_str(&format!(" RETURN {}", text(body, "definition").unwrap_or_default()));
    sql
}

fn parameter(item: &Value) -> Result<Value, String> {
    let name = text(item, "name")
        .filter(|name| !name.is_empty())
        .ok_or("has a parameter without `name`")?;
    let kind = text(item, "type").ok_or_else(|| format!("has the parameter `{name}` without `type`"))?;
    let kind = ColumnType::parse(kind).map_err(|fault| format!("has the parameter `{name}`: {fault}"))?;
    Ok(parameter_body(name, &kind.to_string(), text(item, "comment")))
}

fn observed_parameter(parameter: &Value) -> Value {
    let kind = canonical(text(parameter, "type_text").unwrap_or_default());
    parameter_body(
        text(parameter, "name").unwrap_or_default(),
        &kind,
        text(parameter, "comment"),
    )
}

fn parameter_body(name: &str, kind: &str, comment: Option<&str>) -> Value {
    let mut body = json!({"name": name, "type": kind});
    if let Some(comment) = comment.filter(|comment| !comment.is_empty()) {
        body["comment"] = json!(comment);
    }
    body
}

/// A type as the catalog files write it; one that this program does not know stays as it is.
fn canonical(kind: &str) -> String {
    ColumnType::parse(kind).map_or_else(|_unknown| kind.to_owned(), |kind| kind.to_string())
}
