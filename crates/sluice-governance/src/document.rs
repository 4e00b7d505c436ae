//! Reading our own strict documents: unknown and missing keys, wrong types and values are all reported, each with its place, and a
//! nearly right word with the right one.
//!
//! This reader never stops at the first fault: a value that cannot be used is reported and left out. Start with [`Reader::object`].

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use sluice_model::{Diagnostic, Location, Tree, TreePath};

/// Collects what is wrong with a document.
#[derive(Debug, Default)]
pub struct Reader {
    diagnostics: Vec<Diagnostic>,
}

/// A mapping whose keys were checked.
#[derive(Clone, Debug)]
pub struct Object<'tree> {
    tree: &'tree Tree,
    path: TreePath,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Value<'tree> {
    /// The value.
    pub tree: &'tree Tree,
    /// Its path in the document.
    pub path: TreePath,
}

impl Reader {
    /// Everything that was reported.
    #[must_use]
    pub fn finish(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// Reports an error at a value.
    pub fn error(&mut self, value: &Value<'_>, summary: impl Into<String>, help: Option<String>) {
        self.report(&value.path, value.tree.location.clone(), summary.into(), help);
    }

    /// Reports an error at the key of a field.
    pub fn error_at_key(&mut self, field: &Value<'_>, summary: impl Into<String>, help: Option<String>) {
        let location = field.tree.key_location.clone().or_else(|| field.tree.location.clone());
        self.report(&field.path, location, summary.into(), help);
    }

    fn report(&mut self, path: &TreePath, location: Option<Location>, summary: String, help: Option<String>) {
        let mut diagnostic = Diagnostic::error(summary).location(location);
        if !path.0.is_empty() {
            diagnostic = diagnostic.path(path.clone());
        }
        diagnostic.help = help;
        self.diagnostics.push(diagnostic);
    }

    /// The whole document as a mapping with these keys and no others.
    pub fn document<'tree>(&mut self, tree: &'tree Tree, known: &[&str]) -> Option<Object<'tree>> {
        let path = TreePath::default();
        self.object(&Value { tree, path }, known)
    }

    /// A mapping with these keys and no others.
    pub fn object<'tree>(&mut self, value: &Value<'tree>, known: &[&str]) -> Option<Object<'tree>> {
        let Some(fields) = value.tree.as_mapping() else {
            self.wrong_type(value, "a map");
            return None;
        };
        for (key, field) in fields {
            if !known.contains(&key.as_str()) {
                let help = suggestion(key, known.iter().copied());
                let field = Value {
                    tree: field,
                    path: value.path.key(key),
                };
                self.error_at_key(&field, format!("unknown key `{key}`"), help);
            }
        }
        Some(Object {
            tree: value.tree,
            path: value.path.clone(),
        })
    }

    /// A field that must be there.
    pub fn required<'tree>(&mut self, object: &Object<'tree>, key: &str) -> Option<Value<'tree>> {
        let found = object.get(key);
        if found.is_none() {
            let summary = format!("`{}` is missing", object.path.key(key));
            self.report(&object.path, object.tree.location.clone(), summary, None);
        }
        found
    }

    /// A text that is not empty.
    pub fn text(&mut self, value: &Value<'_>) -> Option<String> {
        match value.tree.as_str() {
            Some(text) if !text.trim().is_empty() => Some(text.to_owned()),
            Some(_) => {
                self.error(value, format!("`{}` is empty", value.path), None);
                None
            }
            None => {
                self.wrong_type(value, "a text");
                None
            }
        }
    }

    /// A required text.
    pub fn required_text(&mut self, object: &Object<'_>, key: &str) -> Option<String> {
        let value = self.required(object, key)?;
        self.text(&value)
    }

    /// A text when it is there.
    pub fn optional_text(&mut self, object: &Object<'_>, key: &str) -> Option<String> {
        let value = object.get(key)?;
        self.text(&value)
    }

    /// A truth value when it is there.
    pub fn optional_flag(&mut self, object: &Object<'_>, key: &str) -> Option<bool> {
        let value = object.get(key)?;
        let flag = value.tree.as_bool();
        if flag.is_none() {
            self.wrong_type(&value, "`true` or `false`");
        }
        flag
    }

    /// A text in the form of a type such as a name.
    pub fn parsed<T>(&mut self, value: &Value<'_>) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let text = self.text(value)?;
        match text.parse() {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.error(value, format!("{error}"), None);
                None
            }
        }
    }

    /// One of some words.
    pub fn word<T: Copy>(&mut self, value: &Value<'_>, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(value)?;
        let found = words
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, meaning)| *meaning);
        if found.is_none() {
            let help = suggestion(&text, words.iter().map(|(word, _)| *word));
            self.error(value, format!("`{text}` is not a value of `{}`", value.path), help);
        }
        found
    }

    /// The items of a list; nothing when the key is not there.
    pub fn list<'tree>(&mut self, object: &Object<'tree>, key: &str) -> Vec<Value<'tree>> {
        let Some(value) = object.get(key) else {
            return Vec::new();
        };
        match value.tree.as_sequence() {
            Some(items) => items
                .iter()
                .enumerate()
                .map(|(index, tree)| Value {
                    tree,
                    path: value.path.index(index),
                })
                .collect(),
            None => {
                self.wrong_type(&value, "a list");
                Vec::new()
            }
        }
    }

    /// A list of texts; nothing when the key is not there.
    pub fn texts(&mut self, object: &Object<'_>, key: &str) -> Vec<String> {
        let items = self.list(object, key);
        items.iter().filter_map(|item| self.text(item)).collect()
    }

    /// The fields of a free mapping, by key; nothing when the key is not there.
    pub fn map<'tree>(&mut self, object: &Object<'tree>, key: &str) -> BTreeMap<String, Value<'tree>> {
        let Some(value) = object.get(key) else {
            return BTreeMap::new();
        };
        match value.tree.as_mapping() {
            Some(fields) => fields
                .iter()
                .map(|(key, tree)| {
                    let path = value.path.key(key);
                    (key.clone(), Value { tree, path })
                })
                .collect(),
            None => {
                self.wrong_type(&value, "a map");
                BTreeMap::new()
            }
        }
    }

    /// The `version: N` that every document of ours begins with.
    pub fn format_version(&mut self, object: &Object<'_>, supported: i64) {
        let Some(value) = self.required(object, "version") else {
            return;
        };
        match value.tree.as_integer() {
            Some(version) if version == supported => {}
            Some(version) => {
                let help = format!("this version of sluice reads `version: {supported}`");
                self.error(
                    &value,
                    format!("version {version} of this document is not known"),
                    Some(help),
                );
            }
            None => self.wrong_type(&value, "a whole number"),
        }
    }

    /// Reports that a value is of another type than it must be.
    pub fn wrong_type(&mut self, value: &Value<'_>, expected: &str) {
        let subject = if value.path.0.is_empty() {
            "the document".to_owned()
        } else {
            format!("`{}`", value.path)
        };
        let found = match value.tree.kind_name() {
            "null" => "nothing",
            other => other,
        };
        self.error(value, format!("{subject} must be {expected}, not {found}"), None);
    }
}

impl<'tree> Object<'tree> {
    /// A field when it is there and not null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value<'tree>> {
        let tree = self.tree.get(key).filter(|tree| !tree.is_null())?;
        Some(Value {
            tree,
            path: self.path.key(key),
        })
    }
}

/// `did you mean …?` for a nearly right word, else the known words when they are few.
#[must_use]
pub fn suggestion<'names>(text: &str, known: impl IntoIterator<Item = &'names str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    let nearest = known
        .iter()
        .map(|name| (strsim::osa_distance(&text.to_lowercase(), &name.to_lowercase()), *name))
        .filter(|(distance, name)| *distance <= (name.chars().count() / 3).clamp(1, 3))
        .min();
    match nearest {
        Some((_, name)) => Some(format!("did you mean `{name}`?")),
        None if known.is_empty() || known.len() > 16 => None,
        None => {
            let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            Some(format!("known here: {}", names.join(", ")))
        }
    }
}
