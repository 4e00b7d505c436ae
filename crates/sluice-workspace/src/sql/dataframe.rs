//! Writes of data frames into tables: what has to happen in the catalog before and after the gateway writes the rows.
//!
//! The engine executes two forms correctly: append, and overwrite with a condition. Every mode of Spark is brought to one of them; a mode that would delete rows silently is
//! refused before it gets here (`python/engine/commands.py`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};

use super::columns::{from_engine, partition};
use super::context::{Context, bind};
use super::decide::parts;
use super::error::{from_api, from_compute, unsupported};
use super::masks;
use super::rehearsal::{CHECK_PREFIX, Rehearsal, check, checks};
use super::secured;
use super::tables;
use super::types::SqlType;
use crate::catalog::{Column, NewTable, Privilege, SecurableKind, TableChange, TableKind, TableRecord};
use crate::compute::{self, StatementError};

/// A write as the gateway describes it.
#[derive(Debug, Deserialize)]
pub(super) struct Write {
    name: String,
    mode: Mode,
    format: Option<String>,
    #[serde(default)]
    partitioning: Vec<String>,
    #[serde(default)]
    properties: BTreeMap<String, String>,
    columns: Vec<WrittenColumn>,
    #[serde(default)]
    options: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct WrittenColumn {
    name: String,
    r#type: String,
}

/// What a write does with a table that exists, and with one that does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Error,
    Ignore,
    Append,
    Overwrite,
    Insert,
    InsertOverwrite,
    Create,
    OverwriteWhere,
    Replace,
    CreateOrReplace,
}

/// Prepares a write: checks grants and columns, makes a table that is missing, and names what the gateway writes into.
pub(super) async fn prepare(context: &Context, write: Write) -> Result<Value, StatementError> {
    if let Some(format) = write
        .format
        .as_deref()
        .filter(|format| !format.is_empty() && !format.eq_ignore_ascii_case("delta"))
    {
        return Err(unsupported(
            &format!("tables in the format `{format}`"),
            "leave the format out: tables are Delta tables",
        ));
    }
    let name = parts(&write.name)?;
    let full_name = context.table_name(&name)?;
    if !context.exists(SecurableKind::Table, &full_name).await? {
        if matches!(
            write.mode,
            Mode::Insert | Mode::InsertOverwrite | Mode::OverwriteWhere | Mode::Replace
        ) {
            context.table(&name, &[]).await?;
        }
        return create(context, &write, full_name).await;
    }
    match write.mode {
        Mode::Ignore => Ok(json!({"skip": true})),
        Mode::Error | Mode::Create => {
            let message = format!(
                "Cannot create table '{full_name}' because it already exists: choose a mode such as `append` or `overwrite`"
            );
            Err(StatementError::new("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07", message))
        }
        Mode::Append
        | Mode::Insert
        | Mode::InsertOverwrite
        | Mode::OverwriteWhere
        | Mode::Overwrite
        | Mode::Replace
        | Mode::CreateOrReplace => into_existing(context, &write, &name).await,
    }
}

async fn create(context: &Context, write: &Write, full_name: String) -> Result<Value, StatementError> {
    context
        .workspace
        .catalog()
        .check_create_table(&context.principal, &full_name)
        .await
        .map_err(from_api)?;
    tables::check_properties(&write.properties)?;
    let columns = partition(columns(write)?, &write.partitioning)?;
    let location = tables::write_new(context, &columns, &write.properties)?;
    let binding = bind(&location.directory);
    let new = NewTable {
        full_name,
        table_id: None,
        kind: TableKind::Managed,
        location: None,
        columns,
        view_definition: None,
        comment: None,
        properties: write.properties.clone(),
        row_filter: None,
        constraints: Vec::new(),
    };
    tables::record(context, location, new).await?;
    Ok(json!({"binding": binding, "overwrite": false, "created": true}))
}

fn columns(write: &Write) -> Result<Vec<Column>, StatementError> {
    let mut found = Vec::new();
    for column in &write.columns {
        let mut made = compute::Column::new(&column.name, &column.r#type);
        if column.r#type == "void" {
            "NULL".clone_into(&mut made.type_name);
        }
        found.push(made);
    }
    from_engine(&found)
}

fn option(write: &Write, name: &str) -> bool {
    write
        .options
        .get(name)
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

async fn into_existing(context: &Context, write: &Write, name: &[String]) -> Result<Value, StatementError> {
    let (table, location) = context.delta_table(name, &[Privilege::Modify]).await?;
    if option(write, "mergeschema") {
        return Err(unsupported(
            "the option `mergeSchema`",
            "add the columns with ALTER TABLE ADD COLUMNS",
        ));
    }
    if !write.partitioning.is_empty() && !same_partitioning(&table, &write.partitioning) && !replaces(write) {
        return Err(unsupported(
            "writing with another partitioning than the table's",
            "leave `partitionBy` out",
        ));
    }
    if replaces(write) {
        return stage(context, write, &table).await;
    }
    if write.mode == Mode::OverwriteWhere || write.options.contains_key("replacewhere") {
        secured::refuse_change(context, &table, "replacing some rows").await?;
    }
    let overwrite = matches!(
        write.mode,
        Mode::Overwrite | Mode::InsertOverwrite | Mode::OverwriteWhere
    );
    let by_position = matches!(write.mode, Mode::Insert | Mode::InsertOverwrite);
    check_columns(&table, write, by_position)?;
    let align = by_position.then(|| {
        table
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect::<Vec<_>>()
    });
    let Some(rehearsal) = Rehearsal::begin(context, &table, &location)? else {
        return Ok(json!({"binding": bind(&location), "overwrite": overwrite, "align": align}));
    };
    let binding = bind(rehearsal.directory());
    let id = context.workspace.sql.stagings.add(Staging::Rehearsal(rehearsal));
    Ok(json!({"binding": binding, "overwrite": overwrite, "align": align, "staging": id}))
}

/// Whether the columns of the table become those of the data frame.
fn replaces(write: &Write) -> bool {
    matches!(write.mode, Mode::Replace | Mode::CreateOrReplace)
        || (write.mode == Mode::Overwrite && option(write, "overwriteschema"))
}

fn same_partitioning(table: &TableRecord, names: &[String]) -> bool {
    let mut partitioned: Vec<_> = table
        .columns
        .iter()
        .filter(|column| column.partition_index.is_some())
        .collect();
    partitioned.sort_by_key(|column| column.partition_index);
    partitioned.len() == names.len()
        && partitioned
            .iter()
            .zip(names)
            .all(|(column, name)| column.name.eq_ignore_ascii_case(name))
}

fn check_columns(table: &TableRecord, write: &Write, by_position: bool) -> Result<(), StatementError> {
    let mismatch = |what: String| {
        let message = format!(
            "cannot write into '{}': {what}; to replace the columns use the option `overwriteSchema`",
            table.securable.full_name
        );
        Err(StatementError::new("DELTA_METADATA_MISMATCH", "42KDG", message))
    };
    if table.columns.len() != write.columns.len() {
        return mismatch(format!(
            "the table has {} columns, the data frame {}",
            table.columns.len(),
            write.columns.len()
        ));
    }
    for (index, column) in table.columns.iter().enumerate() {
        let written = if by_position {
            write.columns.get(index)
        } else {
            write
                .columns
                .iter()
                .find(|written| written.name.eq_ignore_ascii_case(&column.name))
        };
        let Some(written) = written else {
            return mismatch(format!("the data frame has no column `{}`", column.name));
        };
        if written.r#type == "void" {
            continue;
        }
        let (from, to) = (SqlType::parse(&written.r#type)?, SqlType::parse(&column.type_text)?);
        if from != to
            && matches!(
                (&from, &to),
                (SqlType::Array(_) | SqlType::Map(..) | SqlType::Struct(_), _)
            )
        {
            return mismatch(format!(
                "the column `{}` is {}, the data frame has {}",
                column.name,
                to.text(),
                from.text()
            ));
        }
    }
    Ok(())
}

/// A directory that takes the rows until they are complete; only then the old ones go.
async fn stage(context: &Context, write: &Write, table: &TableRecord) -> Result<Value, StatementError> {
    context
        .workspace
        .catalog()
        .require(&context.principal, Privilege::Manage, &table.securable)
        .await
        .map_err(from_api)?;
    tables::check_properties(&write.properties)?;
    let columns = partition(columns(write)?, &write.partitioning)?;
    masks::refuse_loss(table, &columns)?;
    let staging = tables::write_new(context, &columns, &write.properties)?;
    let mut properties = write.properties.clone();
    // CHECK constraints outlive other columns.
    let kept = checks(table).map(|(name, check)| (format!("{CHECK_PREFIX}{name}"), check.to_owned()));
    properties.extend(kept);
    let id = context.workspace.sql.stagings.add(Staging::Replacement {
        directory: staging.directory.clone(),
        columns,
        properties,
    });
    Ok(json!({"binding": bind(&staging.directory), "overwrite": false, "staging": id}))
}

/// After the rows were written: a staged replacement takes the place of the table's rows. What was written lasts as the workspace was told to.
pub(super) async fn finish(context: &Context, name: &str, staging: Option<&str>) -> Result<Value, StatementError> {
    let finished = take_over(context, name, staging).await?;
    let brought = context.workspace.compute.bring_to_disk().await;
    brought.map_err(from_compute)?;
    Ok(finished)
}

async fn take_over(context: &Context, name: &str, staging: Option<&str>) -> Result<Value, StatementError> {
    let Some(staging) = staging else { return Ok(json!({})) };
    let name = parts(name)?;
    let (directory, columns, properties) = match context.workspace.sql.stagings.take(staging)? {
        Staging::Rehearsal(rehearsal) => {
            let (table, location) = context.delta_table(&name, &[Privilege::Modify]).await?;
            let _alone = context.workspace.sql.locks.alone(&location).await;
            rehearsal.publish(context, &table).await?;
            return Ok(json!({}));
        }
        Staging::Replacement {
            directory,
            columns,
            properties,
        } => (directory, columns, properties),
    };
    let (table, location) = context.delta_table(&name, &[Privilege::Manage]).await?;
    let mut replaced = table.clone();
    replaced.columns.clone_from(&columns);
    let swapped = match check(context, &replaced, &directory).await {
        Ok(()) => {
            let configuration = tables::delta_properties(&properties);
            tables::swap(context, &table, &location, &columns, &configuration, &directory)
                .await
                .map(drop)
        }
        Err(error) => Err(error),
    };
    tables::remove(&directory)?;
    swapped?;
    let change = TableChange {
        columns: Some(columns),
        properties: Some(properties),
        ..TableChange::default()
    };
    let full_name = &table.securable.full_name;
    context
        .workspace
        .catalog()
        .alter_table(&context.principal, Privilege::Manage, full_name, change)
        .await
        .map_err(from_api)?;
    Ok(json!({}))
}

/// After the rows could not be written: a table that was made for them goes again.
pub(super) async fn abandon(context: &Context, name: &str, staging: Option<&str>) -> Result<Value, StatementError> {
    match staging {
        Some(staging) => match context.workspace.sql.stagings.take(staging)? {
            Staging::Replacement { directory, .. } => tables::remove(&directory)?,
            // Its copy goes with it.
            Staging::Rehearsal(_) => {}
        },
        None => {
            let full_name = context.table_name(&parts(name)?)?;
            context
                .workspace
                .catalog()
                .drop_table(&context.principal, &full_name)
                .await
                .map_err(from_api)?;
        }
    }
    Ok(json!({}))
}

/// A write whose rows do not go into the table at once.
#[derive(Debug)]
pub(super) enum Staging {
    /// Other columns and rows for a table.
    Replacement {
        directory: PathBuf,
        columns: Vec<Column>,
        properties: BTreeMap<String, String>,
    },
    /// Rows for a table with rules, which they have to keep.
    Rehearsal(Rehearsal),
}

/// The replacements under way.
#[derive(Debug, Default)]
pub(crate) struct Stagings {
    open: std::sync::Mutex<BTreeMap<String, Staging>>,
}

impl Stagings {
    fn add(&self, staging: Staging) -> String {
        let id = crate::clock::Ids.uuid();
        self.open
            .lock()
            .expect("invariant: nobody panics with this lock")
            .insert(id.clone(), staging);
        id
    }

    fn take(&self, id: &str) -> Result<Staging, StatementError> {
        let taken = self
            .open
            .lock()
            .expect("invariant: nobody panics with this lock")
            .remove(id);
        taken.ok_or_else(|| {
            StatementError::new("INTERNAL_ERROR", "XX000", "the replacement of a table is not under way")
        })
    }
}
