//! Keys of tables. CHECK constraints are made by SQL statements, here as on Databricks.

use axum::Json;
use serde::Deserialize;

use super::Empty;
use crate::call::Call;
use crate::catalog::constraint::Constraint;
use crate::error::ApiError;
use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/2.1/unity-catalog/constraints", create),
        Route::delete("/api/2.1/unity-catalog/constraints/{full_name}", delete),
    ]
}

#[derive(Deserialize)]
struct Create {
    full_name_arg: String,
    constraint: Constraint,
}

async fn create(mut call: Call) -> Result<Json<Constraint>, ApiError> {
    let Create {
        full_name_arg,
        constraint,
    } = call.json().await?;
    let catalog = call.workspace.catalog();
    let made = catalog
        .add_constraint(&call.principal, &full_name_arg, constraint)
        .await?;
    Ok(Json(made))
}

async fn delete(call: Call) -> Result<Json<Empty>, ApiError> {
    let name = call.required_query("constraint_name")?;
    let cascade = call.flag("cascade")?;
    call.workspace
        .catalog()
        .drop_constraint(&call.principal, call.parameter("full_name"), name, cascade)
        .await?;
    Ok(Json(Empty {}))
}
