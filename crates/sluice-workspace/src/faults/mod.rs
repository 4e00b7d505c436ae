//! Faults on purpose: errors, lost answers, cut connections and latency for chosen requests, to see what clients make of them.
//!
//! A [`Fault`] is data; the [`Faults`] of a workspace count requests and say which go wrong; the server asks them before it calls a
//! handler. Requests without a valid token, public ones and those of the control plane itself never meet a fault.

mod body;
mod connection;
mod fault;
mod inject;
mod pattern;
mod register;
mod rest;

pub(crate) use connection::{Connection, SeverableListener};
pub use fault::{Action, Condition, Fault, LONGEST_LATENCY_MS, Reply, Requests};
pub(crate) use inject::Target;
pub(crate) use pattern::Sighting;
pub use register::{ArmedFault, Faults, Hit};
pub(crate) use register::{Encounter, Occasion};
pub use rest::{FAULTS_NOT_ALLOWED, FAULTS_PATH, FaultList, Removed};

use crate::module::Module;
use crate::store::Migrations;

/// The routes of this module; it keeps nothing.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "faults",
            steps: &[],
        },
        routes: rest::routes,
    }
}
