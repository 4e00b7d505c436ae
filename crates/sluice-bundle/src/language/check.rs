//! Compares a tree with the type that it should have: unknown fields, wrong types, words outside an enumeration, missing fields.
//!
//! Values are brought into their type on the way, as the CLI does: `yes` in a boolean field becomes true, `3` in a text field
//! becomes "3". A text with references fits everywhere. Start at [`Check::conform`].

use std::fmt;

use sluice_model::{Diagnostic, Node, Trail, Tree, TreePath};
use sluice_wire::types::{self, FieldType};

use super::session::Session;
use super::shape::{Fields, KINDS, Type};
use super::{reference, suggest};

/// A walk over one document.
pub(super) struct Check<'session, 'inputs> {
    session: &'session mut Session<'inputs>,
    /// Whether the document is one of Sluice's own, where nothing is only a warning.
    own: bool,
    /// Whether references have been replaced, so that required fields count and empty values go.
    resolved: bool,
}

impl<'session, 'inputs> Check<'session, 'inputs> {
    /// For a document as it is written.
    pub(super) fn written(session: &'session mut Session<'inputs>, own: bool) -> Self {
        Self {
            session,
            own,
            resolved: false,
        }
    }

    /// For a document whose references are replaced.
    pub(super) fn resolved(session: &'session mut Session<'inputs>, own: bool) -> Self {
        Self {
            session,
            own,
            resolved: true,
        }
    }

    /// Brings a tree into its type and reports what does not fit.
    pub(super) fn conform(&mut self, tree: &mut Tree, of: Type, path: &TreePath) {
        self.fit(tree, of, &Trail::From(path));
    }

    fn fit(&mut self, tree: &mut Tree, of: Type, path: &Trail<'_>) {
        if tree.is_null() {
            self.empty(tree, of, path);
            return;
        }
        if tree
            .as_str()
            .is_some_and(|text| !reference::references(text).is_empty())
        {
            return;
        }
        match of {
            Type::Any => {}
            Type::Text => self.text(tree, path),
            Type::Integer => self.integer(tree, path),
            Type::Boolean => self.boolean(tree, path),
            Type::Words(words) => self.words(tree, words.iter().copied(), path),
            Type::List(item) => self.list(tree, *item, path),
            Type::ListOr(_, object) if tree.as_mapping().is_some() => {
                self.object(tree, Named::Object(object.name), Fields::of_object(object), path);
            }
            Type::ListOr(item, _) => self.list(tree, *item, path),
            Type::Map(value) => self.map(tree, *value, path),
            Type::Object(object) => self.object(tree, Named::Object(object.name), Fields::of_object(object), path),
            Type::Wire(field_type) => self.wire(tree, field_type, path),
            Type::Enumeration(name) => {
                if let Some(words) = types::enumeration(name) {
                    self.words(tree, words.iter().map(String::as_str), path);
                }
            }
            Type::Class(class) => {
                if let Some(fields) = Fields::of_class(class) {
                    self.object(tree, Named::Class(class), fields, path);
                }
            }
        }
    }

    fn wire(&mut self, tree: &mut Tree, field_type: &'static FieldType, path: &Trail<'_>) {
        match field_type {
            FieldType::Any => {}
            FieldType::String => self.text(tree, path),
            FieldType::Integer => self.integer(tree, path),
            FieldType::Float => self.float(tree, path),
            FieldType::Bool => self.boolean(tree, path),
            FieldType::Enum(name) => self.fit(tree, Type::Enumeration(name), path),
            FieldType::Object(name) => self.fit(tree, Type::Class(name), path),
            FieldType::List(item) => self.list(tree, Type::Wire(item), path),
            FieldType::Map(value) => self.map(tree, Type::Wire(value), path),
        }
    }

    /// Nothing where a single value is expected: no value, which is seldom meant.
    fn empty(&mut self, tree: &Tree, of: Type, path: &Trail<'_>) {
        let single = matches!(
            of,
            Type::Text
                | Type::Integer
                | Type::Boolean
                | Type::Words(_)
                | Type::Enumeration(_)
                | Type::Wire(
                    FieldType::String | FieldType::Integer | FieldType::Float | FieldType::Bool | FieldType::Enum(_)
                )
        );
        let written = tree.location.is_some() || tree.key_location.is_some();
        if single && written && !self.resolved && !self.own {
            self.session.report(
                Diagnostic::warning(format!("`{}` has no value", last(path)))
                    .path(path.path())
                    .location(tree.location.clone().or_else(|| tree.key_location.clone()))
                    .help("give it one, or remove it"),
            );
        }
    }

    fn text(&mut self, tree: &mut Tree, path: &Trail<'_>) {
        match &tree.node {
            Node::String(_) => {}
            Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) => {
                tree.node = Node::String(super::interpolate::embed(tree).unwrap_or_default());
            }
            Node::Sequence(_) | Node::Mapping(_) => self.wrong(tree, "a string", path),
        }
    }

    fn integer(&mut self, tree: &mut Tree, path: &Trail<'_>) {
        match &tree.node {
            Node::Integer(_) => {}
            Node::String(text) if text.trim().parse::<i64>().is_ok() => {
                tree.node = text.trim().parse().map_or(Node::Null, Node::Integer);
            }
            #[expect(
                clippy::cast_possible_truncation,
                reason = "checked to be whole and within the exact range"
            )]
            Node::Float(value) if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 => {
                tree.node = Node::Integer(*value as i64);
            }
            _ => self.wrong(tree, "an integer", path),
        }
    }

    fn float(&mut self, tree: &mut Tree, path: &Trail<'_>) {
        match &tree.node {
            Node::Integer(_) | Node::Float(_) => {}
            Node::String(text) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
                tree.node = text.trim().parse().map_or(Node::Null, Node::Float);
            }
            _ => self.wrong(tree, "a number", path),
        }
    }

    fn boolean(&mut self, tree: &mut Tree, path: &Trail<'_>) {
        let value = match &tree.node {
            Node::Bool(value) => Some(*value),
            Node::String(text) => match text.as_str() {
                "true" | "True" | "TRUE" | "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
                "false" | "False" | "FALSE" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
                _ => None,
            },
            _ => None,
        };
        match value {
            Some(value) => tree.node = Node::Bool(value),
            None => self.wrong(tree, "a boolean", path),
        }
    }

    fn words<'word>(&mut self, tree: &mut Tree, words: impl Iterator<Item = &'word str>, path: &Trail<'_>) {
        self.text(tree, path);
        let Some(text) = tree.as_str() else { return };
        let known: Vec<&str> = words.collect();
        if known.contains(&text) || text.is_empty() {
            return;
        }
        let mut diagnostic = Diagnostic::error(format!("`{text}` is no value of `{}`", last(path)))
            .path(path.path())
            .location(tree.location.clone());
        diagnostic.help = suggest::hint(text, known);
        self.report(diagnostic);
    }

    fn list(&mut self, tree: &mut Tree, item: Type, path: &Trail<'_>) {
        if let Node::Sequence(items) = &mut tree.node {
            for (index, value) in items.iter_mut().enumerate() {
                self.fit(value, item, &path.index(index));
            }
        } else {
            self.wrong(tree, "a list", path);
        }
    }

    fn map(&mut self, tree: &mut Tree, of: Type, path: &Trail<'_>) {
        if let Node::Mapping(fields) = &mut tree.node {
            for (key, value) in fields {
                self.fit(value, of, &path.key(key));
            }
        } else {
            self.wrong(tree, "a map", path);
        }
    }

    fn object(&mut self, tree: &mut Tree, of: Named, known: Fields, path: &Trail<'_>) {
        let location = tree.key_location.clone().or_else(|| tree.location.clone());
        let Node::Mapping(fields) = &mut tree.node else {
            self.wrong(tree, "a map", path);
            return;
        };
        let mut unknown = Vec::new();
        for (key, value) in fields.iter_mut() {
            let path = path.key(key);
            match known.get(key) {
                Some(field) => self.fit(value, field, &path),
                None if of == Named::Object("resources") => {
                    if !KINDS.contains(&key.as_str()) {
                        unknown.push(key.clone());
                    }
                    self.kind(key, value, &path);
                }
                None => {
                    unknown.push(key.clone());
                    let mut diagnostic = Diagnostic::error(format!("unknown field `{key}`"))
                        .path(path.path())
                        .location(value.key_location.clone().or_else(|| value.location.clone()));
                    diagnostic.help = suggest::nearest(key, known.names())
                        .map(|name| format!("did you mean `{name}`?"))
                        .or_else(|| Some(format!("{of} has no such field; remove it")));
                    self.report(diagnostic);
                }
            }
        }
        // What was only warned about does not get any further.
        fields.retain(|key, _| !unknown.contains(key));
        if self.resolved {
            fields.retain(|key, value| {
                let optional = known.required().all(|required| required != key);
                !(value.is_null() || optional && value.as_str() == Some(""))
            });
            for required in known.required() {
                if !fields.contains_key(required) {
                    let diagnostic = Diagnostic::error(format!("`{required}` is missing"))
                        .path(path.key(required).path())
                        .location(location.clone())
                        .help(format!("{of} needs it"));
                    self.report(diagnostic);
                }
            }
        }
    }

    /// A kind of resources that this version does not know the fields of.
    fn kind(&mut self, kind: &str, resources: &Tree, path: &Trail<'_>) {
        if KINDS.contains(&kind) {
            return;
        }
        let mut diagnostic = Diagnostic::error(format!("`{kind}` is no kind of resource"))
            .path(path.path())
            .location(resources.key_location.clone());
        diagnostic.help = suggest::nearest(kind, KINDS).map(|name| format!("did you mean `{name}`?"));
        self.report(diagnostic);
    }

    /// What does not fit is left out where it is only warned about.
    fn wrong(&mut self, tree: &mut Tree, expected: &str, path: &Trail<'_>) {
        let found = match &tree.node {
            Node::String(text) if text.chars().count() <= 40 && !text.contains('\n') => format!("the string `{text}`"),
            _ => format!("{} {}", article(tree.kind_name()), tree.kind_name()),
        };
        self.report(
            Diagnostic::error(format!("`{}` has to be {expected}, this is {found}", last(path)))
                .path(path.path())
                .location(tree.location.clone().or_else(|| tree.key_location.clone())),
        );
        if !self.own && !self.session.inputs.strict {
            // Without a place it is not found wanting a second time.
            *tree = Tree::default();
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.own {
            self.session.report(diagnostic);
        } else {
            self.session.report_lenient(diagnostic);
        }
    }
}

/// What a map of known fields is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    /// As in the shapes of a bundle.
    Object(&'static str),
    /// A class of the REST data, such as `jobs.NotebookTask`; people say `notebook task`.
    Class(&'static str),
}

impl fmt::Display for Named {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = match self {
            Self::Object(name) => return write!(formatter, "{} {name}", article(name)),
            Self::Class(class) => class.rsplit('.').next().unwrap_or(class),
        };
        let mut words = String::new();
        for letter in class.chars() {
            if letter.is_uppercase() && !words.is_empty() {
                words.push(' ');
            }
            words.extend(letter.to_lowercase());
        }
        write!(formatter, "{} {words}", article(&words))
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o']) {
        "an"
    } else {
        "a"
    }
}

/// The last step of a path, with its index.
fn last(path: &Trail<'_>) -> String {
    let path = path.path();
    let from = path
        .0
        .iter()
        .rposition(|step| matches!(step, sluice_model::tree::Step::Key(_)))
        .unwrap_or(0);
    TreePath(path.0[from..].to_vec()).to_string()
}
