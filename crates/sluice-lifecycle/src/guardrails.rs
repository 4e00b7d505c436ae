//! What a product's own documents say about its bundle must hold before anything is deployed: the jobs and tables that `product.yaml`
//! names exist, and nothing is built that the blueprint does not allow.
//!
//! *Invariant:* pure. Policies are not here; this is consistency.

use sluice_bundle::Bundle;
use sluice_governance::Descriptor;
use sluice_governance::document::suggestion;
use sluice_model::{Diagnostic, Tree, TreePath};

use crate::blueprint::lock::BlueprintLock;
use crate::platform::Environment;

/// Everything that does not fit together. `document` is the tree of `product.yaml`, for places.
pub(crate) fn check(
    bundle: &Bundle,
    descriptor: &Descriptor,
    document: &Tree,
    lock: Option<&BlueprintLock>,
    environment: &Environment,
) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let resources = bundle.config.get("resources");
    let jobs = keys(resources.and_then(|resources| resources.get("jobs")));
    for (index, job) in descriptor.verify.iter().enumerate() {
        if !jobs.contains(&job.as_str()) {
            let path = TreePath::keys(["verify"]).index(index);
            findings.push(missing(
                document,
                path,
                format!("the bundle has no job `{job}`"),
                job,
                &jobs,
            ));
        }
    }
    for (index, port) in descriptor.ports.iter().enumerate() {
        let Some(table) = &port.table else { continue };
        let known = keys(bundle.catalog.get(&table.kind));
        if !known.contains(&table.name.as_str()) {
            let path = TreePath::keys(["ports"]).index(index).key("table");
            let summary = format!("the catalog files have no `{table}`");
            findings.push(missing(document, path, summary, &table.name, &known));
        }
    }
    if let Some(lock) = lock {
        findings.extend(blueprint(bundle, lock, environment));
    }
    findings
}

fn keys(tree: Option<&Tree>) -> Vec<&str> {
    let fields = tree.and_then(Tree::as_mapping);
    fields
        .into_iter()
        .flat_map(|fields| fields.keys().map(String::as_str))
        .collect()
}

fn missing(document: &Tree, path: TreePath, summary: String, name: &str, known: &[&str]) -> Diagnostic {
    let location = document.at_path(&path).and_then(|tree| tree.location.clone());
    let mut finding = Diagnostic::error(summary).path(path).location(location);
    finding.help = suggestion(name, known.iter().copied());
    finding
}

fn blueprint(bundle: &Bundle, lock: &BlueprintLock, environment: &Environment) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let name = environment.name.as_str();
    if !lock.environments.is_empty() && !lock.environments.iter().any(|allowed| allowed == name) {
        findings.push(
            Diagnostic::error(format!(
                "blueprint `{}` does not allow environment `{name}`",
                lock.blueprint
            ))
            .help(format!("it allows {}", lock.environments.join(", "))),
        );
    }
    let roots = [
        (bundle.config.get("resources"), "resources"),
        (Some(&bundle.catalog), "catalog"),
    ];
    for (root, title) in roots {
        for kind in keys(root) {
            let section = root.and_then(|root| root.get(kind));
            let declared = section
                .and_then(Tree::as_mapping)
                .is_some_and(|fields| !fields.is_empty());
            if declared && !lock.kinds.is_empty() && !lock.kinds.iter().any(|allowed| allowed == kind) {
                findings.push(
                    Diagnostic::error(format!("blueprint `{}` does not allow {kind}", lock.blueprint))
                        .path(TreePath::keys([title, kind]))
                        .location(section.and_then(|section| section.key_location.clone()))
                        .help(format!("it allows {}", lock.kinds.join(", "))),
                );
            }
        }
    }
    findings
}
