//! Which crate may know which: `allowed-edges.toml` against what the manifests say. An allowed edge that nobody uses is refused too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, MetadataCommand};
use serde::Deserialize;

use super::Violation;
use super::checkout::Checkout;
use crate::repository;

const FILE: &str = "xtask/allowed-edges.toml";

type Edges = BTreeMap<String, BTreeSet<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allowed {
    /// Crate to the crates of the workspace that it may use.
    edges: Edges,
    /// The same for tests; they may use what `edges` allows, too.
    test_edges: Edges,
}

pub(super) fn check(_checkout: &Checkout) -> Result<Vec<Violation>> {
    let path = repository::root().join(FILE);
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let allowed: Allowed = toml::from_str(&text).context(FILE)?;
    let metadata = MetadataCommand::new()
        .manifest_path(repository::root().join("Cargo.toml"))
        .no_deps()
        .exec()?;
    let members: BTreeSet<String> = metadata
        .packages
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    let mut used = Edges::new();
    let mut used_by_tests = Edges::new();
    for package in &metadata.packages {
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| members.contains(&dependency.name))
        {
            let edges = if dependency.kind == DependencyKind::Development {
                &mut used_by_tests
            } else {
                &mut used
            };
            edges
                .entry(package.name.to_string())
                .or_default()
                .insert(dependency.name.clone());
        }
    }
    Ok(judge(&allowed, &used, &used_by_tests))
}

fn judge(allowed: &Allowed, used: &Edges, used_by_tests: &Edges) -> Vec<Violation> {
    let has = |edges: &Edges, from: &str, to: &str| edges.get(from).is_some_and(|targets| targets.contains(to));
    let mut violations = Vec::new();
    for (from, to) in pairs(used).filter(|(from, to)| !has(&allowed.edges, from, to)) {
        let message = format!("{from} may not use {to}; the allowed edges are in {FILE}");
        violations.push(Violation::new(&format!("crates/{from}/Cargo.toml"), 0, message));
    }
    for (from, to) in
        pairs(used_by_tests).filter(|(from, to)| !has(&allowed.edges, from, to) && !has(&allowed.test_edges, from, to))
    {
        let message = format!("the tests of {from} may not use {to}; the allowed edges are in {FILE}");
        violations.push(Violation::new(&format!("crates/{from}/Cargo.toml"), 0, message));
    }
    for (from, to) in pairs(&allowed.edges).filter(|(from, to)| !has(used, from, to)) {
        violations.push(Violation::new(
            FILE,
            0,
            format!("{from} does not use {to}: remove the edge"),
        ));
    }
    violations
}

fn pairs(edges: &Edges) -> impl Iterator<Item = (&str, &str)> {
    edges
        .iter()
        .flat_map(|(from, targets)| targets.iter().map(move |to| (from.as_str(), to.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(text: &str) -> Edges {
        toml::from_str(text).expect("edges")
    }

    #[test]
    fn an_edge_that_is_not_allowed_and_an_allowed_one_without_use_are_named() {
        let allowed = Allowed {
            edges: edges("b = ['a']\nc = ['a']"),
            test_edges: edges("a = ['c']"),
        };
        let found: Vec<String> = judge(&allowed, &edges("b = ['a', 'c']"), &edges("a = ['c', 'b']"))
            .into_iter()
            .map(|violation| violation.message)
            .collect();
        assert_eq!(
            found,
            [
                "b may not use c; the allowed edges are in xtask/allowed-edges.toml",
                "the tests of a may not use b; the allowed edges are in xtask/allowed-edges.toml",
                "c does not use a: remove the edge",
            ]
        );
    }
}
