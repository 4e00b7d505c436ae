//! What an input holds, as the JSON Schema `input.schema.json`, of which this walks the part that says which keys there are.

use std::sync::OnceLock;

use sluice_model::{Node, Tree};

static TEXT: &str = include_str!("input.schema.json");

/// A step into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A key that is written out.
    Key(String),
    /// A variable or an index.
    Any,
}

/// What may stand at a place of an input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape(&'static Tree);

fn document() -> &'static Tree {
    static DOCUMENT: OnceLock<Tree> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let json: serde_json::Value = serde_json::from_str(TEXT).expect("invariant: the schema is JSON");
        Tree::from_json(&json)
    })
}

impl Shape {
    /// The whole input.
    pub(crate) fn input() -> Self {
        Self(document())
    }

    fn resolved(self) -> Self {
        let reference = self.0.get("$ref").and_then(Tree::as_str);
        let name = reference.and_then(|reference| reference.strip_prefix("#/$defs/"));
        match name.and_then(|name| document().get("$defs")?.get(name)) {
            Some(definition) => Self(definition),
            None => self,
        }
    }

    /// Where a step leads: none when anything may stand there.
    ///
    /// # Errors
    /// When there is no such key: the keys that there are.
    pub(crate) fn step(self, step: &Step) -> Result<Option<Self>, Vec<String>> {
        let shape = self.resolved().0;
        if let Some(items) = shape.get("items") {
            return match step {
                Step::Any => Ok(Some(Self(items))),
                Step::Key(_) => Err(Vec::new()),
            };
        }
        let rest = shape.get("additionalProperties");
        let Some(properties) = shape.get("properties").and_then(Tree::as_mapping) else {
            return Ok(rest.map(Self).filter(|rest| rest.0.as_mapping().is_some()));
        };
        match step {
            Step::Any => Ok(None),
            Step::Key(key) => match (properties.get(key), rest) {
                (Some(property), _) => Ok(Some(Self(property))),
                (None, Some(rest)) if rest.as_bool() != Some(false) => {
                    Ok(Some(Self(rest)).filter(|rest| rest.0.as_mapping().is_some()))
                }
                (None, _) => Err(properties.keys().cloned().collect()),
            },
        }
    }

    /// What a document lacks of what every input has, as dotted paths. A rule could take it for something that is not there in the
    /// product, and find nothing.
    pub(crate) fn missing(self, document: &Tree, path: &str) -> Vec<String> {
        let shape = self.resolved();
        let required = shape.0.get("required").and_then(Tree::as_sequence).unwrap_or_default();
        let required = required.iter().filter_map(Tree::as_str);
        let mut missing: Vec<String> = required
            .filter(|key| document.get(key).is_none())
            .map(|key| format!("{path}.{key}"))
            .collect();
        for (step, path, child) in children(document, path) {
            if let Ok(Some(below)) = shape.step(&step) {
                missing.extend(below.missing(child, &path));
            }
        }
        missing
    }

    /// Keys of a document that this does not know, as dotted paths. For tests of what builds inputs.
    #[cfg(test)]
    pub(crate) fn unknown(self, document: &Tree, path: &str) -> Vec<String> {
        children(document, path)
            .into_iter()
            .flat_map(|(step, path, child)| match self.step(&step) {
                Ok(Some(shape)) => shape.unknown(child, &path),
                Ok(None) => Vec::new(),
                Err(_) => vec![path],
            })
            .collect()
    }
}

/// The values below a value, with the step to each and its dotted path.
fn children<'tree>(document: &'tree Tree, path: &str) -> Vec<(Step, String, &'tree Tree)> {
    match &document.node {
        Node::Sequence(items) => items
            .iter()
            .map(|item| (Step::Any, format!("{path}[]"), item))
            .collect(),
        Node::Mapping(fields) => fields
            .iter()
            .map(|(key, value)| (Step::Key(key.clone()), format!("{path}.{key}"), value))
            .collect(),
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) => Vec::new(),
    }
}
