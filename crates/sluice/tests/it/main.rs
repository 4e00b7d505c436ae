//! The real binary against a real local workspace.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod build;
mod capture;
mod capture_crash;
mod capture_kinds;
mod contract_diff;
mod crash;
mod deploy;
mod drift;
mod faults;
mod gate;
mod governed;
mod job_runs;
mod kept;
mod kinds;
mod meanwhile;
mod metadata;
mod place;
mod projection;
mod python;
mod refusals;
mod run;
mod secret_values;
mod snapshot;
