//! Documents as trees whose nodes know where they were written.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};

/// A place in a file. Line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Location {
    /// Path as messages show it, relative to the root of the document set.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A value of a document with the places where it was written.
///
/// Equality compares values alone, so that two documents with the same content are equal wherever they stand.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The value.
    pub node: Node,
    /// Where the value was written; none for a value that the engine made (a default, a preset).
    pub location: Option<Location>,
    /// Where its key was written, when the value stands in a mapping.
    pub key_location: Option<Location>,
}

/// The value of a [`Tree`]. Mappings keep the order of the document.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Node {
    /// Nothing, or an explicit null.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A text.
    String(String),
    /// A list.
    Sequence(Vec<Tree>),
    /// Keys and values.
    Mapping(IndexMap<String, Tree>),
}

impl PartialEq for Tree {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

impl From<Node> for Tree {
    fn from(node: Node) -> Self {
        Self {
            node,
            location: None,
            key_location: None,
        }
    }
}

impl From<&str> for Tree {
    fn from(text: &str) -> Self {
        Node::String(text.to_owned()).into()
    }
}

impl From<String> for Tree {
    fn from(text: String) -> Self {
        Node::String(text).into()
    }
}

impl From<bool> for Tree {
    fn from(value: bool) -> Self {
        Node::Bool(value).into()
    }
}

impl From<i64> for Tree {
    fn from(value: i64) -> Self {
        Node::Integer(value).into()
    }
}

impl Tree {
    /// An empty mapping.
    #[must_use]
    pub fn mapping() -> Self {
        Node::Mapping(IndexMap::new()).into()
    }

    /// The same value at another place of writing.
    #[must_use]
    pub fn at(mut self, location: Option<Location>) -> Self {
        self.location = location;
        self
    }

    /// The value of a key, when this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_mapping()?.get(key)
    }

    /// The value of a key, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.node {
            Node::Mapping(fields) => fields.get_mut(key),
            Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) | Node::Sequence(_) => {
                None
            }
        }
    }

    /// The value at a path.
    #[must_use]
    pub fn at_path(&self, path: &TreePath) -> Option<&Self> {
        path.0.iter().try_fold(self, |tree, step| match step {
            Step::Key(key) => tree.get(key),
            Step::Index(index) => tree.as_sequence()?.get(*index),
        })
    }

    /// Takes a field out of a mapping; nothing when there is none.
    pub fn remove(&mut self, key: &str) -> Option<Self> {
        match &mut self.node {
            Node::Mapping(fields) => fields.shift_remove(key),
            Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) | Node::Sequence(_) => {
                None
            }
        }
    }

    /// Sets the value of a key; a null becomes a mapping first. Does nothing on other kinds of values and says so by `false`.
    pub fn set(&mut self, key: &str, value: impl Into<Self>) -> bool {
        if self.is_null() {
            self.node = Node::Mapping(IndexMap::new());
        }
        match &mut self.node {
            Node::Mapping(fields) => {
                fields.insert(key.to_owned(), value.into());
                true
            }
            Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) | Node::Sequence(_) => {
                false
            }
        }
    }

    /// The map that the text of this holds as JSON; none when this is no such text. Its values have the place of the text.
    #[must_use]
    pub fn held_map(&self) -> Option<Self> {
        let held = Self::from_json(&serde_json::from_str(self.as_str()?).ok()?);
        held.as_mapping()?;
        Some(held.at(self.location.clone()))
    }

    /// Whether this is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.node == Node::Null
    }

    /// The text, when this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.node {
            Node::String(text) => Some(text),
            Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::Sequence(_) | Node::Mapping(_) => {
                None
            }
        }
    }

    /// The truth value, when this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.node {
            Node::Bool(value) => Some(value),
            Node::Null | Node::Integer(_) | Node::Float(_) | Node::String(_) | Node::Sequence(_) | Node::Mapping(_) => {
                None
            }
        }
    }

    /// The whole number, when this is one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self.node {
            Node::Integer(value) => Some(value),
            Node::Null | Node::Bool(_) | Node::Float(_) | Node::String(_) | Node::Sequence(_) | Node::Mapping(_) => {
                None
            }
        }
    }

    /// The items, when this is a list.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Self]> {
        match &self.node {
            Node::Sequence(items) => Some(items),
            Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) | Node::Mapping(_) => None,
        }
    }

    /// The fields, when this is a mapping.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&IndexMap<String, Self>> {
        match &self.node {
            Node::Mapping(fields) => Some(fields),
            Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) | Node::Sequence(_) => {
                None
            }
        }
    }

    /// What people call this kind of value: `null`, `boolean`, `integer`, `number`, `string`, `list`, `map`.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self.node {
            Node::Null => "null",
            Node::Bool(_) => "boolean",
            Node::Integer(_) => "integer",
            Node::Float(_) => "number",
            Node::String(_) => "string",
            Node::Sequence(_) => "list",
            Node::Mapping(_) => "map",
        }
    }

    /// The value as JSON, in the order of the document. A float that JSON cannot hold (NaN, infinity) becomes null.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match &self.node {
            Node::Null => serde_json::Value::Null,
            Node::Bool(value) => (*value).into(),
            Node::Integer(value) => (*value).into(),
            Node::Float(value) => (*value).into(),
            Node::String(text) => text.as_str().into(),
            Node::Sequence(items) => items.iter().map(Self::to_json).collect(),
            Node::Mapping(fields) => serde_json::Value::Object(
                fields
                    .iter()
                    .map(|(key, value)| (key.clone(), value.to_json()))
                    .collect(),
            ),
        }
    }

    /// A tree without places from JSON. An integer beyond `i64` becomes a float.
    #[must_use]
    pub fn from_json(value: &serde_json::Value) -> Self {
        let node = match value {
            serde_json::Value::Null => Node::Null,
            serde_json::Value::Bool(value) => Node::Bool(*value),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(integer) => Node::Integer(integer),
                None => Node::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Node::String(text.clone()),
            serde_json::Value::Array(items) => Node::Sequence(items.iter().map(Self::from_json).collect()),
            serde_json::Value::Object(fields) => Node::Mapping(
                fields
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::from_json(value)))
                    .collect(),
            ),
        };
        node.into()
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

/// One step of a [`TreePath`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into a mapping.
    Key(String),
    /// Into a list, from 0.
    Index(usize),
}

/// A path inside a document, written `resources.jobs.load.tasks[0].notebook_task`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreePath(pub Vec<Step>);

impl TreePath {
    /// The path of these keys, without indexes.
    pub fn keys<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self(keys.into_iter().map(|key| Step::Key(key.into())).collect())
    }

    /// This path and one key more.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.into()));
        Self(steps)
    }

    /// This path and one index more.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        Self(steps)
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => formatter.write_str(key)?,
                Step::Key(key) => write!(formatter, ".{key}")?,
                Step::Index(index) => write!(formatter, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl Serialize for TreePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_survives_a_round_trip_in_order() {
        let json: serde_json::Value = serde_json::from_str(r#"{"b":[1,2.5,null,true],"a":{"x":"y"}}"#).unwrap();
        let tree = Tree::from_json(&json);
        assert_eq!(tree.to_json().to_string(), json.to_string());
        let path = TreePath::keys(["b"]).index(1);
        assert_eq!(
            (path.to_string().as_str(), tree.at_path(&path)),
            ("b[1]", Some(&Node::Float(2.5).into()))
        );
    }
}
