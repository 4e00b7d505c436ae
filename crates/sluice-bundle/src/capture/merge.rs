//! What was observed, put into what people wrote: only what differs is replaced, the rest stays as it is written.

use indexmap::IndexMap;
use sluice_model::{Node, Tree};

use super::lift::{Lifter, Lifting, Place};
use super::normal::same;
use super::reading::document_text;

/// The fields that identify the items of lists.
const IDENTITIES: [&str; 9] = [
    "task_key",
    "job_cluster_key",
    "environment_key",
    "principal",
    "user_name",
    "group_name",
    "service_principal_name",
    "name",
    "id",
];

/// Lists whose order means something: the observed one counts.
const ORDERED: [&str; 2] = ["columns", "parameters"];

/// Merges documents, and keeps account of it.
pub(super) struct Merge<'a> {
    /// Makes observed values what is written.
    pub(super) lifter: &'a Lifter,
    /// Where the document goes.
    pub(super) place: Place<'a>,
    /// What was replaced.
    pub(super) lifting: &'a mut Lifting,
    /// Paths of fields that differ.
    pub(super) changed: Vec<String>,
}

impl Merge<'_> {
    /// The document as it has to be written: `written` as it is written now; in normal form what is `declared`, what was `applied`
    /// last, and what was `observed`.
    pub(super) fn document(
        &mut self,
        written: &Tree,
        declared: &Tree,
        applied: Option<&Tree>,
        observed: &Tree,
    ) -> Tree {
        let sides = Sides {
            declared: Some(declared),
            applied: applied.map(Some),
            observed: Some(observed),
        };
        self.field("", "", Some(written), sides)
            .unwrap_or_else(|| written.clone())
    }

    fn field(&mut self, path: &str, field: &str, written: Option<&Tree>, sides: Sides<'_>) -> Option<Tree> {
        let Sides { declared, observed, .. } = sides;
        // What is as it was applied last was not changed in the workspace: a difference is the files' own.
        let untouched = sides.applied.is_some_and(|applied| alike(field, applied, observed));
        if untouched || alike(field, declared, observed) {
            return written.cloned();
        }
        let node = |tree: Option<&'_ Tree>| tree.map(|tree| tree.node.clone());
        match (
            written.map(|tree| &tree.node),
            node(declared),
            observed.map(|tree| &tree.node),
        ) {
            (Some(Node::Mapping(written)), Some(Node::Mapping(_)), Some(Node::Mapping(observed))) => {
                Some(self.mapping(path, written, sides, observed))
            }
            (Some(Node::Sequence(written)), Some(Node::Sequence(declared)), Some(Node::Sequence(observed)))
                if identified(&declared) && identified(observed) && identified(written) =>
            {
                Some(self.list(path, field, written, sides, observed))
            }
            _ => {
                self.changed.push(path.to_owned());
                observed.map(|observed| self.lifter.value(field, observed, self.place, self.lifting))
            }
        }
    }

    fn mapping(
        &mut self,
        path: &str,
        written: &IndexMap<String, Tree>,
        sides: Sides<'_>,
        observed: &IndexMap<String, Tree>,
    ) -> Tree {
        let mut merged = IndexMap::new();
        for (key, value) in written {
            let inner = joined(path, key);
            if let Some(value) = self.field(&inner, key, Some(value), sides.of_key(key)) {
                merged.insert(key.clone(), value);
            }
        }
        let mut before: Option<usize> = None;
        for key in observed.keys() {
            if let Some(index) = merged.get_index_of(key) {
                before = Some(index);
                continue;
            }
            let inner = joined(path, key);
            if let Some(value) = self.field(&inner, key, None, sides.of_key(key)) {
                let index = before.map_or(merged.len(), |before| before + 1);
                merged.shift_insert(index, key.clone(), value);
                before = Some(index);
            }
        }
        Node::Mapping(merged).into()
    }

    fn list(&mut self, path: &str, field: &str, written: &[Tree], sides: Sides<'_>, observed: &[Tree]) -> Tree {
        let mut wanted: Vec<Identity> = Vec::new();
        let of_written: Vec<Identity> = written.iter().filter_map(|item| self.of_written(item)).collect();
        let of_observed: Vec<Identity> = observed.iter().map(owned).collect();
        let lists = if ORDERED.contains(&field) {
            [of_observed, of_written]
        } else {
            [of_written, of_observed]
        };
        for identity in lists.into_iter().flatten() {
            if !wanted.contains(&identity) {
                wanted.push(identity);
            }
        }
        let mut merged: Vec<Tree> = Vec::new();
        for identity in wanted {
            let inner = format!("{path}[{}]", identity.1);
            let was = written
                .iter()
                .find(|item| self.of_written(item).as_ref() == Some(&identity));
            merged.extend(self.field(&inner, field, was, sides.of_item(&identity)));
        }
        Node::Sequence(merged).into()
    }
}

/// Field and value that identify an item of a list.
type Identity = (&'static str, String);

/// The sides of a comparison at one place, in normal form.
#[derive(Clone, Copy)]
struct Sides<'a> {
    declared: Option<&'a Tree>,
    /// None when nothing was ever applied.
    applied: Option<Option<&'a Tree>>,
    observed: Option<&'a Tree>,
}

impl<'a> Sides<'a> {
    fn of_key(self, key: &str) -> Self {
        self.map(|tree| tree.get(key))
    }

    fn of_item(self, identity: &Identity) -> Self {
        self.map(|tree| find(tree.as_sequence()?, identity))
    }

    fn map(self, inner: impl Fn(&'a Tree) -> Option<&'a Tree>) -> Self {
        Self {
            declared: self.declared.and_then(&inner),
            applied: self.applied.map(|applied| applied.and_then(&inner)),
            observed: self.observed.and_then(&inner),
        }
    }
}

fn alike(field: &str, one: Option<&Tree>, two: Option<&Tree>) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => same(field, one, two),
        (None, None) => true,
        _ => false,
    }
}

impl Merge<'_> {
    /// The identity of an item as it is written, with the values of variables.
    fn of_written(&self, item: &Tree) -> Option<Identity> {
        identity(item).map(|(field, text)| (field, self.lifter.evaluate(text)))
    }
}

/// The identity of an item of a list whose items have one.
fn owned(item: &Tree) -> Identity {
    identity(item).map_or(("", String::new()), |(field, text)| (field, text.to_owned()))
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn identity(item: &Tree) -> Option<(&'static str, &str)> {
    IDENTITIES
        .iter()
        .find_map(|field| Some((*field, document_text(item, field)?)))
}

fn identified(items: &[Tree]) -> bool {
    items.iter().all(|item| identity(item).is_some())
}

fn find<'a>(items: &'a [Tree], identity: &Identity) -> Option<&'a Tree> {
    items
        .iter()
        .find(|item| document_text(item, identity.0).is_some_and(|text| text.eq_ignore_ascii_case(&identity.1)))
}
