//! `catalog/*.yml`: tables, views and grants, which bundles cannot declare. Strict: what is not known is refused.

use indexmap::IndexMap;
use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::check::Check;
use super::interpolate::Resolver;
use super::merge::merge;
use super::normalise;
use super::reference;
use super::session::Session;
use super::shape::Type;
use super::yaml;

mod fields;

use fields::{CATALOG_FILE, CATALOG_TARGET};

/// Where catalog files stand.
pub(super) const PATTERN: &str = "catalog/*.yml";

/// The kinds that this version deploys.
const KINDS: [&str; 3] = ["tables", "views", "grants"];

/// Kinds of the catalog files that come later.
const LATER_KINDS: [&str; 6] = ["functions", "tags", "masks", "row_filters", "policies", "shares"];

/// Reads and merges all catalog files and puts the target's overrides over them. References are still in place.
pub(super) fn load(target: &str, targets: &[String], session: &mut Session<'_>) -> Tree {
    let mut files = session.glob(PATTERN).map(<[String]>::to_vec).unwrap_or_default();
    files.sort();
    let texts: Vec<(String, &str)> = files
        .into_iter()
        .filter_map(|file| {
            let text = session.file(&file)??;
            Some((file, text))
        })
        .collect();
    let mut catalog = Tree::mapping();
    let mut overrides = Vec::new();
    for (file, text) in texts {
        if let Some(tree) = document(&file, text, targets, session) {
            add(&mut catalog, tree, target, &mut overrides, session);
        }
    }
    for (path, block) in overrides {
        merge(&mut catalog, block, &path, session);
    }
    catalog
}

/// One file, checked on its own.
fn document(file: &str, text: &str, targets: &[String], session: &mut Session<'_>) -> Option<Tree> {
    let mut tree = match yaml::parse(text, file) {
        Ok(tree) => tree,
        Err(diagnostics) => {
            for diagnostic in diagnostics {
                session.report(diagnostic);
            }
            return None;
        }
    };
    if !session.check_version(&tree, file) {
        return None;
    }
    later_kinds(&mut tree, session);

    Check::written(session, true).conform(&mut tree, Type::Object(&CATALOG_FILE), &TreePath::default());
    let blocks = tree.get("targets").and_then(Tree::as_mapping);
    let blocks = blocks.into_iter().flat_map(IndexMap::values);
    for block in [&tree].into_iter().chain(blocks) {
        for (key, object) in block.get("tables").and_then(Tree::as_mapping).into_iter().flatten() {
            columns_once(object, &TreePath::keys(["catalog", "tables", key]), session);
        }
    }

    for (name, block) in tree.get("targets").and_then(Tree::as_mapping).into_iter().flatten() {
        if !targets.contains(name) {
            let mut refused = Diagnostic::error(format!("target `{name}` is not declared in the bundle"))
                .path(TreePath::keys(["targets", name]))
                .location(block.key_location.clone());
            refused.help = super::suggest::hint(name, targets.iter().map(String::as_str));
            session.report(refused);
        }
    }
    Some(tree)
}

/// Kinds that are known by name and not here yet are refused by name; the check of fields must not call them unknown.
fn later_kinds(tree: &mut Tree, session: &mut Session<'_>) {
    let Node::Mapping(fields) = &mut tree.node else { return };
    for kind in LATER_KINDS {
        if let Some(block) = fields.shift_remove(kind) {
            session.report(
                Diagnostic::error(format!(
                    "catalog kind `{kind}` is not supported by this version of Sluice"
                ))
                .path(TreePath::keys([kind]))
                .location(block.key_location.clone())
                .help(format!("supported kinds: `{}`", KINDS.join("`, `"))),
            );
        }
    }
}

/// Adds a file's objects; a key or the warehouse stands in one file.
fn add(catalog: &mut Tree, tree: Tree, target: &str, overrides: &mut Vec<(TreePath, Tree)>, session: &mut Session<'_>) {
    let Node::Mapping(fields) = tree.node else { return };
    for (key, value) in fields {
        match key.as_str() {
            "warehouse_id" => match catalog.get(&key) {
                Some(first) => {
                    let refused = Diagnostic::error("`warehouse_id` is set in two catalog files")
                        .path(TreePath::keys(["warehouse_id"]))
                        .location(value.key_location.clone())
                        .location(first.key_location.clone())
                        .help("keep one of them; it counts for all catalog files");
                    session.report(refused);
                }
                None => {
                    catalog.set(&key, value);
                }
            },
            "targets" => {
                if let Some(block) = value.get(target).filter(|block| !block.is_null()) {
                    overrides.push((TreePath::keys(["targets", target]), block.clone()));
                }
            }
            kind if KINDS.contains(&kind) => add_kind(catalog, kind, value, session),
            _ => {}
        }
    }
}

fn add_kind(catalog: &mut Tree, kind: &str, value: Tree, session: &mut Session<'_>) {
    if catalog.get(kind).is_none() {
        catalog.set(kind, Tree::mapping());
    }
    let (Some(known), Node::Mapping(more)) = (catalog.get_mut(kind), value.node) else {
        return;
    };
    for (name, body) in more {
        match known.get(&name) {
            Some(first) => session.report(
                Diagnostic::error(format!("`{kind}.{name}` is declared twice"))
                    .path(TreePath::keys([kind, name.as_str()]))
                    .location(body.key_location.clone())
                    .location(first.key_location.clone())
                    .help("an object has one declaration; what differs by target belongs to `targets`"),
            ),
            None => {
                known.set(&name, body);
            }
        }
    }
}

/// Resolves references to the bundle's values and checks the result.
pub(super) fn resolve(catalog: &Tree, root: &Tree, resources: &Tree, session: &mut Session<'_>) -> Tree {
    let mut resolver = Resolver::new(root, session);
    resolver.catalog = true;
    let mut resolved = resolver.resolve(catalog, &TreePath::keys(["catalog"]));
    view_files(&mut resolved, session);
    Check::resolved(session, true).conform(
        &mut resolved,
        Type::Object(&CATALOG_TARGET),
        &TreePath::keys(["catalog"]),
    );
    let managed = normalise::managed_schemas(resources);
    for kind in ["tables", "views"] {
        let Some(Node::Mapping(objects)) = resolved.get_mut(kind).map(|kind| &mut kind.node) else {
            continue;
        };
        for (key, object) in objects {
            let path = TreePath::keys(["catalog", kind, key.as_str()]);
            if let Some(columns) = object.get_mut("columns") {
                normalise::by_key(columns, "name", &path.key("columns"), session);
            }
            primary_key(object, &path, session);
            merge_grants(object, &path, session);
            full_name(object, &managed, &path, session);
            if kind == "views" {
                one_query(object, &path, session);
            }
        }
    }
    if let Some(Node::Mapping(grants)) = resolved.get_mut("grants").map(|grants| &mut grants.node) {
        for (key, grant) in grants {
            merge_grants(grant, &TreePath::keys(["catalog", "grants", key.as_str()]), session);
        }
    }
    warehouse(&resolved, session);
    names_once(&resolved, session);
    resolved
}

/// Tables and views are made with SQL, which needs a warehouse.
fn warehouse(catalog: &Tree, session: &mut Session<'_>) {
    let first = ["tables", "views"]
        .iter()
        .filter_map(|kind| catalog.get(kind)?.as_mapping()?.first())
        .next();
    if let Some((_, object)) = first
        && catalog.get("warehouse_id").is_none()
    {
        session.report(
            Diagnostic::error("tables and views need `warehouse_id`")
                .path(TreePath::keys(["warehouse_id"]))
                .location(object.key_location.clone())
                .help("set it at the top of one catalog file, for example to `${var.warehouse_id}`"),
        );
    }
}

/// Two declarations do not name one object.
fn names_once(catalog: &Tree, session: &mut Session<'_>) {
    let mut seen: IndexMap<String, TreePath> = IndexMap::new();
    for kind in ["tables", "views"] {
        for (key, object) in catalog.get(kind).and_then(Tree::as_mapping).into_iter().flatten() {
            let Some((name, text)) = object.get("name").and_then(|name| Some((name, name.as_str()?))) else {
                continue;
            };
            let path = TreePath::keys(["catalog", kind, key.as_str(), "name"]);
            if let Some(first) = seen.get(&text.to_lowercase()) {
                session.report(
                    Diagnostic::error(format!("`{text}` is declared twice"))
                        .path(first.clone())
                        .path(path)
                        .location(name.location.clone())
                        .help("names do not differ by case alone; keep one declaration"),
                );
            } else {
                seen.insert(text.to_lowercase(), path);
            }
        }
    }
}

/// A column's name stands once in a list; a target may add to it.
fn columns_once(object: &Tree, path: &TreePath, session: &mut Session<'_>) {
    let mut seen: IndexMap<String, &Tree> = IndexMap::new();
    let columns = object.get("columns").and_then(Tree::as_sequence).unwrap_or_default();
    for (index, column) in columns.iter().enumerate() {
        let Some(name) = column.get("name").and_then(Tree::as_str) else {
            continue;
        };
        if let Some(first) = seen.get(&name.to_lowercase()) {
            session.report(
                Diagnostic::error(format!("column `{name}` stands twice"))
                    .path(path.key("columns").index(index))
                    .location(column.location.clone())
                    .location(first.location.clone())
                    .help("names of columns do not differ by case alone"),
            );
        } else {
            seen.insert(name.to_lowercase(), column);
        }
    }
}

/// A primary key names columns of its table.
fn primary_key(object: &Tree, path: &TreePath, session: &mut Session<'_>) {
    let columns = object.get("columns").and_then(Tree::as_sequence).unwrap_or_default();
    let known: Vec<String> = columns
        .iter()
        .filter_map(|column| Some(column.get("name")?.as_str()?.to_lowercase()))
        .collect();
    let key = object
        .get("constraints")
        .and_then(|constraints| constraints.get("primary_key"));
    for (index, column) in key.and_then(Tree::as_sequence).unwrap_or_default().iter().enumerate() {
        let Some(name) = column.as_str() else { continue };
        if !columns.is_empty() && !known.contains(&name.to_lowercase()) {
            let mut refused = Diagnostic::error(format!("the primary key names column `{name}`, which does not exist"))
                .path(path.key("constraints").key("primary_key").index(index))
                .location(column.location.clone());
            refused.help = super::suggest::hint(name, known.iter().map(String::as_str));
            session.report(refused);
        }
    }
}

fn merge_grants(object: &mut Tree, path: &TreePath, session: &mut Session<'_>) {
    if let Some(grants) = object.get_mut("grants") {
        normalise::by_key(grants, "principal", &path.key("grants"), session);
    }
    normalise::grants(object);
}

/// `catalog.schema.name`, with the name of a managed schema as a reference to it.
fn full_name(
    object: &mut Tree,
    managed: &IndexMap<(String, String), String>,
    path: &TreePath,
    session: &mut Session<'_>,
) {
    let Some(name) = object.get_mut("name") else { return };
    let Some(text) = name.as_str().map(str::to_owned) else {
        return;
    };
    let parts = parts(&text);
    if parts.len() != 3 || parts.iter().any(|part| part.is_empty()) {
        session.report(
            Diagnostic::error(format!("`{text}` is no full name"))
                .path(path.key("name"))
                .location(name.location.clone())
                .help("write `<catalog>.<schema>.<name>`"),
        );
        return;
    }
    if let Some(key) = managed.get(&(parts[0].to_owned(), parts[1].to_owned()))
        && reference::references(parts[1]).is_empty()
    {
        name.node = Node::String(format!("{}.${{resources.schemas.{key}.name}}.{}", parts[0], parts[2]));
    }
}

/// The parts of a dotted name; dots inside references do not count.
fn parts(text: &str) -> Vec<&str> {
    let references = reference::references(text);
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices('.') {
        if references.iter().all(|reference| !reference.range.contains(&at)) {
            parts.push(&text[start..at]);
            start = at + 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

/// A view has a query, written in place or in a file.
fn one_query(view: &Tree, path: &TreePath, session: &mut Session<'_>) {
    if view.get("query").is_none() {
        session.report(
            Diagnostic::error("a view needs a query")
                .path(path.clone())
                .location(view.key_location.clone())
                .help("set `query`, or `file` to a file that holds it"),
        );
    }
}

/// Reads the queries of views that stand in files; the file is named relative to the catalog file.
fn view_files(catalog: &mut Tree, session: &mut Session<'_>) {
    let Some(Node::Mapping(views)) = catalog.get_mut("views").map(|views| &mut views.node) else {
        return;
    };
    for (key, view) in views {
        let path = TreePath::keys(["catalog", "views", key.as_str()]);
        let Some(file) = view.get("file").filter(|file| !file.is_null()).cloned() else {
            continue;
        };
        if view.get("query").is_some_and(|query| !query.is_null()) {
            session.report(
                Diagnostic::error("a view has either `query` or `file`")
                    .path(path)
                    .location(file.key_location.clone())
                    .location(view.get("query").and_then(|query| query.key_location.clone())),
            );
            continue;
        }
        let Some(name) = file.as_str() else { continue };
        let folder = file
            .location
            .as_ref()
            .map_or(".", |location| super::sync::folder(&location.file));
        let local = super::include::clean(&format!("{folder}/{name}"));
        match session.file(&local) {
            Some(Some(text)) => {
                view.set("query", Tree::from(text.trim()).at(file.location.clone()));
                if let Node::Mapping(fields) = &mut view.node {
                    fields.shift_remove("file");
                }
            }
            Some(None) => session.report(
                Diagnostic::error(format!("query file `{local}` does not exist"))
                    .path(path.key("file"))
                    .location(file.location.clone())
                    .help("paths are relative to the catalog file"),
            ),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn names_are_split_outside_of_references() {
        assert_eq!(parts("a.b.c"), ["a", "b", "c"]);
        assert_eq!(
            parts("a.${resources.schemas.s.name}.c"),
            ["a", "${resources.schemas.s.name}", "c"]
        );
        assert_eq!(parts("a"), ["a"]);
    }
}
