//! Resources and changes that come from Python: `python.resources` and `python.mutators`.
//!
//! The program of the `databricks-bundles` package, which whoever writes such a bundle installs, gets the configuration as JSON and gives
//! it back: with more resources after `load_resources`, with changed ones after `apply_mutators`. Running it is a [`Need`](super::Need); what it may
//! change is decided here. Values from Python stand where the program says, and their paths are relative to the bundle root.

use std::collections::BTreeMap;

use sluice_model::{Diagnostic, Location, Node, Tree, TreePath};

use super::session::{Session, Stopped};
use super::shape::KINDS;

/// One run of the program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PythonCall {
    /// `load_resources` or `apply_mutators`.
    pub phase: String,
    /// The configuration as JSON.
    pub input: String,
    /// The virtual environment that the bundle names, relative to its root or absolute.
    pub venv_path: Option<String>,
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct PythonAnswer {
    /// The configuration that it gave back; nothing when it failed.
    pub output: Option<Tree>,
    /// What it has to say.
    pub findings: Vec<Diagnostic>,
    /// Where values stand, by path.
    pub locations: BTreeMap<String, Location>,
}

/// The functions that the bundle names.
pub(super) struct Python {
    venv_path: Option<String>,
    resources: bool,
    mutators: bool,
}

impl Python {
    /// What the bundle says; nothing when it names no functions.
    pub(super) fn of(config: &mut Tree, session: &mut Session<'_>) -> Option<Self> {
        let said = |block: Option<&Tree>| block.filter(|block| !block.is_null()).cloned();
        let current = said(config.get("python"));
        let experimental = config.get("experimental").and_then(|block| block.get("python"));
        let old = said(experimental);
        if let (Some(_), Some(old)) = (&current, &old) {
            session.report(
                Diagnostic::error("`python` and `experimental.python` say the same thing twice")
                    .path(TreePath::keys(["experimental", "python"]))
                    .location(old.key_location.clone())
                    .help("keep `python`"),
            );
            return None;
        }
        if let Some(current) = &current {
            // Where the program and the Databricks CLI before 0.275 look for it.
            let mut block = config.get("experimental").cloned().unwrap_or_default();
            block.set("python", current.clone());
            config.set("experimental", block);
            if let Node::Mapping(fields) = &mut config.node {
                fields.sort_keys();
            }
        }
        let block = current.or(old)?;
        let any = |key: &str| {
            block
                .get(key)
                .and_then(Tree::as_sequence)
                .is_some_and(|all| !all.is_empty())
        };
        let python = Self {
            venv_path: block.get("venv_path").and_then(Tree::as_str).map(str::to_owned),
            resources: any("resources"),
            mutators: any("mutators"),
        };
        (python.resources || python.mutators).then_some(python)
    }

    /// The resources that the functions add, as written there, by kind and key.
    pub(super) fn load(&self, config: &Tree, session: &mut Session<'_>) -> Result<Tree, Stopped> {
        let mut added = Tree::mapping();
        if !self.resources {
            return Ok(added);
        }
        let answer = self.run("load_resources", config, session)?;
        for (kind, key, resource) in resources(&answer.output) {
            let path = TreePath::keys(["resources", kind, key]);
            match declared(config, kind, key) {
                Some(before) if before == resource => {}
                Some(before) => session.report(
                    Diagnostic::error(format!(
                        "the resource `{path}` is declared twice: in YAML and in Python"
                    ))
                    .path(path)
                    .location(before.key_location.clone().or_else(|| before.location.clone()))
                    .help("give one of them another key, or change the one in YAML with a mutator"),
                ),
                None => {
                    let location = answer.locations.get(&path.to_string()).cloned();
                    let mut of_kind = added.get(kind).cloned().unwrap_or_else(Tree::mapping);
                    let mut resource = resource.clone().at(location.clone());
                    resource.key_location = location;
                    of_kind.set(key, resource);
                    added.set(kind, of_kind);
                }
            }
        }
        session.proceed()?;
        Ok(added)
    }

    /// The resources that the functions change, as they are afterwards, by kind and key.
    pub(super) fn change(&self, config: &Tree, session: &mut Session<'_>) -> Result<Tree, Stopped> {
        let mut changed = Tree::mapping();
        if !self.mutators {
            return Ok(changed);
        }
        let answer = self.run("apply_mutators", config, session)?;
        for (kind, key, resource) in resources(&answer.output) {
            let path = TreePath::keys(["resources", kind, key]);
            match declared(config, kind, key) {
                Some(before) if before == resource => {}
                Some(before) => {
                    let location = answer.locations.get(&path.to_string());
                    let mut resource = resource.clone();
                    keep_places(&mut resource, before, location);
                    let mut of_kind = changed.get(kind).cloned().unwrap_or_else(Tree::mapping);
                    of_kind.set(key, resource);
                    changed.set(kind, of_kind);
                }
                None => session.report(
                    Diagnostic::error(format!("a mutator adds the resource `{path}`"))
                        .path(path)
                        .help("add it in one of the functions of `python.resources`"),
                ),
            }
        }
        session.proceed()?;
        Ok(changed)
    }

    fn run<'inputs>(
        &self,
        phase: &str,
        config: &Tree,
        session: &mut Session<'inputs>,
    ) -> Result<&'inputs PythonAnswer, Stopped> {
        let mut ordered = config.clone();
        sort(&mut ordered);
        let call = PythonCall {
            phase: phase.to_owned(),
            input: ordered.to_json().to_string(),
            venv_path: self.venv_path.clone(),
        };
        let Some(answer) = session.python(call) else {
            return Err(Stopped);
        };
        for finding in &answer.findings {
            session.report(finding.clone());
        }
        session.proceed()?;
        Ok(answer)
    }
}

/// Puts the keys of every map in order.
fn sort(tree: &mut Tree) {
    match &mut tree.node {
        Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::String(_) => {}
        Node::Sequence(items) => items.iter_mut().for_each(sort),
        Node::Mapping(fields) => {
            fields.sort_keys();
            fields.values_mut().for_each(sort);
        }
    }
}

/// The resources of a configuration: kind, key and body.
fn resources(config: &Option<Tree>) -> impl Iterator<Item = (&str, &str, &Tree)> {
    let kinds = config.as_ref().and_then(|config| config.get("resources")?.as_mapping());
    let known = |(kind, _): &(&String, &Tree)| KINDS.contains(&kind.as_str());
    kinds.into_iter().flatten().filter(known).flat_map(|(kind, named)| {
        let named = named.as_mapping().into_iter().flatten();
        named.map(move |(key, resource)| (kind.as_str(), key.as_str(), resource))
    })
}

fn declared<'a>(config: &'a Tree, kind: &str, key: &str) -> Option<&'a Tree> {
    config.get("resources")?.get(kind)?.get(key)
}

/// Values that are as they were keep the place where they are written; the others stand where the program says.
fn keep_places(after: &mut Tree, before: &Tree, of_python: Option<&Location>) {
    after.key_location.clone_from(&before.key_location);
    if *after == *before {
        *after = before.clone();
        return;
    }
    after.location = of_python.cloned();
    match (&mut after.node, &before.node) {
        (Node::Mapping(fields), Node::Mapping(old)) => {
            for (key, value) in fields {
                if let Some(old) = old.get(key) {
                    keep_places(value, old, None);
                }
            }
        }
        (Node::Sequence(items), Node::Sequence(old)) => {
            for item in items {
                if let Some(old) = old.iter().find(|old| **old == *item) {
                    *item = old.clone();
                }
            }
        }
        _ => {}
    }
}

/// Puts resources beside or in the place of those of a configuration.
pub(super) fn put(config: &mut Tree, resources: &Tree) {
    let mut all = config.get("resources").cloned().unwrap_or_else(Tree::mapping);
    for (kind, named) in resources.as_mapping().into_iter().flatten() {
        let mut of_kind = all.get(kind).cloned().unwrap_or_else(Tree::mapping);
        for (key, resource) in named.as_mapping().into_iter().flatten() {
            of_kind.set(key, resource.clone());
        }
        all.set(kind, of_kind);
    }
    config.set("resources", all);
    if let Node::Mapping(fields) = &mut config.node {
        fields.sort_keys();
    }
}
