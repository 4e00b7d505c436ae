//! One statement on a warehouse, for checks.

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
    result: Option<ResultData>,
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
    let rows = statement.result.map(|result| result.data_array).unwrap_or_default();
    Ok(rows.into_iter().next().unwrap_or_default())
}
