//! Approval: people decide about a promotion. Start at [`decide::approve`] and [`request::settle`].
//!
//! - [`rules`]: who may decide and what an approval is good for (pure); [`authors`]: who wrote what goes there, from Git.
//! - [`request`]: asking, and looking at what was decided, when a promotion is judged; [`decide`]: the decisions.
//!
//! *Invariant:* an approval is used at most once, never after its time, never for other digests than those it was asked for, and never
//! on the word of somebody who may not decide any more.

pub mod authors;
pub mod decide;
pub(crate) mod request;
pub mod rules;

pub use decide::{DecideError, DecideRequest, DecisionReport, Outlook, approve, decided_promotion, outlook, reject};
pub use rules::Objection;
