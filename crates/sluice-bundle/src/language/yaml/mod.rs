//! YAML text to [`Tree`]: places, anchors, aliases, `<<` merges, duplicate keys.
//!
//! It knows nothing about bundles. Start at [`parse`].

mod scalar;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, StrInput, Tag};
use sluice_model::{Diagnostic, Location, Node, Tree};

use self::scalar::ScalarError;

/// Deeper nesting than anybody writes; keeps recursion over trees within the stack.
const MAXIMUM_DEPTH: usize = 100;
/// More nodes than any bundle has; a few nested aliases would otherwise grow without bound.
const MAXIMUM_NODES: usize = 1_000_000;

/// Whether an unquoted scalar with this text is that text and not a number, a truth value or nothing.
pub(crate) fn reads_as_text(text: &str) -> bool {
    matches!(scalar::plain(text), Ok(Node::String(_)))
}

/// A document that was read.
pub(super) struct Parsed {
    /// Its value; null for an empty text.
    pub(super) tree: Tree,
    /// Places of the values that have an anchor.
    pub(super) anchored: BTreeSet<Location>,
}

/// Reads the one document of a text; an empty text is null. All places name `file`.
///
/// # Errors
/// When the text is not YAML, or not the part of it that documents here may use.
pub fn parse(text: &str, file: &str) -> Result<Tree, Vec<Diagnostic>> {
    parse_with_anchors(text, file).map(|parsed| parsed.tree)
}

/// Reads like [`parse`] and says where anchors stand.
pub(super) fn parse_with_anchors(text: &str, file: &str) -> Result<Parsed, Vec<Diagnostic>> {
    if let Some(refused) = unprintable(text, file) {
        return Err(vec![refused]);
    }
    let mut reader = Reader {
        parser: Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text)),
        file: file.into(),
        anchors: BTreeMap::new(),
        anchored: BTreeSet::new(),
        nodes: 0,
        diagnostics: Vec::new(),
    };
    match reader.document() {
        Ok(tree) if reader.diagnostics.is_empty() => Ok(Parsed {
            tree,
            anchored: reader.anchored,
        }),
        Ok(_) => Err(reader.diagnostics),
        Err(stop) => {
            reader.diagnostics.push(stop.into());
            Err(reader.diagnostics)
        }
    }
}

/// A character that cannot stand in YAML (1.2, production `c-printable`): it has to be written as an escape in double quotes.
fn unprintable(text: &str, file: &str) -> Option<Diagnostic> {
    let printable = |character: char| match character {
        '\t' | '\n' | '\r' | '\u{85}' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        other => !other.is_control(),
    };
    let (at, character) = text.char_indices().find(|(_, character)| !printable(*character))?;
    let before = &text[..at];
    let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
    let count = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
    let code = format!("{:04X}", u32::from(character));
    let location = Location {
        file: file.into(),
        line: count(before.matches('\n').count()),
        column: count(line.chars().count()),
    };
    Some(
        Diagnostic::error(format!("the character U+{code} cannot stand in YAML"))
            .location(Some(location))
            .help(format!("remove it, or write it as `\\u{code}` in double quotes")),
    )
}

/// A fault after which reading cannot go on.
struct Stop(Box<Diagnostic>);

impl Stop {
    fn new(diagnostic: Diagnostic) -> Self {
        Self(Box::new(diagnostic))
    }
}

impl From<Stop> for Diagnostic {
    fn from(stop: Stop) -> Self {
        *stop.0
    }
}

struct Reader<'text> {
    parser: Parser<'text, StrInput<'text>>,
    file: Arc<str>,
    /// Anchored values with their number of nodes; none while the value is being read.
    anchors: BTreeMap<usize, Option<(Tree, usize)>>,
    anchored: BTreeSet<Location>,
    nodes: usize,
    diagnostics: Vec<Diagnostic>,
}

impl<'text> Reader<'text> {
    fn document(&mut self) -> Result<Tree, Stop> {
        let mut document = None;
        loop {
            let (event, location) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(document.unwrap_or_default()),
                Event::DocumentStart(_) if document.is_some() => {
                    return Err(Stop::new(
                        Diagnostic::error("a file holds one YAML document, this is a second one")
                            .location(location)
                            .help("move it to a file of its own"),
                    ));
                }
                Event::Nothing | Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
                Event::Alias(_)
                | Event::Scalar(..)
                | Event::SequenceStart(..)
                | Event::SequenceEnd
                | Event::MappingStart(..)
                | Event::MappingEnd => document = Some(self.value(event, location, 0)?),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'text>, Location), Stop> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                let location = self.location(span.start);
                Ok((event, location))
            }
            Some(Err(error)) => Err(self.broken(&error)),
            None => Ok((Event::StreamEnd, self.location(Marker::default()))),
        }
    }

    fn broken(&self, error: &ScanError) -> Stop {
        let diagnostic =
            Diagnostic::error(format!("broken YAML: {}", error.info())).location(self.location(*error.marker()));
        Stop::new(if error.info().contains('\t') || error.info().contains("tab") {
            diagnostic.help("indent with spaces")
        } else {
            diagnostic
        })
    }

    fn location(&self, marker: Marker) -> Location {
        Location {
            file: Arc::clone(&self.file),
            line: u32::try_from(marker.line()).unwrap_or(u32::MAX).max(1),
            column: u32::try_from(marker.col()).unwrap_or(u32::MAX).saturating_add(1),
        }
    }

    fn value(&mut self, event: Event<'text>, location: Location, depth: usize) -> Result<Tree, Stop> {
        if depth > MAXIMUM_DEPTH {
            return Err(Stop::new(
                Diagnostic::error(format!("values are nested more than {MAXIMUM_DEPTH} deep")).location(location),
            ));
        }
        self.count(1, &location)?;
        let before = self.nodes;
        let (anchor, node) = match event {
            Event::Alias(anchor) => return self.alias(anchor, location),
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(&text, style, tag.as_deref(), &location);
                (anchor, node)
            }
            Event::SequenceStart(anchor, _) => {
                self.begin(anchor);
                (anchor, self.sequence(depth)?)
            }
            Event::MappingStart(anchor, _) => {
                self.begin(anchor);
                (anchor, self.mapping(depth)?)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => {
                return Err(Stop::new(
                    Diagnostic::error("broken YAML: a value is missing").location(location),
                ));
            }
        };
        if anchor != 0 {
            self.anchored.insert(location.clone());
        }
        let tree = Tree::from(node).at(Some(location));
        if anchor != 0 {
            self.anchors
                .insert(anchor, Some((tree.clone(), self.nodes - before + 1)));
        }
        Ok(tree)
    }

    fn begin(&mut self, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, None);
        }
    }

    fn count(&mut self, nodes: usize, location: &Location) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAXIMUM_NODES {
            return Err(Stop::new(
                Diagnostic::error(format!(
                    "the document has more than {MAXIMUM_NODES} values, aliases included"
                ))
                .location(location.clone()),
            ));
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, location: Location) -> Result<Tree, Stop> {
        match self.anchors.get(&anchor) {
            Some(Some((tree, nodes))) => {
                let (tree, nodes) = (tree.clone(), *nodes);
                self.count(nodes, &location)?;
                Ok(tree)
            }
            Some(None) => Err(Stop::new(
                Diagnostic::error("an alias refers to a value that contains it").location(location),
            )),
            None => Err(Stop::new(
                Diagnostic::error("an alias refers to an anchor that does not exist").location(location),
            )),
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, location: &Location) -> Node {
        let result = match tag {
            Some(tag) if tag.is_yaml_core_schema() => scalar::tagged(&tag.suffix, text),
            Some(_) | None if style == ScalarStyle::Plain => Some(scalar::plain(text)),
            Some(_) | None => None,
        };
        match result {
            Some(Ok(node)) => node,
            None => Node::String(text.to_owned()),
            Some(Err(error)) => {
                let diagnostic = match error {
                    ScalarError::IntegerRange => Diagnostic::error(format!("`{text}` does not fit 64 bits"))
                        .help("put it between quotes to have a string"),
                    ScalarError::Tag(kind) => Diagnostic::error(format!("`{text}` is no {kind}, as its tag says")),
                };
                self.diagnostics.push(diagnostic.location(location.clone()));
                Node::Null
            }
        }
    }

    fn sequence(&mut self, depth: usize) -> Result<Node, Stop> {
        let mut items = Vec::new();
        loop {
            let (event, location) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Node::Sequence(items));
            }
            items.push(self.value(event, location, depth + 1)?);
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Node, Stop> {
        let mut fields: IndexMap<String, Tree> = IndexMap::new();
        let mut merge: Option<(Tree, Location)> = None;
        loop {
            let (event, location) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let key = self.key(event, &location)?;
            let (event, value_location) = self.next()?;
            let mut value = self.value(event, value_location, depth + 1)?;
            match key {
                Key::Merge => {
                    if let Some((_, first)) = &merge {
                        self.duplicate("<<", location, first.clone());
                    } else {
                        merge = Some((value, location));
                    }
                }
                Key::Field(key) => {
                    if let Some(first) = fields.get(&key) {
                        let first = first.key_location.clone();
                        self.duplicate(&key, location, first);
                    } else {
                        value.key_location = Some(location);
                        fields.insert(key, value);
                    }
                }
            }
        }
        if let Some((value, location)) = merge {
            self.merge(&mut fields, value, &location);
        }
        Ok(Node::Mapping(fields))
    }

    fn duplicate(&mut self, key: &str, second: Location, first: impl Into<Option<Location>>) {
        self.diagnostics.push(
            Diagnostic::error(format!("key `{key}` stands twice in one map"))
                .location(second)
                .location(first)
                .help("keep one of them"),
        );
    }

    fn key(&mut self, event: Event<'text>, location: &Location) -> Result<Key, Stop> {
        let refused = |what: &str| {
            Stop::new(
                Diagnostic::error(format!("a key has to be a string, this is a {what}")).location(location.clone()),
            )
        };
        match event {
            Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<" => Ok(Key::Merge),
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, location)?;
                let node = self.scalar(&text, style, tag.as_deref(), location);
                if anchor != 0 {
                    let tree = Tree::from(node.clone()).at(Some(location.clone()));
                    self.anchors.insert(anchor, Some((tree, 1)));
                }
                match node {
                    // An unquoted `null` as a key is the text.
                    Node::Null | Node::String(_) => Ok(Key::Field(text.into_owned())),
                    other => {
                        let kind = Tree::from(other).kind_name();
                        self.diagnostics.push(
                            Diagnostic::error(format!("a key has to be a string, `{text}` is of type {kind}"))
                                .location(location.clone())
                                .help(format!("write \"{text}\"")),
                        );
                        Ok(Key::Field(text.into_owned()))
                    }
                }
            }
            Event::Alias(anchor) => match self.alias(anchor, location.clone())?.node {
                Node::String(text) => Ok(Key::Field(text)),
                other => Err(refused(Tree::from(other).kind_name())),
            },
            Event::MappingStart(..) => Err(refused("map")),
            Event::SequenceStart(..) => Err(refused("list")),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => Err(refused("missing value")),
        }
    }

    /// `<<`: fields of the merged map, or maps, that the map does not have itself; of several maps the later wins, as in the CLI.
    fn merge(&mut self, fields: &mut IndexMap<String, Tree>, value: Tree, location: &Location) {
        let sources = match value.node {
            Node::Mapping(source) => vec![source],
            Node::Null => Vec::new(),
            Node::Sequence(items) => {
                let mut sources = Vec::new();
                for item in items {
                    if let Node::Mapping(source) = item.node {
                        sources.push(source);
                    } else {
                        self.no_map(location);
                    }
                }
                sources
            }
            Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) => {
                self.no_map(location);
                Vec::new()
            }
        };
        for source in sources.into_iter().rev() {
            for (key, value) in source {
                fields.entry(key).or_insert(value);
            }
        }
    }

    fn no_map(&mut self, location: &Location) {
        self.diagnostics.push(
            Diagnostic::error("`<<` merges a map or a list of maps, and this is neither").location(location.clone()),
        );
    }
}

enum Key {
    Merge,
    Field(String),
}

#[cfg(test)]
mod tests;
