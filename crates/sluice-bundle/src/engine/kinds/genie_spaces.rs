//! Genie spaces. Their content is one text to the service; here it is compared and shown field by field, in the service's order.
//!
//! The service makes the id, and a space carries no mark. One that an interrupted deployment left behind is found by title and folder,
//! and taken over only in the deployment's own folder. A change is sent with the etag of what was read: a space that somebody changed
//! since then is not overwritten. Deleting moves a space to the trash.

use serde_json::{Map, Value, json};
use sluice_wire::{Method, Request};

use super::workspace_object::Titled;
use super::{Answer, Call, Change, Facts, Kind, ProbeAnswer, changed_fields, serialized_space, text, workspace_object};
use crate::engine::difference::{Class, Rule, Rules};
use crate::engine::field_path::FieldPath;
use crate::json_text;

/// The kind `genie_spaces`.
pub(crate) struct GenieSpaces;

static SPACES: Titled = Titled {
    path: "/api/2.0/genie/spaces",
    list: "spaces",
    id: "space_id",
    title: "title",
};

/// What a space can be given.
const FIELDS: &[&str] = &[
    "title",
    "description",
    "warehouse_id",
    "parent_path",
    "serialized_space",
];

static RULES: Rules = Rules {
    keyed: &[
        ("serialized_space.data_sources.tables", &["identifier"]),
        ("serialized_space.data_sources.metric_views", &["identifier"]),
        ("**.column_configs", &["column_name"]),
        ("serialized_space.config.sample_questions", &["id"]),
        ("serialized_space.benchmarks.questions", &["id"]),
        ("serialized_space.instructions.*", &["id"]),
        ("serialized_space.instructions.sql_snippets.*", &["id"]),
    ],
    fields: &[Rule {
        pattern: "title",
        class: Class::BackendDefault(&[]),
        reason: "backend_default",
    }],
    output_only: &["space_id", "etag", "create_time", "update_time"],
};

impl Kind for GenieSpaces {
    fn rules(&self) -> &Rules {
        &RULES
    }

    fn desired(&self, document: Value, facts: &Facts) -> Result<Value, Vec<String>> {
        super::required(&document, &["warehouse_id"])?;
        let written = document.get("serialized_space");
        let content = match written {
            Some(Value::Object(content)) => content.clone(),
            Some(Value::String(text)) => match serde_json::from_str(text) {
                Ok(content) => content,
                Err(_not_an_object) => {
                    return Err(vec!["has a `serialized_space` that is not a JSON object".to_owned()]);
                }
            },
            _ => return Err(vec!["has no `serialized_space`".to_owned()]),
        };
        let complete = serialized_space::with_ids(&content, &facts.product);
        let text = match written {
            // What needs nothing added stays as it was written.
            Some(Value::String(text)) if complete == content => text.clone(),
            _ => json_text::of(&Value::Object(complete)),
        };
        let mut body = super::pick(&document, FIELDS);
        body.insert("serialized_space".to_owned(), text.into());
        Ok(Value::Object(body))
    }

    fn expanded(&self, body: &Value) -> Value {
        let mut body = body.clone();
        if let Some(content) = text(&body, "serialized_space").and_then(serialized_space::parse) {
            body["serialized_space"] = content;
        }
        body
    }

    fn uses(&self, body: &Value) -> Vec<String> {
        serialized_space::uses(text(body, "serialized_space").unwrap_or_default())
    }

    fn has_etag(&self) -> bool {
        true
    }

    fn read(&self, id: &str) -> Request {
        Request::new(Method::Get, SPACES.one(id)).query("include_serialized_space", "true")
    }

    fn next_page(&self, request: &Request, answer: &Value) -> Option<Request> {
        super::page_after(request, answer)
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        super::first_page(pages)
    }

    fn comparable(&self, remote: &Value, old: Option<&Value>, new: &Value) -> Value {
        let mut comparable = Value::Object(super::pick(remote, FIELDS));
        workspace_object::same_folder(&mut comparable, new);
        workspace_object::unchanged_since(&mut comparable, remote, old, "serialized_space");
        comparable
    }

    fn titled(&self) -> Option<&Titled> {
        Some(&SPACES)
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        let request = Request::new(Method::Post, SPACES.path).json(Value::Object(sent(change.new)));
        SPACES.create(change.new, request)
    }

    fn update(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = change.id else { return Vec::new() };
        let changed = changed_fields(change);
        let Some(field) = changed.first() else {
            return Vec::new();
        };
        let mut body = sent(change.new);
        for field in &changed {
            body.entry(field).or_insert_with(|| json!(""));
        }
        let probe = ProbeAnswer::Field {
            path: FieldPath::default().key(field).to_string(),
            value: body.get(field).cloned(),
            id: id.to_owned(),
        };
        let mut calls = Vec::new();
        if changed.iter().any(|field| field == "parent_path") {
            calls.extend(workspace_object::folder(change.new));
        }
        let description = format!("change {}", changed.join(", "));
        let remote = change.entry.remote_state.as_ref();
        if let Some(etag) = remote.and_then(|remote| remote.get("etag")) {
            body.insert("etag".to_owned(), etag.clone());
        }
        calls.push(Call {
            description,
            request: Request::new(Method::Patch, SPACES.one(id)).json(Value::Object(body)),
            answer: Answer::Id(id.to_owned()),
            idempotent: false,
            probe: Some((self.read(id), probe)),
        });
        calls
    }

    fn delete(&self, id: &str, _old: &Value) -> Vec<Call> {
        SPACES.delete(id)
    }
}

/// The body with its content in the order that the service asks for; names that were references until now may have changed it. A content
/// in that order stays as it was written.
fn sent(body: &Value) -> Map<String, Value> {
    let mut fields = super::pick(body, FIELDS);
    let Some(written) = text(body, "serialized_space") else {
        return fields;
    };
    if let Some(content) = serialized_space::parse(written)
        && serde_json::from_str(written).ok().as_ref() != Some(&content)
    {
        fields.insert("serialized_space".to_owned(), json_text::of(&content).into());
    }
    fields
}
