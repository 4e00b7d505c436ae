//! Brings together what rules see about a product in one environment, and evaluates them.

use std::path::{Path, PathBuf};

use sluice_bundle::engine::{Action, Plan};
use sluice_model::{Diagnostic, Node, Timestamp, Tree};
use sluice_policy::input::{
    BundleFacts, Deployer, EnvironmentFacts, Evidence, ReleaseFacts, Sources, build, table_names,
};
use sluice_policy::waiver::{self, Waiver};
use sluice_policy::{Evaluator, Question, Report};
use sluice_store::{Store, StoreError};

use super::live::Evidences;
use super::{baseline, files, live};
use crate::bundle_files::{GitError, LoadedBundle};
use crate::documents::{DocumentError, read_document};
use crate::platform::{Environment, Platform};
use crate::product::DESCRIPTOR;

/// Kinds of resources that hold data: deleting one deletes what is in it.
const STATEFUL: [&str; 7] = [
    "catalogs",
    "schemas",
    "tables",
    "volumes",
    "pipelines",
    "registered_models",
    "database_instances",
];

/// Which files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content<'a> {
    /// Where they are.
    pub(crate) root: &'a Path,
    /// The repository that knows the commits of other releases.
    pub(crate) repository: &'a Path,
    /// The release that they are; none for a checkout.
    pub(crate) release: Option<&'a ReleaseFacts>,
}

/// The product in the environment's workspace, or why that is not known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workspace<'a> {
    pub(crate) loaded: Result<&'a LoadedBundle, &'a str>,
    pub(crate) plan: Result<&'a Plan, &'a str>,
}

/// What is evaluated where.
#[derive(Clone, Copy)]
pub(crate) struct Gathering<'a> {
    pub(crate) store: &'a Store,
    pub(crate) platform: &'a Platform,
    pub(crate) environment: &'a Environment,
    pub(crate) content: Content<'a>,
    pub(crate) workspace: Workspace<'a>,
    pub(crate) now: Timestamp,
}

/// What rules would look at cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// A document cannot be read or has faults.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The ledger failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Gathers the input and lets all rules judge it.
///
/// # Errors
/// When files of the product, the ledger or Git cannot be read. What only the workspace knows is missing evidence instead.
pub(crate) async fn evaluate(evaluator: &Evaluator, gathering: Gathering<'_>) -> Result<Report, GatherError> {
    let waivers = waivers(evaluator, gathering.content.root, gathering.platform)?;
    let document = document(gathering).await?;
    let environment = gathering.environment;
    Ok(evaluator.evaluate(&Question {
        document: &document,
        environment: environment.name.as_str(),
        stage: environment.stage,
        now: gathering.now,
        waivers: &waivers,
    }))
}

fn waivers(evaluator: &Evaluator, root: &Path, platform: &Platform) -> Result<Vec<Waiver>, DocumentError> {
    let path = root.join(waiver::FILE);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let tree = read_document(&path, waiver::FILE)?;
    let names: Vec<&str> = platform.environments.iter().map(|one| one.name.as_str()).collect();
    waiver::read(&tree, evaluator.pack(), &names).map_err(|diagnostics| DocumentError::Faults { diagnostics })
}

async fn document(gathering: Gathering<'_>) -> Result<Tree, GatherError> {
    let Gathering { platform, content, .. } = gathering;
    let product = read_document(&content.root.join(DESCRIPTOR), DESCRIPTOR)?;
    let contracts = files::contracts(content.root, &product)?;
    let name = product
        .get("name")
        .and_then(Tree::as_str)
        .and_then(|name| name.parse().ok());
    let active = match &name {
        Some(name) => {
            gathering
                .store
                .active_deployment(name, &gathering.environment.name)
                .await?
        }
        None => None,
    };
    let baseline = baseline::read(content.repository, active.as_ref(), &product, &contracts).await?;
    let mut evidence = Evidences::new();
    for kind in ["files", "contracts"] {
        evidence.insert(kind, Evidence::Present);
    }
    let compared = match &baseline.evidence {
        Evidence::None(reason) => Evidence::None(reason.clone()),
        Evidence::Present | Evidence::Missing(_) => Evidence::Present,
    };
    evidence.insert("previous", compared);
    evidence.insert("changes", baseline.evidence);
    evidence.insert(
        "release",
        match content.release {
            Some(_) => Evidence::Present,
            None => Evidence::None("a checkout is no release".to_owned()),
        },
    );
    let glossary = glossary(&platform.glossary, &mut evidence)?;
    let bundle = gathering.workspace.loaded.ok().map(|loaded| BundleFacts {
        config: &loaded.bundle.config,
        catalog: &loaded.bundle.catalog,
        root_path: &loaded.bundle.workspace.root_path,
    });
    let live = workspace(gathering, &product, bundle.as_ref(), &mut evidence).await;
    let plan = plan(gathering.workspace.plan, &mut evidence);
    Ok(build(&Sources {
        now: gathering.now,
        environment: facts(gathering.environment),
        environments: platform.environments.iter().map(facts).collect(),
        deployer: gathering.workspace.loaded.ok().map(|loaded| Deployer {
            name: loaded.bundle.current_user.user_name.clone(),
            service: loaded.bundle.current_user.service_principal,
        }),
        release: content.release.cloned(),
        bundle,
        contracts: &contracts,
        glossary,
        previous: baseline.previous,
        changes: baseline.changes,
        live,
        plan,
        scan: files::scanned(content.root, platform).await?,
        evidence,
        product: &product,
    }))
}

fn facts(environment: &Environment) -> EnvironmentFacts {
    EnvironmentFacts {
        name: environment.name.to_string(),
        stage: environment.stage,
        target: environment.target.clone(),
        host: environment.host.to_string(),
    }
}

/// The part `live`, read from the workspace when the bundle can be resolved against it.
async fn workspace(
    gathering: Gathering<'_>,
    product: &Tree,
    bundle: Option<&BundleFacts<'_>>,
    evidence: &mut Evidences,
) -> Tree {
    match (gathering.workspace.loaded, bundle) {
        (Ok(loaded), Some(bundle)) => {
            evidence.insert("bundle", Evidence::Present);
            let people = ["owner", "steward"]
                .iter()
                .filter_map(|role| product.get(role)?.as_str());
            let people: Vec<String> = people.map(str::to_owned).collect();
            let (live, found) = live::read(&loaded.client, &people, &table_names(bundle)).await;
            evidence.extend(found);
            live
        }
        (found, _) => {
            let reason = found.err().unwrap_or("the bundle is not resolved").to_owned();
            for kind in ["bundle", "principals", "tables", "grants"] {
                evidence.insert(kind, Evidence::Missing(reason.clone()));
            }
            live::nothing()
        }
    }
}

fn plan(plan: Result<&Plan, &str>, evidence: &mut Evidences) -> Tree {
    let mut tree = Tree::mapping();
    let plan = match plan {
        Ok(plan) => plan,
        Err(reason) => {
            evidence.insert("plan", Evidence::Missing(reason.to_owned()));
            return tree;
        }
    };
    evidence.insert("plan", Evidence::Present);
    for (key, entry) in &plan.plan {
        if entry.action == Action::Skip || entry.gone {
            continue;
        }
        let mut effect = Tree::mapping();
        effect.set("key", key.to_string());
        effect.set("kind", key.kind.as_str());
        effect.set("action", entry.action.as_str());
        effect.set("stateful", key.sub.is_none() && STATEFUL.contains(&key.kind.as_str()));
        tree.set(&key.to_string(), effect);
    }
    tree
}

/// The terms of the platform, `domain/term` → term.
fn glossary(paths: &[PathBuf], evidence: &mut Evidences) -> Result<Tree, DocumentError> {
    let mut glossary = Tree::mapping();
    if paths.is_empty() {
        evidence.insert("glossary", Evidence::None("the platform names no glossary".to_owned()));
        return Ok(glossary);
    }
    evidence.insert("glossary", Evidence::Present);
    for path in paths {
        let tree = read_document(path, &path.display().to_string())?;
        let domain = tree.get("domain").and_then(Tree::as_str).unwrap_or_default();
        let terms = tree.get("terms").and_then(Tree::as_mapping).into_iter().flatten();
        for (key, term) in terms {
            if !matches!(term.node, Node::Mapping(_)) {
                let fault = Diagnostic::error(format!("term `{key}` must be a map")).location(term.location.clone());
                return Err(DocumentError::Faults {
                    diagnostics: vec![fault],
                });
            }
            glossary.set(&format!("{domain}/{key}"), term.clone());
        }
    }
    Ok(glossary)
}
