//! What an environment holds of a product before a deployment changes anything, and what became of it since.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use sluice_bundle::engine::States;
use sluice_databricks::{Client, ClientError};
use sluice_governance::quality::qualified;
use sluice_model::Tree;
use sluice_store::record::{Pins, TablePin};
use sluice_wire::request::encode_segment;
use sluice_wire::{Method, Request};

use super::candidate::Candidate;
use super::checks::causes;
use super::statement::first_row_by_name;

/// Tables that are looked at at the same time.
const PARALLEL: usize = 4;

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    tables: Vec<Table>,
    #[serde(default)]
    next_page_token: Option<String>,
}

/// A table as Unity Catalog shows it.
#[derive(Deserialize)]
struct Table {
    full_name: String,
    #[serde(default)]
    table_id: String,
    #[serde(default)]
    data_source_format: String,
}

/// Where a table stands beside its pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// There is none of this name.
    Gone,
    /// It is another table of the same name.
    Another,
    /// Nothing was written since.
    Same,
    /// The newest commit brought the pinned version back.
    Restored,
    /// So many commits were written since.
    Newer(i64),
}

/// The warehouse that the product's statements run on.
pub(super) fn warehouse(candidate: &Candidate) -> Result<&str, String> {
    let named = candidate
        .loaded
        .bundle
        .catalog
        .get("warehouse_id")
        .and_then(Tree::as_str);
    named.ok_or_else(|| "the catalog files name no `warehouse_id` to ask for versions of tables with".to_owned())
}

/// Looks up every Delta table in the schemas of the product, and the ids of its resources. A table that nobody declared and that its
/// owner does not show is not the product's.
///
/// # Errors
/// Why a table of the product cannot be looked up, in one line.
pub(super) async fn take(candidate: &Candidate, states: &States) -> Result<Pins, String> {
    let ids: BTreeMap<String, String> = states
        .entries()
        .map(|(key, entry)| (key.to_string(), entry.id.clone()))
        .collect();
    let client = &candidate.loaded.client;
    let tables: Vec<Table> = stream::iter(schemas(states))
        .map(|schema| in_schema(client, schema))
        .buffered(PARALLEL)
        .try_concat()
        .await
        .map_err(|error| format!("the tables of the product cannot be listed: {}", causes(&error)))?;
    let declared: BTreeSet<&str> = states
        .entries()
        .filter(|(key, _)| key.catalog && key.kind == "tables")
        .map(|(_, entry)| entry.id.as_str())
        .collect();
    let delta: Vec<Table> = tables
        .into_iter()
        .filter(|table| table.data_source_format == "DELTA")
        .collect();
    if delta.is_empty() {
        return Ok(Pins {
            tables: Vec::new(),
            ids,
        });
    }
    let warehouse = warehouse(candidate)?;
    let found: Vec<Option<TablePin>> = stream::iter(delta)
        .map(|table| {
            let declared = declared.contains(table.full_name.as_str());
            async move {
                match newest(client, warehouse, &table.full_name).await {
                    Ok(commit) => Ok(Some(TablePin {
                        table: table.full_name,
                        table_id: table.table_id,
                        version: commit.version,
                    })),
                    Err(why) if declared => Err(format!("the version of `{}` cannot be read: {why}", table.full_name)),
                    Err(_) => Ok(None),
                }
            }
        })
        .buffered(PARALLEL)
        .try_collect()
        .await?;
    let mut tables: Vec<TablePin> = found.into_iter().flatten().collect();
    tables.sort_by(|one, two| one.table.cmp(&two.table));
    Ok(Pins { tables, ids })
}

/// Compares a table with its pin.
///
/// # Errors
/// Why it cannot be looked up, in one line.
pub(super) async fn standing(client: &Client, warehouse: &str, pin: &TablePin) -> Result<Standing, String> {
    let path = format!("/api/2.1/unity-catalog/tables/{}", encode_segment(&pin.table));
    let found: Table = match client.fetch(&Request::new(Method::Get, path)).await {
        Ok(found) => found,
        Err(error) if error.is_missing() => return Ok(Standing::Gone),
        Err(error) => return Err(causes(&error)),
    };
    if found.table_id != pin.table_id {
        return Ok(Standing::Another);
    }
    let newest = newest(client, warehouse, &pin.table).await?;
    Ok(if newest.version == pin.version {
        Standing::Same
    } else if newest.restored == Some(pin.version) {
        Standing::Restored
    } else {
        Standing::Newer(newest.version - pin.version)
    })
}

/// The schemas that the deployment made or that hold its tables, as catalog and schema.
fn schemas(states: &States) -> BTreeSet<(String, String)> {
    let full_names = states.entries().filter_map(|(key, entry)| {
        let whole = match (key.catalog, key.kind.as_str()) {
            (false, "schemas") if key.sub.is_none() => entry.id.as_str(),
            (true, "tables") if key.sub.is_none() => entry.id.rsplit_once('.')?.0,
            _ => return None,
        };
        let (catalog, schema) = whole.split_once('.')?;
        Some((catalog.to_owned(), schema.to_owned()))
    });
    full_names.collect()
}

async fn in_schema(client: &Client, (catalog, schema): (String, String)) -> Result<Vec<Table>, ClientError> {
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut request = Request::new(Method::Get, "/api/2.1/unity-catalog/tables")
            .query("catalog_name", &catalog)
            .query("schema_name", &schema)
            .query("omit_columns", true);
        if let Some(token) = &token {
            request = request.query("page_token", token);
        }
        let page: Page = match client.fetch(&request).await {
            Ok(page) => page,
            // Declared and dropped by somebody: nothing of it is there to go back to.
            Err(error) if error.is_missing() => return Ok(all),
            Err(error) => return Err(error),
        };
        all.extend(page.tables);
        token = page.next_page_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(all);
        }
    }
}

/// The newest commit of a table.
struct Commit {
    version: i64,
    /// The version that it brought back.
    restored: Option<i64>,
}

/// `DESCRIBE HISTORY`: columns `version`, `operation`, `operationParameters`; a RESTORE has the parameter `version`.
async fn newest(client: &Client, warehouse: &str, table: &str) -> Result<Commit, String> {
    let sql = format!("DESCRIBE HISTORY {} LIMIT 1", qualified(table.split('.')));
    let row = first_row_by_name(client, warehouse, &sql).await?;
    let version = row.get("version").and_then(|text| text.parse().ok());
    let version = version.ok_or_else(|| "its history shows no version".to_owned())?;
    let restores = row.get("operation").is_some_and(|operation| operation == "RESTORE");
    let restored = row
        .get("operationparameters")
        .filter(|_| restores)
        .and_then(|text| serde_json::from_str::<RestoreParameters>(text).ok())
        .and_then(|parameters| parameters.version.parse().ok());
    Ok(Commit { version, restored })
}

#[derive(Deserialize)]
struct RestoreParameters {
    version: String,
}
