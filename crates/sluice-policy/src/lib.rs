//! Policies: packs of rules in Rego, what they look at, what they find, and the exceptions from them.
//!
//! *Invariant:* pure. A rule sees one document ([`input`]) and the moment it is given; functions of Rego that would read a clock or reach
//! outside are refused when a pack is read. Nothing here decides what happens to a promotion; that is the gate in `sluice-lifecycle`.
//!
//! [`pack`] reads rules, [`evaluation`] applies them, [`report`] is what comes out.

pub mod embedded;
pub mod evaluation;
pub mod input;
pub mod junit;
pub mod metadata;
pub mod pack;
mod paths;
mod rego;
pub mod report;
pub mod sarif;
pub mod scan;
mod schema;
pub mod stage;
pub mod trials;
pub mod waiver;
#[cfg(test)]
mod waiver_tests;

pub use evaluation::{Evaluator, Question};
pub use pack::{Pack, PackFiles};
pub use report::{Decision, Finding, Outcome, Report};
pub use stage::{Stage, Weight};
