//! Endpoints that serve models. Each part of an endpoint has a request of its own; the configuration is waited for.

use serde_json::{Value, json};
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

use super::rest_object::{
    Answers, Create, Delete, Fields, Identity, Observed, PLAIN, Ready, RestObject, Update, changing,
};
use super::{Call, Change, changed_fields, text};
use crate::engine::difference::{Class, Rules, backend_default, immutable, rule};
use crate::engine::plan::Action;

/// The kind `model_serving_endpoints`.
pub(crate) static MODEL_SERVING_ENDPOINTS: RestObject = RestObject {
    rules: Rules {
        keyed: &[],
        fields: &[
            rule("name", Class::Identity(Action::Recreate), "id_field"),
            immutable("description"),
            immutable("route_optimized"),
            immutable("config.auto_capture_config.catalog_name"),
            immutable("config.auto_capture_config.schema_name"),
            immutable("config.auto_capture_config.table_name_prefix"),
            rule("budget_policy_id", Class::NotReturned, "input_only"),
            rule("budget_policy_id", Class::IgnoreLocal, "set at creation"),
            backend_default("config.name"),
            backend_default("config.traffic_config"),
            backend_default("config.served_models"),
            backend_default("config.served_entities[*].name"),
            backend_default("config.served_entities[*].workload_type"),
            backend_default("config.served_entities[*].workload_size"),
            rule(
                "config.served_entities[*].burst_scaling_enabled",
                Class::IgnoreRemote,
                "managed",
            ),
            rule("telemetry_config.table_names", Class::IgnoreRemote, "managed"),
        ],
        output_only: &[],
    },
    fields: Fields::Body("serving.ServingEndpointsAPI.create"),
    required: &["name"],
    identity: Identity::Name("name"),
    create: Create {
        path: "/api/2.0/serving-endpoints",
        query: &[],
        without: &[],
        answers: Answers::Object,
    },
    read: "/api/2.0/serving-endpoints/{id}",
    observed: Observed {
        renamed: &[("id", "endpoint_id")],
        ..PLAIN
    },
    update: Update::Calls(update),
    delete: Delete::Path("/api/2.0/serving-endpoints/{id}"),
    ready: Some(Ready {
        state: "/state/config_update",
        good: &["NOT_UPDATING"],
        bad: &["UPDATE_FAILED", "UPDATE_CANCELED"],
        message: "/state/message",
        after_update: true,
    }),
};

/// Fields that are replaced as a whole: the method, and the end of the path.
const PARTS: [(&str, Method, &str); 4] = [
    ("ai_gateway", Method::Put, "ai-gateway"),
    ("config", Method::Put, "config"),
    ("rate_limits", Method::Put, "rate-limits"),
    ("telemetry_config", Method::Patch, "telemetry-config"),
];

fn update(id: &str, change: &Change<'_>) -> Vec<Call> {
    let changed = changed_fields(change);
    let is_changed = |field: &str| changed.iter().any(|changed| changed == field);
    let call = |field: &str, method, end: &str, body| {
        let path = format!("/api/2.0/serving-endpoints/{}/{end}", encode_segment(id));
        changing(format!("change {field}"), id, Request::new(method, path).json(body))
    };
    let value = |field: &str| change.new.get(field).cloned();
    let mut calls = Vec::new();
    if is_changed("tags") {
        calls.push(call("tags", Method::Patch, "tags", tags(change)));
    }
    for (field, method, end) in PARTS {
        if is_changed(field) {
            let body = value(field).unwrap_or_else(|| json!({}));
            let body = if field == "rate_limits" {
                json!({field: value(field)})
            } else {
                body
            };
            calls.push(call(field, method, end, body));
        }
    }
    if is_changed("email_notifications") {
        let body = json!({"email_notifications": value("email_notifications").unwrap_or_else(|| json!({}))});
        calls.push(call("email_notifications", Method::Patch, "notifications", body));
    }
    calls
}

/// The tags that are new or have another value, and the keys of those that go.
fn tags(change: &Change<'_>) -> Value {
    let list = |body: Option<&Value>| -> Vec<Value> {
        let tags = body.and_then(|body| body.get("tags")).and_then(Value::as_array);
        tags.cloned().unwrap_or_default()
    };
    let (held, wanted) = (list(change.entry.remote_state.as_ref()), list(Some(change.new)));
    let add: Vec<&Value> = wanted.iter().filter(|tag| !held.contains(tag)).collect();
    let keys: Vec<Option<&str>> = wanted.iter().map(|tag| text(tag, "key")).collect();
    let gone: Vec<&str> = held
        .iter()
        .filter_map(|tag| text(tag, "key"))
        .filter(|key| !keys.contains(&Some(key)))
        .collect();
    let mut body = json!({});
    if !add.is_empty() {
        body["add_tags"] = json!(add);
    }
    if !gone.is_empty() {
        body["delete_tags"] = json!(gone);
    }
    body
}
