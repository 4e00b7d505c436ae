//! CREATE, ALTER and DROP of tables and views: the catalog's record and the Delta log change together.
//!
//! A table appears in the catalog only after its files are there, so a query in CREATE TABLE AS that fails leaves nothing. Replacing a table keeps its directory and with it its history.

use std::collections::BTreeMap;
use std::path::Path;

use super::change::execute;
use super::columns::{ColumnSource, defined, from_engine, from_engine_named, partition};
use super::command::{Alteration, ColumnDefinition, CreateTable, CreateView, WhenTaken};
use super::context::{Context, bind};
use super::delta_log;
use super::error::{from_api, parse_error, unsupported};
use super::outcome::{Outcome, counts};
use super::rewrite::{self, Rewritten};
use super::text::{Text, identifier};
use super::types::SqlType;
use super::view;
use crate::catalog::{
    Change, Column, NewTable, Privilege, SecurableKind, TableChange, TableKind, TableLocation, TableRecord,
};
use crate::compute::StatementError;

/// Properties of Delta that readers and writers here honour, or that are hints.
const DELTA_PROPERTIES: [&str; 6] = [
    "delta.logRetentionDuration",
    "delta.deletedFileRetentionDuration",
    "delta.checkpointInterval",
    "delta.autoOptimize.optimizeWrite",
    "delta.autoOptimize.autoCompact",
    "delta.dataSkippingNumIndexedCols",
];

/// CREATE TABLE, with or without AS.
pub(super) async fn create(context: &Context, text: &Text, new: &CreateTable) -> Result<Outcome, StatementError> {
    let full_name = context.table_name(&new.name)?;
    check_properties(&new.properties)?;
    let exists = context.exists(SecurableKind::Table, &full_name).await?;
    if exists && new.when_taken == WhenTaken::Skip {
        return Ok(Outcome::done());
    }
    if !exists || new.when_taken == WhenTaken::Fail {
        context
            .workspace
            .catalog()
            .check_create_table(&context.principal, &full_name)
            .await
            .map_err(from_api)?;
    }
    let (columns, source) = match new.query {
        None => (defined(&new.columns)?, None),
        Some(start) => {
            let rewritten = rewrite::query_to_insert(context, text, start).await?;
            // The names come from the query as written; the one to insert names what has no name.
            let written = rewrite::query(context, text, start).await?;
            let analysed = context
                .analyse(written.sql.clone())
                .await
                .map_err(|error| written.explain(error))?;
            (from_engine(&analysed.columns)?, Some(rewritten))
        }
    };
    let columns = partition(columns, &new.partitioning)?;
    if exists {
        return replace(context, new, &full_name, columns, source).await;
    }
    let location = write_new(context, &columns, &new.properties)?;
    if let Some(source) = source {
        let filled = fill(context, &location.directory, &source).await;
        if let Err(error) = filled {
            remove(&location.directory)?;
            return Err(error);
        }
    }
    let record = record(
        context,
        full_name,
        location,
        columns,
        new.comment.clone(),
        new.properties.clone(),
    )
    .await?;
    affected(new, &record)
}

/// What CREATE TABLE AS returns: nothing for a table without a query.
fn affected(new: &CreateTable, record: &TableRecord) -> Result<Outcome, StatementError> {
    if new.query.is_none() {
        return Ok(Outcome::done());
    }
    let location = record.securable.location.clone().unwrap_or_default();
    let rows = delta_log::commits_after(&location, -1)?
        .last()
        .map_or(0, |commit| commit.metric("numOutputRows"));
    Ok(counts(&[("num_affected_rows", rows), ("num_inserted_rows", rows)]))
}

/// The first commit of a table in a fresh directory.
pub(super) fn write_new(
    context: &Context,
    columns: &[Column],
    properties: &BTreeMap<String, String>,
) -> Result<TableLocation, StatementError> {
    let location = context.workspace.catalog().new_table_location();
    delta_log::create(
        &location.directory,
        &location.table_id,
        columns,
        &delta_properties(properties),
        context.now(),
    )?;
    Ok(location)
}

/// Records a table whose files are there.
pub(super) async fn record(
    context: &Context,
    full_name: String,
    location: TableLocation,
    columns: Vec<Column>,
    comment: Option<String>,
    properties: BTreeMap<String, String>,
) -> Result<TableRecord, StatementError> {
    let directory = location.directory.clone();
    let new = NewTable {
        full_name,
        table_id: Some(location.table_id),
        kind: TableKind::Managed,
        location: Some(location.directory),
        columns,
        view_definition: None,
        comment,
        properties,
    };
    let created = context.workspace.catalog().create_table(&context.principal, new).await;
    if created.is_err() {
        remove(&directory)?;
    }
    created.map_err(from_api)
}

pub(super) fn remove(directory: &Path) -> Result<(), StatementError> {
    std::fs::remove_dir_all(directory).map_err(|error| {
        StatementError::new(
            "FILE_ERROR",
            "58030",
            format!("could not remove the files of a table that was not made: {error}"),
        )
    })
}

async fn fill(context: &Context, directory: &Path, source: &Rewritten) -> Result<(), StatementError> {
    let binding = bind(directory);
    let sql = format!("INSERT INTO {} {}", binding.name, source.sql);
    execute(context, source, sql, vec![binding]).await.map(drop)
}

/// CREATE OR REPLACE TABLE on a table that exists. The new rows are complete before the first old one goes, so the query may read the table.
async fn replace(
    context: &Context,
    new: &CreateTable,
    full_name: &str,
    columns: Vec<Column>,
    source: Option<Rewritten>,
) -> Result<Outcome, StatementError> {
    let (table, location) = context.delta_table(&new.name, &[Privilege::Manage]).await?;
    let staging = write_new(context, &columns, &BTreeMap::new())?;
    let filled = match &source {
        Some(source) => fill(context, &staging.directory, source).await,
        None => Ok(()),
    };
    let swapped = match filled {
        Ok(()) => {
            swap(
                context,
                &table,
                &location,
                &columns,
                &delta_properties(&new.properties),
                &staging.directory,
            )
            .await
        }
        Err(error) => Err(error),
    };
    remove(&staging.directory)?;
    let rows = swapped?;
    let change = TableChange {
        columns: Some(columns),
        properties: Some(new.properties.clone()),
        comment: Some(new.comment.clone()),
        view_definition: None,
    };
    context
        .workspace
        .catalog()
        .alter_table(&context.principal, Privilege::Manage, full_name, change)
        .await
        .map_err(from_api)?;
    Ok(if source.is_some() {
        counts(&[("num_affected_rows", rows), ("num_inserted_rows", rows)])
    } else {
        Outcome::done()
    })
}

/// Puts the rows of a staging directory in the place of a table's rows, and its columns in the place of the table's columns; returns the number of rows.
pub(super) async fn swap(
    context: &Context,
    table: &TableRecord,
    location: &Path,
    columns: &[Column],
    configuration: &BTreeMap<String, String>,
    staging: &Path,
) -> Result<u64, StatementError> {
    let path = location.to_string_lossy().into_owned();
    let mut rewritten = Rewritten::default();
    rewritten.tables.insert(path.clone(), table.securable.full_name.clone());
    let _alone = context.workspace.sql.locks.alone(location).await;
    if !same_columns(&table.columns, columns)? {
        execute(
            context,
            &rewritten,
            format!("DELETE FROM delta.{}", identifier(&path)),
            Vec::new(),
        )
        .await?;
    }
    delta_log::change_metadata(location, "CREATE OR REPLACE TABLE", context.now(), |metadata| {
        metadata.configuration.clone_from(configuration);
        metadata.set_columns(columns)
    })?;
    let before = delta_log::version(location)?;
    let binding = bind(location);
    let sql = format!(
        "INSERT OVERWRITE {} SELECT * FROM delta.{}",
        binding.name,
        identifier(&staging.to_string_lossy())
    );
    execute(context, &rewritten, sql, vec![binding]).await?;
    Ok(delta_log::commits_after(location, before)?
        .iter()
        .map(|commit| commit.metric("numOutputRows"))
        .sum())
}

/// Whether files written with the old columns can be read with the new ones.
fn same_columns(old: &[Column], new: &[Column]) -> Result<bool, StatementError> {
    if old.len() != new.len() {
        return Ok(false);
    }
    for (old, new) in old.iter().zip(new) {
        let same = old.name == new.name
            && old.partition_index == new.partition_index
            && SqlType::parse(&old.type_text)? == SqlType::parse(&new.type_text)?;
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Refuses Delta properties that a reader or writer here would not honour.
pub(super) fn check_properties(properties: &BTreeMap<String, String>) -> Result<(), StatementError> {
    for key in properties
        .keys()
        .filter(|key| key.to_ascii_lowercase().starts_with("delta."))
    {
        if !DELTA_PROPERTIES.iter().any(|known| known.eq_ignore_ascii_case(key)) {
            return Err(unsupported(
                &format!("the table property `{key}`"),
                "readers and writers of the local workspace would not honour it; leave it out",
            ));
        }
    }
    Ok(())
}

fn delta_properties(properties: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let delta = properties
        .iter()
        .filter(|(key, _)| key.to_ascii_lowercase().starts_with("delta."));
    delta.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// CREATE VIEW.
pub(super) async fn create_view(context: &Context, text: &Text, new: &CreateView) -> Result<Outcome, StatementError> {
    if new.temporary {
        return create_temporary_view(context, text, new).await;
    }
    let full_name = context.table_name(&new.name)?;
    let exists = context.exists(SecurableKind::Table, &full_name).await?;
    if exists && new.when_taken == WhenTaken::Skip {
        return Ok(Outcome::done());
    }
    if !exists || new.when_taken == WhenTaken::Fail {
        context
            .workspace
            .catalog()
            .check_create_table(&context.principal, &full_name)
            .await
            .map_err(from_api)?;
    }
    let columns = view_columns(context, text, new.query, &new.columns).await?;
    let mut properties = new.properties.clone();
    add_defaults(context, &full_name, &mut properties);
    let definition = text.source_from(new.query).to_owned();
    if exists {
        let old = context.table(&new.name, &[Privilege::Manage]).await?;
        if old.kind != TableKind::View {
            return Err(StatementError::new(
                "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE",
                "42809",
                format!("'{full_name}' is a table, not a view"),
            ));
        }
        let change = TableChange {
            columns: Some(columns),
            properties: Some(properties),
            comment: Some(new.comment.clone()),
            view_definition: Some(definition),
        };
        context
            .workspace
            .catalog()
            .alter_table(&context.principal, Privilege::Manage, &full_name, change)
            .await
            .map_err(from_api)?;
        return Ok(Outcome::done());
    }
    let new = NewTable {
        full_name,
        table_id: None,
        kind: TableKind::View,
        location: None,
        columns,
        view_definition: Some(definition),
        comment: new.comment.clone(),
        properties,
    };
    context
        .workspace
        .catalog()
        .create_table(&context.principal, new)
        .await
        .map_err(from_api)?;
    Ok(Outcome::done())
}

/// Remembers the defaults of the statement when names in the view's query would otherwise be looked up elsewhere.
fn add_defaults(context: &Context, full_name: &str, properties: &mut BTreeMap<String, String>) {
    if full_name.rsplit_once('.').map(|(schema, _)| schema) != Some(&format!("{}.{}", context.catalog, context.schema))
    {
        properties.insert(view::CATALOG_PROPERTY.to_owned(), context.catalog.clone());
        properties.insert(view::SCHEMA_PROPERTY.to_owned(), context.schema.clone());
    }
}

async fn view_columns(
    context: &Context,
    text: &Text,
    query: usize,
    named: &[(String, Option<String>)],
) -> Result<Vec<Column>, StatementError> {
    // A view outlives the session, so its query may not read temporary views.
    let mut lasting = context.clone();
    lasting.temporary_views.clear();
    lasting.session_id = None;
    let rewritten = rewrite::query(&lasting, text, query).await?;
    let analysed = lasting
        .analyse(rewritten.sql.clone())
        .await
        .map_err(|error| rewritten.explain(error))?;
    from_engine_named(&analysed.columns, named)
}

async fn create_temporary_view(context: &Context, text: &Text, new: &CreateView) -> Result<Outcome, StatementError> {
    let [name] = new.name.as_slice() else {
        return Err(parse_error("the name of a temporary view has one part"));
    };
    if context.session_id.is_none() {
        return Err(unsupported(
            "temporary views in a single statement",
            "a statement has no session that could keep it: use WITH",
        ));
    }
    let rewritten = rewrite::query(context, text, new.query).await?;
    let names: Vec<_> = new.columns.iter().map(|(name, _)| identifier(name)).collect();
    let columns = if names.is_empty() {
        String::new()
    } else {
        format!(" ({})", names.join(", "))
    };
    let replace = if new.when_taken == WhenTaken::Replace {
        "OR REPLACE "
    } else {
        ""
    };
    let sql = format!(
        "CREATE {replace}TEMPORARY VIEW {}{columns} AS {}",
        identifier(name),
        rewritten.sql
    );
    execute(context, &rewritten, sql, Vec::new()).await?;
    Ok(Outcome {
        created_view: Some(name.to_lowercase()),
        ..Outcome::done()
    })
}

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
            let mut all = table.securable.properties.clone();
            all.extend(properties.clone());
            store_properties(context, &table, all).await
        }
        Alteration::UnsetProperties(keys, if_exists) => {
            let mut all = table.securable.properties.clone();
            for key in keys {
                if all.remove(key).is_none() && !if_exists {
                    let message = format!("'{}' has no property `{key}`: use IF EXISTS", table.securable.full_name);
                    return Err(StatementError::new("UNSET_NONEXISTENT_PROPERTIES", "42K0J", message));
                }
            }
            store_properties(context, &table, all).await
        }
        Alteration::AddColumns(_)
        | Alteration::ColumnComment(..)
        | Alteration::ColumnNullable(..)
        | Alteration::ColumnType(..) => alter_columns(context, &table, alteration).await,
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
        comment: Some(comment.map(str::to_owned)),
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
    if matches!(alteration, Alteration::AddColumns(_)) {
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
        Alteration::AddColumns(added) => add_columns(table, &mut columns, added)?,
        Alteration::ColumnComment(name, comment) => {
            let column = find(table, &mut columns, name)?;
            let (name, comment) = (column.name.clone(), comment.clone());
            column.rename(&name, comment.as_deref());
            column.comment = comment;
        }
        Alteration::ColumnNullable(name, nullable) => {
            let column = find(table, &mut columns, name)?;
            if !nullable {
                refuse_nulls(context, table, location, &column.name).await?;
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
        }
        Alteration::SetProperties(_)
        | Alteration::UnsetProperties(..)
        | Alteration::Owner(_)
        | Alteration::Rename(_)
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
) -> Result<(), StatementError> {
    for column in defined(added)? {
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
        let position = u32::try_from(columns.len()).unwrap_or(u32::MAX);
        columns.push(Column { position, ..column });
    }
    Ok(())
}

fn find<'a>(table: &TableRecord, columns: &'a mut [Column], name: &str) -> Result<&'a mut Column, StatementError> {
    columns
        .iter_mut()
        .find(|column| column.name.eq_ignore_ascii_case(name))
        .ok_or_else(|| {
            StatementError::new(
                "UNRESOLVED_COLUMN",
                "42703",
                format!("the table '{}' has no column `{name}`", table.securable.full_name),
            )
        })
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
