//! The contracts of two states of a product, compared port by port.

use serde::Serialize;
use sluice_governance::binding::BoundContract;
use sluice_governance::compatibility::{Bump, ContractChange, VersionJudgement, compare, judge_version, port_removed};
use sluice_model::{Location, Tree};

use super::ProductContracts;

/// What became of the contract of one port.
#[derive(Clone, Debug, Serialize)]
pub struct PortComparison {
    /// The port.
    pub port: String,
    /// File of its contract.
    pub file: String,
    /// What happened.
    pub state: PortState,
    /// What changed, and what it means for whom.
    pub changes: Vec<ContractChange>,
    /// Whether the contract's version tells enough; none when there is nothing to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionJudgement>,
    /// Where the version of the new contract stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_location: Option<Location>,
}

/// What happened to a port's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PortState {
    /// It was not there before.
    New,
    /// It was there before.
    Compared,
    /// It is no longer there.
    Removed,
}

impl PortComparison {
    /// Whether something breaks for a consumer.
    #[must_use]
    pub fn breaks(&self) -> bool {
        self.changes.iter().any(ContractChange::breaks)
    }

    /// Why the contract's version does not do; none when it does.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        self.version.as_ref()?.fault.as_deref()
    }

    /// The bump that the changes need from the version before.
    #[must_use]
    pub fn required(&self) -> Bump {
        match &self.version {
            Some(version) => version.required,
            None => self
                .changes
                .iter()
                .map(|change| change.bump)
                .max()
                .unwrap_or(Bump::None),
        }
    }
}

/// Compares every port of two states of a product: ports of now in their order, then those that are gone.
#[must_use]
pub fn compare_ports(previous: &ProductContracts, current: &ProductContracts) -> Vec<PortComparison> {
    let mut comparisons: Vec<PortComparison> = current
        .contracts
        .iter()
        .map(|now| match previous.of_port(&now.port.name) {
            Some(before) => compared((previous, before), (current, now)),
            None => PortComparison {
                port: now.port.name.clone(),
                file: now.file.clone(),
                state: PortState::New,
                changes: Vec::new(),
                version: None,
                version_location: None,
            },
        })
        .collect();
    let gone = previous
        .contracts
        .iter()
        .filter(|before| current.of_port(&before.port.name).is_none());
    comparisons.extend(gone.map(|before| PortComparison {
        port: before.port.name.clone(),
        file: before.file.clone(),
        state: PortState::Removed,
        changes: vec![port_removed(&before.contract, &before.port.name)],
        version: None,
        version_location: None,
    }));
    comparisons
}

fn compared(
    (previous, before): (&ProductContracts, &BoundContract),
    (current, now): (&ProductContracts, &BoundContract),
) -> PortComparison {
    let changes = compare(&before.contract, &now.contract);
    let differs = match (previous.documents.get(&before.file), current.documents.get(&now.file)) {
        (Some(before), Some(now)) => content(before) != content(now),
        _ => true,
    };
    let version = judge_version(&changes, &before.contract.version, &now.contract.version, differs);
    PortComparison {
        port: now.port.name.clone(),
        file: now.file.clone(),
        state: PortState::Compared,
        changes,
        version: Some(version),
        version_location: now.contract.version.place.location.clone(),
    }
}

/// A contract without its version and that of the standard.
fn content(document: &Tree) -> Vec<(&String, &Tree)> {
    let fields = document.as_mapping().into_iter().flatten();
    let mut fields: Vec<_> = fields
        .filter(|(key, _)| !matches!(key.as_str(), "version" | "apiVersion"))
        .collect();
    fields.sort_by(|one, other| one.0.cmp(other.0));
    fields
}
