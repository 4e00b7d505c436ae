//! `catalog/*.yml`: tables, views, functions, tags, masks and grants, which bundles cannot declare. Strict: what is not known is refused.

use indexmap::IndexMap;
use sluice_model::{Diagnostic, Node, Tree, TreePath};

use super::check::Check;
use super::interpolate::Resolver;
use super::merge::merge;
use super::normalise;
use super::session::Session;
use super::shape::Type;
use super::yaml;

mod columns;
mod fields;
mod names;
mod sql_files;
mod tags;

use fields::{CATALOG_FILE, CATALOG_TARGET};

/// Where catalog files stand.
pub(super) const PATTERN: &str = "catalog/*.yml";

/// The kinds that this version deploys.
pub(super) const KINDS: [&str; 7] = ["tables", "views", "functions", "grants", "tags", "masks", "row_filters"];

/// Kinds of the catalog files that come later.
const LATER_KINDS: [&str; 2] = ["policies", "shares"];

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
            columns::once(object, &TreePath::keys(["catalog", "tables", key]), session);
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
    sql_files::read(&mut resolved, session);
    Check::resolved(session, true).conform(
        &mut resolved,
        Type::Object(&CATALOG_TARGET),
        &TreePath::keys(["catalog"]),
    );
    let managed = normalise::managed_schemas(resources);
    for kind in KINDS {
        let Some(Node::Mapping(objects)) = resolved.get_mut(kind).map(|kind| &mut kind.node) else {
            continue;
        };
        for (key, object) in objects {
            let path = TreePath::keys(["catalog", kind, key.as_str()]);
            if let Some(columns) = object.get_mut("columns").filter(|_| matches!(kind, "tables" | "views")) {
                normalise::by_key(columns, "name", &path.key("columns"), session);
            }
            merge_grants(object, &path, session);
            tags::normalise(object, &path, session);
            names::full_names(kind, object, &managed, &path, session);
            match kind {
                "tables" => columns::check(object, &path, session),
                "views" | "functions" => sql_files::has_text(kind, object, &path, session),
                _ => {}
            }
        }
    }
    warehouse(&resolved, session);
    names::once(&resolved, session);
    resolved
}

/// Tables, views, functions, masks and filters are made with SQL, which needs a warehouse.
fn warehouse(catalog: &Tree, session: &mut Session<'_>) {
    let first = ["tables", "views", "functions", "masks", "row_filters"]
        .iter()
        .filter_map(|kind| catalog.get(kind)?.as_mapping()?.first())
        .next();
    if let Some((_, object)) = first
        && catalog.get("warehouse_id").is_none()
    {
        session.report(
            Diagnostic::error("tables, views, functions and masks need `warehouse_id`")
                .path(TreePath::keys(["warehouse_id"]))
                .location(object.key_location.clone())
                .help("set it at the top of one catalog file, for example to `${var.warehouse_id}`"),
        );
    }
}

fn merge_grants(object: &mut Tree, path: &TreePath, session: &mut Session<'_>) {
    if let Some(grants) = object.get_mut("grants") {
        normalise::by_key(grants, "principal", &path.key("grants"), session);
    }
    normalise::grants(object);
}
