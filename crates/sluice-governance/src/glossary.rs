//! The platform's glossary: what words mean, and which of them must not be used any more.
//!
//! ```yaml
//! version: 1
//! domain: aviation
//! terms:
//!   carrier: {name: Carrier, definition: A company that operates flights., synonyms: [airline]}
//!   tail: {name: Tail, definition: Old word for an aircraft., status: deprecated, replaced_by: aviation/aircraft}
//! ```

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::Serialize;
use sluice_model::{Diagnostic, Location, Tree};

use crate::contract::{Contract, Located};
use crate::document::{Reader, Value, suggestion};

/// Version of the format that this reads.
const FORMAT_VERSION: i64 = 1;

/// All terms of a platform by `domain/term`.
#[derive(Clone, Debug, Default)]
pub struct Glossary {
    terms: BTreeMap<String, Term>,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Term {
    /// The word, for people.
    pub name: String,
    /// What it means.
    pub definition: String,
    /// Other words for it.
    pub synonyms: Vec<String>,
    /// Whether it may be used.
    pub status: TermStatus,
    /// What to use instead, as `domain/term`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<String>,
    #[serde(skip)]
    location: Option<Location>,
}

/// Whether a term may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TermStatus {
    /// It may.
    Active,
    /// It may not any more.
    Deprecated,
}

impl Glossary {
    /// Adds the terms of one file.
    ///
    /// # Errors
    /// When a key is unknown or missing, a value is not what it must be, or a term stands in the glossary already.
    pub fn add(&mut self, tree: &Tree) -> Result<(), Vec<Diagnostic>> {
        let mut reader = Reader::default();
        self.read(&mut reader, tree);
        let diagnostics = reader.finish();
        if diagnostics.is_empty() {
            Ok(())
        } else {
            Err(diagnostics)
        }
    }

    fn read(&mut self, reader: &mut Reader, tree: &Tree) {
        let Some(object) = reader.document(tree, &["version", "domain", "terms"]) else {
            return;
        };
        reader.format_version(&object, FORMAT_VERSION);
        let domain = reader.required(&object, "domain").and_then(|value| key(reader, &value));
        reader.required(&object, "terms");
        for (name, value) in reader.map(&object, "terms") {
            if !is_key(&name) {
                reader.error_at_key(
                    &value,
                    format!("`{name}` is not a key of a term"),
                    Some(KEY_HELP.to_owned()),
                );
            }
            let Some(term) = term(reader, &value) else { continue };
            let Some(domain) = &domain else { continue };
            let id = format!("{domain}/{name}");
            if let Entry::Vacant(free) = self.terms.entry(id) {
                free.insert(term);
            } else {
                reader.error_at_key(&value, format!("term `{domain}/{name}` is defined twice"), None);
            }
        }
    }

    /// Whether there are no terms at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// A term by `domain/term`.
    #[must_use]
    pub fn term(&self, id: &str) -> Option<&Term> {
        self.terms.get(id)
    }

    /// What is wrong with the use of a term at a place; none when it may be used.
    #[must_use]
    pub fn fault(&self, used: &Located<&str>) -> Option<Diagnostic> {
        let id = used.value;
        let fault = |summary: String, help: Option<String>| {
            let mut fault = Diagnostic::error(summary).location(used.place.location.clone());
            if !used.place.path.0.is_empty() {
                fault = fault.path(used.place.path.clone());
            }
            fault.help = help;
            fault
        };
        let Some(term) = self.terms.get(id) else {
            let help = suggestion(id, self.terms.keys().map(String::as_str));
            return Some(fault(format!("the glossary has no term `{id}`"), help));
        };
        match term.status {
            TermStatus::Active => None,
            TermStatus::Deprecated => {
                let help = term.replaced_by.as_ref().map(|other| format!("use `{other}`"));
                let fault = fault(format!("term `{id}` is deprecated"), help);
                Some(fault.location(term.location.clone()))
            }
        }
    }

    /// Every use of a term in a contract that is wrong.
    #[must_use]
    pub fn check(&self, contract: &Contract) -> Vec<Diagnostic> {
        let annotations = contract.all_annotations();
        let terms = annotations.into_iter().flat_map(|annotations| annotations.terms());
        terms.filter_map(|term| self.fault(&term)).collect()
    }
}

const KEY_HELP: &str = "use a-z, 0-9, `-` and `_`";

fn is_key(text: &str) -> bool {
    let allowed = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || matches!(one, '-' | '_');
    !text.is_empty() && text.chars().all(allowed)
}

fn key(reader: &mut Reader, value: &Value<'_>) -> Option<String> {
    let text = reader.text(value)?;
    if is_key(&text) {
        return Some(text);
    }
    reader.error(
        value,
        format!("`{text}` is not a key of a domain"),
        Some(KEY_HELP.to_owned()),
    );
    None
}

fn term(reader: &mut Reader, value: &Value<'_>) -> Option<Term> {
    let object = reader.object(value, &["name", "definition", "synonyms", "status", "replaced_by"])?;
    let statuses = [("active", TermStatus::Active), ("deprecated", TermStatus::Deprecated)];
    let name = reader.required_text(&object, "name");
    let definition = reader.required_text(&object, "definition");
    let synonyms = reader.texts(&object, "synonyms");
    let status = object.get("status").map(|value| reader.word(&value, &statuses));
    let replaced_by = reader.optional_text(&object, "replaced_by");
    Some(Term {
        name: name?,
        definition: definition?,
        synonyms,
        status: status.unwrap_or(Some(TermStatus::Active))?,
        replaced_by,
        location: value.tree.key_location.clone().or_else(|| value.tree.location.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Place;

    fn glossary(terms: serde_json::Value) -> Result<Glossary, Vec<String>> {
        let document = serde_json::json!({"version": 1, "domain": "aviation", "terms": terms});
        let mut glossary = Glossary::default();
        match glossary.add(&Tree::from_json(&document)) {
            Ok(()) => Ok(glossary),
            Err(faults) => Err(faults.iter().map(ToString::to_string).collect()),
        }
    }

    fn fault(glossary: &Glossary, id: &str) -> Option<String> {
        let used = Located {
            value: id,
            place: Place::default(),
        };
        glossary.fault(&used).map(|fault| fault.to_string())
    }

    #[test]
    fn unknown_and_deprecated_terms_are_refused_with_what_would_be_right() {
        let glossary = glossary(serde_json::json!({
            "carrier": {"name": "Carrier", "definition": "Operates flights."},
            "tail": {"name": "Tail", "definition": "Old.", "status": "deprecated", "replaced_by": "aviation/aircraft"}
        }))
        .unwrap();
        assert_eq!(fault(&glossary, "aviation/carrier"), None);
        assert_eq!(
            fault(&glossary, "aviation/carier").unwrap(),
            "error: the glossary has no term `aviation/carier`\n  help: did you mean `aviation/carrier`?"
        );
        assert_eq!(
            fault(&glossary, "aviation/tail").unwrap(),
            "error: term `aviation/tail` is deprecated\n  help: use `aviation/aircraft`"
        );
    }

    #[test]
    fn faults_of_a_glossary_are_reported_together() {
        let found = glossary(serde_json::json!({"Carrier": {"nme": "Carrier", "definition": "x", "status": "old"}}));
        assert_eq!(
            found.unwrap_err(),
            [
                "error: `Carrier` is not a key of a term\n  at terms.Carrier\n  help: use a-z, 0-9, `-` and `_`",
                "error: unknown key `nme`\n  at terms.Carrier.nme\n  help: did you mean `name`?",
                "error: `terms.Carrier.name` is missing\n  at terms.Carrier",
                "error: `old` is not a value of `terms.Carrier.status`\n  at terms.Carrier.status\n  help: known here: `active`, `deprecated`",
            ]
        );
    }
}
