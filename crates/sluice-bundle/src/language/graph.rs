//! References among resources: each has to name a resource and a field that exist, and none may come back to where it started.
//!
//! The values stay for the engine to fill in; here only what can be said without the workspace.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use sluice_model::tree::Step;
use sluice_model::{Diagnostic, Location, Node, ResourceKey, SubResource, Trail, Tree, TreePath};

use super::catalog_files;
use super::reference::{self, Reference};
use super::session::Session;
use super::shape::{self, KINDS};
use super::suggest;

/// The kinds of catalog files that references may name.
const CATALOG_KINDS: [&str; 3] = ["tables", "views", "functions"];

/// What a resource needs, with the place of the first reference to each.
type Needs = BTreeMap<ResourceKey, Option<Location>>;

/// Reports references that lead nowhere and circles.
pub(super) fn check(resources: &Tree, catalog: &Tree, session: &mut Session<'_>) {
    let mut graph = Graph {
        keys: BTreeMap::new(),
        needs: BTreeMap::new(),
        session,
    };
    graph.collect(resources, false, &KINDS);
    graph.collect(catalog, true, &catalog_files::KINDS);
    graph.references(resources, false, &KINDS);
    graph.references(catalog, true, &catalog_files::KINDS);
    graph.circles();
}

struct Graph<'session, 'inputs, 'tree> {
    keys: BTreeMap<ResourceKey, &'tree Tree>,
    needs: BTreeMap<ResourceKey, Needs>,
    session: &'session mut Session<'inputs>,
}

impl<'tree> Graph<'_, '_, 'tree> {
    fn collect(&mut self, document: &'tree Tree, catalog: bool, kinds: &[&str]) {
        for kind in kinds {
            for (name, body) in document.get(kind).and_then(Tree::as_mapping).into_iter().flatten() {
                self.keys.insert(key(catalog, kind, name), body);
            }
        }
    }

    fn references(&mut self, document: &Tree, catalog: bool, kinds: &[&str]) {
        let root = if catalog { "catalog" } else { "resources" };
        for kind in kinds {
            for (name, body) in document.get(kind).and_then(Tree::as_mapping).into_iter().flatten() {
                self.body(
                    &key(catalog, kind, name),
                    body,
                    &Trail::From(&TreePath::keys([root, *kind, name.as_str()])),
                );
            }
        }
    }

    fn body(&mut self, from: &ResourceKey, tree: &Tree, path: &Trail<'_>) {
        match &tree.node {
            Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) => {}
            Node::String(text) => {
                for reference in reference::references(text) {
                    self.reference(from, &reference, tree, &path.path());
                }
            }
            Node::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.body(from, item, &path.index(index));
                }
            }
            Node::Mapping(fields) => {
                for (key, value) in fields {
                    self.body(from, value, &path.key(key));
                }
            }
        }
    }

    fn reference(&mut self, from: &ResourceKey, reference: &Reference, user: &Tree, path: &TreePath) {
        let root = reference::root(&reference.path);
        let catalog = root == "catalog";
        if !catalog && root != "resources" {
            return;
        }
        let refuse = |summary: String, help: Option<String>| {
            let mut refused = Diagnostic::error(summary)
                .path(path.clone())
                .location(user.location.clone());
            refused.help = help;
            refused
        };
        let [_, Step::Key(kind), Step::Key(name), rest @ ..] = reference.path.0.as_slice() else {
            let help = format!("write `${{{root}.<kind>.<key>.<field>}}`");
            self.session
                .report(refuse(format!("`{}` names no resource", reference.text), Some(help)));
            return;
        };
        let known_kinds: &[&str] = if catalog { &CATALOG_KINDS } else { &KINDS };
        let to = key(catalog, kind, name);
        let Some(body) = self
            .keys
            .get(&to)
            .filter(|_| known_kinds.contains(&kind.as_str()))
            .copied()
        else {
            let help = if known_kinds.contains(&kind.as_str()) {
                let names = self
                    .keys
                    .keys()
                    .filter(|key| key.catalog == catalog && key.kind == *kind);
                suggest::hint(name, names.map(|key| key.name.as_str()))
            } else {
                suggest::hint(kind, known_kinds.iter().copied())
            };
            let summary = format!("`{}` refers to `{to}`, which does not exist", reference.text);
            self.session.report(refuse(summary, help));
            return;
        };
        match rest {
            [] => {
                let help = format!("add a field, such as `.{}`", if catalog { "full_name" } else { "id" });
                self.session
                    .report(refuse(format!("`{}` names no field", reference.text), Some(help)));
            }
            [Step::Key(field), ..] => {
                let known = shape::referable(catalog, kind);
                if body.get(field).is_none() && !known.iter().any(|name| name == field) {
                    let help =
                        suggest::nearest(field, known.iter().copied()).map(|name| format!("did you mean `{name}`?"));
                    let summary = format!("`{}` refers to a field that `{kind}` do not have", reference.text);
                    self.session.report(refuse(summary, help));
                }
            }
            [Step::Index(_), ..] => {
                self.session
                    .report(refuse(format!("`{}` names no field", reference.text), None));
            }
        }
        let needs = self.needs.entry(part_at(from, path)).or_default();
        needs.entry(to).or_insert_with(|| user.location.clone());
    }

    /// Reports every circle that a walk from each resource comes to.
    fn circles(&mut self) {
        let mut done = BTreeSet::new();
        let circles: Vec<Diagnostic> = self
            .needs
            .keys()
            .flat_map(|start| walk(start, &self.needs, &mut done))
            .collect();
        for circle in circles {
            self.session.report(circle);
        }
    }
}

/// A resource on the way of a walk: what it needs and is still to be visited, and the reference that led on.
struct Visit<'needs> {
    key: &'needs ResourceKey,
    rest: btree_map::Iter<'needs, ResourceKey, Option<Location>>,
    location: Option<Location>,
}

/// Depth first from one resource; the circles that it comes to.
fn walk<'needs>(
    start: &'needs ResourceKey,
    needs: &'needs BTreeMap<ResourceKey, Needs>,
    done: &mut BTreeSet<&'needs ResourceKey>,
) -> Vec<Diagnostic> {
    static NOTHING: Needs = Needs::new();
    let visit = |key: &'needs ResourceKey| Visit {
        key,
        rest: needs.get(key).unwrap_or(&NOTHING).iter(),
        location: None,
    };
    let mut circles = Vec::new();
    let mut trail = if done.contains(start) {
        Vec::new()
    } else {
        vec![visit(start)]
    };
    while let Some(top) = trail.last_mut() {
        let Some((to, location)) = top.rest.next() else {
            done.insert(top.key);
            trail.pop();
            continue;
        };
        top.location.clone_from(location);
        match trail.iter().position(|visit| visit.key == to) {
            Some(position) => circles.push(circle(&trail[position..])),
            None if done.contains(to) => {}
            None => trail.push(visit(to)),
        }
    }
    circles
}

fn circle(ring: &[Visit<'_>]) -> Diagnostic {
    let mut names: Vec<String> = ring.iter().map(|visit| visit.key.to_string()).collect();
    names.extend(names.first().cloned());
    let mut refused = Diagnostic::error(format!("resources need each other in a circle: {}", names.join(" → ")));
    for visit in ring {
        refused = refused.location(visit.location.clone());
    }
    refused.help("take one of the references out")
}

/// The part of a table that a path lies in: masks and foreign keys are made after the tables and functions that they need, which may
/// need the table itself.
fn part_at(key: &ResourceKey, path: &TreePath) -> ResourceKey {
    let named = |place: usize, name: &str| matches!(path.0.get(place), Some(Step::Key(step)) if step == name);
    if !key.catalog || key.kind != "tables" {
        key.clone()
    } else if named(3, "row_filter") || named(3, "columns") && named(5, "mask") {
        key.with_sub(SubResource::Masks)
    } else if named(3, "constraints") && named(4, "foreign_keys") {
        key.with_sub(SubResource::Constraints)
    } else {
        key.clone()
    }
}

fn key(catalog: bool, kind: &str, name: &str) -> ResourceKey {
    if catalog {
        ResourceKey::catalog(kind, name)
    } else {
        ResourceKey::bundle(kind, name)
    }
}
