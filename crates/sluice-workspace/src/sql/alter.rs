//! ALTER TABLE and ALTER VIEW, and comments: the catalog's record and the Delta log change together.

use std::collections::BTreeMap;
use std::path::Path;

use super::columns::{ColumnSource, defined};
use super::command::{Alteration, ColumnDefinition, Place};
use super::constraints;
use super::context::Context;
use super::delta_log;
use super::error::{from_api, unsupported};
use super::masks;
use super::outcome::Outcome;
use super::rehearsal::CHECK_PREFIX;
use super::secured;
use super::tables::{check_properties, delta_properties};
use super::text::{Text, identifier};
use super::types::SqlType;
use super::view;
use super::views::{add_defaults, view_columns};
use crate::catalog::{Change, Column, Constraint, Privilege, SecurableKind, TableChange, TableKind, TableRecord};
use crate::compute::StatementError;

/// ALTER TABLE and ALTER VIEW.
pub(super) async fn alter(
    context: &Context,
    text: &Text,
    is_view: bool,
    name: &[String],
    alteration: &Alteration,
) -> Result<Outcome, StatementError> {
    let table = context.table(name, &[]).await?;
    if is_view != (table.kind == TableKind::View)
        && !matches!(alteration, Alteration::Owner(_) | Alteration::SetProperties(_))
    {
        let (found, word) = if is_view {
            ("a table", "ALTER TABLE")
        } else {
            ("a view", "ALTER VIEW")
        };
        let message = format!("'{}' is {found}: use {word}", table.securable.full_name);
        return Err(StatementError::new("WRONG_COMMAND_FOR_OBJECT_TYPE", "42809", message));
    }
    if !matches!(
        alteration,
        Alteration::Owner(_) | Alteration::ColumnMask(..) | Alteration::RowFilter(_) | Alteration::ColumnComment(..)
    ) {
        context.check_writer(&table)?;
    }
    match alteration {
        Alteration::Owner(owner) => {
            let change = Change {
                owner: Some(owner.clone()),
                ..Change::default()
            };
            change_securable(context, &table, change).await
        }
        Alteration::Rename(new_name) => {
            let new_name = context.table_name(new_name)?;
            let (schema, last) = new_name.rsplit_once('.').unwrap_or_default();
            if table.securable.full_name.rsplit_once('.').map(|(old, _)| old) != Some(schema) {
                return Err(unsupported(
                    "renaming a table into another schema",
                    "create it there with CREATE TABLE AS",
                ));
            }
            let change = Change {
                new_name: Some(last.to_owned()),
                ..Change::default()
            };
            change_securable(context, &table, change).await
        }
        Alteration::Query(start) => {
            let columns = view_columns(context, text, *start, &[]).await?;
            let mut properties = table.securable.properties.clone();
            properties.remove(view::CATALOG_PROPERTY);
            properties.remove(view::SCHEMA_PROPERTY);
            add_defaults(context, &table.securable.full_name, &mut properties);
            let view_definition = Some(text.source_from(*start).to_owned());
            let change = TableChange {
                columns: Some(columns),
                properties: Some(properties),
                view_definition,
                ..TableChange::default()
            };
            store(context, &table, Privilege::Manage, change).await
        }
        Alteration::SetProperties(properties) => {
            check_properties(properties)?;
            view::check_property_names(properties.keys())?;
            let mut all = table.securable.properties.clone();
            all.extend(properties.clone());
            store_properties(context, &table, all).await
        }
        Alteration::UnsetProperties(keys, if_exists) => {
            view::check_property_names(keys)?;
            if let Some(check) = keys.iter().find(|key| key.to_lowercase().starts_with(CHECK_PREFIX)) {
                return Err(unsupported(
                    &format!("removing the property `{check}`"),
                    "use ALTER TABLE DROP CONSTRAINT",
                ));
            }
            let mut all = table.securable.properties.clone();
            for key in keys {
                if all.remove(key).is_none() && !if_exists {
                    let message = format!("'{}' has no property `{key}`: use IF EXISTS", table.securable.full_name);
                    return Err(StatementError::new("UNSET_NONEXISTENT_PROPERTIES", "42K0J", message));
                }
            }
            store_properties(context, &table, all).await
        }
        Alteration::AddConstraint(name, new) => constraints::add(context, &table, name.as_ref(), new).await,
        Alteration::DropConstraint(dropped, if_exists, cascade) => {
            constraints::remove(context, &table, dropped, *if_exists, *cascade).await
        }
        Alteration::ColumnMask(..) | Alteration::RowFilter(_) => alter_policy(context, &table, alteration).await,
        Alteration::AddColumns(..)
        | Alteration::ColumnComment(..)
        | Alteration::ColumnNullable(..)
        | Alteration::ColumnType(..) => alter_columns(context, &table, alteration).await,
    }
}

/// SET and DROP of masks and of the row filter. Alone on the table, so that the columns stay as they were checked.
async fn alter_policy(
    context: &Context,
    table: &TableRecord,
    alteration: &Alteration,
) -> Result<Outcome, StatementError> {
    require(context, table, Privilege::Manage).await?;
    let Some(location) = &table.securable.location else {
        return Err(masks::refuse_view());
    };
    let _alone = context.workspace.sql.locks.alone(location).await;
    let catalog = context.workspace.catalog();
    let table = catalog
        .resolve_table(&table.securable.full_name)
        .await
        .map_err(from_api)?;
    match alteration {
        Alteration::ColumnMask(column, mask) => masks::set_mask(context, &table, column, mask.as_ref()).await,
        Alteration::RowFilter(filter) => masks::set_filter(context, &table, filter.as_ref()).await,
        _ => Ok(Outcome::done()),
    }
}

async fn change_securable(context: &Context, table: &TableRecord, change: Change) -> Result<Outcome, StatementError> {
    let catalog = context.workspace.catalog();
    catalog
        .change(
            &context.principal,
            SecurableKind::Table,
            &table.securable.full_name,
            change,
        )
        .await
        .map_err(from_api)?;
    Ok(Outcome::done())
}

async fn store(
    context: &Context,
    table: &TableRecord,
    privilege: Privilege,
    change: TableChange,
) -> Result<Outcome, StatementError> {
    let catalog = context.workspace.catalog();
    catalog
        .alter_table(&context.principal, privilege, &table.securable.full_name, change)
        .await
        .map_err(from_api)?;
    Ok(Outcome::done())
}

/// COMMENT ON TABLE and COMMENT ON VIEW.
pub(super) async fn set_comment(
    context: &Context,
    name: &[String],
    comment: Option<&str>,
) -> Result<Outcome, StatementError> {
    let table = context.table(name, &[]).await?;
    let change = TableChange {
        comment: Some(comment.filter(|comment| !comment.is_empty()).map(str::to_owned)),
        ..TableChange::default()
    };
    store(context, &table, Privilege::Modify, change).await
}

async fn store_properties(
    context: &Context,
    table: &TableRecord,
    all: BTreeMap<String, String>,
) -> Result<Outcome, StatementError> {
    require(context, table, Privilege::Modify).await?;
    let (old, new) = (delta_properties(&table.securable.properties), delta_properties(&all));
    if old != new
        && let Some(location) = &table.securable.location
    {
        delta_log::change_metadata(location, "SET TBLPROPERTIES", context.now(), |metadata| {
            metadata.configuration.clone_from(&new);
            Ok(())
        })?;
    }
    store(
        context,
        table,
        Privilege::Modify,
        TableChange {
            properties: Some(all),
            ..TableChange::default()
        },
    )
    .await
}

async fn require(context: &Context, table: &TableRecord, privilege: Privilege) -> Result<(), StatementError> {
    context
        .workspace
        .catalog()
        .require(&context.principal, privilege, &table.securable)
        .await
        .map_err(from_api)
}

async fn alter_columns(
    context: &Context,
    table: &TableRecord,
    alteration: &Alteration,
) -> Result<Outcome, StatementError> {
    require(context, table, Privilege::Modify).await?;
    let Some(location) = table.securable.location.clone() else {
        return Err(unsupported("ALTER COLUMN on a view", "use ALTER VIEW name AS query"));
    };
    let _alone = context.workspace.sql.locks.alone(&location).await;
    // Read again: another statement may have changed the columns while this one waited.
    let table = context
        .workspace
        .catalog()
        .resolve_table(&table.securable.full_name)
        .await
        .map_err(from_api)?;
    let columns = altered(context, &table, &location, alteration).await?;
    delta_log::change_metadata(&location, operation(alteration), context.now(), |metadata| {
        metadata.set_columns(&columns)
    })?;
    store(
        context,
        &table,
        Privilege::Modify,
        TableChange {
            columns: Some(columns),
            ..TableChange::default()
        },
    )
    .await
}

fn operation(alteration: &Alteration) -> &'static str {
    if matches!(alteration, Alteration::AddColumns(..)) {
        "ADD COLUMNS"
    } else {
        "CHANGE COLUMN"
    }
}

async fn altered(
    context: &Context,
    table: &TableRecord,
    location: &Path,
    alteration: &Alteration,
) -> Result<Vec<Column>, StatementError> {
    let mut columns = table.columns.clone();
    match alteration {
        Alteration::AddColumns(added, place) => add_columns(table, &mut columns, added, place)?,
        Alteration::ColumnComment(name, comment) => {
            let column = find(table, &mut columns, name)?;
            let (name, comment) = (column.name.clone(), comment.clone());
            column.rename(&name, comment.as_deref());
            column.comment = comment;
        }
        Alteration::ColumnNullable(name, nullable) => {
            let column = find(table, &mut columns, name)?;
            if !nullable {
                // Whether there are nulls is something that a mask or filter may hide.
                secured::refuse_change(context, table, "SET NOT NULL").await?;
                refuse_nulls(context, table, location, &column.name).await?;
            }
            let of_key =
                |key: &Constraint| matches!(key, Constraint::PrimaryKey(_)) && key.columns().contains(&column.name);
            if *nullable && table.constraints.iter().any(of_key) {
                return Err(unsupported(
                    &format!("DROP NOT NULL of `{}`, which the primary key holds", column.name),
                    "drop the primary key first",
                ));
            }
            column.nullable = *nullable;
        }
        Alteration::ColumnType(name, type_text) => {
            let column = find(table, &mut columns, name)?;
            let (old, new) = (SqlType::parse(&column.type_text)?, SqlType::parse(type_text)?);
            if old != new && !old.widens_to(&new) {
                return Err(unsupported(
                    &format!(
                        "changing the column `{}` from {} to {}",
                        column.name,
                        old.text(),
                        new.text()
                    ),
                    "only whole numbers become wider in place; otherwise replace the table with CREATE OR REPLACE TABLE AS",
                ));
            }
            column.set_type(&new);
            masks::refuse_loss(table, &columns)?;
        }
        Alteration::SetProperties(_)
        | Alteration::UnsetProperties(..)
        | Alteration::Owner(_)
        | Alteration::Rename(_)
        | Alteration::ColumnMask(..)
        | Alteration::RowFilter(_)
        | Alteration::AddConstraint(..)
        | Alteration::DropConstraint(..)
        | Alteration::Query(_) => {}
    }
    for column in &mut columns {
        column.refresh_json()?;
    }
    Ok(columns)
}

fn add_columns(
    table: &TableRecord,
    columns: &mut Vec<Column>,
    added: &[ColumnDefinition],
    place: &Place,
) -> Result<(), StatementError> {
    let position = |name: &str| columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
    let at = match place {
        Place::First => 0,
        Place::Last => columns.len(),
        Place::After(name) => position(name).ok_or_else(|| no_column(table, name))? + 1,
    };
    for (offset, column) in defined(added)?.into_iter().enumerate() {
        if columns
            .iter()
            .any(|known| known.name.eq_ignore_ascii_case(&column.name))
        {
            let message = format!(
                "the table '{}' has a column `{}` already",
                table.securable.full_name, column.name
            );
            return Err(StatementError::new("FIELD_ALREADY_EXISTS", "42710", message));
        }
        if !column.nullable {
            return Err(unsupported(
                "adding a column with NOT NULL",
                "the rows that exist have no value for it: add it without NOT NULL",
            ));
        }
        columns.insert(at + offset, column);
    }
    for (position, column) in (0..).zip(columns.iter_mut()) {
        column.position = position;
    }
    Ok(())
}

fn no_column(table: &TableRecord, name: &str) -> StatementError {
    let message = format!("the table '{}' has no column `{name}`", table.securable.full_name);
    StatementError::new("UNRESOLVED_COLUMN", "42703", message)
}

fn find<'a>(table: &TableRecord, columns: &'a mut [Column], name: &str) -> Result<&'a mut Column, StatementError> {
    let found = columns.iter_mut().find(|column| column.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| no_column(table, name))
}

/// SET NOT NULL is true of the rows that exist, or refused.
async fn refuse_nulls(
    context: &Context,
    table: &TableRecord,
    location: &Path,
    column: &str,
) -> Result<(), StatementError> {
    let path = identifier(&location.to_string_lossy());
    let sql = format!(
        "SELECT 1 FROM delta.{path} WHERE {} IS NULL LIMIT 1",
        identifier(column)
    );
    let found = context.run(sql, Vec::new(), true).await?;
    if found.rows.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the column `{column}` of '{}' holds NULL: fill it before it is made NOT NULL",
        table.securable.full_name
    );
    Err(StatementError::new(
        "DELTA_NOT_NULL_CONSTRAINT_VIOLATED",
        "23502",
        message,
    ))
}
