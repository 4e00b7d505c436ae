//! The local workspace through real HTTP, on free ports and temporary directories.
#![expect(
    clippy::unwrap_used,
    reason = "a failed set-up ends the test; the lint exempts test functions alone"
)]

mod access;
mod bad_days;
mod catalog;
mod dashboards;
mod faults;
mod files;
mod frame;
mod genie;
mod identity;
mod jobs;
mod permissions;
mod runs;
mod sandbox;
mod secrets;
mod statements;
mod support;
mod volumes;
mod warehouses;
