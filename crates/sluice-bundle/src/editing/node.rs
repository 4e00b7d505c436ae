//! Trees as YAML: block maps and lists, short lists and list items of scalars on one line.

use indexmap::IndexMap;
use sluice_model::{Node, Tree};
use yaml_edit::{Document, Mapping, MappingBuilder, ScalarValue, Sequence, SequenceBuilder, YamlBuilder, YamlNode};

use crate::language::reads_as_text;

/// The longest list or list item that stands on one line, in bytes of its JSON form.
const LINE: usize = 130;

/// A whole document.
pub(super) fn document(tree: &Tree) -> String {
    match &tree.node {
        Node::Mapping(fields) if !fields.is_empty() => mapping(fields).to_string(),
        _ => {
            let mut text = YamlBuilder::scalar(value(tree)).build().to_string();
            if !text.ends_with('\n') {
                text.push('\n');
            }
            text
        }
    }
}

/// A value as a node to put into a document.
pub(super) fn value(tree: &Tree) -> YamlNode {
    let built: Document = match &tree.node {
        Node::Mapping(fields) if !fields.is_empty() => mapping(fields),
        Node::Sequence(items) if !items.is_empty() => {
            if one_line(tree) {
                return YamlNode::Sequence(flow_sequence(items));
            }
            sequence(items).build_document()
        }
        Node::Mapping(_) => return YamlNode::Mapping(Mapping::new_flow()),
        Node::Sequence(_) => return YamlNode::Sequence(Sequence::new_flow()),
        _ => YamlBuilder::scalar(scalar(tree)).build().document().unwrap_or_default(),
    };
    let mapping = built.as_mapping().map(YamlNode::Mapping);
    let sequence = || built.as_sequence().map(YamlNode::Sequence);
    let scalar = || built.as_scalar().map(YamlNode::Scalar);
    mapping
        .or_else(sequence)
        .or_else(scalar)
        .expect("invariant: a built document holds the value that it was built of")
}

fn mapping(fields: &IndexMap<String, Tree>) -> Document {
    let built = fields.iter().fold(MappingBuilder::new(), |builder, (key, field)| {
        builder.pair(key, value(field))
    });
    let document = built.build_document();
    // The builder quotes what YAML 1.2 would read as no text, which is less.
    let misread = fields.keys().filter(|key| !reads_as_text(key));
    if let Some(mapping) = document.as_mapping() {
        for name in misread {
            mapping.rename_key(name.as_str(), key(name));
        }
    }
    document
}

/// A key, in quotes when it would read as no text.
pub(super) fn key(text: &str) -> ScalarValue {
    if reads_as_text(text) {
        ScalarValue::string(text)
    } else {
        ScalarValue::double_quoted(text)
    }
}

fn sequence(items: &[Tree]) -> SequenceBuilder {
    items
        .iter()
        .fold(SequenceBuilder::new(), |builder, each| builder.item(item(each)))
}

/// A value as an item of a list.
pub(super) fn item(tree: &Tree) -> YamlNode {
    match &tree.node {
        Node::Mapping(fields) if !fields.is_empty() && one_line(tree) => YamlNode::Mapping(flow_mapping(fields)),
        _ => value(tree),
    }
}

fn flow_mapping(fields: &IndexMap<String, Tree>) -> Mapping {
    let mapping = Mapping::new_flow();
    for (name, field) in fields {
        match &field.node {
            Node::Sequence(items) => mapping.set(key(name), YamlNode::Sequence(flow_sequence(items))),
            _ => mapping.set(key(name), scalar(field)),
        }
    }
    mapping
}

fn flow_sequence(items: &[Tree]) -> Sequence {
    let sequence = Sequence::new_flow();
    for item in items {
        sequence.push(scalar(item));
    }
    sequence
}

/// A list of scalars, or a map of scalars and such lists, that is short and without line breaks.
fn one_line(tree: &Tree) -> bool {
    let short = |item: &Tree| item.as_str().is_none_or(|text| !text.contains(['\n', '\r']));
    let flat = match &tree.node {
        Node::Sequence(items) => items.iter().all(|item| is_scalar(item) && short(item)),
        Node::Mapping(fields) => fields.values().all(|field| match &field.node {
            Node::Sequence(items) => items.iter().all(|item| is_scalar(item) && short(item)),
            _ => is_scalar(field) && short(field),
        }),
        _ => false,
    };
    flat && tree.to_json().to_string().len() <= LINE
}

fn is_scalar(tree: &Tree) -> bool {
    !matches!(tree.node, Node::Mapping(_) | Node::Sequence(_))
}

/// A scalar, in quotes when it would read as something else: documents here are read by the rules of Go's yaml.v3, which know more
/// numbers than YAML 1.2.
fn scalar(tree: &Tree) -> ScalarValue {
    match &tree.node {
        Node::String(text) if !reads_as_text(text) || no_block(text) => ScalarValue::double_quoted(text.as_str()),
        Node::String(text) => ScalarValue::string(text.as_str()),
        Node::Bool(value) => ScalarValue::from(*value),
        Node::Integer(value) => ScalarValue::from(*value),
        Node::Float(value) => ScalarValue::from(*value),
        Node::Null | Node::Sequence(_) | Node::Mapping(_) => ScalarValue::null(),
    }
}

/// Whether a text could not be read back from a block: its line ends are not plain ones, or a tab stands where its indentation is counted.
fn no_block(text: &str) -> bool {
    text.contains('\r') || (text.contains('\n') && text.trim_start_matches('\n').starts_with('\t'))
}
