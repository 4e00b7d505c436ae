//! Empty lists and maps are not sent: to the service they say nothing, and the Databricks CLI neither sends nor keeps them. An empty
//! object is sent, because it may say that something is there.

use serde_json::{Map, Value};
use sluice_wire::types::{self, Field, FieldType};

/// Takes empty lists and maps out of a body that has these fields.
pub(super) fn remove(body: &mut Value, fields: &[Field]) {
    if let Value::Object(body) = body {
        object(body, fields);
    }
}

fn object(body: &mut Map<String, Value>, fields: &[Field]) {
    body.retain(|name, value| {
        let Some(field) = fields.iter().find(|field| field.name == *name) else {
            return true;
        };
        inside(value, &field.field_type);
        match (&field.field_type, value) {
            (FieldType::List(_), Value::Array(items)) => !items.is_empty(),
            (FieldType::Map(_), Value::Object(entries)) => !entries.is_empty(),
            _ => true,
        }
    });
}

fn inside(value: &mut Value, field_type: &FieldType) {
    match (field_type, value) {
        (FieldType::List(item), Value::Array(items)) => items.iter_mut().for_each(|value| inside(value, item)),
        (FieldType::Map(item), Value::Object(entries)) => entries.values_mut().for_each(|value| inside(value, item)),
        (FieldType::Object(class), Value::Object(body)) => object(body, types::class(class).unwrap_or(&[])),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sluice_model::ResourceKey;

    use super::*;

    #[test]
    fn lists_and_maps_go_and_objects_stay() {
        let job = crate::engine::kinds::of(&ResourceKey::bundle("jobs", "load")).unwrap();
        let mut body = json!({
            "name": "load", "tags": {}, "parameters": [], "email_notifications": {"on_failure": []},
            "tasks": [{"task_key": "a", "libraries": [], "spark_python_task": {"python_file": "a.py", "parameters": []}}],
        });
        remove(&mut body, job.fields());
        assert_eq!(
            body,
            json!({
                "name": "load", "email_notifications": {},
                "tasks": [{"task_key": "a", "spark_python_task": {"python_file": "a.py"}}],
            })
        );
    }
}
