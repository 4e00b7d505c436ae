//! Policies at work: packs from disk, the input gathered from a product, its ledger and a workspace, and what rules say about it.
//!
//! The rules and their evaluation are in `sluice-policy`; here is what has to be read for them. Start with [`check`]; the gate of a
//! promotion gathers and evaluates in the same way.

mod baseline;
mod check;
mod files;
mod gather;
mod live;
mod packs;

pub use check::{CheckError, CheckRequest, FrozenContent, check};
pub use gather::GatherError;
pub(crate) use gather::{Content, Gathering, Workspace, evaluate};
pub use packs::{evaluator, for_trials};
