//! What an environment runs now, and how the contracts differ from it.

use std::path::Path;

use sluice_governance::compatibility::{ContractChange, compare, required_bump};
use sluice_governance::contract::{self, Contract};
use sluice_model::{Tree, TreePath};
use sluice_policy::input::{DocumentFile, Evidence};
use sluice_store::record::Deployment;

use crate::bundle_files::GitError;
use crate::documents::parse_document;
use crate::git::ask;
use crate::product::DESCRIPTOR;

/// What runs, and the differences to it.
pub(super) struct Baseline {
    /// Version and commit; none before the first deployment.
    pub(super) previous: Option<Tree>,
    pub(super) changes: Vec<Tree>,
    /// Whether there is something to compare with, and whether it could be read.
    pub(super) evidence: Evidence,
}

/// A port with its contract.
struct Promise {
    port: String,
    path: String,
    contract: Contract,
}

/// Compares with the deployment that is active in the environment.
pub(super) async fn read(
    repository: &Path,
    active: Option<&Deployment>,
    product: &Tree,
    contracts: &[DocumentFile],
) -> Result<Baseline, GitError> {
    let Some(active) = active else {
        return Ok(Baseline {
            previous: None,
            changes: Vec::new(),
            evidence: Evidence::None("nothing runs there yet".to_owned()),
        });
    };
    let mut previous = Tree::mapping();
    previous.set("commit", active.commit.as_str());
    if let Some(version) = &active.version {
        previous.set("version", version.to_string());
    }
    let (changes, evidence) = match before(repository, &active.commit).await? {
        Ok(before) => match now(product, contracts) {
            Ok(now) => (differences(&before, &now, product), Evidence::Present),
            Err(reason) => (Vec::new(), Evidence::Missing(reason)),
        },
        Err(reason) => (Vec::new(), Evidence::Missing(reason)),
    };
    Ok(Baseline {
        previous: Some(previous),
        changes,
        evidence,
    })
}

/// The ports of a commit with their contracts, or why they cannot be read.
async fn before(repository: &Path, commit: &str) -> Result<Result<Vec<Promise>, String>, GitError> {
    let product = match document(repository, commit, DESCRIPTOR).await? {
        Ok(tree) => tree,
        Err(reason) => return Ok(Err(reason)),
    };
    let mut promises = Vec::new();
    for (port, path) in ports(&product) {
        let tree = match document(repository, commit, &path).await? {
            Ok(tree) => tree,
            Err(reason) => return Ok(Err(reason)),
        };
        match contract::read(&tree) {
            Ok(contract) => promises.push(Promise { port, path, contract }),
            Err(faults) => return Ok(Err(format!("`{path}` at {commit} has {} faults", faults.len()))),
        }
    }
    Ok(Ok(promises))
}

async fn document(repository: &Path, commit: &str, path: &str) -> Result<Result<Tree, String>, GitError> {
    let shown = ask(repository, &["show", &format!("{commit}:{path}")]).await?;
    Ok(shown.and_then(|bytes| {
        let text = String::from_utf8_lossy(&bytes);
        parse_document(&text, path).map_err(|error| error.to_string())
    }))
}

fn now(product: &Tree, files: &[DocumentFile]) -> Result<Vec<Promise>, String> {
    let mut promises = Vec::new();
    for (port, path) in ports(product) {
        let file = files.iter().find(|file| file.path == path);
        let file = file.ok_or_else(|| format!("there is no file `{path}`"))?;
        let contract = contract::read(&file.tree).map_err(|faults| format!("`{path}` has {} faults", faults.len()))?;
        promises.push(Promise { port, path, contract });
    }
    Ok(promises)
}

/// Output ports with a contract: name and path.
fn ports(product: &Tree) -> Vec<(String, String)> {
    let all = product.get("ports").and_then(Tree::as_sequence).unwrap_or_default();
    let text = |port: &Tree, key: &str| port.get(key).and_then(Tree::as_str).map(str::to_owned);
    all.iter()
        .filter(|port| text(port, "kind").as_deref() == Some("output"))
        .filter_map(|port| Some((text(port, "name")?, text(port, "contract")?)))
        .collect()
}

fn differences(before: &[Promise], now: &[Promise], product: &Tree) -> Vec<Tree> {
    let mut changes = Vec::new();
    for old in before {
        match now.iter().find(|promise| promise.port == old.port) {
            Some(new) => {
                let all = compare(&old.contract, &new.contract);
                changes.extend(all.iter().map(|change| change_tree(change, old, new)));
            }
            None => changes.push(port_removed(old, product)),
        }
    }
    changes
}

fn change_tree(change: &ContractChange, old: &Promise, new: &Promise) -> Tree {
    let json = serde_json::to_value(change).expect("invariant: it has only text keys");
    let mut tree = Tree::from_json(&json).at(change.location.clone());
    let bump = required_bump(std::slice::from_ref(change), &old.contract.version);
    tree.set("bump", bump.as_str());
    tree.set("port", new.port.as_str());
    tree.set("contract", new.path.as_str());
    tree.set("previous_version", old.contract.version.as_str());
    tree.set("version", new.contract.version.as_str());
    tree
}

/// A port that is gone has no contract any more whose version could say so.
fn port_removed(old: &Promise, product: &Tree) -> Tree {
    let ports = product.at_path(&TreePath::keys(["ports"]));
    let location = ports.and_then(|ports| ports.key_location.clone().or_else(|| ports.location.clone()));
    let mut tree = Tree::mapping().at(location);
    for (key, value) in [
        ("rule", "C01"),
        ("kind", "port_removed"),
        ("path", old.port.as_str()),
        ("direction", "loosens"),
        ("bump", "major"),
        ("message", "output port was removed"),
        ("remedy", "keep the port until its support ends"),
        ("port", old.port.as_str()),
        ("contract", old.path.as_str()),
        ("previous_version", old.contract.version.as_str()),
        ("version", old.contract.version.as_str()),
    ] {
        tree.set(key, value);
    }
    tree.set("verdicts", Tree::mapping());
    tree
}
