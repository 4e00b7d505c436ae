//! What the bundle and the catalog files declare, by key.

use sluice_model::{Node, Tree};

use super::references::resolved;
use super::{BundleFacts, fields, items, text, texts};

/// Kinds of resources that the document has sections of; the others go to `others`.
const KINDS: [&str; 7] = [
    "jobs",
    "pipelines",
    "clusters",
    "genie_spaces",
    "dashboards",
    "schemas",
    "volumes",
];

pub(super) fn build(bundle: &BundleFacts<'_>) -> Tree {
    let config = bundle.config;
    let catalog = &resolved(bundle.catalog, config, bundle.catalog);
    let mut assets = Tree::mapping();
    for kind in KINDS {
        assets.set(kind, Tree::mapping());
    }
    assets.set("others", Tree::mapping());
    assets.set("grants", Tree::mapping());
    let resources = config.get("resources").and_then(Tree::as_mapping);
    for (kind, section) in resources.into_iter().flatten() {
        for (key, body) in section.as_mapping().into_iter().flatten() {
            let mut body = resolved(body, config, bundle.catalog);
            for content in ["serialized_space", "serialized_dashboard"] {
                if let Some(held) = body.get(content).and_then(Tree::held_map) {
                    body.set(content, held);
                }
            }
            grants(&mut assets, kind, key, &body);
            let mut resource = texts([("key", key)]);
            let location = body.location.clone();
            resource.set("definition", body.clone());
            resource.location = location;
            resource.key_location.clone_from(&body.key_location);
            let (section, name) = if KINDS.contains(&kind.as_str()) {
                (kind.as_str(), key.clone())
            } else {
                ("others", format!("{kind}.{key}"))
            };
            insert(&mut assets, section, &name, resource);
        }
    }
    assets.set("tables", tables(catalog));
    assets.set("functions", keyed(catalog, "functions"));
    for kind in ["tables", "views", "functions"] {
        for (key, body) in fields(catalog, kind) {
            grants(&mut assets, &format!("catalog.{kind}"), key, body);
        }
    }
    for (key, body) in fields(catalog, "grants") {
        grants(&mut assets, "catalog.grants", key, body);
    }
    assets
}

fn insert(assets: &mut Tree, section: &str, key: &str, value: Tree) {
    if let Some(section) = assets.get_mut(section) {
        section.set(key, value);
    }
}

/// The grants of one object, each under the object and who gets them.
fn grants(assets: &mut Tree, kind: &str, key: &str, body: &Tree) {
    let named = text(body, "name");
    let name = if named.is_empty() {
        text(body, "full_name")
    } else {
        named
    };
    let securable = match (kind.strip_prefix("catalog."), text(body, "securable_type")) {
        (_, declared) if !declared.is_empty() => format!("{declared}s"),
        (Some("views"), _) => "tables".to_owned(),
        (Some(kind), _) => kind.to_owned(),
        (None, _) => kind.to_owned(),
    };
    for grant in items(body, "grants") {
        let principal = text(grant, "principal");
        let mut tree = texts([
            ("securable", &securable),
            ("key", key),
            ("name", name),
            ("principal", principal),
        ]);
        let privileges = items(grant, "privileges").to_vec();
        tree.set("privileges", Tree::from(Node::Sequence(privileges)));
        tree.location.clone_from(&grant.location);
        let shown = if kind.starts_with("catalog.") {
            format!("{kind}.{key}/{principal}")
        } else {
            format!("resources.{kind}.{key}/{principal}")
        };
        insert(assets, "grants", &shown, tree);
    }
}

fn keyed(catalog: &Tree, kind: &str) -> Tree {
    let mut tree = Tree::mapping();
    for (key, body) in fields(catalog, kind) {
        let mut body = body.clone();
        body.set("key", key.as_str());
        tree.set(key, body);
    }
    tree
}

/// Tables and views, with the masks, filters and tags that stand elsewhere in the catalog files.
fn tables(catalog: &Tree) -> Tree {
    let mut tables = Tree::mapping();
    for (kind, word) in [("tables", "table"), ("views", "view")] {
        for (key, body) in fields(catalog, kind) {
            let mut body = body.clone();
            let columns = columns(&body);
            let schema = text(&body, "name").split('.').nth(1).unwrap_or_default().to_owned();
            body.set("key", key.as_str());
            body.set("kind", word);
            body.set("schema", schema);
            body.set("columns", columns);
            let taken = tables.get(key).is_some();
            let key = if taken { format!("{kind}.{key}") } else { key.clone() };
            tables.set(&key, body);
        }
    }
    for (_, mask) in fields(catalog, "masks") {
        if let Some(column) = table(&mut tables, text(mask, "table"))
            .and_then(|table| table.get_mut("columns")?.get_mut(text(mask, "column")))
        {
            column.set("mask", mask.clone());
        }
    }
    for (_, filter) in fields(catalog, "row_filters") {
        if let Some(table) = table(&mut tables, text(filter, "table")) {
            table.set("row_filter", filter.clone());
        }
    }
    tables
}

fn columns(table: &Tree) -> Tree {
    let mut columns = Tree::mapping();
    for column in items(table, "columns") {
        let mut copy = column.clone();
        copy.key_location = None;
        columns.set(text(column, "name"), copy);
    }
    let location = table.get("columns").and_then(|columns| columns.location.clone());
    columns.at(location)
}

fn table<'tree>(tables: &'tree mut Tree, name: &str) -> Option<&'tree mut Tree> {
    let key = tables
        .as_mapping()?
        .iter()
        .find(|(_, table)| text(table, "name") == name)
        .map(|(key, _)| key.clone())?;
    tables.get_mut(&key)
}
