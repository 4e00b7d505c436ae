//! Unity Catalog volumes. Their id is the full name; a new name renames, a new place or type means another volume.

use serde_json::{Map, Value, json};
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

use super::{Answer, Call, Change, Facts, Kind, ProbeAnswer, changed_fields, pick, text};
use crate::engine::difference::{Class, Rule, Rules};
use crate::engine::plan::Action;

/// The kind `volumes`.
pub(crate) struct Volumes;

/// What a volume can be given; only these are compared.
const FIELDS: &[&str] = &[
    "name",
    "catalog_name",
    "schema_name",
    "volume_type",
    "comment",
    "storage_location",
];

static RULES: Rules = Rules {
    keyed: &[],
    fields: &[
        Rule {
            pattern: "name",
            class: Class::Identity(Action::UpdateId),
            reason: "id_changes",
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
            pattern: "schema_name",
            class: Class::CaseInsensitive,
            reason: "uc_lower_cases",
        },
        Rule {
            pattern: "schema_name",
            class: Class::Recreate,
            reason: "immutable",
        },
        Rule {
            pattern: "volume_type",
            class: Class::BackendDefault(&["MANAGED"]),
            reason: "backend_default",
        },
        Rule {
            pattern: "volume_type",
            class: Class::Recreate,
            reason: "immutable",
        },
        Rule {
            pattern: "storage_location",
            class: Class::BackendDefault(&[]),
            reason: "backend_default",
        },
        Rule {
            pattern: "storage_location",
            class: Class::TrailingSlash,
            reason: "uc_strips_trailing_slash",
        },
        Rule {
            pattern: "storage_location",
            class: Class::Recreate,
            reason: "immutable",
        },
    ],
    output_only: &[
        "access_point",
        "browse_only",
        "created_at",
        "created_by",
        "encryption_details",
        "full_name",
        "metastore_id",
        "owner",
        "updated_at",
        "updated_by",
        "volume_id",
    ],
};

impl Kind for Volumes {
    fn rules(&self) -> &Rules {
        &RULES
    }

    fn desired(&self, mut document: Value, _facts: &Facts) -> Result<Value, Vec<String>> {
        super::required(&document, &["name", "catalog_name", "schema_name"])?;
        if let Value::Object(fields) = &mut document {
            fields.entry("volume_type").or_insert_with(|| json!("MANAGED"));
        }
        Ok(document)
    }

    fn natural_id(&self, body: &Value) -> Option<String> {
        let part = |name| text(body, name);
        let full_name = format!("{}.{}.{}", part("catalog_name")?, part("schema_name")?, part("name")?);
        Some(super::lower_name(&full_name))
    }

    fn identity_field(&self) -> Option<&'static str> {
        Some("volume_id")
    }

    fn read(&self, id: &str) -> Request {
        Request::new(Method::Get, path(id))
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        super::first_page(pages)
    }

    fn comparable(&self, remote: &Value, _old: Option<&Value>, _new: &Value) -> Value {
        Value::Object(pick(remote, FIELDS))
    }

    fn create(&self, change: &Change<'_>) -> Vec<Call> {
        let id = self.natural_id(change.new).unwrap_or_default();
        vec![Call {
            description: "create".to_owned(),
            request: Request::new(Method::Post, "/api/2.1/unity-catalog/volumes").json(change.new.clone()),
            answer: Answer::IdField("full_name"),
            idempotent: false,
            probe: Some((self.read(&id), ProbeAnswer::Exists(id))),
        }]
    }

    fn update(&self, change: &Change<'_>) -> Vec<Call> {
        let Some(id) = change.id else { return Vec::new() };
        let mut body = Map::new();
        for field in changed_fields(change) {
            let sent = if field == "name" {
                "new_name".to_owned()
            } else {
                field.clone()
            };
            body.insert(sent, change.new.get(&field).cloned().unwrap_or_else(|| json!("")));
        }
        if body.is_empty() {
            return Vec::new();
        }
        let renamed = body.contains_key("new_name");
        let new_id = self.natural_id(change.new).unwrap_or_default();
        vec![Call {
            description: format!("change {}", body.keys().cloned().collect::<Vec<_>>().join(", ")),
            request: Request::new(Method::Patch, path(id)).json(Value::Object(body)),
            answer: if renamed {
                Answer::IdField("full_name")
            } else {
                Answer::Id(id.to_owned())
            },
            idempotent: !renamed,
            probe: renamed.then(|| (self.read(&new_id), ProbeAnswer::Exists(new_id))),
        }]
    }

    fn delete(&self, id: &str, _old: &Value) -> Vec<Call> {
        vec![Call {
            description: "delete".to_owned(),
            request: Request::new(Method::Delete, path(id)),
            answer: Answer::Gone,
            idempotent: true,
            probe: None,
        }]
    }
}

fn path(id: &str) -> String {
    format!("/api/2.1/unity-catalog/volumes/{}", encode_segment(id))
}
