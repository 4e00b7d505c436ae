//! Genie spaces: what their tables and columns mean, how to use them, what to ask.
//!
//! The shape of a serialized space (version 2): `config.sample_questions`, `data_sources.tables[].{identifier, description,
//! column_configs}`, `instructions.{text_instructions, example_question_sqls}`. Ids are 32 hex digits, derived from what they stand for.

use std::collections::BTreeMap;

use sluice_model::{Digest, Node, ResourceKey, Tree, TreePath};

use super::table::description;
use crate::binding::BoundContract;
use crate::contract::{Context, Property, SchemaObject, VerifiedStatement};
use crate::descriptor::Descriptor;

/// The classification whose columns Genie does not see.
const RESTRICTED: &str = "restricted";

/// Puts the contracts onto all spaces that read their tables.
pub(super) fn spaces(config: &mut Tree, catalog: &Tree, descriptor: &Descriptor, contracts: &[BoundContract]) {
    let names: Names = contracts
        .iter()
        .map(|bound| {
            let written = bound.table(catalog)?.get("name")?.as_str()?;
            Some((written.to_owned(), resolved(written, config)))
        })
        .collect();
    let identifiers = identifiers(config, catalog);
    let spaces = config
        .get_mut("resources")
        .and_then(|resources| resources.get_mut("genie_spaces"));
    let Some(Node::Mapping(spaces)) = spaces.map(|spaces| &mut spaces.node) else {
        return;
    };
    for space in spaces.values_mut() {
        let Some(written) = space.get_mut("serialized_space") else {
            continue;
        };
        let mut content = written.held_map().unwrap_or_else(|| written.clone());
        let space = &mut content;
        for (bound, names) in contracts.iter().zip(&names) {
            let (Some(object), Some((name, full))) = (bound.object(), names) else {
                continue;
            };
            if source(space, full, &identifiers)
                .map(|source| describe(source, object))
                .is_some()
            {
                let spoken = Spoken {
                    descriptor,
                    bound,
                    object,
                    name,
                };
                spoken.instruct(space);
                spoken.ask(space);
            }
        }
        // A text about which no contract says anything stays as it is.
        if written.held_map().as_ref() != Some(&content) {
            written.node = content.node;
        }
    }
}

/// The name of each contract's table as the catalog files have it, and with its references filled in; none without a table.
type Names = Vec<Option<(String, String)>>;

/// What the data sources of all spaces are called, by what is written there: references are filled in from the configuration, and those
/// to tables from the catalog files.
fn identifiers(config: &Tree, catalog: &Tree) -> BTreeMap<String, String> {
    let spaces = config
        .get("resources")
        .and_then(|resources| resources.get("genie_spaces"));
    let spaces = spaces
        .and_then(Tree::as_mapping)
        .into_iter()
        .flat_map(|spaces| spaces.values());
    let contents: Vec<Tree> = spaces
        .filter_map(|space| {
            let written = space.get("serialized_space")?;
            written.held_map().or_else(|| Some(written.clone()))
        })
        .collect();
    let sources = contents
        .iter()
        .filter_map(|content| content.get("data_sources")?.get("tables")?.as_sequence());
    let written = sources
        .flatten()
        .filter_map(|source| source.get("identifier")?.as_str());
    let name_of = |reference: &str| -> Option<String> {
        let key: ResourceKey = reference.strip_suffix(".name")?.parse().ok()?;
        let name = catalog.get(&key.kind)?.get(&key.name)?.get("name")?.as_str()?;
        key.catalog.then(|| resolved(name, config))
    };
    written
        .map(|text| {
            let inner = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
            let full = inner.and_then(name_of).unwrap_or_else(|| resolved(text, config));
            (text.to_owned(), full)
        })
        .collect()
}

/// A text with its `${…}` references to texts of the configuration filled in; what is not there stays.
fn resolved(text: &str, config: &Tree) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((path, behind)) = after.split_once('}') else {
            break;
        };
        let found = config.at_path(&TreePath::keys(path.split('.'))).and_then(Tree::as_str);
        result.push_str(before);
        match found {
            Some(value) => result.push_str(value),
            None => result.push_str(&format!("${{{path}}}")),
        }
        rest = behind;
    }
    result.push_str(rest);
    result
}

/// The data source of a space that is a port's table.
fn source<'tree>(
    space: &'tree mut Tree,
    full: &str,
    identifiers: &BTreeMap<String, String>,
) -> Option<&'tree mut Tree> {
    let sources = space.get_mut("data_sources")?.get_mut("tables")?;
    let Node::Sequence(sources) = &mut sources.node else {
        return None;
    };
    sources.iter_mut().find(|source| {
        let written = source.get("identifier").and_then(Tree::as_str);
        let name = written.and_then(|text| identifiers.get(text));
        name.is_some_and(|name| name.eq_ignore_ascii_case(full))
    })
}

fn describe(source: &mut Tree, object: &SchemaObject) {
    if let Some(text) = description(&object.element) {
        source.set("description", texts([text.value]));
    }
    for property in &object.properties {
        describe_column(source, property);
    }
}

fn describe_column(source: &mut Tree, property: &Property) {
    let element = &property.element;
    let name = element.physical_name();
    let synonyms: Vec<String> = element.synonyms.iter().map(|one| one.synonym.value.clone()).collect();
    let restricted = property
        .classification
        .as_ref()
        .is_some_and(|class| class.value == RESTRICTED);
    let deprecated = element.deprecated.as_ref().is_some_and(|flag| flag.value);
    let column = item(source, "column_configs", "column_name", name);
    if let Some(text) = described(property) {
        column.set("description", texts([text]));
    }
    if !synonyms.is_empty() {
        column.set("synonyms", texts(synonyms));
    }
    if restricted || deprecated {
        column.set("exclude", true);
    } else if !property.allowed_values.is_empty() {
        column.set("enable_entity_matching", true);
    }
}

/// The description, with what its values are called.
fn described(property: &Property) -> Option<String> {
    let text = description(&property.element)?.value;
    let labels: Vec<String> = property
        .allowed_values
        .iter()
        .filter_map(|one| {
            let label = one.label.as_ref()?;
            let value = match one.value.as_str() {
                Some(text) => text.to_owned(),
                None => one.value.to_json().to_string(),
            };
            Some(format!("{value} = {label}"))
        })
        .collect();
    Some(if labels.is_empty() {
        text
    } else {
        format!("{text} Values: {}.", labels.join(", "))
    })
}

/// What a contract tells a space.
struct Spoken<'a> {
    descriptor: &'a Descriptor,
    bound: &'a BoundContract,
    object: &'a SchemaObject,
    name: &'a str,
}

impl Spoken<'_> {
    fn contexts(&self) -> impl Iterator<Item = &Context> {
        self.bound.contract.context.iter().chain(&self.object.context)
    }

    fn id(&self, section: &str, key: &str) -> String {
        let contract = &self.bound.contract.id;
        let text = format!("{}/{contract}/{section}/{key}", self.descriptor.name);
        Digest::of(text.as_bytes()).hex()[..32].to_owned()
    }

    /// The lines of this port in the one text instruction that a space has; between marks, so that they can be found again.
    fn instruct(&self, space: &mut Tree) {
        let mut lines = Vec::new();
        let mut say = |title: &str, text: Option<&str>| {
            let words: Vec<&str> = text.into_iter().flat_map(str::split_whitespace).collect();
            if !words.is_empty() {
                lines.push(format!("{title}{}\n", words.join(" ")));
            }
        };
        let about = self.bound.contract.description.as_ref();
        let said = |pick: fn(&crate::contract::Description) -> &Option<crate::contract::Located<String>>| {
            about
                .and_then(|about| pick(about).as_ref())
                .map(|text| text.value.as_str())
        };
        say("Purpose: ", said(|about| &about.purpose));
        say("Usage: ", said(|about| &about.usage));
        say("Limitations: ", said(|about| &about.limitations));
        say(
            "One row is: ",
            self.object.granularity.as_ref().map(|text| text.value.as_str()),
        );
        for context in self.contexts() {
            say("", context.instructions.as_ref().map(|text| text.value.as_str()));
            for constraint in &context.constraints {
                say("Must not be done: ", Some(constraint.constraint.as_str()));
            }
        }
        let (begin, end) = (
            format!("[contract of {}]\n", self.bound.port.name),
            format!("[end of the contract of {}]\n", self.bound.port.name),
        );
        let instructions = child(space, "instructions", Tree::mapping());
        let list = child(instructions, "text_instructions", Node::Sequence(Vec::new()).into());
        let Node::Sequence(items) = &mut list.node else { return };
        if items.is_empty() {
            if lines.is_empty() {
                return;
            }
            let mut first = Tree::mapping();
            let key = format!("{}/instructions", self.descriptor.name);
            first.set("id", &Digest::of(key.as_bytes()).hex()[..32]);
            items.push(first);
        }
        let Some(first) = items.first_mut() else { return };
        let mut content = content_lines(first.get("content"));
        let from = content.iter().position(|line| line.trim() == begin.trim());
        let to = content.iter().position(|line| line.trim() == end.trim());
        let at = match (from, to) {
            (Some(from), Some(to)) if from < to => {
                content.drain(from..=to);
                from
            }
            _ => content.len(),
        };
        if !lines.is_empty() {
            let block = [begin].into_iter().chain(lines).chain([end]);
            content.splice(at..at, block);
        }
        first.set("content", texts(content));
    }

    /// Questions with SQL become examples, those without become samples.
    fn ask(&self, space: &mut Tree) {
        let statements: Vec<&VerifiedStatement> = self
            .contexts()
            .flat_map(|context| &context.verified_statements)
            .collect();
        for statement in statements {
            let question = statement.question.trim();
            let key = statement.id.as_ref().map_or(question, |id| id.as_str());
            let sql = statement
                .annotations
                .custom("databricks", "sql")
                .and_then(|sql| sql.as_str());
            let (parent, section) = match sql {
                Some(_) => ("instructions", "example_question_sqls"),
                None => ("config", "sample_questions"),
            };
            let id = self.id(section, key);
            let parent = child(space, parent, Tree::mapping());
            let entry = item(parent, section, "id", &id);
            entry.set("question", texts([question.to_owned()]));
            if let Some(sql) = sql {
                entry.set("sql", texts([self.with_names(sql)]));
            }
        }
    }

    /// SQL of a contract names its table by `${table}` or `${object}`, because the full name differs by environment.
    fn with_names(&self, sql: &str) -> String {
        sql.trim()
            .replace("${table}", self.name)
            .replace("${object}", self.name)
    }
}

/// A text that may be one or a list of pieces, as lines.
fn content_lines(content: Option<&Tree>) -> Vec<String> {
    let Some(content) = content else { return Vec::new() };
    let mut text = match content.as_str() {
        Some(text) => text.to_owned(),
        None => {
            let items = content.as_sequence().unwrap_or_default();
            items.iter().filter_map(Tree::as_str).collect::<String>()
        }
    };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.split_inclusive('\n').map(str::to_owned).collect()
}

fn texts(all: impl IntoIterator<Item = String>) -> Tree {
    Node::Sequence(all.into_iter().map(Tree::from).collect()).into()
}

/// A field, made when it is not there.
fn child<'tree>(parent: &'tree mut Tree, key: &str, otherwise: Tree) -> &'tree mut Tree {
    if parent.get(key).is_none_or(Tree::is_null) {
        parent.set(key, otherwise);
    }
    parent.get_mut(key).expect("invariant: it is there or was just set")
}

/// The item of a list whose field `key` has this value, made when there is none.
fn item<'tree>(parent: &'tree mut Tree, list: &str, key: &str, value: &str) -> &'tree mut Tree {
    let holder = child(parent, list, Node::Sequence(Vec::new()).into());
    if holder.as_sequence().is_none() {
        holder.node = Node::Sequence(Vec::new());
    }
    let Node::Sequence(items) = &mut holder.node else {
        unreachable!("invariant: it was made a list")
    };
    let is_it = |item: &Tree| {
        let known = item.get(key).and_then(Tree::as_str);
        known.is_some_and(|known| known.eq_ignore_ascii_case(value))
    };
    let index = items.iter().position(is_it).unwrap_or_else(|| {
        let mut made = Tree::mapping();
        made.set(key, value);
        items.push(made);
        items.len() - 1
    });
    &mut items[index]
}
