//! `<catalog>.information_schema`: what the principal may see of a catalog, as relations.

use super::context::Context;
use super::error::{from_api, unsupported};
use super::information_schema_policies;
use super::text::{identifier, string_literal};
use crate::catalog::{SecurableKind, TableKind};
use crate::compute::StatementError;

/// The query that stands for a relation of the information schema; none when the name is no such relation.
pub(super) async fn query(context: &Context, parts: &[String]) -> Result<Option<String>, StatementError> {
    let lower: Vec<String> = parts.iter().map(|part| part.to_lowercase()).collect();
    let (catalog, schema, relation) = match lower.as_slice() {
        [relation] => (context.catalog.as_str(), context.schema.as_str(), relation),
        [schema, relation] => (context.catalog.as_str(), schema.as_str(), relation),
        [catalog, schema, relation] => (catalog.as_str(), schema.as_str(), relation),
        _ => return Ok(None),
    };
    if schema != "information_schema" {
        return Ok(None);
    }
    context
        .workspace
        .catalog()
        .get(&context.principal, SecurableKind::Catalog, catalog)
        .await
        .map_err(from_api)?;
    match relation.as_str() {
        "schemata" => schemata(context, catalog).await.map(Some),
        "tables" => tables(context, catalog).await.map(Some),
        "views" => views(context, catalog).await.map(Some),
        "columns" => columns(context, catalog).await.map(Some),
        other => match information_schema_policies::query(context, catalog, other).await? {
            Some(query) => Ok(Some(query)),
            None => Err(unsupported(
                &format!("the relation information_schema.{other}"),
                "it has schemata, tables, views, columns, routines, parameters, tags, masks and filters",
            )),
        },
    }
}

/// A row of a relation.
pub(super) type Row = Vec<Option<String>>;

async fn schemata(context: &Context, catalog: &str) -> Result<String, StatementError> {
    let found = context
        .workspace
        .catalog()
        .list(&context.principal, SecurableKind::Schema, Some(catalog))
        .await
        .map_err(from_api)?;
    let rows = found.into_iter().map(|schema| {
        vec![
            Some(catalog.to_owned()),
            Some(schema.name),
            Some(schema.owner),
            schema.comment,
        ]
    });
    Ok(relation(
        &["catalog_name", "schema_name", "schema_owner", "comment"],
        rows.collect(),
    ))
}

/// The tables of a catalog that the principal may see, each with its schema.
pub(super) async fn all_tables(
    context: &Context,
    catalog: &str,
) -> Result<Vec<(String, crate::catalog::TableRecord)>, StatementError> {
    let store = context.workspace.catalog();
    let mut found = Vec::new();
    for schema in store
        .list(&context.principal, SecurableKind::Schema, Some(catalog))
        .await
        .map_err(from_api)?
    {
        for table in store
            .tables(&context.principal, &schema.full_name)
            .await
            .map_err(from_api)?
        {
            found.push((schema.name.clone(), table));
        }
    }
    Ok(found)
}

async fn tables(context: &Context, catalog: &str) -> Result<String, StatementError> {
    let row = |(schema, table): (String, crate::catalog::TableRecord)| {
        let kind = table.kind.as_str();
        vec![
            Some(catalog.to_owned()),
            Some(schema),
            Some(table.securable.name),
            Some(kind.to_owned()),
            Some(table.securable.owner),
            table.securable.comment,
        ]
    };
    let rows = all_tables(context, catalog).await?.into_iter().map(row).collect();
    Ok(relation(
        &[
            "table_catalog",
            "table_schema",
            "table_name",
            "table_type",
            "table_owner",
            "comment",
        ],
        rows,
    ))
}

async fn views(context: &Context, catalog: &str) -> Result<String, StatementError> {
    let rows = all_tables(context, catalog)
        .await?
        .into_iter()
        .filter(|(_, table)| table.kind == TableKind::View);
    let rows = rows.map(|(schema, view)| {
        vec![
            Some(catalog.to_owned()),
            Some(schema),
            Some(view.securable.name),
            view.view_definition,
        ]
    });
    Ok(relation(
        &["table_catalog", "table_schema", "table_name", "view_definition"],
        rows.collect(),
    ))
}

async fn columns(context: &Context, catalog: &str) -> Result<String, StatementError> {
    let mut rows = Vec::new();
    for (schema, table) in all_tables(context, catalog).await? {
        for column in table.columns {
            rows.push(vec![
                Some(catalog.to_owned()),
                Some(schema.clone()),
                Some(table.securable.name.clone()),
                Some(column.name),
                Some((column.position + 1).to_string()),
                Some(if column.nullable { "YES" } else { "NO" }.to_owned()),
                Some(column.type_name),
                Some(column.type_text),
                column.comment,
            ]);
        }
    }
    let names = [
        "table_catalog",
        "table_schema",
        "table_name",
        "column_name",
        "ordinal_position",
        "is_nullable",
        "data_type",
        "full_data_type",
        "comment",
    ];
    Ok(relation(&names, rows))
}

/// Rows as a query; positions are the only numbers.
pub(super) fn relation(names: &[&str], rows: Vec<Row>) -> String {
    let is_number = |name: &str| matches!(name, "ordinal_position" | "position_in_unique_constraint");
    let type_of = |name: &str| if is_number(name) { "INT" } else { "STRING" };
    let columns: Vec<_> = names
        .iter()
        .map(|name| format!("CAST({0} AS {1}) AS {0}", identifier(name), type_of(name)))
        .collect();
    let aliases: Vec<_> = names.iter().map(|name| identifier(name)).collect();
    let value = |value: &Option<String>| value.as_deref().map_or("NULL".to_owned(), string_literal);
    let none = vec![vec![None; names.len()]];
    let condition = if rows.is_empty() { " WHERE false" } else { "" };
    let shown = if rows.is_empty() { &none } else { &rows };
    let rows: Vec<_> = shown
        .iter()
        .map(|row| format!("({})", row.iter().map(value).collect::<Vec<_>>().join(", ")))
        .collect();
    format!(
        "SELECT {} FROM (VALUES {}) AS `rows`({}){condition}",
        columns.join(", "),
        rows.join(", "),
        aliases.join(", ")
    )
}
