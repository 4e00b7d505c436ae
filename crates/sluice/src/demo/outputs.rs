//! Reads back what the demo made: every table of the product in one environment, as a client of the workspace sees it.

use serde::Deserialize;
use serde_json::json;
use sluice_databricks::Client;
use sluice_wire::{Method, Request};

use crate::demo::report::Output;
use crate::error::{CommandError, ExitKind};

#[derive(Deserialize)]
struct Tables {
    #[serde(default)]
    tables: Vec<Table>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Table {
    full_name: String,
    storage_location: Option<String>,
}

#[derive(Deserialize)]
struct Warehouses {
    warehouses: Vec<Warehouse>,
}

#[derive(Deserialize)]
struct Warehouse {
    id: String,
}

#[derive(Deserialize)]
struct Answer {
    status: Status,
    result: Option<Rows>,
}

#[derive(Deserialize)]
struct Status {
    state: String,
    error: Option<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    message: String,
}

#[derive(Deserialize)]
struct Rows {
    #[serde(default)]
    data_array: Vec<Vec<Option<String>>>,
}

/// The Delta tables of these schemas of a catalog, with their versions and row counts, sorted by name.
pub(crate) async fn read(
    client: &Client,
    environment: &str,
    catalog: &str,
    schemas: &[String],
) -> Result<Vec<Output>, CommandError> {
    let warehouse = warehouse(client, environment).await?;
    let mut outputs = Vec::new();
    for schema in schemas {
        for table in tables(client, catalog, schema).await? {
            let Some(location) = table.storage_location else {
                continue;
            };
            let name = &table.full_name;
            let rows = number(client, &warehouse, &format!("SELECT count(*) FROM {name}"), 0).await?;
            let delta_version = number(client, &warehouse, &format!("DESCRIBE HISTORY {name} LIMIT 1"), 0).await?;
            outputs.push(Output {
                environment: environment.to_owned(),
                table: table.full_name,
                location,
                delta_version,
                rows,
            });
        }
    }
    outputs.sort_by(|one, other| one.table.cmp(&other.table));
    Ok(outputs)
}

/// How many different tail numbers the table `flights_enriched` shows to who asks.
pub(crate) async fn tail_numbers(client: &Client, environment: &str, schema: &str) -> Result<u64, CommandError> {
    let statement = format!("SELECT count(DISTINCT tailnum) FROM {schema}.flights_enriched");
    number(client, &warehouse(client, environment).await?, &statement, 0).await
}

async fn warehouse(client: &Client, environment: &str) -> Result<String, CommandError> {
    let warehouses: Warehouses = client
        .fetch(&Request::new(Method::Get, "/api/2.0/sql/warehouses"))
        .await?;
    let first = warehouses.warehouses.into_iter().next().ok_or_else(|| {
        CommandError::new(
            ExitKind::Remote,
            format!("the workspace of `{environment}` has no SQL warehouse"),
        )
    })?;
    Ok(first.id)
}

async fn tables(client: &Client, catalog: &str, schema: &str) -> Result<Vec<Table>, CommandError> {
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut request = Request::new(Method::Get, "/api/2.1/unity-catalog/tables")
            .query("catalog_name", catalog)
            .query("schema_name", schema);
        if let Some(token) = &token {
            request = request.query("page_token", token);
        }
        let page: Tables = client.fetch(&request).await?;
        all.extend(page.tables);
        token = page.next_page_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(all);
        }
    }
}

/// The number in a column of the first row that a statement returns.
async fn number(client: &Client, warehouse: &str, statement: &str, column: usize) -> Result<u64, CommandError> {
    let request = Request::new(Method::Post, "/api/2.0/sql/statements").json(
        json!({"warehouse_id": warehouse, "statement": statement, "wait_timeout": "50s", "on_wait_timeout": "CANCEL"}),
    );
    let answer: Answer = client.fetch(&request).await?;
    let failed = |why: &str| CommandError::new(ExitKind::Remote, format!("`{statement}` failed: {why}"));
    if answer.status.state != "SUCCEEDED" {
        let why = answer.status.error.map_or(answer.status.state, |error| error.message);
        return Err(failed(&why));
    }
    let cell = answer
        .result
        .and_then(|rows| rows.data_array.into_iter().next()?.into_iter().nth(column)?);
    let cell = cell.ok_or_else(|| failed("it returned no row"))?;
    cell.parse()
        .map_err(|_not_a_number| failed(&format!("`{cell}` is not a number of rows or versions")))
}
