//! What a dashboard holds: the text `serialized_dashboard`, a JSON object of datasets and pages.
//!
//! It is stored in one form, whatever form it came in: fields sorted, no spaces, a line end at the end, and each page with its type.
//! Beyond that its content is the client's.

use serde_json::{Map, Value};

use crate::error::ApiError;

const PAGE_TYPE: &str = "PAGE_TYPE_CANVAS";

/// The catalog and schema that all datasets get; none leaves them as they are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Defaults<'a> {
    pub(super) catalog: Option<&'a str>,
    pub(super) schema: Option<&'a str>,
}

/// The stored form of a document.
///
/// # Errors
/// 400 when it is no JSON object, or its datasets or pages are no lists of objects with names.
pub(super) fn canonical(text: &str, defaults: Defaults<'_>) -> Result<String, ApiError> {
    let mut document: Map<String, Value> = if text.is_empty() {
        Map::new()
    } else {
        serde_json::from_str(text)
            .map_err(|error| ApiError::invalid(format!("serialized_dashboard is not a JSON object: {error}")))?
    };
    for page in entries(&mut document, "pages")? {
        page.entry("pageType").or_insert_with(|| PAGE_TYPE.into());
    }
    for dataset in entries(&mut document, "datasets")? {
        for (name, value) in [("catalog", defaults.catalog), ("schema", defaults.schema)] {
            if let Some(value) = value {
                dataset.insert(name.to_owned(), value.into());
            }
        }
    }
    document.sort_keys();
    document.values_mut().for_each(Value::sort_all_objects);
    Ok(format!("{}\n", serde_json::to_string(&document)?))
}

/// The entries of a list of named objects; none when the document has no such list.
fn entries<'a>(document: &'a mut Map<String, Value>, list: &str) -> Result<Vec<&'a mut Map<String, Value>>, ApiError> {
    let invalid =
        |place: String, what: &str| ApiError::invalid(format!("Invalid serialized_dashboard: {place} {what}"));
    let Some(value) = document.get_mut(list) else {
        return Ok(Vec::new());
    };
    let items = value
        .as_array_mut()
        .ok_or_else(|| invalid(list.to_owned(), "must be a list"))?;
    let mut found = Vec::new();
    for (index, item) in items.iter_mut().enumerate() {
        let place = format!("{list}[{index}]");
        let entry = item.as_object_mut();
        let entry = entry.filter(|entry| {
            entry
                .get("name")
                .and_then(Value::as_str)
                .is_some_and(|name| !name.is_empty())
        });
        found.push(entry.ok_or_else(|| invalid(place, "must be an object with a `name`"))?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_one_form() {
        let text = r#"{ "pages": [{"name": "p", "layout": [{"z": 1, "a": 2}]}], "datasets": [{"name": "d", "schema": "own"}] }"#;
        let plain = canonical(text, Defaults::default()).unwrap();
        assert_eq!(
            plain,
            "{\"datasets\":[{\"name\":\"d\",\"schema\":\"own\"}],\"pages\":[{\"layout\":[{\"a\":2,\"z\":1}],\"name\":\"p\",\"pageType\":\"PAGE_TYPE_CANVAS\"}]}\n"
        );
        assert_eq!(canonical(&plain, Defaults::default()).unwrap(), plain);
        let defaults = Defaults {
            catalog: Some("dev"),
            schema: None,
        };
        let placed = canonical(text, defaults).unwrap();
        assert!(placed.starts_with(r#"{"datasets":[{"catalog":"dev","name":"d","schema":"own"}]"#));
        assert_eq!(canonical("", Defaults::default()).unwrap(), "{}\n");
    }

    #[test]
    fn what_is_no_dashboard_is_refused() {
        for (text, expected) in [
            ("[]", "not a JSON object"),
            ("{", "not a JSON object"),
            (r#"{"pages": {}}"#, "pages must be a list"),
            (r#"{"pages": [1]}"#, "pages[0] must be an object with a `name`"),
            (r#"{"datasets": [{"name": "a"}, {}]}"#, "datasets[1] must be"),
        ] {
            let error = canonical(text, Defaults::default()).unwrap_err();
            assert!(
                error.status.as_u16() == 400 && error.message.contains(expected),
                "{error}"
            );
        }
    }
}
