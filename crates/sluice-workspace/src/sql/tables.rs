//! CREATE TABLE, with and without a query, and the replacement of a table: the catalog's record and the Delta log change together.
//!
//! A table appears in the catalog only after its files are there, so a query in CREATE TABLE AS that fails leaves nothing. Replacing a table keeps its directory and with it its history.

use std::collections::BTreeMap;
use std::path::Path;

use super::change::execute;
use super::columns::{defined, from_engine, partition};
use super::command::{CreateTable, WhenTaken};
use super::constraints;
use super::context::{Context, bind};
use super::delta_log;
use super::error::{from_api, unsupported};
use super::masks;
use super::outcome::{Outcome, counts};
use super::rehearsal::CHECK_PREFIX;
use super::rewrite::{self, Rewritten};
use super::text::{Text, identifier};
use super::types::SqlType;
use crate::catalog::{
    Column, NewTable, PIPELINE_PROPERTY, Privilege, RowFilter, SecurableKind, TableChange, TableKind, TableLocation,
    TableRecord,
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
    let mut columns = partition(columns, &new.partitioning)?;
    let row_filter = policies(context, &full_name, new, &mut columns).await?;
    let (keys, checks) = constraints::of_new_table(context, &full_name, &mut columns, &new.constraints).await?;
    let mut properties = new.properties.clone();
    properties.extend(checks);
    let pipeline = context.pipeline.clone();
    let kind = pipeline
        .as_ref()
        .map_or(TableKind::Managed, |_| TableKind::MaterializedView);
    properties.extend(pipeline.map(|id| (PIPELINE_PROPERTY.to_owned(), id)));
    let described = NewTable {
        full_name,
        table_id: None,
        kind,
        location: None,
        columns,
        view_definition: None,
        comment: new.comment.clone(),
        properties,
        row_filter,
        constraints: keys,
    };
    if exists {
        return replace(context, new, described, source).await;
    }
    let location = write_new(context, &described.columns, &described.properties)?;
    if let Some(source) = source {
        let filled = fill(context, &location.directory, &source).await;
        if let Err(error) = filled {
            remove(&location.directory)?;
            return Err(error);
        }
    }
    let record = record(context, location, described).await?;
    affected(new, &record)
}

/// Puts the masks of the column definitions on the columns, and returns the row filter.
async fn policies(
    context: &Context,
    full_name: &str,
    new: &CreateTable,
    columns: &mut [Column],
) -> Result<Option<RowFilter>, StatementError> {
    for definition in &new.columns {
        if let Some(call) = &definition.mask {
            let mask = masks::check_mask(context, full_name, columns, &definition.name, call).await?;
            let masked = columns.iter_mut().find(|column| column.name == definition.name);
            masked.into_iter().for_each(|column| column.mask = Some(mask.clone()));
        }
    }
    match &new.row_filter {
        Some(call) => Ok(Some(masks::check_filter(context, full_name, columns, call).await?)),
        None => Ok(None),
    }
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
    location: TableLocation,
    mut new: NewTable,
) -> Result<TableRecord, StatementError> {
    let directory = location.directory.clone();
    new.table_id = Some(location.table_id);
    new.location = Some(location.directory);
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
    described: NewTable,
    source: Option<Rewritten>,
) -> Result<Outcome, StatementError> {
    let NewTable {
        full_name,
        columns,
        properties,
        row_filter,
        constraints,
        ..
    } = described;
    let (table, location) = context.delta_table(&new.name, &[Privilege::Manage]).await?;
    masks::refuse_loss(&table, &columns)?;
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
    let masked = columns.iter().filter(|column| column.mask.is_some());
    let change = TableChange {
        // Masks and filter stay, unless the statement names others.
        masks: masked
            .map(|column| (column.name.clone(), column.mask.clone()))
            .collect(),
        row_filter: row_filter.map(Some),
        columns: Some(columns),
        properties: Some(properties),
        constraints: Some(constraints),
        comment: Some(new.comment.clone()),
        view_definition: None,
    };
    context
        .workspace
        .catalog()
        .alter_table(&context.principal, Privilege::Manage, &full_name, change)
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

/// What the Delta log is told. CHECK constraints are not among them: a log that has them asks for writers that the engine is not.
pub(super) fn delta_properties(properties: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let delta = properties.iter().filter(|(key, _)| {
        let key = key.to_ascii_lowercase();
        key.starts_with("delta.") && !key.starts_with(CHECK_PREFIX)
    });
    delta.map(|(key, value)| (key.clone(), value.clone())).collect()
}
