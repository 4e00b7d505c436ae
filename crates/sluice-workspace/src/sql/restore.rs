//! RESTORE TABLE: rows, columns and Delta properties of an old version become the newest ones.
//!
//! What stands in the catalog alone stays: comment, grants, tags, masks, keys. What hangs on a column that the old version does not have goes with the column,
//! as it does when a column is dropped.

use std::collections::BTreeMap;

use super::context::Context;
use super::delta_log;
use super::describe::{Metrics, maintain, metrics};
use super::error::{from_api, unsupported};
use super::masks;
use super::outcome::Outcome;
use super::tables::delta_properties;
use crate::catalog::{Column, Privilege, TableChange, TableRecord};
use crate::compute::{Maintenance, StatementError};

/// Executes RESTORE TABLE name TO VERSION AS OF version.
pub(super) async fn restore(context: &Context, name: &[String], version: i64) -> Result<Outcome, StatementError> {
    let (_, location) = context.delta_table(name, &[Privilege::Modify]).await?;
    let _alone = context.workspace.sql.locks.alone(&location).await;
    // Read again: another statement may have changed the table while this one waited.
    let (record, _) = context.delta_table(name, &[Privilege::Modify]).await?;
    let old = delta_log::metadata_at(&location, version)?;
    let what = format!("restoring '{}' to version {version}", record.securable.full_name);
    let columns = old
        .columns()
        .ok_or_else(|| unsupported(&what, "it has columns of types that tables here do not have"))?;
    refuse_loss(&record, &columns)?;
    let (_, result): (_, Metrics) =
        maintain(context, name, &[Privilege::Modify], &Maintenance::Restore { version }).await?;
    let change = TableChange {
        properties: Some(properties(&record, &old.configuration)),
        constraints: Some(
            record
                .constraints
                .iter()
                .filter(|key| fits(key.columns(), &columns))
                .cloned()
                .collect(),
        ),
        columns: Some(columns),
        ..TableChange::default()
    };
    let catalog = context.workspace.catalog();
    catalog
        .alter_table(
            &context.principal,
            Privilege::Modify,
            &record.securable.full_name,
            change,
        )
        .await
        .map_err(from_api)?;
    Ok(metrics(result))
}

/// What masks and the row filter of columns that stay need must stay as well.
fn refuse_loss(record: &TableRecord, columns: &[Column]) -> Result<(), StatementError> {
    let mut staying = record.clone();
    staying
        .columns
        .iter_mut()
        .filter(|column| !fits([&column.name], columns))
        .for_each(|column| column.mask = None);
    masks::refuse_loss(&staying, columns)
}

fn fits<'a>(names: impl IntoIterator<Item = &'a String>, columns: &[Column]) -> bool {
    names
        .into_iter()
        .all(|name| columns.iter().any(|column| column.name.eq_ignore_ascii_case(name)))
}

/// The properties of the catalog, with those of Delta as the old version has them.
fn properties(record: &TableRecord, configuration: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let present = &record.securable.properties;
    let of_delta = delta_properties(present);
    let mut properties: BTreeMap<String, String> = present
        .iter()
        .filter(|(key, _)| !of_delta.contains_key(*key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    properties.extend(configuration.clone());
    properties
}
