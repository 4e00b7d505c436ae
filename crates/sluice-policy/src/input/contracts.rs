//! Contracts in the form that rules read: objects and properties by name, labels and terms sorted out, bound to their tables.

use sluice_model::{Node, Tree};

use super::{DocumentFile, fields, items, personal, text};

/// Fields that are taken as they are.
const FIELDS: [&str; 8] = [
    "id",
    "name",
    "version",
    "status",
    "domain",
    "team",
    "support",
    "description",
];

pub(super) fn build(files: &[DocumentFile], product: &Tree, assets: &Tree) -> Tree {
    let mut contracts = Tree::mapping();
    for file in files {
        let ports = items(product, "ports");
        let port = ports.iter().find(|port| text(port, "contract") == file.path);
        contracts.set(&file.path, contract(file, port, assets));
    }
    contracts
}

fn contract(file: &DocumentFile, port: Option<&Tree>, assets: &Tree) -> Tree {
    let source = &file.tree;
    let mut tree = Tree::mapping().at(source.location.clone());
    tree.set("path", file.path.as_str());
    for key in FIELDS {
        if let Some(value) = source.get(key) {
            tree.set(key, value.clone());
        }
    }
    let mut table = None;
    if let Some(port) = port {
        tree.set("port", text(port, "name"));
        let key = text(port, "table").rsplit('.').next().unwrap_or_default();
        if !key.is_empty() {
            tree.set("table", key);
        }
        table = assets.get("tables").and_then(|tables| tables.get(key));
    }
    tree.set("labels", labels(source, None));
    tree.set("sla", levels(source));
    let mut objects = Tree::mapping().at(source.get("schema").and_then(|schema| schema.location.clone()));
    for thing in items(source, "schema") {
        objects.set(text(thing, "name"), object(thing, table));
    }
    tree.set("objects", objects);
    tree
}

fn levels(source: &Tree) -> Tree {
    let mut tree = Tree::mapping().at(source.get("slaProperties").and_then(|all| all.location.clone()));
    for level in items(source, "slaProperties") {
        tree.set(text(level, "property"), level.clone());
    }
    tree
}

fn object(thing: &Tree, table: Option<&Tree>) -> Tree {
    let mut tree = Tree::mapping().at(thing.location.clone());
    copy(
        thing,
        &mut tree,
        &[
            ("name", "name"),
            ("description", "description"),
            ("dataGranularityDescription", "grain"),
        ],
    );
    tree.set("quality", checks(thing));
    tree.set("labels", labels(thing, None));
    tree.set("custom", custom(thing));
    let mut properties = Tree::mapping().at(thing.get("properties").and_then(|all| all.location.clone()));
    add_properties(&mut properties, thing, "", table);
    tree.set("properties", properties);
    tree
}

/// Properties with the nested ones, which are named by their path: `address.city`.
fn add_properties(into: &mut Tree, parent: &Tree, prefix: &str, table: Option<&Tree>) {
    for source in items(parent, "properties") {
        let physical = text(source, "physicalName");
        let name = if physical.is_empty() {
            text(source, "name")
        } else {
            physical
        };
        let path = format!("{prefix}{name}");
        let column = table.and_then(|table| table.get("columns")?.get(&path));
        into.set(&path, property(source, column));
        let below = format!("{path}.");
        add_properties(into, source, &below, None);
        if let Some(element) = source.get("items") {
            add_properties(into, element, &below, None);
        }
    }
}

fn property(source: &Tree, column: Option<&Tree>) -> Tree {
    let mut tree = Tree::mapping().at(source.location.clone());
    copy(
        source,
        &mut tree,
        &[
            ("name", "name"),
            ("physicalType", "type"),
            ("logicalType", "logical_type"),
            ("description", "description"),
            ("classification", "classification"),
            ("required", "required"),
            ("unique", "unique"),
            ("primaryKey", "primary_key"),
            ("criticalDataElement", "critical"),
        ],
    );
    tree.set("labels", labels(source, column));
    tree.set("terms", terms(source));
    tree.set("quality", checks(source));
    tree.set("custom", custom(source));
    if let Some(detected) = personal::detect(text(source, "name")) {
        tree.set("detected", detected);
    }
    tree
}

fn copy(source: &Tree, into: &mut Tree, names: &[(&str, &str)]) {
    for (from, to) in names {
        if let Some(value) = source.get(from) {
            into.set(to, value.clone());
        }
    }
}

/// The keys of tags in lower case, written `pii`, `pii=email` or `pii:email`; with the tags of the column itself.
fn labels(source: &Tree, column: Option<&Tree>) -> Tree {
    let key = |tag: &str| tag.split(['=', ':']).next().unwrap_or(tag).trim().to_lowercase();
    let own = items(source, "tags").iter().filter_map(Tree::as_str).map(key);
    let declared = column.into_iter().flat_map(|column| fields(column, "tags"));
    let mut all: Vec<String> = own.chain(declared.map(|(tag, _)| key(tag))).collect();
    all.sort();
    all.dedup();
    Node::Sequence(all.into_iter().map(Tree::from).collect()).into()
}

/// Links to the glossary, as `domain/term`.
fn terms(source: &Tree) -> Tree {
    let links = items(source, "authoritativeDefinitions").iter();
    let links = links.filter_map(|link| text(link, "url").strip_prefix("glossary://"));
    Node::Sequence(links.map(Tree::from).collect()).into()
}

/// Quality rules; the metric stood under `rule` before ODCS 3.1.
fn checks(source: &Tree) -> Tree {
    let rules = items(source, "quality").iter().map(|rule| {
        let mut rule = rule.clone();
        if rule.get("metric").is_none()
            && let Some(metric) = rule.get("rule").cloned()
        {
            rule.set("metric", metric);
        }
        rule
    });
    Node::Sequence(rules.collect()).into()
}

/// Custom properties of ours: without a vendor, or of `sluice`.
fn custom(source: &Tree) -> Tree {
    let mut tree = Tree::mapping();
    for entry in items(source, "customProperties") {
        if matches!(text(entry, "vendor"), "" | "sluice")
            && let Some(value) = entry.get("value")
        {
            tree.set(text(entry, "property"), value.clone());
        }
    }
    tree
}
