//! Jobs: their settings, their runs, and the sandboxed processes that do the work.
//!
//! `definitions` answers the operations on jobs, `operations` those on runs; `settings` says what a job may hold. A run is worked off
//! by `runner`, which starts one `process` per task around [`sandbox`]; `graph`, `state`, `references` and `sql_text` are pure.

mod access;
mod attempt;
mod definitions;
mod driver;
mod graph;
mod job;
mod operations;
mod page;
mod process;
mod references;
mod resolved;
mod run;
mod runner;
pub mod sandbox;
mod settings;
mod sources;
mod sql_file;
mod sql_text;
mod state;
mod stop;
mod views;
mod work;

use std::ffi::OsString;
use std::sync::Arc;

use crate::error::ApiError;
use crate::jobs::definitions::Version::{V21, V22};
use crate::jobs::runner::Runner;
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
        Route::post("/api/2.2/jobs/run-now", operations::run_now),
        Route::post("/api/2.1/jobs/run-now", operations::run_now),
        Route::get("/api/2.2/jobs/runs/get", operations::get),
        Route::get("/api/2.1/jobs/runs/get", operations::get),
        Route::get("/api/2.2/jobs/runs/list", operations::list),
        Route::get("/api/2.1/jobs/runs/list", operations::list),
        Route::get("/api/2.2/jobs/runs/get-output", operations::get_output),
        Route::get("/api/2.1/jobs/runs/get-output", operations::get_output),
        Route::post("/api/2.2/jobs/runs/cancel", operations::cancel),
        Route::post("/api/2.1/jobs/runs/cancel", operations::cancel),
    ]
}

/// What the runner keeps in memory for one workspace.
pub struct Jobs {
    runner: Runner,
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Jobs").finish_non_exhaustive()
    }
}

impl Jobs {
    /// Nothing runs yet; `task_launcher` starts the sandbox of a task.
    pub(crate) fn new(task_launcher: Vec<OsString>) -> Self {
        Self {
            runner: Runner::new(task_launcher),
        }
    }

    /// Called once the workspace answers requests: takes up what an earlier process left.
    pub(crate) async fn start(workspace: &Arc<Workspace>) -> Result<(), OpenError> {
        runner::recover(workspace).await.map_err(|source| OpenError::Prepare {
            workspace: workspace.name.clone(),
            source,
        })
    }

    pub(crate) fn runner(&self) -> &Runner {
        &self.runner
    }

    /// Cancels all runs of a job.
    pub(crate) async fn cancel_job(&self, workspace: &Arc<Workspace>, job_id: i64) -> Result<(), ApiError> {
        for run in run::unfinished(workspace).await? {
            if run.job_id == job_id {
                operations::cancel_run(workspace, run).await?;
            }
        }
        Ok(())
    }

    /// Called before the store closes: ends every process that was started.
    pub(crate) async fn stop(&self) {
        self.runner.stop_all().await;
    }
}
