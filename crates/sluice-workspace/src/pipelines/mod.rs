//! Pipelines that are really executed: datasets in SQL and Python, computed into tables of Unity Catalog, with expectations.
//!
//! A pipeline's definition is a record (`records/kinds/pipelines.rs`); what updates do with it stands here. `operations` answers requests, `runner` keeps
//! the updates that are under way, `work` is one update: `sources` are read, `dataset` and the process in `python` say what they declare, `graph` says in
//! which order, `flow` computes one dataset. Every dataset is computed anew by statements of the SQL layer in the name of the pipeline's `run_as`;
//! streams are refused by name. `spec`, `dataset`, `graph` and `event_filter` are pure.
//!
//! *Invariant:* an update that ended without computing all that was chosen says so, also after the death of this process.

mod dataset;
mod definition;
mod event;
mod event_filter;
mod failed;
mod flow;
mod graph;
mod operations;
mod python;
mod report;
mod runner;
mod sources;
mod spec;
mod update;
mod validate;
mod work;

pub(crate) use definition::{Definition, clear, named as run_as_of, require, standing};
pub(crate) use operations::{StartUpdate, start};
pub(crate) use runner::{Pipelines, ended};
pub(crate) use update::{Update, UpdateState};

use crate::module::Module;
use crate::route::Route;
use crate::store::Migrations;

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "pipelines",
            steps: &[include_str!("schema.sql")],
        },
        routes,
    }
}

fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/2.0/pipelines/{id}/updates", operations::start_update),
        Route::get("/api/2.0/pipelines/{id}/updates", operations::list_updates),
        Route::get("/api/2.0/pipelines/{id}/updates/{update_id}", operations::get_update),
        Route::get("/api/2.0/pipelines/{id}/events", operations::list_events),
        Route::post("/api/2.0/pipelines/{id}/stop", operations::stop),
        Route::post("/_sluice/pipelines/commands", python::next_command),
    ]
}
