//! Which values were read while a run was under way, and blotting them out of what its tasks leave behind.
//!
//! A value is blotted out word for word, as base64, as it stands in JSON and Python literals, and line by line. A task that wants to
//! hand out a secret in yet another form can: whoever may run code with a secret may read it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use sluice_model::Secret;

const BLOT: &str = "[REDACTED]";
/// A line of a secret of several lines counts by itself from this length on.
const SHORTEST_LINE: usize = 8;

#[derive(Default)]
struct Watches {
    last: u64,
    open: BTreeMap<u64, Watched>,
}

struct Watched {
    principal_id: i64,
    texts: BTreeSet<String>,
}

/// The runs that are under way, and what was read during them.
#[derive(Clone, Default)]
pub(crate) struct Disclosures(Arc<Mutex<Watches>>);

impl Disclosures {
    fn watches(&self) -> MutexGuard<'_, Watches> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers from now on what this principal reads, until the watch is dropped.
    pub(crate) fn watch(&self, principal_id: i64) -> Watch {
        let mut watches = self.watches();
        watches.last += 1;
        let number = watches.last;
        let watched = Watched {
            principal_id,
            texts: BTreeSet::new(),
        };
        watches.open.insert(number, watched);
        Watch {
            number,
            disclosures: self.clone(),
        }
    }

    /// Notes that the principal is about to get a value.
    pub(crate) fn note(&self, principal_id: i64, value: &Secret<Vec<u8>>) {
        let forms = forms(value.expose());
        for watched in self.watches().open.values_mut() {
            if watched.principal_id == principal_id {
                watched.texts.extend(forms.iter().cloned());
            }
        }
    }
}

/// A watch over one run.
pub(crate) struct Watch {
    number: u64,
    disclosures: Disclosures,
}

impl Watch {
    /// Blots out what has been read so far, and these further texts.
    pub(crate) fn redactor(&self, further: &[&str]) -> Redactor {
        let watches = self.disclosures.watches();
        let read = watches
            .open
            .get(&self.number)
            .into_iter()
            .flat_map(|watched| &watched.texts);
        Redactor::new(read.map(String::as_str).chain(further.iter().copied()))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.disclosures.watches().open.remove(&self.number);
    }
}

/// Texts to blot out.
pub(crate) struct Redactor(Vec<Secret<String>>);

impl Redactor {
    fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
        // A text that holds another one goes first.
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self(texts.into_iter().map(|text| Secret::new(text.to_owned())).collect())
    }

    /// The text without the secrets.
    pub(crate) fn text(&self, text: String) -> String {
        self.0.iter().fold(text, |text, secret| {
            if text.contains(secret.expose().as_str()) {
                text.replace(secret.expose().as_str(), BLOT)
            } else {
                text
            }
        })
    }

    /// As [`Self::text`], for a text whose end was cut off: the beginning of a secret at the end goes as well.
    pub(crate) fn cut_text(&self, text: String) -> String {
        let mut text = self.text(text);
        // What the cut has left of a character.
        text.truncate(text.trim_end_matches(char::REPLACEMENT_CHARACTER).len());
        let begun = |secret: &str| {
            let ends = secret.char_indices().map(|(index, _)| index).skip(1);
            ends.filter(|end| text.ends_with(&secret[..*end])).max()
        };
        if let Some(length) = self.0.iter().filter_map(|secret| begun(secret.expose())).max() {
            text.truncate(text.len() - length);
            text.push_str(BLOT);
        }
        text
    }

    /// As [`Self::document`].
    pub(crate) fn fields(&self, fields: Map<String, Value>) -> Map<String, Value> {
        let fields = fields.into_iter();
        fields
            .map(|(name, value)| (self.text(name), self.document(value)))
            .collect()
    }

    /// All texts of a document, names of fields as well.
    pub(crate) fn document(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.into_iter().map(|item| self.document(item)).collect(),
            Value::Object(fields) => Value::Object(self.fields(fields)),
            Value::Null | Value::Bool(_) | Value::Number(_) => value,
        }
    }
}

/// The forms of a value that are looked for.
fn forms(value: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(value).into_owned();
    let quoted = Value::String(text.clone()).to_string();
    let in_json = quoted.trim_matches('"').to_owned();
    let python = text
        .replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('\r', "\\r")
        .replace('\t', "\\t");
    let mut forms = BTreeSet::from([
        text.trim().to_owned(),
        in_json,
        python.replace('\'', "\\'"),
        python,
        STANDARD.encode(value),
    ]);
    let lines = text.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE);
    forms.extend(lines.map(str::to_owned));
    forms.insert(text);
    forms.retain(|form| !form.is_empty());
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(values: &[&str]) -> Redactor {
        let disclosures = Disclosures::default();
        let watch = disclosures.watch(1);
        for value in values {
            disclosures.note(1, &Secret::new(value.as_bytes().to_vec()));
        }
        watch.redactor(&["token"])
    }

    #[test]
    fn every_form_of_a_value_is_blotted_out() {
        let redactor = redactor(&["s3cret", "it's\na \"key\" of lines\n", "s3cret-longer"]);
        for (text, expected) in [
            ("a s3cret b", "a [REDACTED] b"),
            ("s3cret-longer", "[REDACTED]"),
            ("czNjcmV0", "[REDACTED]"),
            ("with token", "with [REDACTED]"),
            ("  a \"key\" of lines", "  [REDACTED]"),
            ("'it\\'s\\na \"key\" of lines\\n'", "'[REDACTED]'"),
            ("\"it's\\na \\\"key\\\" of lines\\n\"", "\"[REDACTED]\""),
            ("s3cre t", "s3cre t"),
        ] {
            assert_eq!(redactor.text(text.to_owned()), expected);
        }
        assert_eq!(
            redactor.document(serde_json::json!({"s3cret": ["s3cret", 1, {"a": "xs3cretx"}]})),
            serde_json::json!({"[REDACTED]": ["[REDACTED]", 1, {"a": "x[REDACTED]x"}]})
        );
        assert_eq!(redactor.cut_text("the end is s3cr".to_owned()), "the end is [REDACTED]");
        assert_eq!(redactor.cut_text("the end".to_owned()), "the end");
    }

    #[test]
    fn a_watch_sees_its_principal_while_it_lasts() {
        let disclosures = Disclosures::default();
        let value = Secret::new(b"before".to_vec());
        disclosures.note(1, &value);
        let (mine, other) = (disclosures.watch(1), disclosures.watch(2));
        let after = Secret::new(b"after!".to_vec());
        disclosures.note(1, &after);
        assert_eq!(mine.redactor(&[]).text("before after!".to_owned()), "before [REDACTED]");
        assert_eq!(other.redactor(&[]).text("after!".to_owned()), "after!");
        drop((mine, other));
        assert!(disclosures.watches().open.is_empty());
    }
}
