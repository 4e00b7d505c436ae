//! One statement on a warehouse, for checks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_databricks::{Client, ClientError};
use sluice_wire::{Method, Request};

use super::checks::causes;
use crate::polling::Polling;

#[derive(Deserialize)]
struct Statement {
    statement_id: String,
    status: Status,
    #[serde(default)]
    manifest: Option<Manifest>,
    #[serde(default)]
    result: Option<ResultData>,
}

#[derive(Deserialize)]
struct Manifest {
    schema: Schema,
}

#[derive(Deserialize)]
struct Schema {
    #[serde(default)]
    columns: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Status {
    state: String,
    #[serde(default)]
    error: Option<StatementFailure>,
}

#[derive(Deserialize)]
struct StatementFailure {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct ResultData {
    #[serde(default)]
    data_array: Vec<Vec<Option<String>>>,
}

/// The first row of what a statement gives; empty when it gives none.
///
/// # Errors
/// Why there is no answer, in one line.
pub(super) async fn first_row(client: &Client, warehouse: &str, sql: &str) -> Result<Vec<Option<String>>, String> {
    first_row_with(client, warehouse, sql, &[]).await
}

/// The first row of what a statement gives, by the names of its columns in lower case: where Databricks may add columns.
///
/// # Errors
/// Why there is no answer, in one line.
pub(super) async fn first_row_by_name(
    client: &Client,
    warehouse: &str,
    sql: &str,
) -> Result<BTreeMap<String, String>, String> {
    let statement = finished(client, warehouse, sql, &[]).await?;
    let columns = statement
        .manifest
        .map(|manifest| manifest.schema.columns)
        .unwrap_or_default();
    let row = statement.result.and_then(|result| result.data_array.into_iter().next());
    let cells = columns.into_iter().zip(row.unwrap_or_default());
    Ok(cells
        .filter_map(|(column, cell)| Some((column.name.to_lowercase(), cell?)))
        .collect())
}

/// A named argument of a statement.
#[derive(Debug, Serialize)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// None: null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
    /// Its SQL type; `STRING` when it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) r#type: Option<String>,
}

/// As [`first_row`], of a statement with named arguments.
///
/// # Errors
/// Why there is no answer, in one line.
pub(super) async fn first_row_with(
    client: &Client,
    warehouse: &str,
    sql: &str,
    parameters: &[Parameter],
) -> Result<Vec<Option<String>>, String> {
    let statement = finished(client, warehouse, sql, parameters).await?;
    let rows = statement.result.map(|result| result.data_array).unwrap_or_default();
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// A statement that has succeeded.
async fn finished(client: &Client, warehouse: &str, sql: &str, parameters: &[Parameter]) -> Result<Statement, String> {
    let request = Request::new(Method::Post, "/api/2.0/sql/statements").json(json!({
        "warehouse_id": warehouse,
        "statement": sql,
        "parameters": parameters,
        "wait_timeout": "30s",
        "format": "JSON_ARRAY",
        "disposition": "INLINE",
    }));
    let fault = |error: ClientError| causes(&error);
    let mut statement: Statement = client.fetch(&request).await.map_err(fault)?;
    let polling = Polling::begin();
    while matches!(statement.status.state.as_str(), "PENDING" | "RUNNING") {
        polling.pause().await;
        let path = format!("/api/2.0/sql/statements/{}", statement.statement_id);
        statement = client.fetch(&Request::new(Method::Get, path)).await.map_err(fault)?;
    }
    if statement.status.state != "SUCCEEDED" {
        let message = statement
            .status
            .error
            .map_or_else(String::new, |error| format!(": {}", error.message));
        return Err(format!("ended with {}{message}", statement.status.state));
    }
    Ok(statement)
}
