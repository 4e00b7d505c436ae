//! Jobs: their settings, their runs, and the sandboxed processes that do the work.
//!
//! `definitions` answers the operations on jobs, `settings` says what a job may hold. A task's process starts in
//! [`sandbox`].

mod access;
mod definitions;
mod graph;
mod job;
mod page;
pub mod sandbox;
mod settings;
mod state;

use std::sync::Arc;

use crate::error::ApiError;
use crate::jobs::definitions::Version::{V21, V22};
use crate::module::Module;
use crate::route::Route;
use crate::store::Migrations;
use crate::workspace::{OpenError, Workspace};

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "jobs",
            steps: &[include_str!("schema.sql")],
        },
        routes,
    }
}

fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/2.2/jobs/create", |call| definitions::create(call, V22)),
        Route::post("/api/2.1/jobs/create", |call| definitions::create(call, V21)),
        Route::post("/api/2.2/jobs/reset", |call| definitions::reset(call, V22)),
        Route::post("/api/2.1/jobs/reset", |call| definitions::reset(call, V21)),
        Route::post("/api/2.2/jobs/update", |call| definitions::update(call, V22)),
        Route::post("/api/2.1/jobs/update", |call| definitions::update(call, V21)),
        Route::get("/api/2.2/jobs/get", |call| definitions::get(call, V22)),
        Route::get("/api/2.1/jobs/get", |call| definitions::get(call, V21)),
        Route::get("/api/2.2/jobs/list", definitions::list),
        Route::get("/api/2.1/jobs/list", definitions::list),
        Route::post("/api/2.2/jobs/delete", definitions::delete),
        Route::post("/api/2.1/jobs/delete", definitions::delete),
    ]
}

/// What the runner keeps in memory for one workspace.
#[derive(Debug, Default)]
pub struct Jobs {}

impl Jobs {
    /// Called once the workspace answers requests: takes up what an earlier process left.
    pub(crate) async fn start(_workspace: &Arc<Workspace>) -> Result<(), OpenError> {
        Ok(())
    }

    /// Cancels all runs of a job.
    pub(crate) async fn cancel_job(&self, _workspace: &Arc<Workspace>, _job_id: i64) -> Result<(), ApiError> {
        Ok(())
    }

    /// Called before the store closes: ends every process that was started.
    pub(crate) async fn stop(&self) {}
}
