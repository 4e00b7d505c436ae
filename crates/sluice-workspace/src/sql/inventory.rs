//! Tables and columns of whole catalogs with patterns, as SQL drivers list them: `SHOW TABLES IN CATALOG c SCHEMA LIKE 'a' LIKE 'b'`.
//!
//! The statements stand in no manual. The names of the result's columns are those that the open drivers (JDBC, Python; Apache-2.0) read; the order of
//! the first six is the one by which the Python driver filters.

use super::context::Context;
use super::error::from_api;
use super::information_schema::all_tables;
use super::outcome::{Outcome, table};
use super::show::like;
use super::types::SqlType;
use crate::catalog::{Column, SecurableKind, TableKind};
use crate::compute::StatementError;

/// Which objects to list; no pattern stands for all.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    /// None stands for all catalogs.
    pub(super) catalog: Option<String>,
    pub(super) schemas: Option<String>,
    pub(super) tables: Option<String>,
    pub(super) columns: Option<String>,
}

/// The tables that match, with the names of their catalogs and schemas.
async fn matching(
    context: &Context,
    parts: &Parts,
) -> Result<Vec<(String, String, crate::catalog::TableRecord)>, StatementError> {
    let store = context.workspace.catalog();
    let catalogs = match &parts.catalog {
        Some(name) => {
            let name = name.to_lowercase();
            let found = store.get(&context.principal, SecurableKind::Catalog, &name).await;
            vec![found.map_err(from_api)?.name]
        }
        None => {
            let found = store.list(&context.principal, SecurableKind::Catalog, None).await;
            found.map_err(from_api)?.into_iter().map(|each| each.name).collect()
        }
    };
    let mut found = Vec::new();
    for catalog in catalogs {
        for (schema, record) in all_tables(context, &catalog).await? {
            if like(parts.schemas.as_deref(), &schema) && like(parts.tables.as_deref(), &record.securable.name) {
                found.push((catalog.clone(), schema, record));
            }
        }
    }
    Ok(found)
}

/// The tables and views that the principal may see.
pub(super) async fn tables(context: &Context, parts: &Parts) -> Result<Outcome, StatementError> {
    let rows = matching(context, parts)
        .await?
        .into_iter()
        .map(|(catalog, schema, record)| {
            let kind = if record.kind == TableKind::View {
                "VIEW"
            } else {
                "TABLE"
            };
            vec![
                Some(schema),
                Some(record.securable.name),
                Some("false".to_owned()),
                None,
                Some(catalog),
                Some(kind.to_owned()),
                record.securable.comment,
            ]
        });
    let mut listed = table(
        &[
            "namespace",
            "tableName",
            "isTemporary",
            "information",
            "catalogName",
            "tableType",
            "remarks",
        ],
        rows.collect(),
    );
    listed.rows.columns[2] = crate::compute::Column::new("isTemporary", "BOOLEAN");
    Ok(listed)
}

/// The columns of the tables and views that the principal may see.
pub(super) async fn columns(context: &Context, parts: &Parts) -> Result<Outcome, StatementError> {
    let mut rows = Vec::new();
    for (catalog, schema, record) in matching(context, parts).await? {
        for column in &record.columns {
            if like(parts.columns.as_deref(), &column.name) {
                rows.push(row(&catalog, &schema, &record.securable.name, column)?);
            }
        }
    }
    let names = [
        "col_name",
        "catalogName",
        "namespace",
        "tableName",
        "columnType",
        "columnSize",
        "decimalDigits",
        "radix",
        "isNullable",
        "remarks",
        "ordinalPosition",
        "isAutoIncrement",
        "isGenerated",
    ];
    let mut listed = table(&names, rows);
    for column in &mut listed.rows.columns {
        if ["columnSize", "decimalDigits", "radix", "ordinalPosition"].contains(&column.name.as_str()) {
            *column = crate::compute::Column::new(&column.name, "INT");
        }
    }
    Ok(listed)
}

fn row(catalog: &str, schema: &str, table: &str, column: &Column) -> Result<Vec<Option<String>>, StatementError> {
    let kind = SqlType::parse(&column.type_text)?;
    let size = size(&kind);
    Ok(vec![
        Some(column.name.clone()),
        Some(catalog.to_owned()),
        Some(schema.to_owned()),
        Some(table.to_owned()),
        Some(kind.text().to_uppercase()),
        size.map(|(digits, _)| digits.to_string()),
        size.map(|(_, scale)| scale.to_string()),
        size.map(|_| "10".to_owned()),
        Some(column.nullable.to_string()),
        column.comment.clone(),
        Some((column.position + 1).to_string()),
        Some("NO".to_owned()),
        Some("NO".to_owned()),
    ])
}

/// Decimal digits of a number, and those after the point; none for what is no exact number.
fn size(kind: &SqlType) -> Option<(u32, u32)> {
    match (kind, kind.text().as_str()) {
        (SqlType::Decimal(precision, scale), _) => Some((*precision, *scale)),
        (_, "tinyint") => Some((3, 0)),
        (_, "smallint") => Some((5, 0)),
        (_, "int") => Some((10, 0)),
        (_, "bigint") => Some((19, 0)),
        _ => None,
    }
}
