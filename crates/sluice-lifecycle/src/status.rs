//! What runs where, since when, by whom; and what happened.

use std::collections::BTreeMap;

use serde::Serialize;
use sluice_model::{Digest, EnvironmentName, ProductName, ReleaseVersion, Timestamp};
use sluice_store::record::{Approval, Deployment, DeploymentState};
use sluice_store::{Event, Store, StoreError, Subject};

use crate::machines::deployment::is_unfinished;
use crate::platform::Platform;

/// One product in one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusCell {
    /// Product.
    pub product: ProductName,
    /// Environment.
    pub environment: EnvironmentName,
    /// What runs there; none when nothing does.
    pub running: Option<Running>,
    /// A deployment that is under way or stopped half-way; absent when looking back.
    pub unfinished: Option<Unfinished>,
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Running {
    /// Release; none for a commit that was verified without being frozen.
    pub version: Option<ReleaseVersion>,
    /// Digest of the release, or of the commit's files.
    pub digest: Digest,
    /// Commit.
    pub commit: String,
    /// Digest of the environment's values.
    pub binding_digest: Digest,
    /// Since when.
    pub since: Timestamp,
    /// By whom.
    pub by: String,
    /// The deployment.
    pub deployment: String,
    /// Who approved it; nobody had to when this is empty.
    pub approved_by: Vec<String>,
}

/// What stopped or is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unfinished {
    /// The deployment.
    pub deployment: String,
    /// Its state.
    pub state: DeploymentState,
    /// Why it stopped.
    pub reasons: Vec<String>,
}

/// The matrix of products and environments, now or at a past moment.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn status(
    store: &Store,
    platform: Option<&Platform>,
    product: Option<&ProductName>,
    at: Option<Timestamp>,
) -> Result<Vec<StatusCell>, StoreError> {
    let deployments = store.deployments(product).await?;
    let releases = store.releases(product).await?;
    let approvals = store.approvals(product).await?;
    let mut products: Vec<&ProductName> = deployments.iter().map(|row| &row.product).collect();
    products.extend(releases.iter().map(|row| &row.product));
    products.sort_unstable();
    products.dedup();
    let mut environments: Vec<EnvironmentName> = platform.map_or_else(Vec::new, |platform| {
        platform.environments.iter().map(|one| one.name.clone()).collect()
    });
    for row in &deployments {
        if !environments.contains(&row.environment) {
            environments.push(row.environment.clone());
        }
    }
    let mut by_cell: BTreeMap<(&ProductName, &EnvironmentName), Vec<&Deployment>> = BTreeMap::new();
    for row in &deployments {
        by_cell.entry((&row.product, &row.environment)).or_default().push(row);
    }
    let mut cells = Vec::new();
    for product in products {
        for environment in &environments {
            let mine = by_cell.remove(&(product, environment)).unwrap_or_default();
            let mut cell = cell(product, environment, &mine, at);
            if let Some(running) = &mut cell.running {
                running.approved_by = approvers(&approvals, &running.deployment);
            }
            cells.push(cell);
        }
    }
    Ok(cells)
}

/// What was active last at the moment: a deployment stays what runs until the next one becomes active.
fn cell(
    product: &ProductName,
    environment: &EnvironmentName,
    deployments: &[&Deployment],
    at: Option<Timestamp>,
) -> StatusCell {
    let running = deployments
        .iter()
        .filter_map(|row| Some((row.active_at?, row)))
        .filter(|(since, _)| at.is_none_or(|at| *since <= at))
        .max_by_key(|(since, _)| *since)
        .map(|(since, row)| Running {
            version: row.version.clone(),
            digest: row.digest,
            commit: row.commit.clone(),
            binding_digest: row.binding_digest,
            since,
            by: row.started_by.clone(),
            deployment: row.id.clone(),
            approved_by: Vec::new(),
        });
    let unfinished = deployments
        .iter()
        .find(|row| at.is_none() && is_unfinished(row.state))
        .map(|row| Unfinished {
            deployment: row.id.clone(),
            state: row.state,
            reasons: row.reasons.clone(),
        });
    StatusCell {
        product: product.clone(),
        environment: environment.clone(),
        running,
        unfinished,
    }
}

/// Who agreed to what a deployment did.
fn approvers(approvals: &[Approval], deployment: &str) -> Vec<String> {
    approvals
        .iter()
        .filter(|row| row.deployment.as_deref() == Some(deployment))
        .flat_map(|row| row.decisions.iter().filter(|decision| decision.granted))
        .map(|decision| decision.subject.clone())
        .collect()
}

/// One line of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HistoryEntry {
    /// Number of the ledger's entry.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub kind: String,
    /// About what.
    pub subject: Subject,
}

/// What happened to products, oldest first, without the steps and leases that only the ledger shows.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn history(
    store: &Store,
    product: Option<&ProductName>,
    environment: Option<&EnvironmentName>,
) -> Result<Vec<HistoryEntry>, StoreError> {
    let mut entries = Vec::new();
    let mut after = 0;
    loop {
        let page = store.events(after, 1000).await?;
        let Some(last) = page.last() else { return Ok(entries) };
        after = last.seq;
        entries.extend(
            page.into_iter()
                .filter(|event| is_shown(event, product, environment))
                .map(|event| HistoryEntry {
                    seq: event.seq,
                    at: event.at,
                    actor: event.actor.subject,
                    kind: event.kind,
                    subject: event.subject,
                }),
        );
    }
}

/// One page of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HistoryPage {
    /// Entries, newest first.
    pub entries: Vec<HistoryEntry>,
    /// Where the next page begins: entries before this number; none when there are no older ones.
    pub older: Option<u64>,
}

/// As [`history`], newest first and page by page: at most `limit` entries before the number `before`.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn history_page(
    store: &Store,
    product: Option<&ProductName>,
    environment: Option<&EnvironmentName>,
    before: Option<u64>,
    limit: usize,
) -> Result<HistoryPage, StoreError> {
    const CHUNK: u32 = 500;
    let last = store.head().await?.seq;
    let mut before = before.unwrap_or(u64::MAX).min(last.saturating_add(1)).max(1);
    let mut entries: Vec<HistoryEntry> = Vec::new();
    while before > 1 {
        let after = before.saturating_sub(1 + u64::from(CHUNK));
        let mut chunk = store.events(after, CHUNK).await?;
        chunk.retain(|event| event.seq < before && is_shown(event, product, environment));
        for event in chunk.into_iter().rev() {
            if entries.len() == limit {
                let older = entries.last().map(|entry| entry.seq);
                return Ok(HistoryPage { entries, older });
            }
            entries.push(HistoryEntry {
                seq: event.seq,
                at: event.at,
                actor: event.actor.subject,
                kind: event.kind,
                subject: event.subject,
            });
        }
        before = after + 1;
    }
    Ok(HistoryPage { entries, older: None })
}

fn is_shown(event: &Event, product: Option<&ProductName>, environment: Option<&EnvironmentName>) -> bool {
    let internal = ["step.", "lease.", "gate.", "notification."]
        .iter()
        .any(|prefix| event.kind.starts_with(prefix));
    !internal
        && product.is_none_or(|name| event.subject.product.as_ref() == Some(name))
        && environment.is_none_or(|name| event.subject.environment.as_ref() == Some(name))
}

#[cfg(test)]
mod tests {
    use sluice_model::Actor;
    use sluice_store::Change;
    use sluice_store::record::Verification;

    use super::*;

    #[tokio::test]
    async fn pages_of_the_history_follow_each_other_without_gap_or_overlap() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("ledger.sqlite")).await.unwrap();
        let actor = Actor {
            subject: "a@b".to_owned(),
            display_name: "A".to_owned(),
            issuer: String::new(),
            service: false,
        };
        let names: [ProductName; 2] = ["flights", "trains"].map(|name| name.parse().unwrap());
        for number in 0..1203_usize {
            let row = Verification {
                id: format!("v-{number}"),
                product: names[usize::from(number % 3 == 0)].clone(),
                environment: "qa".parse().unwrap(),
                content: Digest::of(b""),
                commit: String::new(),
                passed: true,
                deployment: None,
                checks: Vec::new(),
                at: Timestamp::UNIX_EPOCH,
                by: "a@b".to_owned(),
            };
            let change = Change::Verification(row);
            store.record(Timestamp::UNIX_EPOCH, &actor, change).await.unwrap();
        }
        let product = Some(&names[0]);
        let mut expected: Vec<u64> = history(&store, product, None)
            .await
            .unwrap()
            .iter()
            .map(|one| one.seq)
            .collect();
        expected.reverse();
        for limit in [1000, 401, 100] {
            let (mut found, mut before, mut pages) = (Vec::new(), None, 0);
            loop {
                let page = history_page(&store, product, None, before, limit).await.unwrap();
                assert!(page.entries.len() <= limit);
                found.extend(page.entries.iter().map(|one| one.seq));
                pages += 1;
                before = page.older;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "{limit}");
            assert_eq!(pages, expected.len().div_ceil(limit));
        }
        for odd in [Some(0), Some(1)] {
            let page = history_page(&store, None, None, odd, 10).await.unwrap();
            assert_eq!((page.entries.len(), page.older), (0, None));
        }
    }
}
