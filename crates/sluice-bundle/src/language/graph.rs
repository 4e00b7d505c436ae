//! References among resources: each has to name a resource and a field that exist, and none may come back to where it started.
//!
//! The values stay for the engine to fill in; here only what can be said without the workspace.

use std::collections::{BTreeMap, BTreeSet};

use sluice_model::tree::Step;
use sluice_model::{Diagnostic, Location, Node, ResourceKey, Tree, TreePath};

use super::reference::{self, Reference};
use super::session::Session;
use super::shape::{self, SUPPORTED_KINDS};
use super::suggest;

/// The kinds of catalog files that references may name.
const CATALOG_KINDS: [&str; 2] = ["tables", "views"];

/// One use of a resource by another.
struct Edge {
    from: ResourceKey,
    to: ResourceKey,
    location: Option<Location>,
}

/// Reports references that lead nowhere and circles.
pub(super) fn check(resources: &Tree, catalog: &Tree, session: &mut Session<'_>) {
    let mut graph = Graph {
        keys: BTreeMap::new(),
        edges: Vec::new(),
        session,
    };
    graph.collect(resources, false, &SUPPORTED_KINDS);
    graph.collect(catalog, true, &["tables", "views", "grants"]);
    graph.references(resources, false, &SUPPORTED_KINDS);
    graph.references(catalog, true, &["tables", "views", "grants"]);
    graph.circles();
}

struct Graph<'session, 'inputs, 'tree> {
    keys: BTreeMap<ResourceKey, &'tree Tree>,
    edges: Vec<Edge>,
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
                    &TreePath::keys([root, *kind, name.as_str()]),
                );
            }
        }
    }

    fn body(&mut self, from: &ResourceKey, tree: &Tree, path: &TreePath) {
        match &tree.node {
            Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) => {}
            Node::String(text) => {
                for reference in reference::references(text) {
                    self.reference(from, &reference, tree, path);
                }
            }
            Node::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.body(from, item, &path.index(index));
                }
            }
            Node::Mapping(fields) => {
                for (key, value) in fields {
                    self.body(from, value, &path.key(key.as_str()));
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
        let known_kinds: &[&str] = if catalog { &CATALOG_KINDS } else { &SUPPORTED_KINDS };
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
        if !self.edges.iter().any(|edge| edge.from == *from && edge.to == to) {
            self.edges.push(Edge {
                from: from.clone(),
                to,
                location: user.location.clone(),
            });
        }
    }

    /// Reports every circle once.
    fn circles(&mut self) {
        let mut done: BTreeSet<ResourceKey> = BTreeSet::new();
        let keys: Vec<ResourceKey> = self.keys.keys().cloned().collect();
        for start in keys {
            let mut trail: Vec<(ResourceKey, Option<usize>, usize)> = Vec::new();
            if !done.contains(&start) {
                trail.push((start, None, 0));
            }
            // Depth first with a trail of its own: (resource, edge that led here, next edge to try).
            while let Some((at, _, next)) = trail.last_mut() {
                let found = self.edges[*next..].iter().position(|edge| edge.from == *at);
                let Some(offset) = found else {
                    done.insert(at.clone());
                    trail.pop();
                    continue;
                };
                let edge = *next + offset;
                *next = edge + 1;
                let to = self.edges[edge].to.clone();
                if let Some(position) = trail.iter().position(|(key, _, _)| *key == to) {
                    let mut ring: Vec<usize> = trail[position + 1..].iter().filter_map(|(_, edge, _)| *edge).collect();
                    ring.push(edge);
                    self.circle(&ring);
                } else if !done.contains(&to) {
                    trail.push((to, Some(edge), 0));
                }
            }
        }
    }

    fn circle(&mut self, edges: &[usize]) {
        let edges: Vec<&Edge> = edges.iter().map(|edge| &self.edges[*edge]).collect();
        let mut names: Vec<String> = edges.iter().map(|edge| edge.from.to_string()).collect();
        names.extend(names.first().cloned());
        let mut refused = Diagnostic::error(format!("resources need each other in a circle: {}", names.join(" → ")));
        for edge in edges {
            refused = refused.location(edge.location.clone());
        }
        self.session.report(refused.help("take one of the references out"));
    }
}

fn key(catalog: bool, kind: &str, name: &str) -> ResourceKey {
    if catalog {
        ResourceKey::catalog(kind, name)
    } else {
        ResourceKey::bundle(kind, name)
    }
}
