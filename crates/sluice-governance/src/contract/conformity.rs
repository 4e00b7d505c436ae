//! Whether a document has the shape of an ODCS contract. Everything that is wrong is reported, with the place and what would be right.

use std::sync::LazyLock;

use regex::Regex;
use sluice_model::{Node, Tree};

use super::shape::{Kind, Shape};
use super::vocabulary::words;
use crate::document::{Reader, Value, suggestion};

static STABLE_ID: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[^\s.#/\\@!%&^]+$"));

/// The two notations of references: `object.property…` by names, and `section/id…` by ids with a file before it.
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    let name = r"[A-Za-z_][A-Za-z0-9_\-]*";
    let section = r"[A-Za-z_][A-Za-z0-9_]*/[^\s.#/\\@!%&^]+";
    let file = r"(?:(?:https?://)?[A-Za-z0-9._\-/]+\.ya?ml#)?";
    pattern(&format!(r"^(?:{name}(?:\.{name})+|{file}/?{section}(?:/{section})*)$"))
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("invariant: the pattern is a constant")
}

/// Checks a map against a shape.
pub(super) fn check(reader: &mut Reader, value: &Value<'_>, shape: &Shape) {
    let Some(fields) = value.tree.as_mapping() else {
        reader.wrong_type(value, "a map");
        return;
    };
    let variant = (shape.variant)(value.tree);
    let groups = || variant.fields.iter().chain(shape.fields).copied().flatten();
    for (key, tree) in fields {
        let field = Value {
            tree,
            path: value.path.key(key),
        };
        match groups().find(|(name, _)| name == key) {
            Some((_, kind)) => check_value(reader, &field, *kind),
            None if shape.open => {}
            None => {
                let known: Vec<&str> = groups().map(|(name, _)| *name).collect();
                reader.error_at_key(&field, format!("unknown key `{key}`"), unknown_help(key, &known));
            }
        }
    }
    for key in shape.required.iter().chain(&variant.required) {
        if !fields.contains_key(*key) {
            reader.error(value, format!("`{}` is missing", value.path.key(*key)), None);
        }
    }
    for (key, summary, help) in variant.faults {
        let at = fields.get(key).map_or_else(
            || value.clone(),
            |tree| Value {
                tree,
                path: value.path.key(key),
            },
        );
        reader.error(&at, summary, Some(help));
    }
}

/// A nearly right word, else where own fields may stand.
fn unknown_help(key: &str, known: &[&str]) -> Option<String> {
    let nearest = suggestion(key, known.iter().copied()).filter(|help| help.starts_with("did you mean"));
    nearest.or_else(|| {
        let own = "fields of your own stand in `customProperties`: `{property: …, value: …}`";
        if known.contains(&"customProperties") {
            Some(own.to_owned())
        } else {
            suggestion(key, known.iter().copied())
        }
    })
}

fn check_value(reader: &mut Reader, value: &Value<'_>, kind: Kind) {
    match kind {
        Kind::Any => {}
        Kind::Scalar => expect(reader, value, is_scalar(value.tree), "a text, number or truth value"),
        Kind::Text => text(reader, value, |_| true, ""),
        Kind::Words(known) => word(reader, value, known),
        Kind::StableId => {
            let help = "an id has no blanks and none of . # / \\ @ ! % & ^";
            text(reader, value, |text| STABLE_ID.is_match(text), help);
        }
        Kind::References => references(reader, value),
        Kind::Boolean => expect(reader, value, value.tree.as_bool().is_some(), "`true` or `false`"),
        Kind::Integer => expect(reader, value, whole(value.tree).is_some(), "a whole number"),
        Kind::AtLeast(least) => {
            let expected = format!("a whole number from {least} on");
            expect(
                reader,
                value,
                whole(value.tree).is_some_and(|number| number >= least),
                &expected,
            );
        }
        Kind::Number => expect(reader, value, number(value.tree).is_some(), "a number"),
        Kind::Positive => expect(
            reader,
            value,
            number(value.tree).is_some_and(|number| number > 0.0),
            "a number above 0",
        ),
        Kind::Range => {
            let numbers: Option<Vec<f64>> = value
                .tree
                .as_sequence()
                .and_then(|items| items.iter().map(number).collect());
            let sound = numbers.is_some_and(|numbers| matches!(numbers.as_slice(), [low, high] if low != high));
            expect(reader, value, sound, "a list of two different numbers");
        }
        Kind::Port => {
            let sound = whole(value.tree).is_some() || value.tree.as_str().is_some();
            expect(reader, value, sound, "a whole number or a text");
        }
        Kind::Mapping => expect(reader, value, value.tree.as_mapping().is_some(), "a map"),
        Kind::TextOrMapping => {
            let sound = value.tree.as_mapping().is_some() || value.tree.as_str().is_some();
            expect(reader, value, sound, "a text or a map");
        }
        Kind::TextOr(shape) => {
            if value.tree.as_str().is_none() {
                check(reader, value, shape);
            }
        }
        Kind::List(item) => {
            items(reader, value, *item);
        }
        Kind::Distinct(item) => distinct(reader, value, *item),
        Kind::Object(shape) => check(reader, value, shape),
        Kind::ObjectOrList(shape, item) => {
            if value.tree.as_sequence().is_some() {
                items(reader, value, Kind::Object(item));
            } else {
                check(reader, value, shape);
            }
        }
    }
}

fn expect(reader: &mut Reader, value: &Value<'_>, sound: bool, expected: &str) {
    if !sound {
        reader.wrong_type(value, expected);
    }
}

fn text(reader: &mut Reader, value: &Value<'_>, sound: impl Fn(&str) -> bool, help: &str) {
    match value.tree.as_str() {
        Some(text) if sound(text) => {}
        Some(text) => reader.error(
            value,
            format!("`{text}` is not a value of `{}`", value.path),
            Some(help.to_owned()),
        ),
        None if is_scalar(value.tree) && !value.tree.is_null() => {
            let help = "put it between quotes".to_owned();
            let summary = format!("`{}` must be a text, not {}", value.path, value.tree.kind_name());
            reader.error(value, summary, Some(help));
        }
        None => reader.wrong_type(value, "a text"),
    }
}

fn word(reader: &mut Reader, value: &Value<'_>, known: &[&str]) {
    match value.tree.as_str() {
        Some(text) if known.contains(&text) => {}
        Some(text) => {
            let help =
                suggestion(text, known.iter().copied()).or_else(|| Some(format!("known here: {}", words(known))));
            reader.error(value, format!("`{text}` is not a value of `{}`", value.path), help);
        }
        None => reader.wrong_type(value, "a text"),
    }
}

fn references(reader: &mut Reader, value: &Value<'_>) {
    let help = "write `object.property`, or `schema/<id>/properties/<id>` with an optional `file.yaml#` before it";
    let Some(several) = value.tree.as_sequence() else {
        text(reader, value, |text| REFERENCE.is_match(text), help);
        return;
    };
    expect(
        reader,
        value,
        !several.is_empty(),
        "a reference or a list of references",
    );
    for (index, tree) in several.iter().enumerate() {
        let item = Value {
            tree,
            path: value.path.index(index),
        };
        text(reader, &item, |text| REFERENCE.is_match(text), help);
    }
}

fn items(reader: &mut Reader, value: &Value<'_>, kind: Kind) {
    let Some(items) = value.tree.as_sequence() else {
        reader.wrong_type(value, "a list");
        return;
    };
    for (index, tree) in items.iter().enumerate() {
        let path = value.path.index(index);
        check_value(reader, &Value { tree, path }, kind);
    }
}

fn distinct(reader: &mut Reader, value: &Value<'_>, kind: Kind) {
    items(reader, value, kind);
    let Some(items) = value.tree.as_sequence() else { return };
    if items.is_empty() {
        reader.error(value, format!("`{}` is empty", value.path), None);
    }
    for (index, tree) in items.iter().enumerate() {
        if items[..index].contains(tree) {
            let path = value.path.index(index);
            reader.error(&Value { tree, path }, "this stands twice in the list", None);
        }
    }
}

fn is_scalar(tree: &Tree) -> bool {
    !matches!(tree.node, Node::Sequence(_) | Node::Mapping(_))
}

/// The value as a number.
pub(super) fn number(tree: &Tree) -> Option<f64> {
    match tree.node {
        #[expect(clippy::cast_precision_loss, reason = "JSON knows one kind of number")]
        Node::Integer(integer) => Some(integer as f64),
        Node::Float(float) => Some(float),
        Node::Null | Node::Bool(_) | Node::String(_) | Node::Sequence(_) | Node::Mapping(_) => None,
    }
}

/// The value as a whole number; `1.0` is one for JSON Schema.
pub(super) fn whole(tree: &Tree) -> Option<i64> {
    match tree.node {
        Node::Integer(integer) => Some(integer),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the value has no fraction and is in range"
        )]
        Node::Float(float) if float.fract() == 0.0 && float.abs() < 9.0e15 => Some(float as i64),
        Node::Null | Node::Bool(_) | Node::Float(_) | Node::String(_) | Node::Sequence(_) | Node::Mapping(_) => None,
    }
}
