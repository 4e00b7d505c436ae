//! AI/BI dashboards: a draft and its published version. Every change of the draft is published.
//!
//! The service makes the id; what an interrupted deployment left behind is found as Genie spaces are. A published version that is older
//! than the draft counts as not published, so that a deployment that ended between the two goes on where it was. Deleting moves a
//! dashboard to the trash, where it counts as gone.

use serde_json::{Map, Value, json};
use sluice_wire::{Method, Request};

use super::workspace_object::Titled;
use super::{Answer, Call, Change, Facts, Kind, NEW_ID, ProbeAnswer, changed_fields, text, workspace_object};
use crate::engine::difference::{Class, Rule, Rules};
use crate::engine::field_path::FieldPath;
use crate::json_text;

/// The kind `dashboards`.
pub(crate) struct Dashboards;

static DASHBOARDS: Titled = Titled {
    path: "/api/2.0/lakeview/dashboards",
    list: "dashboards",
    id: "dashboard_id",
    title: "display_name",
};

/// What a draft can be given.
const DRAFT: &[&str] = &["display_name", "warehouse_id", "parent_path", "serialized_dashboard"];

/// Where the queries of a dashboard look for tables; given beside the body.
const DATASETS: [&str; 2] = ["dataset_catalog", "dataset_schema"];

static RULES: Rules = Rules {
    keyed: &[
        ("serialized_dashboard.datasets", &["name"]),
        ("serialized_dashboard.pages", &["name"]),
    ],
    fields: &[
        Rule {
            pattern: "parent_path",
            class: Class::Recreate,
            reason: "immutable",
        },
        Rule {
            pattern: "dataset_catalog",
            class: Class::NotReturned,
            reason: "not_returned_by_api",
        },
        Rule {
            pattern: "dataset_schema",
            class: Class::NotReturned,
            reason: "not_returned_by_api",
        },
        Rule {
            pattern: "warehouse_id",
            class: Class::BackendDefault(&[]),
            reason: "backend_default",
        },
    ],
    output_only: &[
        "dashboard_id",
        "etag",
        "path",
        "lifecycle_state",
        "create_time",
        "update_time",
    ],
};

impl Kind for Dashboards {
    fn rules(&self) -> &Rules {
        &RULES
    }

    fn desired(&self, document: Value, _facts: &Facts) -> Result<Value, Vec<String>> {
        super::required(&document, &["display_name"])?;
        let content = match document.get("serialized_dashboard") {
            Some(content @ Value::Object(_)) => content.clone(),
            Some(Value::String(text)) => match serde_json::from_str::<Map<String, Value>>(text) {
                Ok(_) => text.clone().into(),
                Err(_not_an_object) => {
                    return Err(vec![
                        "has a `serialized_dashboard` that is not a JSON object".to_owned(),
                    ]);
                }
            },
            _ => return Err(vec!["has no `serialized_dashboard`".to_owned()]),
        };
        let mut body = super::pick(&document, DRAFT);
        body.extend(super::pick(&document, &DATASETS));
        body.insert("serialized_dashboard".to_owned(), content);
        let embed = document
            .get("embed_credentials")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        body.insert("embed_credentials".to_owned(), embed.into());
        body.insert("published".to_owned(), true.into());
        Ok(Value::Object(body))
    }

    fn expanded(&self, body: &Value) -> Value {
        let mut body = body.clone();
        let content = text(&body, "serialized_dashboard").and_then(|content| serde_json::from_str(content).ok());
        if let Some(content @ Value::Object(_)) = content {
            body["serialized_dashboard"] = content;
        }
        body
    }

    fn has_etag(&self) -> bool {
        true
    }

    fn read(&self, id: &str) -> Request {
        Request::new(Method::Get, DASHBOARDS.one(id))
    }

    fn read_more(&self, id: &str, _new: &Value, _old: Option<&Value>) -> Vec<Request> {
        vec![Request::new(Method::Get, published(&DASHBOARDS.one(id)))]
    }

    fn next_page(&self, request: &Request, answer: &Value) -> Option<Request> {
        super::page_after(request, answer)
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        let mut pages = pages.into_iter();
        let mut dashboard = pages.next().unwrap_or_default();
        if let Some(version) = pages.next() {
            let drafted = text(&dashboard, "update_time").map(moment);
            let made = text(&version, "revision_create_time").map(moment);
            let current = made.is_none() || made >= drafted;
            dashboard["published"] = json!(version.is_object() && current);
            dashboard["embed_credentials"] = json!(version.get("embed_credentials") == Some(&json!(true)));
        }
        dashboard
    }

    fn is_trashed(&self, remote: &Value) -> bool {
        text(remote, "lifecycle_state") == Some("TRASHED")
    }

    fn comparable(&self, remote: &Value, old: Option<&Value>, new: &Value) -> Value {
        let mut comparable = super::pick(remote, DRAFT);
        comparable.extend(super::pick(remote, &["published", "embed_credentials"]));
        let mut comparable = Value::Object(comparable);
        workspace_object::same_folder(&mut comparable, new);
        workspace_object::unchanged_since(&mut comparable, remote, old, "serialized_dashboard");
        comparable
    }

    fn titled(&self) -> Option<&Titled> {
        Some(&DASHBOARDS)
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        let body = draft(change.new);
        let request = with_datasets(Request::new(Method::Post, DASHBOARDS.path), change.new).json(Value::Object(body));
        let mut calls = DASHBOARDS.create(change.new, request);
        calls.push(publish(NEW_ID, change.new));
        calls
    }

    fn update(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = change.id else { return Vec::new() };
        let changed = changed_fields(change);
        let mut calls = Vec::new();
        let of_draft = |field: &&String| DRAFT.contains(&field.as_str());
        let elsewhere = changed.iter().any(|field| DATASETS.contains(&field.as_str()));
        let fields: Vec<&String> = changed.iter().filter(of_draft).collect();
        if elsewhere || !fields.is_empty() {
            calls.push(self.change_draft(id, &fields, change));
        }
        if !changed.is_empty() {
            calls.push(publish(id, change.new));
        }
        calls
    }

    fn delete(&self, id: &str, _old: &Value) -> Vec<Call> {
        DASHBOARDS.delete(id)
    }
}

impl Dashboards {
    /// Sends the whole draft, of which these fields changed.
    fn change_draft(&self, id: &str, fields: &[&String], change: &Change<'_>) -> Call {
        let mut body = draft(change.new);
        for field in fields {
            body.entry(*field).or_insert_with(|| json!(""));
        }
        let probe = fields.first().map(|field| {
            let path = FieldPath::default().key(field).to_string();
            let (value, id) = (body.get(*field).cloned(), id.to_owned());
            (self.read(&id), ProbeAnswer::Field { path, value, id })
        });
        let description = match fields {
            [] => "change where its queries look".to_owned(),
            _ => format!(
                "change {}",
                fields.iter().map(|field| field.as_str()).collect::<Vec<_>>().join(", ")
            ),
        };
        let remote = change.entry.remote_state.as_ref();
        if let Some(etag) = remote.and_then(|remote| remote.get("etag")) {
            body.insert("etag".to_owned(), etag.clone());
        }
        let request = Request::new(Method::Patch, DASHBOARDS.one(id)).json(Value::Object(body));
        Call {
            description,
            request: with_datasets(request, change.new),
            answer: Answer::Id(id.to_owned()),
            idempotent: false,
            probe,
        }
    }
}

/// What a draft is given; its content is a text to the service.
fn draft(body: &Value) -> Map<String, Value> {
    let mut draft = super::pick(body, DRAFT);
    if let Some(content) = draft
        .get_mut("serialized_dashboard")
        .filter(|content| content.is_object())
    {
        *content = json_text::of(content).into();
    }
    draft
}

fn publish(id: &str, body: &Value) -> Call {
    let request = super::pick(body, &["embed_credentials", "warehouse_id"]);
    Call {
        description: "publish".to_owned(),
        request: Request::new(Method::Post, published(&DASHBOARDS.one(id))).json(Value::Object(request)),
        answer: Answer::Id(id.to_owned()),
        idempotent: true,
        probe: None,
    }
}

fn with_datasets(mut request: Request, body: &Value) -> Request {
    for name in DATASETS {
        if let Some(value) = text(body, name).filter(|value| !value.is_empty()) {
            request = request.query(name, value);
        }
    }
    request
}

/// The seconds and their fraction of a time in RFC 3339 with `Z`, as texts that compare like the times.
fn moment(time: &str) -> (String, String) {
    let time = time.trim_end_matches('Z');
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    (seconds.to_owned(), format!("{fraction:0<9}"))
}

fn published(dashboard: &str) -> String {
    format!("{dashboard}/published")
}
