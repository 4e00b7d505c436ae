//! Faults on purpose: errors, lost answers, cut connections, latency, readings from the past, work that never ends and changes by others,
//! for chosen requests, to see what clients make of them.
//!
//! A [`Fault`] is data; the [`Faults`] of a workspace count requests and say which go wrong; the server asks them before it calls a
//! handler. Requests without a valid token, public ones and those of the control plane itself never meet a fault.

mod body;
mod bucket;
mod connection;
mod fault;
mod inject;
mod interfere;
mod pattern;
mod register;
mod rest;
mod scenario;
mod stale;

pub(crate) use connection::{Connection, SeverableListener};
pub use fault::{Action, Condition, Fault, Interference, LONGEST_LATENCY_MS, Rate, Reply, Requests};
pub(crate) use inject::Target;
pub(crate) use interfere::interfere;
pub(crate) use pattern::Sighting;
pub use register::{ArmedFault, Faults, Hit};
pub(crate) use register::{Encounter, Occasion};
pub use rest::{FAULTS_NOT_ALLOWED, FAULTS_PATH, FaultList, Removed};
pub use scenario::{Scenario, scenarios};
pub(crate) use stale::{in_the_past, reading_the_past};

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
