//! The document that rules see, `sluice.policy.input/v1`: the product as one environment would have it, with what it is compared to.
//!
//! Its shape is `input.schema.json`. Every part keeps the place where it was written, so that a finding's path leads to a file, a line
//! and a column; the document itself carries no places. What is named by key in files is named by key here, so that a finding has the
//! same identity in every environment.

mod assets;
mod contracts;
mod personal;
mod references;

use std::collections::BTreeMap;

use sluice_model::{Node, Timestamp, Tree};

use crate::stage::Stage;

/// Name and version of the document.
pub const SCHEMA: &str = "sluice.policy.input/v1";

/// An environment, as rules see it.
#[derive(Clone, Debug)]
pub struct EnvironmentFacts {
    /// Name.
    pub name: String,
    /// Stage.
    pub stage: Stage,
    /// Bundle target.
    pub target: String,
    /// Workspace.
    pub host: String,
}

/// Who would deploy.
#[derive(Clone, Debug)]
pub struct Deployer {
    /// User name or application id.
    pub name: String,
    /// Whether it is a service principal.
    pub service: bool,
}

/// A bundle, resolved for the environment.
#[derive(Clone, Copy, Debug)]
pub struct BundleFacts<'a> {
    /// The configuration.
    pub config: &'a Tree,
    /// The catalog files.
    pub catalog: &'a Tree,
    /// Where it stands in the workspace.
    pub root_path: &'a str,
}

/// A frozen release.
#[derive(Clone, Debug)]
pub struct ReleaseFacts {
    /// Version.
    pub version: String,
    /// Digest, computed again.
    pub digest: String,
    /// Commit.
    pub commit: String,
    /// Whether the ledger has it.
    pub recorded: bool,
}

/// Whether evidence is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// It is in the document.
    Present,
    /// It could not be read, and why.
    Missing(String),
    /// There is none, and why: nothing to compare with, nothing frozen.
    None(String),
}

/// A contract or another document with its path in the repository.
#[derive(Clone, Debug)]
pub struct DocumentFile {
    /// Path.
    pub path: String,
    /// Content.
    pub tree: Tree,
}

/// Everything that a document is built from.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// The moment.
    pub now: Timestamp,
    /// The environment.
    pub environment: EnvironmentFacts,
    /// All environments of the platform.
    pub environments: Vec<EnvironmentFacts>,
    /// Who would deploy; none when the workspace could not be asked.
    pub deployer: Option<Deployer>,
    /// `product.yaml`.
    pub product: &'a Tree,
    /// The release; none for a checkout.
    pub release: Option<ReleaseFacts>,
    /// The bundle; none when it cannot be resolved for this environment.
    pub bundle: Option<BundleFacts<'a>>,
    /// Contracts.
    pub contracts: &'a [DocumentFile],
    /// Terms: `domain/term` → the term.
    pub glossary: Tree,
    /// What the environment runs: `version`, `commit`.
    pub previous: Option<Tree>,
    /// Differences of contracts to what the environment runs.
    pub changes: Vec<Tree>,
    /// Principals, tables and grants of the workspace.
    pub live: Tree,
    /// What a deployment would do, by resource key: `action`, `kind`, `stateful`.
    pub plan: Tree,
    /// What was found in files.
    pub scan: Tree,
    /// Which evidence is there. What is not named is missing.
    pub evidence: BTreeMap<&'static str, Evidence>,
}

/// Full names of the tables and views that the catalog files declare.
#[must_use]
pub fn table_names(bundle: &BundleFacts<'_>) -> Vec<String> {
    let assets = assets::build(bundle);
    fields(&assets, "tables")
        .map(|(_, table)| text(table, "name").to_owned())
        .collect()
}

/// Builds the document.
#[must_use]
pub fn build(sources: &Sources<'_>) -> Tree {
    let mut tree = Tree::mapping();
    tree.set("schema", SCHEMA);
    tree.set("now", sources.now.to_string());
    tree.set("target", target(sources));
    tree.set("platform", platform(sources));
    tree.set("product", sources.product.clone());
    if let Some(release) = &sources.release {
        tree.set("release", release_tree(release));
    }
    // Without a bundle every section is there and empty; the evidence says that nobody knows.
    let nothing = Tree::mapping();
    let assets = assets::build(&sources.bundle.unwrap_or(BundleFacts {
        config: &nothing,
        catalog: &nothing,
        root_path: "",
    }));
    tree.set(
        "contracts",
        contracts::build(sources.contracts, sources.product, &assets),
    );
    if let Some(bundle) = &sources.bundle {
        tree.set("bundle", bundle_tree(bundle));
    }
    tree.set("assets", assets);
    tree.set("glossary", sources.glossary.clone());
    if let Some(previous) = &sources.previous {
        tree.set("previous", previous.clone());
    }
    tree.set("changes", changes(&sources.changes));
    tree.set("evidence", evidence(&sources.evidence));
    tree.set("live", sources.live.clone());
    tree.set("plan", sources.plan.clone());
    tree.set("scan", sources.scan.clone());
    tree
}

fn texts<const N: usize>(fields: [(&str, &str); N]) -> Tree {
    let mut tree = Tree::mapping();
    for (key, value) in fields {
        tree.set(key, value);
    }
    tree
}

fn target(sources: &Sources<'_>) -> Tree {
    let environment = &sources.environment;
    let mut tree = texts([
        ("environment", &environment.name),
        ("stage", environment.stage.as_str()),
        ("target", &environment.target),
        ("host", &environment.host),
    ]);
    if let Some(deployer) = &sources.deployer {
        let mut who = texts([("name", &deployer.name)]);
        who.set("service", deployer.service);
        tree.set("deployer", who);
    }
    tree
}

fn platform(sources: &Sources<'_>) -> Tree {
    let environments = sources.environments.iter().map(|environment| {
        texts([
            ("name", &environment.name),
            ("stage", environment.stage.as_str()),
            ("target", &environment.target),
            ("host", &environment.host),
        ])
    });
    let mut tree = Tree::mapping();
    tree.set("environments", Tree::from(Node::Sequence(environments.collect())));
    tree
}

fn release_tree(release: &ReleaseFacts) -> Tree {
    let mut tree = texts([
        ("version", &release.version),
        ("digest", &release.digest),
        ("commit", &release.commit),
    ]);
    tree.set("recorded", release.recorded);
    tree
}

fn bundle_tree(bundle: &BundleFacts<'_>) -> Tree {
    let head = bundle.config.get("bundle");
    let mut tree = Tree::mapping();
    for key in ["name", "target", "mode"] {
        if let Some(value) = head.and_then(|head| head.get(key)) {
            tree.set(key, value.clone());
        }
    }
    for key in ["run_as", "permissions"] {
        if let Some(value) = bundle.config.get(key) {
            tree.set(key, value.clone());
        }
    }
    let root = bundle
        .config
        .get("workspace")
        .and_then(|workspace| workspace.get("root_path"));
    let root = root.and_then(|root| root.location.clone());
    tree.set("root_path", Tree::from(bundle.root_path).at(root));
    tree
}

/// Differences by contract, path and kind, which do not move when others come.
fn changes(all: &[Tree]) -> Tree {
    let mut tree = Tree::mapping();
    for change in all {
        let text = |key: &str| change.get(key).and_then(Tree::as_str).unwrap_or_default();
        let key = format!("{}#{}#{}", text("contract"), text("path"), text("kind"));
        tree.set(&key, change.clone());
    }
    tree
}

fn evidence(all: &BTreeMap<&'static str, Evidence>) -> Tree {
    let mut tree = Tree::mapping();
    for (kind, evidence) in all {
        let status = match evidence {
            Evidence::Present => texts([("status", "present")]),
            Evidence::Missing(reason) => texts([("status", "missing"), ("reason", reason)]),
            Evidence::None(reason) => texts([("status", "none"), ("reason", reason)]),
        };
        tree.set(kind, status);
    }
    tree
}

/// A field of a mapping as text; empty when there is none.
fn text<'tree>(tree: &'tree Tree, key: &str) -> &'tree str {
    tree.get(key).and_then(Tree::as_str).unwrap_or_default()
}

/// The items of a list field; none when there is none.
fn items<'tree>(tree: &'tree Tree, key: &str) -> &'tree [Tree] {
    tree.get(key).and_then(Tree::as_sequence).unwrap_or_default()
}

/// The fields of a map field; none when there is none.
fn fields<'tree>(tree: &'tree Tree, key: &str) -> impl Iterator<Item = (&'tree String, &'tree Tree)> {
    tree.get(key).and_then(Tree::as_mapping).into_iter().flatten()
}

#[cfg(test)]
mod tests;
