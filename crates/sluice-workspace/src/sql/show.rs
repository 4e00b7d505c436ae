//! SHOW: what the principal may see, as rows.

use super::command::Show;
use super::context::Context;
use super::error::from_api;
use super::inventory;
use super::outcome::{Outcome, table};
use super::text::{qualified, string_literal};
use crate::catalog::{ColumnMask, RowFilter, SecurableKind, TableKind, TableRecord};
use crate::compute::{Column, StatementError};

/// Answers a SHOW statement.
pub(super) async fn show(context: &Context, show: &Show) -> Result<Outcome, StatementError> {
    match show {
        Show::Catalogs(pattern) => {
            let catalogs = context
                .workspace
                .catalog()
                .list(&context.principal, SecurableKind::Catalog, None)
                .await
                .map_err(from_api)?;
            let names = catalogs.into_iter().map(|catalog| catalog.name);
            Ok(names_of("catalog", names, pattern.as_deref()))
        }
        Show::Schemas(catalog, pattern) => {
            let catalog = match catalog {
                Some(name) => context.full_name(SecurableKind::Catalog, name)?,
                None => context.catalog.clone(),
            };
            let store = context.workspace.catalog();
            let schemas = store
                .list(&context.principal, SecurableKind::Schema, Some(&catalog))
                .await
                .map_err(from_api)?;
            let names = schemas.into_iter().map(|schema| schema.name);
            Ok(names_of("databaseName", names, pattern.as_deref()))
        }
        Show::Tables(schema, pattern) => tables(context, schema.as_deref(), pattern.as_deref()).await,
        Show::Views(schema, pattern) => {
            let found = in_schema(context, schema.as_deref()).await?;
            let views = found.into_iter().filter(|found| found.kind == TableKind::View);
            let rows = views
                .map(|view| (part(&view, 1), view.securable.name))
                .filter(|(_, name)| like(pattern.as_deref(), name));
            let mut outcome = table(
                &["namespace", "viewName"],
                rows.map(|(schema, name)| vec![Some(schema), Some(name)]).collect(),
            );
            add_flag(&mut outcome, "isTemporary", false);
            Ok(outcome)
        }
        Show::Volumes(schema, pattern) => {
            let schema = context.schema_name(schema.as_deref().unwrap_or_default())?;
            let store = context.workspace.catalog();
            let volumes = store
                .list(&context.principal, SecurableKind::Volume, Some(&schema))
                .await
                .map_err(from_api)?;
            let rows = volumes
                .into_iter()
                .filter(|volume| like(pattern.as_deref(), &volume.name));
            let schema = schema.split('.').next_back().unwrap_or_default().to_owned();
            Ok(table(
                &["database", "volume_name"],
                rows.map(|volume| vec![Some(schema.clone()), Some(volume.name)])
                    .collect(),
            ))
        }
        Show::Functions(schema, pattern) => {
            let found = super::functions::list(context, schema.as_deref()).await?;
            let shown = found
                .into_iter()
                .filter(|each| like(pattern.as_deref(), &each.securable.name));
            let rows = shown.map(|each| vec![Some(each.securable.full_name)]);
            Ok(table(&["function"], rows.collect()))
        }
        Show::Columns(name) => {
            let record = visible(context, name).await?;
            Ok(table(
                &["col_name"],
                record
                    .columns
                    .into_iter()
                    .map(|column| vec![Some(column.name)])
                    .collect(),
            ))
        }
        Show::Properties(name, key) => {
            let record = visible(context, name).await?;
            let properties = record
                .securable
                .properties
                .into_iter()
                .filter(|(name, _)| key.as_ref().is_none_or(|key| key == name));
            Ok(table(
                &["key", "value"],
                properties.map(|(key, value)| vec![Some(key), Some(value)]).collect(),
            ))
        }
        Show::Grants(principal, kind, name) => grants(context, principal.as_deref(), *kind, name).await,
        Show::CreateTable(name) => {
            let record = visible(context, name).await?;
            Ok(table(&["createtab_stmt"], vec![vec![Some(create_statement(&record))]]))
        }
        Show::TablesOfCatalogs(parts) => inventory::tables(context, parts).await,
        Show::ColumnsOfCatalogs(parts) => inventory::columns(context, parts).await,
    }
}

/// The table or view of this name, when the principal may see it.
pub(super) async fn visible(context: &Context, name: &[String]) -> Result<TableRecord, StatementError> {
    context
        .workspace
        .catalog()
        .table(&context.principal, &context.table_name(name)?)
        .await
        .map_err(from_api)
}

fn names_of(column: &str, names: impl Iterator<Item = String>, pattern: Option<&str>) -> Outcome {
    let shown = names.filter(|name| like(pattern, name));
    table(&[column], shown.map(|name| vec![Some(name)]).collect())
}

async fn in_schema(context: &Context, schema: Option<&[String]>) -> Result<Vec<TableRecord>, StatementError> {
    let schema = context.schema_name(schema.unwrap_or_default())?;
    context
        .workspace
        .catalog()
        .tables(&context.principal, &schema)
        .await
        .map_err(from_api)
}

async fn tables(
    context: &Context,
    schema: Option<&[String]>,
    pattern: Option<&str>,
) -> Result<Outcome, StatementError> {
    let found = in_schema(context, schema)
        .await?
        .into_iter()
        .filter(|found| like(pattern, &found.securable.name));
    let mut outcome = table(
        &["database", "tableName"],
        found
            .map(|found| vec![Some(part(&found, 1)), Some(found.securable.name)])
            .collect(),
    );
    add_flag(&mut outcome, "isTemporary", false);
    for view in context.temporary_views.iter().filter(|view| like(pattern, view)) {
        outcome
            .rows
            .rows
            .push(vec![Some(String::new()), Some(view.clone()), Some("true".to_owned())]);
    }
    Ok(outcome)
}

fn part(record: &TableRecord, index: usize) -> String {
    record
        .securable
        .parts()
        .get(index)
        .copied()
        .unwrap_or_default()
        .to_owned()
}

fn add_flag(outcome: &mut Outcome, name: &str, value: bool) {
    outcome.rows.columns.push(Column::new(name, "BOOLEAN"));
    for row in &mut outcome.rows.rows {
        row.push(Some(value.to_string()));
    }
}

/// Patterns of SHOW: `*` stands for any text, `.` for a character, `|` separates alternatives, case does not matter.
pub(super) fn like(pattern: Option<&str>, name: &str) -> bool {
    pattern.is_none_or(|pattern| {
        pattern
            .split('|')
            .any(|alternative| matches(&alternative.trim().to_lowercase(), &name.to_lowercase()))
    })
}

fn matches(pattern: &str, name: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => name.is_empty(),
        Some('*') => (0..=name.len())
            .filter(|at| name.is_char_boundary(*at))
            .any(|at| matches(rest.as_str(), &name[at..])),
        Some(wanted) => {
            let mut remaining = name.chars();
            remaining.next().is_some_and(|found| wanted == '.' || wanted == found)
                && matches(rest.as_str(), remaining.as_str())
        }
    }
}

async fn grants(
    context: &Context,
    principal: Option<&str>,
    kind: SecurableKind,
    name: &[String],
) -> Result<Outcome, StatementError> {
    let store = context.workspace.catalog();
    let full_name = context.full_name(kind, name)?;
    let securable = store
        .get(&context.principal, kind, &full_name)
        .await
        .map_err(from_api)?;
    let mut rows = Vec::new();
    for grant in store.effective_grants(&securable).await.map_err(from_api)? {
        if principal.is_none_or(|wanted| wanted == grant.principal) {
            let (on, object) = grant.inherited_from.unwrap_or((kind, full_name.clone()));
            rows.push(vec![
                Some(grant.principal),
                Some(grant.privilege.words()),
                Some(on.as_str().to_owned()),
                Some(object),
            ]);
        }
    }
    Ok(table(&["Principal", "ActionType", "ObjectType", "ObjectKey"], rows))
}

fn create_statement(record: &TableRecord) -> String {
    let parts: Vec<String> = record.securable.parts().into_iter().map(str::to_owned).collect();
    let name = qualified(&parts);
    let comment = record
        .securable
        .comment
        .as_ref()
        .map(|comment| format!("\nCOMMENT {}", string_literal(comment)))
        .unwrap_or_default();
    let listed: Vec<_> = record
        .securable
        .properties
        .iter()
        .map(|(key, value)| format!("  {} = {}", string_literal(key), string_literal(value)))
        .collect();
    let properties = if listed.is_empty() {
        String::new()
    } else {
        format!("\nTBLPROPERTIES (\n{})", listed.join(",\n"))
    };
    if record.kind == TableKind::View {
        let names: Vec<_> = record
            .columns
            .iter()
            .map(|column| format!("  {}", super::text::identifier(&column.name)))
            .collect();
        let query = record.view_definition.clone().unwrap_or_default();
        return format!(
            "CREATE VIEW {name} (\n{}){comment}{properties}\nAS {query}",
            names.join(",\n")
        );
    }
    let columns: Vec<_> = record
        .columns
        .iter()
        .map(|column| {
            let not_null = if column.nullable { "" } else { " NOT NULL" };
            let comment = column
                .comment
                .as_ref()
                .map(|comment| format!(" COMMENT {}", string_literal(comment)))
                .unwrap_or_default();
            let mask = column.mask.as_ref().map(mask_clause).unwrap_or_default();
            format!(
                "  {} {}{not_null}{comment}{mask}",
                super::text::identifier(&column.name),
                column.type_text.to_uppercase()
            )
        })
        .collect();
    let mut partitioning: Vec<_> = record
        .columns
        .iter()
        .filter(|column| column.partition_index.is_some())
        .collect();
    partitioning.sort_by_key(|column| column.partition_index);
    let partitioning: Vec<_> = partitioning
        .into_iter()
        .map(|column| super::text::identifier(&column.name))
        .collect();
    let partitioned = if partitioning.is_empty() {
        String::new()
    } else {
        format!("\nPARTITIONED BY ({})", partitioning.join(", "))
    };
    let filter = record.row_filter.as_ref().map(filter_clause).unwrap_or_default();
    format!(
        "CREATE TABLE {name} (\n{})\nUSING delta{partitioned}{comment}{properties}{filter}",
        columns.join(",\n")
    )
}

fn quoted_name(name: &str) -> String {
    qualified(&name.split('.').map(str::to_owned).collect::<Vec<_>>())
}

fn mask_clause(mask: &ColumnMask) -> String {
    let using = if mask.using_column_names.is_empty() {
        String::new()
    } else {
        format!(" USING COLUMNS ({})", identifiers(&mask.using_column_names))
    };
    format!(" MASK {}{using}", quoted_name(&mask.function_name))
}

fn filter_clause(filter: &RowFilter) -> String {
    let columns = identifiers(&filter.input_column_names);
    format!(
        "\nWITH ROW FILTER {} ON ({columns})",
        quoted_name(&filter.function_name)
    )
}

fn identifiers(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| super::text::identifier(name)).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_show_have_stars_and_alternatives() {
        assert!(
            like(Some("b*|x"), "bronze")
                && like(Some("*on*"), "BRONZE")
                && like(None, "a")
                && like(Some("x|bronze"), "bronze")
                && like(Some("b.onze"), "bronze")
        );
        assert!(!like(Some("b*x"), "bronze") && !like(Some("bron"), "bronze"));
    }
}
