//! Which values tags may have on this platform (`tags` in `platform.yaml`). A key that is not named there may have any.
//!
//! ```yaml
//! tags:
//!   classification: {values: [public, internal, confidential, restricted]}
//! ```

use std::collections::BTreeMap;

use sluice_model::Diagnostic;

use crate::contract::{Contract, Located};
use crate::document::{Object, Reader, suggestion};

/// The tag that says who may know a column or table.
pub const CLASSIFICATION: &str = "classification";

/// Allowed values by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagPolicy {
    values: BTreeMap<String, Vec<String>>,
}

impl TagPolicy {
    /// Reads the key `tags` of a document; nothing is governed when it is not there.
    pub fn read(reader: &mut Reader, document: &Object<'_>) -> Self {
        let mut values = BTreeMap::new();
        for (key, value) in reader.map(document, "tags") {
            let Some(object) = reader.object(&value, &["values", "description"]) else {
                continue;
            };
            reader.optional_text(&object, "description");
            reader.required(&object, "values");
            values.insert(key, reader.texts(&object, "values"));
        }
        Self { values }
    }

    /// Why a tag is not allowed, and what would be; none when it is.
    #[must_use]
    pub fn fault(&self, key: &str, value: &str) -> Option<(String, Option<String>)> {
        let allowed = self.values.get(key)?;
        if allowed.iter().any(|known| known == value) {
            return None;
        }
        let summary = if value.is_empty() {
            format!("tag `{key}` needs a value")
        } else {
            format!("`{value}` is not an allowed value of tag `{key}`")
        };
        Some((summary, suggestion(value, allowed.iter().map(String::as_str))))
    }

    /// Every tag and classification of a contract that is not allowed.
    #[must_use]
    pub fn check(&self, contract: &Contract) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for annotations in contract.all_annotations() {
            for tag in &annotations.tags {
                let (key, value) = split(tag);
                found.extend(self.diagnostic(key, value, tag));
            }
        }
        for property in contract.all_properties() {
            if let Some(classification) = &property.classification {
                found.extend(self.diagnostic(CLASSIFICATION, classification, classification));
            }
        }
        found
    }

    fn diagnostic(&self, key: &str, value: &str, at: &Located<String>) -> Option<Diagnostic> {
        let (summary, help) = self.fault(key, value)?;
        let place = at.place.clone();
        let mut fault = Diagnostic::error(summary).path(place.path).location(place.location);
        fault.help = help;
        Some(fault)
    }
}

/// Key and value of a tag of a contract: `key`, `key=value` or `key:value`.
#[must_use]
pub fn split(tag: &str) -> (&str, &str) {
    let (key, value) = tag.split_once(['=', ':']).unwrap_or((tag, ""));
    (key.trim(), value.trim())
}

#[cfg(test)]
mod tests {
    use sluice_model::Tree;

    use super::*;

    #[test]
    fn values_outside_the_list_are_refused_and_free_keys_are_not() {
        let json = serde_json::json!({"tags": {"classification": {"values": ["internal", "restricted"]}}});
        let tree = Tree::from_json(&json);
        let mut reader = Reader::default();
        let document = reader.document(&tree, &["tags"]).unwrap();
        let policy = TagPolicy::read(&mut reader, &document);
        assert!(reader.finish().is_empty());
        assert_eq!(policy.fault("classification", "restricted"), None);
        assert_eq!(policy.fault("team", "anything"), None);
        assert_eq!(
            policy.fault("classification", "internl"),
            Some((
                "`internl` is not an allowed value of tag `classification`".to_owned(),
                Some("did you mean `internal`?".to_owned())
            ))
        );
        assert_eq!(
            policy.fault("classification", "").unwrap().0,
            "tag `classification` needs a value"
        );
        assert_eq!(
            (split("pii"), split("pii:email"), split("a = b=c")),
            (("pii", ""), ("pii", "email"), ("a", "b=c"))
        );
    }
}
