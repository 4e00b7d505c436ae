//! The policies of tags, which say what values a key may have. They are looked at before anything is made, and never made or changed.
//! (<https://docs.databricks.com/api/workspace/tagpolicies>)

use serde_json::Value;
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

use super::{Call, Change, Facts, Kind, text};
use crate::engine::difference::Rules;

/// The kind that stands for them among what is observed; nothing can be declared as one.
pub(crate) struct TagPolicies;

/// Its name in keys.
pub(crate) const NAME: &str = "tag_policies";

static RULES: Rules = Rules {
    keyed: &[],
    fields: &[],
    output_only: &[],
};

impl Kind for TagPolicies {
    fn rules(&self) -> &Rules {
        &RULES
    }

    fn desired(&self, _document: Value, _facts: &Facts) -> Result<Value, Vec<String>> {
        Err(vec!["cannot be declared".to_owned()])
    }

    fn read(&self, id: &str) -> Request {
        Request::new(Method::Get, format!("/api/2.1/tag-policies/{}", encode_segment(id)))
    }

    /// Whoever may not see a policy, or has a workspace without them, learns from the service what a key may be.
    fn is_absent(&self, status: u16, _answer: &Value) -> bool {
        status >= 400
    }

    fn observed(&self, pages: Vec<Value>) -> Value {
        super::first_page(pages)
    }

    fn create(&self, _change: &Change<'_>) -> Vec<Call> {
        Vec::new()
    }

    fn update(&self, _change: &Change<'_>) -> Vec<Call> {
        Vec::new()
    }

    fn delete(&self, _id: &str, _old: &Value) -> Vec<Call> {
        Vec::new()
    }
}

/// The values that a policy allows; any when there are none.
pub(crate) fn allowed(policy: &Value) -> Vec<&str> {
    let values = policy.get("values").and_then(Value::as_array).into_iter().flatten();
    values.filter_map(|value| text(value, "name")).collect()
}
