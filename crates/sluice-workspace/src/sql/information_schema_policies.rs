//! The relations of the information schema about what governs data: functions, tags, masks, filters.

use super::context::Context;
use super::error::from_api;
use super::information_schema::{Row, all_tables, relation};
use crate::catalog::{FunctionRecord, Securable, SecurableKind, Tag, TagTarget};
use crate::compute::StatementError;

/// The query that stands for a relation; none when it is none of these.
pub(super) async fn query(context: &Context, catalog: &str, name: &str) -> Result<Option<String>, StatementError> {
    let query = match name {
        "routines" => routines(context, catalog).await?,
        "parameters" => parameters(context, catalog).await?,
        "catalog_tags" | "schema_tags" | "table_tags" | "volume_tags" => tags(context, catalog, name).await?,
        "column_tags" => column_tags(context, catalog).await?,
        "column_masks" => column_masks(context, catalog).await?,
        "row_filters" => row_filters(context, catalog).await?,
        _ => return Ok(None),
    };
    Ok(Some(query))
}

fn cells(values: &[&str]) -> Row {
    values.iter().map(|value| Some((*value).to_owned())).collect()
}

async fn in_schemas(context: &Context, catalog: &str, kind: SecurableKind) -> Result<Vec<Securable>, StatementError> {
    let store = context.workspace.catalog();
    let mut found = Vec::new();
    let schemas = store
        .list(&context.principal, SecurableKind::Schema, Some(catalog))
        .await;
    for schema in schemas.map_err(from_api)? {
        match kind {
            SecurableKind::Schema => found.push(schema),
            _ => {
                let below = store.list(&context.principal, kind, Some(&schema.full_name)).await;
                found.extend(below.map_err(from_api)?);
            }
        }
    }
    Ok(found)
}

async fn functions(context: &Context, catalog: &str) -> Result<Vec<FunctionRecord>, StatementError> {
    let store = context.workspace.catalog();
    let mut found = Vec::new();
    for schema in in_schemas(context, catalog, SecurableKind::Schema).await? {
        let functions = store.functions(&context.principal, &schema.full_name).await;
        found.extend(functions.map_err(from_api)?);
    }
    Ok(found)
}

async fn routines(context: &Context, catalog: &str) -> Result<String, StatementError> {
    let row = |function: FunctionRecord| {
        let securable = &function.securable;
        let name = securable.parts();
        let deterministic = if function.deterministic { "YES" } else { "NO" };
        let mut row = cells(&[
            name[0],
            name[1],
            name[2],
            name[0],
            name[1],
            name[2],
            "FUNCTION",
            &securable.owner,
        ]);
        row.extend(cells(&[
            &function.returns.type_name,
            &function.returns.type_text,
            "SQL",
            &function.definition,
        ]));
        row.extend([Some(deterministic.to_owned()), securable.comment.clone()]);
        row
    };
    let rows = functions(context, catalog).await?.into_iter().map(row).collect();
    let names = [
        "specific_catalog",
        "specific_schema",
        "specific_name",
        "routine_catalog",
        "routine_schema",
        "routine_name",
        "routine_type",
        "routine_owner",
        "data_type",
        "full_data_type",
        "routine_body",
        "routine_definition",
        "is_deterministic",
        "comment",
    ];
    Ok(relation(&names, rows))
}

async fn parameters(context: &Context, catalog: &str) -> Result<String, StatementError> {
    let mut rows = Vec::new();
    for function in functions(context, catalog).await? {
        let name = function.securable.parts();
        for (position, parameter) in function.parameters.iter().enumerate() {
            let mut row = cells(&[name[0], name[1], name[2], &position.to_string(), "IN", &parameter.name]);
            row.extend(cells(&[&parameter.type_name, &parameter.type_text]));
            row.push(parameter.comment.clone());
            rows.push(row);
        }
    }
    let names = [
        "specific_catalog",
        "specific_schema",
        "specific_name",
        "ordinal_position",
        "parameter_mode",
        "parameter_name",
        "data_type",
        "full_data_type",
        "comment",
    ];
    Ok(relation(&names, rows))
}

fn tag_row(parts: &[&str], tag: &Tag) -> Row {
    let mut row = cells(parts);
    row.extend(cells(&[&tag.key, &tag.value]));
    row
}

/// `catalog_tags`, `schema_tags`, `table_tags`, `volume_tags`.
async fn tags(context: &Context, catalog: &str, name: &str) -> Result<String, StatementError> {
    let store = context.workspace.catalog();
    let (kind, last) = match name {
        "catalog_tags" => (SecurableKind::Catalog, None),
        "schema_tags" => (SecurableKind::Schema, None),
        "volume_tags" => (SecurableKind::Volume, Some("volume_name")),
        _ => (SecurableKind::Table, Some("table_name")),
    };
    let objects = if kind == SecurableKind::Catalog {
        vec![store.get(&context.principal, kind, catalog).await.map_err(from_api)?]
    } else {
        in_schemas(context, catalog, kind).await?
    };
    let mut rows = Vec::new();
    for securable in objects {
        let target = TagTarget {
            securable,
            column: None,
        };
        for tag in store.tags(&context.principal, &target).await.map_err(from_api)? {
            rows.push(tag_row(&target.securable.parts(), &tag));
        }
    }
    let mut names = vec!["catalog_name"];
    names.extend((kind != SecurableKind::Catalog).then_some("schema_name"));
    names.extend(last);
    names.extend(["tag_name", "tag_value"]);
    Ok(relation(&names, rows))
}

async fn column_tags(context: &Context, catalog: &str) -> Result<String, StatementError> {
    let store = context.workspace.catalog();
    let mut rows = Vec::new();
    for table in in_schemas(context, catalog, SecurableKind::Table).await? {
        for (column, tag) in store.column_tags(&context.principal, &table).await.map_err(from_api)? {
            let mut parts = table.parts();
            parts.push(&column);
            rows.push(tag_row(&parts, &tag));
        }
    }
    let names = [
        "catalog_name",
        "schema_name",
        "table_name",
        "column_name",
        "tag_name",
        "tag_value",
    ];
    Ok(relation(&names, rows))
}

async fn column_masks(context: &Context, catalog: &str) -> Result<String, StatementError> {
    let mut rows = Vec::new();
    for (schema, table) in all_tables(context, catalog).await? {
        for column in &table.columns {
            if let Some(mask) = &column.mask {
                let using = mask.using_column_names.join(", ");
                let name = &table.securable.name;
                rows.push(cells(&[
                    catalog,
                    &schema,
                    name,
                    &column.name,
                    &mask.function_name,
                    &using,
                ]));
            }
        }
    }
    let names = [
        "table_catalog",
        "table_schema",
        "table_name",
        "column_name",
        "mask_name",
        "using_columns",
    ];
    Ok(relation(&names, rows))
}

async fn row_filters(context: &Context, catalog: &str) -> Result<String, StatementError> {
    let mut rows = Vec::new();
    for (schema, table) in all_tables(context, catalog).await? {
        if let Some(filter) = &table.row_filter {
            let columns = filter.input_column_names.join(", ");
            rows.push(cells(&[
                catalog,
                &schema,
                &table.securable.name,
                &filter.function_name,
                &columns,
            ]));
        }
    }
    let names = [
        "table_catalog",
        "table_schema",
        "table_name",
        "filter_name",
        "target_columns",
    ];
    Ok(relation(&names, rows))
}
