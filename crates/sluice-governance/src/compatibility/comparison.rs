//! Collects the changes, with path and places.

use sluice_model::{Location, Node};

use super::change::ContractChange;
use super::kind::Kind;
use crate::contract::{Contract, Place, VENDOR};

/// The changes found so far.
pub(super) struct Comparison {
    changes: Vec<ContractChange>,
    /// Whether the data is shared with other organisations, as the new or the old contract says (`shared: true`).
    pub(super) shared: bool,
}

/// Where a change is: before, and now. What is gone has the place of what it was dropped from.
#[derive(Clone, Debug, Default)]
pub(super) struct At {
    previous: Option<Location>,
    current: Option<Location>,
}

impl At {
    pub(super) fn of(previous: &Place, current: &Place) -> Self {
        Self {
            previous: previous.location.clone(),
            current: current.location.clone(),
        }
    }

    /// Only in the old contract.
    pub(super) fn gone(previous: &Place, from: &Place) -> Self {
        Self::of(previous, from)
    }

    /// Only in the new contract.
    pub(super) fn new(current: &Place) -> Self {
        Self {
            previous: None,
            current: current.location.clone(),
        }
    }

    /// The places of two values that may be absent, each else the place of what it belongs to.
    pub(super) fn either(previous: Option<&Place>, current: Option<&Place>, of: &Self) -> Self {
        let or = |place: Option<&Place>, other: &Option<Location>| {
            place.and_then(|place| place.location.clone()).or_else(|| other.clone())
        };
        Self {
            previous: or(previous, &of.previous),
            current: or(current, &of.current),
        }
    }
}

impl Comparison {
    pub(super) fn of(previous: &Contract, current: &Contract) -> Self {
        let says = |contract: &Contract| {
            let shared = contract.annotations.custom(VENDOR, "shared");
            shared.is_some_and(|shared| shared.value.node == Node::Bool(true))
        };
        Self {
            changes: Vec::new(),
            shared: says(previous) || says(current),
        }
    }

    pub(super) fn finish(self) -> Vec<ContractChange> {
        self.changes
    }

    /// Adds a change; the message without a full stop.
    pub(super) fn change(&mut self, kind: Kind, path: &str, at: &At, message: impl Into<String>) {
        self.change_as(kind.rule(), kind, path, at, message);
    }

    /// As [`Self::change`], under the number of another rule: that of nested fields and of elements.
    pub(super) fn change_as(
        &mut self,
        rule: &'static str,
        kind: Kind,
        path: &str,
        at: &At,
        message: impl Into<String>,
    ) {
        self.changes.push(ContractChange {
            rule,
            ..one(kind, path, at, message)
        });
    }

    /// Puts another remedy on the change that was added last.
    pub(super) fn remedy(&mut self, remedy: String) {
        if let Some(last) = self.changes.last_mut() {
            last.remedy = Some(remedy);
        }
    }
}

/// One change.
pub(super) fn one(kind: Kind, path: &str, at: &At, message: impl Into<String>) -> ContractChange {
    ContractChange {
        rule: kind.rule(),
        kind: kind.as_str(),
        path: path.to_owned(),
        direction: kind.direction(),
        verdicts: kind.verdicts(),
        bump: kind.bump(),
        gate: kind.gate(),
        message: message.into(),
        location: at.current.clone(),
        previous_location: at.previous.clone(),
        remedy: kind.remedy().map(str::to_owned),
    }
}
