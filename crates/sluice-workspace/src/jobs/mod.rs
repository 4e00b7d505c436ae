//! Jobs: their settings, their runs, and the sandboxed processes that do the work.
//!
//! `definitions` answers the operations on jobs; `run_now`, `operations`, `cancel` and `repair` those on runs; `settings` and `task_plan` say what a job may
//! hold. A run begins in `start`, asked for by somebody, by the `scheduler` or by a task, and is worked off by `runner`, which starts one `process` per task
//! around [`sandbox`]; `graph`, `state`, `condition`, `schedule`, `references` and `sql_text` are pure.

mod access;
mod attempt;
mod cancel;
mod condition;
mod definitions;
mod driver;
mod for_each;
mod graph;
mod job;
mod library;
mod listing;
mod operations;
mod packages;
mod page;
mod pipeline;
pub(crate) mod process;
mod references;
mod repair;
mod resolved;
mod run;
mod run_job;
mod run_now;
mod runner;
pub mod sandbox;
mod schedule;
mod scheduler;
mod settings;
mod sources;
mod sql_file;
pub(crate) mod sql_text;
mod start;
mod state;
pub(crate) mod stop;
mod task_plan;
mod views;
mod work;

use std::ffi::OsString;
use std::sync::Arc;

pub(crate) use definitions::check_run_as;
pub(crate) use resolved::{ProcessKind, ProcessWork};
pub(crate) use settings::Object;

use crate::error::ApiError;
use crate::jobs::definitions::Version::{V21, V22};
use crate::jobs::runner::Runner;
use crate::jobs::scheduler::Scheduler;
use crate::module::Module;
use crate::route::Route;
use crate::store::Migrations;
use crate::workspace::{OpenError, Workspace};

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "jobs",
            steps: &[
                include_str!("schema.sql"),
                include_str!("schema_2.sql"),
                include_str!("schema_3.sql"),
            ],
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
        Route::get("/api/2.2/jobs/list", listing::list),
        Route::get("/api/2.1/jobs/list", listing::list),
        Route::post("/api/2.2/jobs/delete", definitions::delete),
        Route::post("/api/2.1/jobs/delete", definitions::delete),
        Route::post("/api/2.2/jobs/run-now", run_now::run_now),
        Route::post("/api/2.1/jobs/run-now", run_now::run_now),
        Route::post("/api/2.2/jobs/runs/submit", run_now::submit),
        Route::post("/api/2.1/jobs/runs/submit", run_now::submit),
        Route::get("/api/2.2/jobs/runs/get", operations::get),
        Route::get("/api/2.1/jobs/runs/get", operations::get),
        Route::get("/api/2.2/jobs/runs/list", operations::list),
        Route::get("/api/2.1/jobs/runs/list", operations::list),
        Route::get("/api/2.2/jobs/runs/get-output", operations::get_output),
        Route::get("/api/2.1/jobs/runs/get-output", operations::get_output),
        Route::post("/api/2.2/jobs/runs/cancel", cancel::cancel),
        Route::post("/api/2.1/jobs/runs/cancel", cancel::cancel),
        Route::post("/api/2.2/jobs/runs/cancel-all", cancel::cancel_all),
        Route::post("/api/2.1/jobs/runs/cancel-all", cancel::cancel_all),
        Route::post("/api/2.2/jobs/runs/delete", cancel::delete),
        Route::post("/api/2.1/jobs/runs/delete", cancel::delete),
        Route::post("/api/2.2/jobs/runs/repair", repair::repair),
        Route::post("/api/2.1/jobs/runs/repair", repair::repair),
    ]
}

/// What the runner keeps in memory for one workspace.
pub struct Jobs {
    runner: Runner,
    scheduler: Scheduler,
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
            scheduler: Scheduler::default(),
        }
    }

    /// Called once the workspace answers requests: takes up what an earlier process left.
    pub(crate) async fn start(workspace: &Arc<Workspace>) -> Result<(), OpenError> {
        let started = async {
            runner::recover(workspace).await?;
            scheduler::begin(workspace).await
        };
        started.await.map_err(|source| OpenError::Prepare {
            workspace: workspace.name.clone(),
            source,
        })
    }

    pub(crate) fn runner(&self) -> &Runner {
        &self.runner
    }

    pub(crate) fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// Cancels all runs of a job.
    pub(crate) async fn cancel_job(&self, workspace: &Arc<Workspace>, job_id: i64) -> Result<(), ApiError> {
        for run in run::unfinished(workspace).await? {
            if run.job_id == job_id {
                cancel::cancel_run(workspace, run).await?;
            }
        }
        Ok(())
    }

    /// Called before the store closes: ends every process that was started.
    pub(crate) async fn stop(&self) {
        self.scheduler.stop();
        self.runner.stop_all().await;
    }
}
