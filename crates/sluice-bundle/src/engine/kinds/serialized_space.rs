//! The content of a Genie space, `serialized_space` of version 2: the form in which two of them are compared and sent.
//!
//! The service refuses lists that are not sorted by what identifies their items, and items without an id of 32 hexadecimal digits. Ids
//! that are left out are derived from the bundle and from what an item says, so that they stay the same from one deployment to the next.
//! (<https://docs.databricks.com/aws/en/genie/conversation-api>)

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sluice_model::Digest;

/// The version that a content without one has.
const VERSION: u32 = 2;

/// Lists whose items have ids, with the fields that say what an item is; the first that it has counts.
const WITH_IDS: [(&[&str], &[&str]); 9] = [
    (&["config", "sample_questions"], &["question"]),
    (&["instructions", "text_instructions"], &[]),
    (&["instructions", "example_question_sqls"], &["question"]),
    (&["instructions", "sql_functions"], &["identifier"]),
    (&["instructions", "join_specs"], &["left", "sql"]),
    (&["instructions", "sql_snippets", "filters"], &["display_name", "sql"]),
    (&["instructions", "sql_snippets", "expressions"], &["alias", "sql"]),
    (&["instructions", "sql_snippets", "measures"], &["alias", "sql"]),
    (&["benchmarks", "questions"], &["question"]),
];

/// Lists that are sorted by a field other than an id.
const SORTED: [(&[&str], &str); 2] = [
    (&["data_sources", "tables"], "identifier"),
    (&["data_sources", "metric_views"], "identifier"),
];

/// The content with an id on every item that needs one.
pub(super) fn with_ids(content: &Map<String, Value>, product: &str) -> Map<String, Value> {
    let mut content = content.clone();
    content.entry("version").or_insert_with(|| json!(VERSION));
    let mut content = Value::Object(content);
    for (place, fields) in WITH_IDS {
        let section = place.join(".");
        let mut used: BTreeSet<String> = BTreeSet::new();
        for item in list_at(&mut content, place).into_iter().flatten() {
            let Some(item) = item.as_object_mut() else { continue };
            if item.get("id").is_some_and(|id| id.as_str() != Some("")) {
                continue;
            }
            let said = fields.iter().find_map(|field| item.get(*field));
            let said = said.map(Value::to_string).unwrap_or_default();
            let derive = |turn: u32| {
                let turn = if turn == 0 { String::new() } else { format!("/{turn}") };
                Digest::of(format!("{product}/{section}/{said}{turn}").as_bytes()).hex()[..32].to_owned()
            };
            // Two items that say the same are told apart by their order.
            let id = (0..).map(derive).find(|id| !used.contains(id)).unwrap_or_default();
            used.insert(id.clone());
            item.insert("id".to_owned(), json!(id));
        }
    }
    match content {
        Value::Object(content) => content,
        _ => Map::new(),
    }
}

/// The content of a text, sorted as the service wants it; none when the text is not a JSON object.
pub(super) fn parse(text: &str) -> Option<Value> {
    let mut content: Value = serde_json::from_str(text).ok().filter(Value::is_object)?;
    for (place, _) in WITH_IDS {
        if let Some(list) = list_at(&mut content, place) {
            sort(list, "id");
        }
    }
    for (place, field) in SORTED {
        for source in list_at(&mut content, place).into_iter().flatten() {
            if let Some(columns) = source.get_mut("column_configs").and_then(Value::as_array_mut) {
                sort(columns, "column_name");
            }
        }
        if let Some(list) = list_at(&mut content, place) {
            sort(list, field);
        }
    }
    Some(content)
}

/// Full names of the tables, metric views and functions that a content uses.
pub(super) fn uses(text: &str) -> Vec<String> {
    let Some(content) = parse(text) else { return Vec::new() };
    let lists = [
        "/data_sources/tables",
        "/data_sources/metric_views",
        "/instructions/sql_functions",
    ];
    lists
        .iter()
        .filter_map(|place| content.pointer(place)?.as_array())
        .flatten()
        .filter_map(|item| Some(item.get("identifier")?.as_str()?.to_owned()))
        .collect()
}

fn list_at<'content>(content: &'content mut Value, place: &[&str]) -> Option<&'content mut Vec<Value>> {
    let found = place.iter().try_fold(content, |content, name| content.get_mut(*name));
    found?.as_array_mut()
}

fn sort(list: &mut [Value], field: &str) {
    list.sort_by(|one, two| {
        let key = |item: &Value| item.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        key(one).cmp(&key(two))
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn questions(texts: &[String]) -> Map<String, Value> {
        let list: Vec<Value> = texts.iter().map(|text| json!({"question": [text]})).collect();
        let content = json!({"config": {"sample_questions": list}, "benchmarks": {"questions": list}});
        content.as_object().cloned().unwrap_or_default()
    }

    fn ids(content: &Value, pointer: &str) -> Vec<String> {
        let list = content.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
        list.map(|item| item["id"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    proptest! {
        #[test]
        fn ids_are_unique_stable_and_sorted(texts in proptest::collection::vec("[a-c]{0,2}", 0..8)) {
            let first = with_ids(&questions(&texts), "flights");
            prop_assert_eq!(&first, &with_ids(&questions(&texts), "flights"));
            prop_assert_eq!(&first, &with_ids(&first, "other"));
            let content = parse(&Value::Object(first).to_string()).unwrap();
            let found = ids(&content, "/config/sample_questions");
            let mut sorted = found.clone();
            sorted.sort();
            sorted.dedup();
            prop_assert_eq!(&found, &sorted);
            prop_assert_eq!(found.len(), texts.len());
            prop_assert!(found.iter().all(|id| id.len() == 32));
            let others = ids(&content, "/benchmarks/questions");
            prop_assert!(others.iter().all(|id| !found.contains(id)));
            prop_assert_eq!(parse(&content.to_string()).unwrap(), content);
        }
    }
}
