//! Tables and views. Managed tables are made by SQL statements, here as on Databricks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use axum::Json;
use serde::{Deserialize, Serialize};

use super::{Empty, Rest, metastore_id};
use crate::call::Call;
use crate::catalog::constraint::Constraint;
use crate::catalog::container::Change;
use crate::catalog::mask::RowFilter;
use crate::catalog::privilege::SecurableKind;
use crate::catalog::securable::Securable;
use crate::catalog::table::{Column, NewTable, TableKind, TableRecord};
use crate::error::ApiError;
use crate::paging::Window;
use crate::route::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/2.1/unity-catalog/tables", list),
        Route::post("/api/2.1/unity-catalog/tables", create),
        Route::get("/api/2.1/unity-catalog/tables/{full_name}", get),
        Route::get("/api/2.1/unity-catalog/tables/{full_name}/exists", exists),
        Route::patch("/api/2.1/unity-catalog/tables/{full_name}", update),
        Route::delete("/api/2.1/unity-catalog/tables/{full_name}", delete),
        Route::get("/api/2.1/unity-catalog/table-summaries", summaries),
    ]
}

/// A path on this machine as a URL.
pub(super) fn file_url(path: &Path) -> String {
    format!("file://{}", path.display())
}

#[derive(Serialize)]
struct TableInfo {
    name: String,
    catalog_name: String,
    schema_name: String,
    full_name: String,
    table_id: String,
    table_type: TableKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_source_format: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    columns: Vec<Column>,
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    view_definition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pipeline_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row_filter: Option<RowFilter>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    table_constraints: Vec<Constraint>,
    browse_only: bool,
    owner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    properties: BTreeMap<String, String>,
    metastore_id: String,
    created_at: i64,
    created_by: String,
    updated_at: i64,
    updated_by: String,
}

impl TableInfo {
    fn of(table: TableRecord, metastore_id: &str) -> Self {
        let pipeline_id = table.pipeline_id().map(str::to_owned);
        let securable = table.securable;
        let parts = securable.parts();
        Self {
            catalog_name: parts[0].to_owned(),
            schema_name: parts[1].to_owned(),
            storage_location: securable.location.as_deref().map(file_url),
            full_name: securable.full_name,
            name: securable.name,
            table_id: securable.id,
            table_type: table.kind,
            data_source_format: table.format,
            columns: table.columns,
            view_definition: table.view_definition,
            pipeline_id,
            row_filter: table.row_filter,
            table_constraints: table.constraints,
            browse_only: false,
            owner: securable.owner,
            comment: securable.comment,
            properties: securable.properties,
            metastore_id: metastore_id.to_owned(),
            created_at: securable.created_at,
            created_by: securable.created_by,
            updated_at: securable.updated_at,
            updated_by: securable.updated_by,
        }
    }
}

#[derive(Serialize)]
struct Tables {
    tables: Vec<TableInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn list(call: Call) -> Result<Json<Tables>, ApiError> {
    let catalog = call.workspace.catalog();
    let container = format!(
        "{}.{}",
        call.required_query("catalog_name")?,
        call.required_query("schema_name")?
    );
    let (omit_columns, omit_properties) = (call.flag("omit_columns")?, call.flag("omit_properties")?);
    let window = Window::of(&call, "max_results")?;
    let found = catalog
        .list_part(&call.principal, SecurableKind::Table, Some(&container), &window, |_| {
            true
        })
        .await?;
    let page = window.page(found, |each| &each.name);
    let metastore_id = metastore_id(catalog).await?;
    let info = |securable: Securable| {
        let mut table = TableRecord::read(securable)?;
        // As on Databricks, only one table by its name tells its keys.
        table.constraints.clear();
        if omit_columns {
            table.columns.clear();
        }
        if omit_properties {
            table.securable.properties.clear();
        }
        Ok(TableInfo::of(table, &metastore_id))
    };
    Ok(Json(Tables {
        tables: page.items.into_iter().map(info).collect::<Result<_, ApiError>>()?,
        next_page_token: page.next_page_token,
    }))
}

#[derive(Deserialize)]
struct Create {
    name: String,
    catalog_name: String,
    schema_name: String,
    table_type: String,
    data_source_format: String,
    storage_location: Option<String>,
    #[serde(default)]
    columns: Vec<Column>,
    #[serde(default)]
    properties: BTreeMap<String, String>,
    comment: Option<String>,
    #[serde(flatten)]
    rest: Rest,
}

async fn create(mut call: Call) -> Result<Json<TableInfo>, ApiError> {
    let body: Create = call.json().await?;
    body.rest.refuse(&call)?;
    if body.table_type != "EXTERNAL" || body.data_source_format != "DELTA" {
        return Err(ApiError::invalid(format!(
            "only external Delta tables are made here, not `{}` ones in `{}`: make a managed table with CREATE TABLE",
            body.table_type, body.data_source_format
        )));
    }
    if body.columns.iter().any(|column| column.mask.is_some()) {
        return Err(ApiError::invalid(
            "a column mask is set with ALTER TABLE … ALTER COLUMN … SET MASK, not where the table is registered",
        ));
    }
    let location = external_location(&call, body.storage_location.as_deref()).await?;
    let catalog = call.workspace.catalog();
    let new = NewTable {
        full_name: format!("{}.{}.{}", body.catalog_name, body.schema_name, body.name),
        table_id: None,
        kind: TableKind::External,
        location: Some(location),
        columns: body.columns,
        view_definition: None,
        comment: body.comment,
        properties: body.properties,
        row_filter: None,
        constraints: Vec::new(),
    };
    let made = catalog.create_table(&call.principal, new).await?;
    Ok(Json(TableInfo::of(made, &metastore_id(catalog).await?)))
}

/// Where the files of an external table stand: there are no external locations with grants of their own yet, so a path is an
/// administrator's to give, it must hold a Delta table, and nothing that the workspace manages.
async fn external_location(call: &Call, given: Option<&str>) -> Result<PathBuf, ApiError> {
    let given = given.ok_or_else(|| ApiError::invalid("`storage_location` is required for an external table"))?;
    call.principal.require_admin("register files as an external table")?;
    let path = given
        .strip_prefix("file://")
        .filter(|path| path.starts_with('/'))
        .ok_or_else(|| {
            ApiError::invalid(format!(
                "`{given}` is not a location on this machine: expected file:///…"
            ))
        })?;
    let failed = |error| ApiError::from_io(format!("the location `{given}`"), &error);
    let path = match tokio::fs::canonicalize(path.trim_end_matches('/')).await {
        Ok(path) => path,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ApiError::invalid(format!("there is no directory at `{given}`")));
        }
        Err(error) => return Err(failed(error)),
    };
    let own = tokio::fs::canonicalize(&call.workspace.directory)
        .await
        .map_err(failed)?;
    if path.starts_with(&own) || own.starts_with(&path) {
        return Err(ApiError::invalid(format!(
            "`{given}` overlaps the storage that the workspace manages"
        )));
    }
    if !tokio::fs::try_exists(path.join("_delta_log")).await.map_err(failed)? {
        return Err(ApiError::invalid(format!(
            "there is no Delta table at `{given}`: it has no `_delta_log`"
        )));
    }
    Ok(path)
}

async fn get(call: Call) -> Result<Json<TableInfo>, ApiError> {
    let catalog = call.workspace.catalog();
    let found = catalog.table(&call.principal, call.parameter("full_name")).await?;
    Ok(Json(TableInfo::of(found, &metastore_id(catalog).await?)))
}

#[derive(Serialize)]
struct Exists {
    table_exists: bool,
}

async fn exists(call: Call) -> Result<Json<Exists>, ApiError> {
    match call
        .workspace
        .catalog()
        .table(&call.principal, call.parameter("full_name"))
        .await
    {
        Ok(_) => Ok(Json(Exists { table_exists: true })),
        Err(error) if error.error_code == "TABLE_DOES_NOT_EXIST" => Ok(Json(Exists { table_exists: false })),
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
struct Update {
    owner: Option<String>,
    comment: Option<String>,
    #[serde(flatten)]
    rest: Rest,
}

async fn update(mut call: Call) -> Result<Json<TableInfo>, ApiError> {
    let Update { owner, comment, rest } = call.json().await?;
    rest.refuse(&call)?;
    let change = Change {
        owner,
        comment,
        ..Change::default()
    };
    let catalog = call.workspace.catalog();
    let changed = catalog
        .change(
            &call.principal,
            SecurableKind::Table,
            call.parameter("full_name"),
            change,
        )
        .await?;
    let changed = catalog.resolve_table(&changed.full_name).await?;
    Ok(Json(TableInfo::of(changed, &metastore_id(catalog).await?)))
}

async fn delete(call: Call) -> Result<Json<Empty>, ApiError> {
    call.workspace
        .catalog()
        .drop_table(&call.principal, call.parameter("full_name"))
        .await?;
    Ok(Json(Empty {}))
}

#[derive(Serialize)]
struct Summary {
    full_name: String,
    table_type: TableKind,
}

#[derive(Serialize)]
struct Summaries {
    tables: Vec<Summary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn summaries(call: Call) -> Result<Json<Summaries>, ApiError> {
    let catalog = call.workspace.catalog();
    let window = Window::of(&call, "max_results")?;
    let last = window.after.as_deref().unwrap_or_default();
    let (last_schema, last_table) = last.rsplit_once('.').unwrap_or_default();
    let container = Some(call.required_query("catalog_name")?);
    let mut found = Vec::new();
    for schema in catalog.list(&call.principal, SecurableKind::Schema, container).await? {
        // Pages go on where the last one ended: schema by schema, and by name in each.
        if schema.full_name.as_str() < last_schema || !matches(call.query("schema_name_pattern"), &schema.name) {
            continue;
        }
        let after = (schema.full_name == last_schema).then(|| last_table.to_owned());
        let part = window.from(after, found.len());
        let wanted = |name: &str| matches(call.query("table_name_pattern"), name);
        let tables = catalog
            .list_part(
                &call.principal,
                SecurableKind::Table,
                Some(&schema.full_name),
                &part,
                wanted,
            )
            .await?;
        found.extend(tables);
        if found.len() > window.limit {
            break;
        }
    }
    let page = window.page(found, |each| &each.full_name);
    let summary = |securable: Securable| {
        let table = TableRecord::read(securable)?;
        Ok(Summary {
            full_name: table.securable.full_name,
            table_type: table.kind,
        })
    };
    Ok(Json(Summaries {
        tables: page.items.into_iter().map(summary).collect::<Result<_, ApiError>>()?,
        next_page_token: page.next_page_token,
    }))
}

/// Whether a name matches a LIKE pattern: `%` is any text, `_` any character.
fn matches(pattern: Option<&str>, name: &str) -> bool {
    fn like(pattern: &[char], name: &[char]) -> bool {
        match pattern {
            [] => name.is_empty(),
            ['%', rest @ ..] => (0..=name.len()).any(|skipped| like(rest, &name[skipped..])),
            ['_', rest @ ..] => !name.is_empty() && like(rest, &name[1..]),
            [first, rest @ ..] => name.first() == Some(first) && like(rest, &name[1..]),
        }
    }
    let characters = |text: &str| text.to_lowercase().chars().collect::<Vec<_>>();
    pattern.is_none_or(|pattern| like(&characters(pattern), &characters(name)))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_are_those_of_like() {
        assert!(matches(None, "x"));
        assert!(matches(Some("fl%_hts"), "flights"));
        assert!(!matches(Some("fl_hts"), "flights"));
        assert!(matches(Some("%"), ""));
    }
}
