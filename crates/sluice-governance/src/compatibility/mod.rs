//! What a change of a contract does to those who rely on it: per audience, with the version bump that it needs.
//!
//! [`compare`] gives one [`ContractChange`] per difference. Each is of a [`Kind`], whose verdicts stand in one table ([`kind`]); the rule ids
//! `C01`… are the numbers of that table. What is not understood is at least a warning, never a patch. [`judge_version`] says
//! whether the version of the new contract tells consumers enough.

mod access;
mod change;
mod columns;
mod comparison;
mod document;
mod kind;
mod limits;
mod objects;
mod pairing;
mod physical_type;
mod quality;
mod service_levels;
mod types;
mod version;
mod wording;

pub use change::{Audience, Bump, ContractChange, Direction, Level, Verdicts};
pub use kind::Kind;
pub use version::{VersionJudgement, judge_version, required_bump};

use crate::contract::Contract;

/// Every difference between two versions of a contract that matters to somebody, in the order of the new contract; what was dropped
/// stands with the object that it was dropped from.
#[must_use]
pub fn compare(previous: &Contract, current: &Contract) -> Vec<ContractChange> {
    let mut comparison = comparison::Comparison::of(previous, current);
    document::compare(&mut comparison, previous, current);
    objects::compare(&mut comparison, previous, current);
    service_levels::compare(&mut comparison, previous, current);
    comparison.finish()
}

/// The change that a port is no longer there, or has no contract any more.
#[must_use]
pub fn port_removed(previous: &Contract, port: &str) -> ContractChange {
    let at = comparison::At::gone(&previous.place, &crate::contract::Place::default());
    let message = format!(
        "port `{port}` with its contract `{}` {} is gone",
        previous.id, previous.version
    );
    comparison::one(Kind::PortRemoved, "", &at, message)
}

#[cfg(test)]
mod tests;
