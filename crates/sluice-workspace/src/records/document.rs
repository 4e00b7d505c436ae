//! What clients write, as JSON objects: reading fields, leaving out what the API does not know, masks and secrets.

use serde_json::Map;
use sluice_wire::types::{FieldType, class};

use crate::error::ApiError;

/// Any JSON, which this module stores and gives back without reading more of it than a kind needs.
pub(crate) use serde_json::Value as Json;

/// A JSON object.
pub(crate) type Document = Map<String, Json>;

/// A text field; none when it is absent, empty or not a text.
pub(crate) fn text<'a>(document: &'a Document, field: &str) -> Option<&'a str> {
    document
        .get(field)
        .and_then(Json::as_str)
        .filter(|text| !text.is_empty())
}

/// A text field that must be there.
///
/// # Errors
/// 400 naming the field.
pub(crate) fn required<'a>(document: &'a Document, field: &str) -> Result<&'a str, ApiError> {
    text(document, field).ok_or_else(|| ApiError::invalid(format!("`{field}` is required")))
}

/// The object in a field, empty when there is none.
pub(crate) fn object(document: &Document, field: &str) -> Document {
    document
        .get(field)
        .and_then(Json::as_object)
        .cloned()
        .unwrap_or_default()
}

/// Leaves out what a class of the REST API does not have, at every depth, and what is null.
///
/// # Errors
/// 400 naming the field, when it has a list where the API has an object, a text where it has a list, and so on.
pub(crate) fn prune(class_name: &str, document: &mut Document) -> Result<(), ApiError> {
    let Some(fields) = class(class_name) else {
        return Ok(());
    };
    document.retain(|name, value| !value.is_null() && fields.iter().any(|field| field.name == *name));
    for field in fields {
        if let Some(value) = document.get_mut(&field.name) {
            check(&field.name, &field.field_type, value)?;
        }
    }
    Ok(())
}

/// As [`prune`], for the value of one field.
pub(crate) fn check(name: &str, field_type: &FieldType, value: &mut Json) -> Result<(), ApiError> {
    let wrong = |expected: &str| ApiError::malformed(format!("the field `{name}` must be {expected}"));
    match (field_type, value) {
        (FieldType::Any, _) => Ok(()),
        (FieldType::Object(class_name), Json::Object(inner)) => prune(class_name, inner),
        (FieldType::Object(_), _) => Err(wrong("an object")),
        (FieldType::List(item), Json::Array(items)) => items.iter_mut().try_for_each(|each| check(name, item, each)),
        (FieldType::List(_), _) => Err(wrong("a list")),
        (FieldType::Map(item), Json::Object(inner)) => {
            inner.retain(|_, value| !value.is_null());
            inner.values_mut().try_for_each(|each| check(name, item, each))
        }
        (FieldType::Map(_), _) => Err(wrong("an object")),
        (FieldType::Bool, Json::Bool(_)) => Ok(()),
        (FieldType::Bool, _) => Err(wrong("`true` or `false`")),
        (FieldType::Integer | FieldType::Float, Json::Number(_) | Json::String(_)) => Ok(()),
        (FieldType::Integer | FieldType::Float, _) => Err(wrong("a number")),
        (FieldType::String | FieldType::Enum(_), Json::String(_) | Json::Number(_) | Json::Bool(_)) => Ok(()),
        (FieldType::String | FieldType::Enum(_), _) => Err(wrong("a text")),
    }
}

/// Removes every field with one of these names, at every depth.
pub(crate) fn strip(document: &mut Document, secret: fn(&str) -> bool) {
    document.retain(|name, _| !secret(name));
    for value in document.values_mut() {
        strip_value(value, secret);
    }
}

fn strip_value(value: &mut Json, secret: fn(&str) -> bool) {
    match value {
        Json::Object(inner) => strip(inner, secret),
        Json::Array(items) => items.iter_mut().for_each(|each| strip_value(each, secret)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// Takes the fields that a mask names (`display_name,spec.capacity`; `*` for all) over from `given`: what the mask names and `given` lacks
/// is removed.
///
/// # Errors
/// 400 when the mask names a field that cannot be changed.
pub(crate) fn apply_mask(
    stored: &mut Document,
    given: &Document,
    mask: &str,
    changeable: &[&str],
) -> Result<(), ApiError> {
    for path in mask.split(',').map(str::trim).filter(|path| !path.is_empty()) {
        let path = snake_case(path);
        let path = path.as_str();
        if path == "*" {
            stored.retain(|name, _| !changeable.contains(&name.as_str()));
            stored.extend(given.clone());
            continue;
        }
        let first = path.split('.').next().unwrap_or_default();
        if !changeable.contains(&first) {
            return Err(ApiError::invalid(format!(
                "`update_mask` names `{path}`, which cannot be changed"
            )));
        }
        copy_path(stored, given, path);
    }
    Ok(())
}

/// A field mask in JSON has `displayName` for `display_name`; some clients send it so.
pub(crate) fn snake_case(path: &str) -> String {
    let mut snake = String::new();
    for character in path.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

fn copy_path(stored: &mut Document, given: &Document, path: &str) {
    let Some((first, rest)) = path.split_once('.') else {
        match given.get(path) {
            Some(value) => stored.insert(path.to_owned(), value.clone()),
            None => stored.remove(path),
        };
        return;
    };
    let inner_given = object(given, first);
    let mut inner = object(stored, first);
    copy_path(&mut inner, &inner_given, rest);
    stored.insert(first.to_owned(), Json::Object(inner));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(value: Json) -> Document {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn what_the_api_does_not_know_is_left_out_at_every_depth() {
        let mut given = document(json!({
            "cluster_name": "c", "no_such": 1, "num_workers": null,
            "autoscale": {"min_workers": 1, "surplus": true},
            "spark_conf": {"any.key": "v"},
        }));
        prune("compute.ClusterSpec", &mut given).unwrap();
        let expected = json!({"cluster_name": "c", "autoscale": {"min_workers": 1}, "spark_conf": {"any.key": "v"}});
        assert_eq!(given, document(expected));
        let mut wrong = document(json!({"autoscale": [1]}));
        let error = prune("compute.ClusterSpec", &mut wrong).unwrap_err();
        assert_eq!(error.message, "the field `autoscale` must be an object");
    }

    #[test]
    fn a_mask_sets_removes_and_reaches_into_objects() {
        let mut stored = document(json!({"a": 1, "b": 2, "c": {"d": 3, "e": 4}}));
        let given = document(json!({"a": 5, "c": {"d": 6, "e": 7}}));
        apply_mask(&mut stored, &given, "a,b,c.d", &["a", "b", "c"]).unwrap();
        assert_eq!(snake_case("spec.displayName"), "spec.display_name");
        assert_eq!(stored, document(json!({"a": 5, "c": {"d": 6, "e": 4}})));
        apply_mask(&mut stored, &given, "*", &["a", "c"]).unwrap();
        assert_eq!(stored, given);
        assert!(apply_mask(&mut stored, &given, "z", &["a"]).is_err());
    }

    #[test]
    fn secrets_go_wherever_they_stand() {
        let mut given = document(json!({"a_plaintext": "x", "l": [{"b_plaintext": "y", "k": 1}]}));
        strip(&mut given, |name| name.ends_with("_plaintext"));
        assert_eq!(given, document(json!({"l": [{"k": 1}]})));
    }
}
