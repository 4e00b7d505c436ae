//! Unity Catalog schemas. Their id is the full name; a new name, catalog or storage root means another schema.
//!
//! Deleting uses `force`, as the Databricks CLI does: what the schema holds goes with it.

use serde_json::{Map, Value, json};
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

use super::{Answer, Call, Change, Facts, Kind, ProbeAnswer, changed_fields, merge_properties, pick, text};
use crate::engine::difference::{Class, Rule, Rules};

/// The kind `schemas`.
pub(crate) struct Schemas;

/// What a schema can be given; only these are compared.
const FIELDS: &[&str] = &["name", "catalog_name", "comment", "properties", "storage_root"];

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
            pattern: "catalog_name",
            class: Class::CaseInsensitive,
            reason: "uc_lower_cases",
        },
        Rule {
            pattern: "catalog_name",
            class: Class::Recreate,
            reason: "immutable",
        },
        Rule {
            pattern: "storage_root",
            class: Class::TrailingSlash,
            reason: "uc_strips_trailing_slash",
        },
        Rule {
            pattern: "storage_root",
            class: Class::Recreate,
            reason: "immutable",
        },
    ],
    output_only: &[
        "browse_only",
        "catalog_type",
        "created_at",
        "created_by",
        "effective_predictive_optimization_flag",
        "enable_predictive_optimization",
        "full_name",
        "metastore_id",
        "owner",
        "schema_id",
        "storage_location",
        "updated_at",
        "updated_by",
    ],
};

impl Kind for Schemas {
    fn rules(&self) -> &Rules {
        &RULES
    }

    fn desired(&self, document: Value, _facts: &Facts) -> Result<Value, Vec<String>> {
        super::required(&document, &["name", "catalog_name"])?;
        Ok(document)
    }

    fn natural_id(&self, body: &Value) -> Option<String> {
        let full_name = format!("{}.{}", text(body, "catalog_name")?, text(body, "name")?);
        Some(super::lower_name(&full_name))
    }

    fn identity_field(&self) -> Option<&'static str> {
        Some("schema_id")
    }

    fn read(&self, id: &str) -> Request {
        Request::new(Method::Get, path(id))
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        super::first_page(pages)
    }

    fn comparable(&self, remote: &Value, old: Option<&Value>, new: &Value) -> Value {
        let mut remote = remote.clone();
        let defaults = |name: &str| name.starts_with("unity.catalog.managed.") && name.contains(".defaults.");
        merge_properties(&mut remote, old, new, |name| !defaults(name));
        Value::Object(pick(&remote, FIELDS))
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        let id = self.natural_id(change.new).unwrap_or_default();
        vec![Call {
            description: "create".to_owned(),
            request: Request::new(Method::Post, "/api/2.1/unity-catalog/schemas").json(change.new.clone()),
            answer: Answer::IdField("full_name"),
            idempotent: false,
            probe: Some((self.read(&id), ProbeAnswer::Exists(id))),
        }]
    }

    fn update(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = change.id else { return Vec::new() };
        let mut body = Map::new();
        for field in changed_fields(change) {
            let blank = if field == "properties" { json!({}) } else { json!("") };
            body.insert(field.clone(), change.new.get(&field).cloned().unwrap_or(blank));
        }
        if body.is_empty() {
            return Vec::new();
        }
        vec![Call {
            description: format!("change {}", body.keys().cloned().collect::<Vec<_>>().join(", ")),
            request: Request::new(Method::Patch, path(id)).json(Value::Object(body)),
            answer: Answer::Id(id.to_owned()),
            idempotent: true,
            probe: None,
        }]
    }

    fn delete(&self, id: &str, _old: &Value) -> Vec<Call> {
        vec![Call {
            description: "delete".to_owned(),
            request: Request::new(Method::Delete, path(id)).query("force", "true"),
            answer: Answer::Gone,
            idempotent: true,
            probe: None,
        }]
    }
}

fn path(id: &str) -> String {
    format!("/api/2.1/unity-catalog/schemas/{}", encode_segment(id))
}
