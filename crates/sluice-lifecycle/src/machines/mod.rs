//! The state machines of releases, promotions, approvals, requested changes and deployments: pure functions from a state and an event to the next state.
//!
//! *Invariant:* nothing here knows a clock, a disk or a network. Every combination that is not listed is an [`IllegalTransition`], and a
//! terminal state has no way out. The drivers (`release`, `promotion`, `execution`) perform what the next state asks for.

pub mod approval;
pub mod change_request;
pub mod deployment;
pub mod promotion;
pub mod release;

use std::fmt::Debug;

/// An event that the state does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {machine} that is {state} does not take `{event}`")]
pub struct IllegalTransition {
    /// Which machine.
    pub machine: &'static str,
    /// The state.
    pub state: String,
    /// The event.
    pub event: String,
}

impl IllegalTransition {
    fn new(machine: &'static str, state: Option<impl ToString>, event: &impl Debug) -> Self {
        Self {
            machine,
            state: state.map_or_else(|| "absent".to_owned(), |state| state.to_string()),
            event: format!("{event:?}"),
        }
    }
}
