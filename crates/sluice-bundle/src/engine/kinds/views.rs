//! Views of the catalog files: made by `CREATE VIEW`, changed by `ALTER VIEW`, which keeps the grants on them.

use serde_json::{Map, Value, json};
use sluice_wire::Request;

use super::statements::{self, MARKER};
use super::{Call, Change, Facts, Kind, text};
use crate::engine::ddl;
use crate::engine::difference::{Class, Rule, Rules};

/// The catalog kind `views`.
pub(crate) struct Views;

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
            pattern: "columns",
            class: Class::Recreate,
            reason: "immutable",
        },
        Rule {
            pattern: "warehouse_id",
            class: Class::IgnoreLocal,
            reason: "only_runs_statements",
        },
    ],
    output_only: &[
        "table_type",
        "owner",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "table_id",
    ],
};

const FIELDS: &[&str] = &["name", "comment", "query", "columns", "properties"];

impl Kind for Views {
    fn rules(&self) -> &Rules {
        &RULES
    }

    fn desired(&self, document: Value, facts: &Facts) -> Result<Value, Vec<String>> {
        let mut body = statements::desired_base(&document, facts)?;
        let query = text(&document, "query")
            .unwrap_or_default()
            .trim()
            .trim_end_matches(';')
            .trim_end();
        if query.is_empty() {
            return Err(vec!["has no `query`".to_owned()]);
        }
        body.insert("query".to_owned(), query.into());
        if let Some(columns) = document
            .get("columns")
            .and_then(Value::as_array)
            .filter(|columns| !columns.is_empty())
        {
            body.insert("columns".to_owned(), columns.iter().map(column).collect());
        }
        Ok(Value::Object(body))
    }

    fn natural_id(&self, body: &Value) -> Option<String> {
        text(body, "name").map(super::lower_name)
    }

    fn uses(&self, body: &Value) -> Vec<String> {
        used_names(text(body, "query").unwrap_or_default())
    }

    fn has_marker(&self) -> bool {
        true
    }

    fn is_marked(&self, remote: &Value, marker: &str) -> bool {
        statements::is_marked(remote, marker)
    }

    fn identity_field(&self) -> Option<&'static str> {
        Some("table_id")
    }

    fn read(&self, id: &str) -> Request {
        statements::read(id)
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        let view = super::first_page(pages);
        let mut body = super::pick(&view, &["comment", "properties"]);
        body.insert("name".to_owned(), view.get("full_name").cloned().unwrap_or_default());
        body.insert(
            "query".to_owned(),
            view.get("view_definition").cloned().unwrap_or_default(),
        );
        let columns = view.get("columns").and_then(Value::as_array);
        body.insert(
            "columns".to_owned(),
            columns.into_iter().flatten().map(column).collect(),
        );
        body.extend(super::pick(&view, RULES.output_only));
        Value::Object(body)
    }

    /// Layout of the query makes no difference. Columns are compared when the view names them.
    fn comparable(&self, remote: &Value, old: Option<&Value>, new: &Value) -> Value {
        let mut comparable = Value::Object(super::pick(remote, FIELDS));
        super::merge_properties(&mut comparable, old, new, |name| name == MARKER);
        comparable["warehouse_id"] = old.unwrap_or(new)["warehouse_id"].clone();
        let query = |body: &Value| text(body, "query").map(ddl::comparable_query);
        for body in [Some(new), old].into_iter().flatten() {
            if query(remote) == query(body) {
                comparable["query"] = body["query"].clone();
                break;
            }
        }
        if let (None, Some(fields)) = (new.get("columns"), comparable.as_object_mut()) {
            fields.shift_remove("columns");
        }
        comparable
    }

    fn refused(&self, change: &Change<'_>) -> Vec<String> {
        let remote = change.entry.remote_state.as_ref();
        match remote.and_then(|remote| text(remote, "table_type")) {
            Some(kind) if kind != "VIEW" => {
                vec![format!(
                    "it exists as a table ({kind}); delete the table or choose another name"
                )]
            }
            _ => Vec::new(),
        }
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = self.natural_id(change.new) else {
            return Vec::new();
        };
        let mut sql = format!("CREATE VIEW {}", ddl::full_name(&id));
        if let Some(columns) = change.new.get("columns").and_then(Value::as_array) {
            let columns: Vec<String> = columns.iter().map(column_clause).collect();
            sql.push_str(&format!(" ({})", columns.join(", ")));
        }
        if let Some(comment) = statements::comment_clause(change.new) {
            sql.push_str(&format!(" {comment}"));
        }
        let none = Map::new();
        let properties = change.new["properties"].as_object().unwrap_or(&none);
        sql.push_str(&format!(" {}", statements::properties_clause(properties.iter())));
        sql.push_str(&format!(" AS {}", text(change.new, "query").unwrap_or_default()));
        vec![statements::create(change.new, &id, self.read(&id), sql)]
    }

    fn update(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = change.id else { return Vec::new() };
        let mut calls = statements::metadata_changes(change, "VIEW", id);
        if change.needed().any(|(path, _)| path == "query") {
            let query = text(change.new, "query").unwrap_or_default();
            let sql = format!("ALTER VIEW {} AS {query}", ddl::full_name(id));
            calls.push(statements::statement("set query", change.new, id, sql));
        }
        calls
    }

    fn delete(&self, id: &str, old: &Value) -> Vec<Call> {
        vec![statements::drop(
            old,
            id,
            format!("DROP VIEW IF EXISTS {}", ddl::full_name(id)),
        )]
    }
}

/// Name and comment of a column.
fn column(column: &Value) -> Value {
    let mut fields = super::pick(column, &["name"]);
    if let Some(comment) = text(column, "comment").filter(|comment| !comment.is_empty()) {
        fields.insert("comment".to_owned(), json!(comment));
    }
    Value::Object(fields)
}

fn column_clause(column: &Value) -> String {
    let name = ddl::identifier(text(column, "name").unwrap_or_default());
    statements::comment_clause(column).map_or(name.clone(), |comment| format!("{name} {comment}"))
}

/// Names of three parts in a query, backticks taken off: what it may read. Names inside comments and texts count too, which at
/// most adds an edge that is not needed.
pub(super) fn used_names(query: &str) -> Vec<String> {
    let plain = query.replace('`', "");
    plain
        .split(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-')))
        .map(|word| word.trim_matches('.'))
        .filter(|word| word.matches('.').count() == 2)
        .map(str::to_owned)
        .collect()
}
