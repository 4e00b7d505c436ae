//! Gate `contract`: the contracts of the release may follow those of what runs in the environment now.

use serde_json::json;
use sluice_governance::compatibility::{Bump, ContractChange, Level};
use sluice_store::StoreError;

use super::{Case, Finding};
use crate::contracts::{DiffError, PortComparison, PortState, compare_ports, contracts_of, running};

/// Each contract's version must rise as much as its changes need, a version names one content, and a port goes with a new major version of
/// the product alone.
///
/// # Errors
/// When the ledger cannot be read. Contracts that cannot be read are reasons.
pub(super) async fn find(case: Case<'_>) -> Result<Finding, StoreError> {
    let release = case.release;
    let running = running(case.use_case.store, &release.product, &case.environment.name).await?;
    let Some(before) = running else {
        let evidence = vec![format!("first release in {}", case.environment.name)];
        return Ok(Finding::of(&json!({"now": release.digest}), Vec::new(), evidence));
    };
    let inputs = json!({"now": release.digest, "before": before.commit});
    let contracts = async |commit: &str, what: &str| {
        contracts_of(case.repository, commit).await.map_err(|error| {
            let faults: Vec<String> = error
                .diagnostics()
                .iter()
                .map(|one| one.to_string().replace('\n', " "))
                .collect();
            let why = if faults.is_empty() {
                causes(&error)
            } else {
                faults.join("; ")
            };
            format!("the contracts of {what} cannot be read: {why}")
        })
    };
    let (previous, current) = match (
        contracts(&before.commit, &before.name).await,
        contracts(&release.commit, &release.version.to_string()).await,
    ) {
        (Ok(previous), Ok(current)) => (previous, current),
        (previous, current) => {
            let reasons = [previous.err(), current.err()].into_iter().flatten().collect();
            return Ok(Finding::of(&inputs, reasons, Vec::new()));
        }
    };
    let comparisons = compare_ports(&previous, &current);
    let versions = Versions {
        before: running_version(case).await?,
        now: release.version.to_string(),
    };
    let reasons = comparisons.iter().filter_map(|one| reason(one, &versions)).collect();
    let mut evidence = vec![format!("compared with {}", before.name)];
    evidence.extend(comparisons.iter().map(told));
    Ok(Finding::of(&inputs, reasons, evidence))
}

fn causes(error: &DiffError) -> String {
    crate::execution::checks::causes(error)
}

/// Versions of the product: what runs, and what comes.
struct Versions {
    before: Option<String>,
    now: String,
}

async fn running_version(case: Case<'_>) -> Result<Option<String>, StoreError> {
    let store = case.use_case.store;
    let active = store
        .active_deployment(&case.release.product, &case.environment.name)
        .await?;
    Ok(active
        .and_then(|deployment| deployment.version)
        .map(|version| version.to_string()))
}

/// Why a port does not pass, with its place and what is behind it.
fn reason(comparison: &PortComparison, versions: &Versions) -> Option<String> {
    let port = &comparison.port;
    if comparison.state == PortState::Removed {
        let before = versions.before.as_deref()?;
        let judged = sluice_governance::compatibility::judge_version(&comparison.changes, before, &versions.now, true);
        let fault = judged.fault?;
        return Some(format!(
            "port {port} is gone, and that is not what the release's version says: {fault}"
        ));
    }
    let fault = comparison.fault()?;
    let place = match &comparison.version_location {
        Some(location) => location.to_string(),
        None => comparison.file.clone(),
    };
    let required = comparison.required();
    let behind: Vec<String> = behind(&comparison.changes, required);
    let because = if behind.is_empty() {
        String::new()
    } else {
        format!(" ({})", behind.join(", "))
    };
    Some(format!("{place}: port {port}: {fault}{because}"))
}

/// The changes that need the most, at most five.
fn behind(changes: &[ContractChange], required: Bump) -> Vec<String> {
    let worst = changes.iter().map(|change| change.bump).max().unwrap_or(Bump::None);
    if required == Bump::None {
        return Vec::new();
    }
    let these: Vec<&ContractChange> = changes.iter().filter(|change| change.bump == worst).collect();
    let mut told: Vec<String> = these
        .iter()
        .take(5)
        .map(|change| format!("{} {}", change.rule, change.message))
        .collect();
    if these.len() > told.len() {
        told.push(format!("and {} more", these.len() - told.len()));
    }
    told
}

fn told(comparison: &PortComparison) -> String {
    let port = &comparison.port;
    match (&comparison.state, &comparison.version) {
        (PortState::Removed, _) => format!("port {port} is gone"),
        (PortState::New, _) | (_, None) => format!("port {port} is new"),
        (PortState::Compared, Some(version)) => {
            let breaking = comparison.changes.iter().filter(|change| change.breaks()).count();
            let others = comparison
                .changes
                .iter()
                .filter(|change| change.verdicts.worst() == Level::Warn)
                .count();
            format!(
                "port {port}: {} → {}, {} changes ({breaking} breaking, {others} warnings), {} needed",
                version.previous,
                version.current,
                comparison.changes.len(),
                version.required
            )
        }
    }
}
