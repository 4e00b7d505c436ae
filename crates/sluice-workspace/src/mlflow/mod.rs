//! MLflow tracking: runs of experiments, with their metrics, parameters, tags and datasets.
//!
//! Experiments are records ([`crate::records`]); who may read one may read its runs, who may edit it may write them. Stored in tables of their own,
//! since a run may have very many metrics. Files of a run stand in a volume, where its experiment's `artifact_location` is one; elsewhere the workspace
//! stores none and lists none. Logged models and traces are not here.

mod artifacts;
mod condition;
mod entry;
mod lifecycle;
mod log;
mod metric;
mod order;
mod run;
mod search;

use crate::module::Module;
use crate::route::Route;
use crate::store::Migrations;

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "mlflow",
            steps: &[include_str!("schema.sql")],
        },
        routes,
    }
}

fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/2.0/mlflow/runs/create", lifecycle::create),
        Route::get("/api/2.0/mlflow/runs/get", lifecycle::get),
        Route::post("/api/2.0/mlflow/runs/update", lifecycle::update),
        Route::post("/api/2.0/mlflow/runs/delete", lifecycle::delete),
        Route::post("/api/2.0/mlflow/runs/restore", lifecycle::restore),
        Route::post("/api/2.0/mlflow/databricks/runs/delete-runs", lifecycle::delete_many),
        Route::post("/api/2.0/mlflow/databricks/runs/restore-runs", lifecycle::restore_many),
        Route::post("/api/2.0/mlflow/runs/search", search::search),
        Route::post("/api/2.0/mlflow/runs/log-metric", log::metric),
        Route::post("/api/2.0/mlflow/runs/log-parameter", log::parameter),
        Route::post("/api/2.0/mlflow/runs/log-batch", log::batch),
        Route::post("/api/2.0/mlflow/runs/log-inputs", log::inputs),
        Route::post("/api/2.0/mlflow/runs/set-tag", log::set_tag),
        Route::post("/api/2.0/mlflow/runs/delete-tag", log::delete_tag),
        Route::get("/api/2.0/mlflow/metrics/get-history", metric::history),
        Route::get("/api/2.0/mlflow/artifacts/list", artifacts::list),
    ]
}
