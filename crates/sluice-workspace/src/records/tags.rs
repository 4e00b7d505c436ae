//! Lists of tags: `[{"key": …, "value": …}]`.

use super::document::{Document, Json};

/// Gives a record this tag, in place of the one with its key.
pub(super) fn set(body: &mut Document, tag: Json) {
    remove(body, tag.get("key").and_then(Json::as_str).unwrap_or_default());
    if let Some(Json::Array(tags)) = body.get_mut("tags") {
        tags.push(tag);
    }
}

/// Takes the tag with this key away.
pub(super) fn remove(body: &mut Document, key: &str) {
    let tags = body.entry("tags").or_insert_with(|| Json::Array(Vec::new()));
    if let Json::Array(tags) = tags {
        tags.retain(|tag| tag.get("key").and_then(Json::as_str) != Some(key));
    }
}
