//! Approval, user acceptance, requested changes and notifications with the built binary, on the local workspaces, real Git and a real
//! ledger.
#![expect(
    clippy::unwrap_used,
    reason = "the helper functions of these tests panic as the tests do"
)]

mod approval;
mod approval_digests;
mod change;
mod checks;
mod clock;
mod fault_sweep;
mod gates;
mod hardship;
mod notification;
mod page;
mod rollback;
mod serving;
mod sink;
mod stamp;
mod world;
