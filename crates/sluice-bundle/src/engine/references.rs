//! `${resources.…}` and `${catalog.…}` references inside bodies: finding them and filling them in.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;
use sluice_model::ResourceKey;
use sluice_wire::types::{self, Field, FieldType};

use super::field_path::{FieldPath, Segment, covers};
use super::kinds::Kind;

/// One reference to a field of another resource.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reference {
    /// As written: `${resources.jobs.load.id}`.
    pub(crate) text: String,
    /// The resource.
    pub(crate) node: ResourceKey,
    /// The field of that resource.
    pub(crate) field: FieldPath,
}

/// What a reference is known to stand for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known {
    /// This value.
    Value(Value),
    /// Nothing before the other resource was applied.
    Later,
    /// Nothing ever; the text says why.
    Never(String),
}

static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\$\{(resources|catalog)\.([\p{L}\w-]+)\.([\p{L}\w-]+)\.([\p{L}\w.\-\[\]]+)\}")
        .expect("invariant: the pattern is a constant and compiles")
});

/// The references of a text, in order.
pub(crate) fn references_in(text: &str) -> Vec<Reference> {
    if !text.contains("${") {
        return Vec::new();
    }
    REFERENCE
        .captures_iter(text)
        .filter_map(|found| {
            let node = if &found[1] == "catalog" {
                ResourceKey::catalog(&found[2], &found[3])
            } else {
                ResourceKey::bundle(&found[2], &found[3])
            };
            Some(Reference {
                text: found[0].to_owned(),
                node,
                field: FieldPath::parse(&found[4])?,
            })
        })
        .collect()
}

/// All texts of a body that hold references, with their paths.
pub(crate) fn templates(body: &Value) -> Vec<(FieldPath, String)> {
    let mut found = Vec::new();
    collect(body, &FieldPath::default(), &mut found);
    found
}

fn collect(value: &Value, path: &FieldPath, found: &mut Vec<(FieldPath, String)>) {
    match value {
        Value::String(text) if text.contains("${") && REFERENCE.is_match(text) => {
            found.push((path.clone(), text.clone()))
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &path.then(Segment::Index(index)), found);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                collect(item, &path.key(key), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Fills every reference of a body that is known. Gives back the templates that wait for other resources, by path, and why
/// others can never be filled. A text that is exactly one reference takes the type of the value; fields that `integers` covers
/// take ids as whole numbers.
pub(crate) fn fill(
    body: &mut Value,
    integers: &[&str],
    lookup: impl Fn(&Reference) -> Known,
) -> (BTreeMap<String, String>, Vec<String>) {
    let mut waiting = BTreeMap::new();
    let mut faults = Vec::new();
    for (path, template) in templates(body) {
        match fill_text(&template, &lookup) {
            Known::Value(value) => {
                let value = as_integer(value, integers.iter().any(|pattern| covers(pattern, &path)));
                if let Some(place) = path.find_mut(body) {
                    *place = value;
                }
            }
            Known::Later => {
                waiting.insert(path.to_string(), template);
            }
            Known::Never(why) => faults.push(format!("`{path}`: {why}")),
        }
    }
    (waiting, faults)
}

/// As [`fill`], for a body of a kind: what a reference brings is of the type that the field has, so that a number becomes a text where
/// the service takes texts.
pub(crate) fn fill_body(
    kind: &dyn Kind,
    body: &mut Value,
    lookup: impl Fn(&Reference) -> Known,
) -> (BTreeMap<String, String>, Vec<String>) {
    let outcome = fill(body, kind.integers(), lookup);
    texts(body, kind.fields());
    outcome
}

fn texts(body: &mut Value, fields: &[Field]) {
    for (name, value) in body.as_object_mut().into_iter().flatten() {
        if let Some(field) = fields.iter().find(|field| field.name == *name) {
            text(value, &field.field_type);
        }
    }
}

fn text(value: &mut Value, field_type: &FieldType) {
    match (field_type, &mut *value) {
        (FieldType::String, Value::Number(_) | Value::Bool(_)) => *value = Value::String(value.to_string()),
        (FieldType::List(item), Value::Array(items)) => items.iter_mut().for_each(|value| text(value, item)),
        (FieldType::Map(item), Value::Object(entries)) => entries.values_mut().for_each(|value| text(value, item)),
        (FieldType::Object(class), Value::Object(_)) => texts(value, types::class(class).unwrap_or(&[])),
        _ => {}
    }
}

fn fill_text(template: &str, lookup: &impl Fn(&Reference) -> Known) -> Known {
    let mut filled = template.to_owned();
    let mut later = false;
    for reference in references_in(template) {
        match lookup(&reference) {
            Known::Value(value) if reference.text == template => return Known::Value(value),
            Known::Value(Value::String(text)) => filled = filled.replace(&reference.text, &text),
            Known::Value(value @ (Value::Number(_) | Value::Bool(_))) => {
                filled = filled.replace(&reference.text, &value.to_string());
            }
            Known::Value(Value::Null | Value::Array(_) | Value::Object(_)) => {
                return Known::Never(format!(
                    "`{}` is not a text and cannot stand inside one",
                    reference.text
                ));
            }
            Known::Later => later = true,
            never @ Known::Never(_) => return never,
        }
    }
    if later {
        Known::Later
    } else {
        Known::Value(Value::String(filled))
    }
}

fn as_integer(value: Value, wanted: bool) -> Value {
    match &value {
        Value::String(text) if wanted => text.parse::<i64>().map_or(value, Value::from),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lookup(reference: &Reference) -> Known {
        match reference.field.to_string().as_str() {
            "id" => Known::Value(json!("12")),
            "later" => Known::Later,
            "tags" => Known::Value(json!({"a": "b"})),
            _ => Known::Never(format!("`{}` has no such field", reference.node)),
        }
    }

    #[test]
    fn references_take_the_type_that_the_field_needs() {
        let mut body = json!({
            "tasks": [{"run_job_task": {"job_id": "${resources.jobs.a.id}"}}],
            "tags": "${resources.jobs.a.tags}",
            "text": "job ${resources.jobs.a.id} of ${var.x}",
            "parameter": "${resources.jobs.a.id}",
        });
        let (waiting, faults) = fill(&mut body, &["tasks[*].run_job_task.job_id"], lookup);
        assert_eq!((waiting.len(), faults.len()), (0, 0));
        assert_eq!(
            body,
            json!({
                "tasks": [{"run_job_task": {"job_id": 12}}],
                "tags": {"a": "b"},
                "text": "job 12 of ${var.x}",
                "parameter": "12",
            })
        );
    }

    #[test]
    fn what_is_not_known_stays_with_its_path() {
        let mut body = json!({"a": ["${resources.jobs.x.later}"], "b": "${resources.jobs.x.nothing}", "c": "-${resources.jobs.x.tags}-"});
        let (waiting, faults) = fill(&mut body, &[], lookup);
        assert_eq!(
            waiting,
            BTreeMap::from([("a[0]".to_owned(), "${resources.jobs.x.later}".to_owned())])
        );
        assert_eq!(
            faults,
            [
                "`b`: `resources.jobs.x` has no such field",
                "`c`: `${resources.jobs.x.tags}` is not a text and cannot stand inside one"
            ]
        );
    }
}
