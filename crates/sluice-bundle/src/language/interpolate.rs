//! Replaces references to the bundle's own values: `${var.*}`, `${bundle.*}`, `${workspace.*}`.
//!
//! `${resources.*}` (and `${catalog.*}` in catalog files) stay: the engine fills them in. Start at [`Resolver::resolve`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use sluice_model::tree::Step;
use sluice_model::{Diagnostic, Location, Node, Trail, Tree, TreePath};

use super::reference::{self, Reference};
use super::session::Session;
use super::{scripts, shape, suggest};

/// More references behind one another than anybody writes; keeps recursion within the stack.
const MAXIMUM_CHAIN: usize = 50;
/// More values and characters than any bundle has.
const MAXIMUM_WEIGHT: usize = 50_000_000;

/// The first keys of references that mean something in a bundle.
const ROOTS: [&str; 6] = ["var", "bundle", "workspace", "resources", "artifacts", "variables"];

/// Resolves references against one tree. Every value is resolved once, however often it is used.
pub(super) struct Resolver<'tree, 'session, 'inputs> {
    root: &'tree Tree,
    session: &'session mut Session<'inputs>,
    /// Resolved values by path with their weight; none for one that could not be resolved.
    resolved: BTreeMap<TreePath, Option<(Tree, usize)>>,
    /// The weight of everything that references brought in so far.
    spent: usize,
    /// Whether a chain was too long already.
    too_deep: bool,

    /// The references that are being resolved, outermost first, with the place of their use.
    pending: Vec<(TreePath, Option<Location>)>,
    /// Whether `${catalog.…}` may be used here.
    pub(super) catalog: bool,
}

impl<'tree, 'session, 'inputs> Resolver<'tree, 'session, 'inputs> {
    pub(super) fn new(root: &'tree Tree, session: &'session mut Session<'inputs>) -> Self {
        Self {
            root,
            session,
            resolved: BTreeMap::new(),
            spent: 0,
            too_deep: false,
            pending: Vec::new(),
            catalog: false,
        }
    }

    /// The value with its references replaced; what cannot be resolved is reported and stays.
    pub(super) fn resolve(&mut self, tree: &Tree, path: &TreePath) -> Tree {
        let mut resolved = tree.clone();
        self.replace(&mut resolved, &Trail::From(path));
        resolved
    }

    /// As [`Resolver::resolve`], where the value stands.
    pub(super) fn replace(&mut self, tree: &mut Tree, path: &Trail<'_>) {
        match &mut tree.node {
            Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) => {}
            Node::String(text) => {
                let references = reference::references(text);
                if references.is_empty() {
                    return;
                }
                let text = text.clone();
                if let Some(node) = self.text(&text, &references, tree, &path.path()) {
                    tree.node = node;
                }
            }
            Node::Sequence(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.replace(item, &path.index(index));
                }
            }
            Node::Mapping(fields) => {
                for (key, value) in fields {
                    self.replace(value, &path.key(key));
                }
            }
        }
    }

    /// What a text with references comes to; nothing when it stays as it is.
    fn text(&mut self, text: &str, references: &[Reference], tree: &Tree, path: &TreePath) -> Option<Node> {
        if scripts::is_verbatim(path) {
            return None;
        }
        if let [only] = references
            && only.range == (0..text.len())
        {
            return Some(self.value(only, tree, path)?.node);
        }
        let mut replaced = String::new();
        let mut end = 0;
        for reference in references {
            replaced.push_str(&text[end..reference.range.start]);
            end = reference.range.end;
            match self.value(reference, tree, path).map(|value| embed(&value)) {
                Some(Some(value)) => replaced.push_str(&value),
                Some(None) => {
                    self.session.report(
                        Diagnostic::error(format!(
                            "`{}` is a map or a list and cannot stand inside a text",
                            reference.text
                        ))
                        .path(path.clone())
                        .location(tree.location.clone())
                        .help("use it as the whole value"),
                    );
                    replaced.push_str(&reference.text);
                }
                None => replaced.push_str(&reference.text),
            }
        }
        replaced.push_str(&text[end..]);
        Some(Node::String(replaced))
    }

    /// The value of a reference; none when it stays as it is or cannot be resolved (which is reported).
    fn value(&mut self, reference: &Reference, user: &Tree, path: &TreePath) -> Option<Tree> {
        match reference::root(&reference.path) {
            "var" | "variables" | "bundle" | "workspace" => {}
            // Known after the build.
            "resources" | "artifacts" => return None,
            "catalog" if self.catalog => return None,
            _ => {
                self.foreign(reference, user, path);
                return None;
            }
        }
        let target = canonical(&reference.path);
        if self.pending.iter().any(|(pending, _)| *pending == target) {
            self.cycle(&target, user);
            return None;
        }
        if let Some(known) = self.resolved.get(&target) {
            let known = known.clone();
            if known.is_none() && !self.is_reported_elsewhere(&target) && !self.too_deep {
                self.undefined(reference, user, path);
            }
            let (value, weight) = known?;
            return self.afford(weight, user).then_some(value);
        }
        if self.pending.len() >= MAXIMUM_CHAIN {
            // Said once: every other reference of a long chain has the same fault.
            if std::mem::replace(&mut self.too_deep, true) {
                return None;
            }
            self.session.report(
                Diagnostic::error(format!("references follow each other more than {MAXIMUM_CHAIN} deep"))
                    .path(path.clone())
                    .location(user.location.clone()),
            );
            return None;
        }
        self.pending.push((target.clone(), user.location.clone()));
        let found = self.find(&target);
        let value = found.as_ref().map(|found| self.resolve(found, &target));
        self.pending.pop();
        if value.is_none() && !self.is_reported_elsewhere(&target) && !self.too_deep {
            self.undefined(reference, user, path);
        }
        let value = value.map(|value| {
            let weight = weight(&value);
            (value, weight)
        });
        // A circle that runs through here has put a value in already, which stays.
        let (value, weight) = self.resolved.entry(target).or_insert(value).clone()?;
        self.afford(weight, user).then_some(value)
    }

    /// Whether a value of this weight may be brought in; variables that repeat each other would otherwise grow without bound.
    fn afford(&mut self, weight: usize, user: &Tree) -> bool {
        let spent = self.spent;
        self.spent = spent.saturating_add(weight);
        // Said once.
        if self.spent > MAXIMUM_WEIGHT && spent <= MAXIMUM_WEIGHT {
            self.session.report(
                Diagnostic::error("references bring in more than a bundle can hold").location(user.location.clone()),
            );
        }
        self.spent <= MAXIMUM_WEIGHT
    }

    /// A declared variable without a value, and one that waits for a lookup, have been reported or asked for already.
    fn is_reported_elsewhere(&self, target: &TreePath) -> bool {
        match target.0.as_slice() {
            [Step::Key(root), Step::Key(name), Step::Key(value), ..] if root == "variables" && value == "value" => self
                .root
                .get("variables")
                .and_then(|variables| variables.get(name))
                .is_some_and(|variable| variable.get("value").is_none()),
            _ => false,
        }
    }

    /// The value at a path; references on the way are followed.
    fn find(&mut self, target: &TreePath) -> Option<Tree> {
        let mut current: Cow<'tree, Tree> = Cow::Borrowed(self.root);
        for (position, step) in target.0.iter().enumerate() {
            if let Some(whole) = current.as_str().and_then(reference::whole) {
                let path = TreePath(target.0[..position].to_vec());
                let value = self.value(&whole, &current, &path)?;
                current = Cow::Owned(value);
            }
            let next = match &current {
                Cow::Borrowed(tree) => child(tree, step).map(Cow::Borrowed),
                Cow::Owned(tree) => child(tree, step).cloned().map(Cow::Owned),
            };
            match next {
                Some(next) => current = next,
                None => return shape::zero(target),
            }
        }
        if current.is_null() {
            return shape::zero(target).or(Some(current.into_owned()));
        }
        Some(current.into_owned())
    }

    fn cycle(&mut self, target: &TreePath, user: &Tree) {
        let start = self
            .pending
            .iter()
            .position(|(pending, _)| pending == target)
            .unwrap_or(0);
        // (value, place of the reference in it that leads on)
        let mut ring = self.pending[start..].to_vec();
        for index in 1..ring.len() {
            ring[index - 1].1 = ring[index].1.clone();
        }
        if let Some(last) = ring.last_mut() {
            last.1.clone_from(&user.location);
        }
        let first = (0..ring.len()).min_by_key(|index| &ring[*index].0).unwrap_or(0);
        ring.rotate_left(first);
        let mut names: Vec<String> = ring.iter().map(|(path, _)| spelled(path)).collect();
        names.extend(names.first().cloned());
        let mut refused = Diagnostic::error(format!("cyclic references: {}", names.join(" → ")));
        for (_, location) in &ring {
            refused = refused.location(location.clone());
        }

        self.session.report(refused.help("give one of them a value of its own"));
        // Nobody on the ring gets a second report of being undefined.
        for (path, _) in ring {
            self.resolved.insert(path, Some((Tree::from(""), 0)));
        }
    }

    fn undefined(&mut self, reference: &Reference, user: &Tree, path: &TreePath) {
        let target = canonical(&reference.path);
        let key = |index: usize| match target.0.get(index) {
            Some(Step::Key(key)) => key.as_str(),
            Some(Step::Index(_)) | None => "",
        };
        let empty = indexmap::IndexMap::new();
        let variables = self.root.get("variables").and_then(Tree::as_mapping).unwrap_or(&empty);
        let (summary, help) = match (key(0), variables.contains_key(key(1))) {
            ("variables", false) => (
                format!("variable `{}` is not defined", key(1)),
                suggest::nearest(key(1), variables.keys().map(String::as_str))
                    .map(|name| format!("did you mean `${{var.{name}}}`?"))
                    .or_else(|| Some(format!("declare `{}` in the top-level `variables`", key(1)))),
            ),
            _ => (
                format!("`{}` refers to nothing", reference.text),
                nearest_field(&target),
            ),
        };
        let mut refused = Diagnostic::error(summary)
            .path(path.clone())
            .location(user.location.clone());
        refused.help = help;
        self.session.report(refused);
    }

    /// A reference whose first key means nothing: refused when a slip is likely, else left as text with a warning.
    fn foreign(&mut self, reference: &Reference, user: &Tree, path: &TreePath) {
        let root = reference::root(&reference.path);
        let variable = self
            .root
            .get("variables")
            .and_then(|variables| variables.get(root))
            .is_some();
        let refused = |summary: String| {
            Diagnostic::error(summary)
                .path(path.clone())
                .location(user.location.clone())
        };
        if scripts::is_of_shell(path) {
            return;
        }
        let diagnostic = if root == "catalog" {
            refused(format!(
                "`{}` cannot be used in a bundle file, which has to be valid without the catalog files",
                reference.text
            ))
            .help("use a variable for the name on both sides")
        } else if variable {
            refused(format!("`{}` refers to nothing", reference.text)).help(format!("did you mean `${{var.{root}}}`?"))
        } else if let Some(near) = suggest::nearest(root, ROOTS) {
            refused(format!("`{}` refers to nothing", reference.text))
                .help(format!("did you mean `{}`?", reference.text.replacen(root, near, 1)))
        } else {
            let mut warning = Diagnostic::warning(format!(
                "`{}` is no reference of a bundle and stays as it is",
                reference.text
            ))
            .path(path.clone())
            .location(user.location.clone());
            warning.help = Some(format!("references start with one of: {}", ROOTS[..5].join(", ")));
            warning
        };
        self.session.report(diagnostic);
    }
}

/// The field of `bundle` or `workspace` that was meant.
fn nearest_field(target: &TreePath) -> Option<String> {
    let (Step::Key(last), parent) = target.0.split_last()? else {
        return None;
    };
    let name = suggest::nearest(last, shape::siblings(target))?;
    Some(format!("did you mean `${{{}}}`?", TreePath(parent.to_vec()).key(name)))
}

fn child<'tree>(tree: &'tree Tree, step: &Step) -> Option<&'tree Tree> {
    match step {
        Step::Key(key) => tree.get(key),
        Step::Index(index) => tree.as_sequence()?.get(*index),
    }
}

/// `var.x.y` as the path of the value, `variables.x.value.y`.
fn canonical(path: &TreePath) -> TreePath {
    match path.0.as_slice() {
        [Step::Key(root), name, rest @ ..] if root == "var" => {
            let mut steps = vec![
                Step::Key("variables".to_owned()),
                name.clone(),
                Step::Key("value".to_owned()),
            ];
            steps.extend_from_slice(rest);
            TreePath(steps)
        }
        _ => path.clone(),
    }
}

/// The path as people write it: `var.x` for `variables.x.value`.
fn spelled(path: &TreePath) -> String {
    match path.0.as_slice() {
        [Step::Key(root), Step::Key(name), Step::Key(value), rest @ ..] if root == "variables" && value == "value" => {
            let mut steps = vec![Step::Key("var".to_owned()), Step::Key(name.clone())];
            steps.extend_from_slice(rest);
            TreePath(steps).to_string()
        }
        _ => path.to_string(),
    }
}

/// How much a value holds: values and the length of its texts.
fn weight(tree: &Tree) -> usize {
    match &tree.node {
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) => 1,
        Node::String(text) => text.len() + 1,
        Node::Sequence(items) => items.iter().map(weight).sum::<usize>() + 1,
        Node::Mapping(fields) => {
            fields
                .iter()
                .map(|(key, value)| key.len() + weight(value))
                .sum::<usize>()
                + 1
        }
    }
}

/// A scalar as text; none for a map or a list.
pub(super) fn embed(value: &Tree) -> Option<String> {
    match &value.node {
        Node::Null => Some(String::new()),
        Node::Bool(value) => Some(value.to_string()),
        Node::Integer(value) => Some(value.to_string()),
        Node::Float(value) => Some(value.to_string()),
        Node::String(text) => Some(text.clone()),
        Node::Sequence(_) | Node::Mapping(_) => None,
    }
}
