//! Events, state, journal and leases in SQL.
//!
//! Every change of state inserts exactly one event in the same transaction; events are chained by hashes and never changed. The schema
//! and the queries are kept to what SQLite and PostgreSQL share; SQLite is the one that is built in. Nothing here decides which state
//! may follow which (`sluice-lifecycle` does) and nothing reads a clock: every time comes in.
//!
//! Start with [`Store::open`] and [`Store::record`].

pub mod error;
pub mod event;
pub mod lease;
pub mod ledger;
pub mod record;
mod rows;
mod store;
pub mod verify;

pub use error::StoreError;
pub use event::{Event, Payload, Subject};
pub use lease::LeaseGrant;
pub use ledger::Head;
pub use record::Change;
pub use store::Store;
pub use verify::{Fault, FaultKind, Verification as LedgerVerification};

#[cfg(test)]
mod tests;
