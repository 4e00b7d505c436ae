//! Column masks and row filters as the catalog keeps them, and what depends on the functions that they name.
//!
//! What a mask does to a query is the business of `sql::secured`. Here: a function that a table relies on stays, and keeps being found
//! when its schema or catalog gets another name.

use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};

use crate::catalog::privilege::SecurableKind;
use crate::catalog::securable::Securable;
use crate::catalog::table::TableRecord;
use crate::error::ApiError;

/// A function that stands between a column and who reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnMask {
    /// Full name of the function; its first argument is the column.
    pub function_name: String,
    /// The columns that follow as further arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub using_column_names: Vec<String>,
}

/// A function that says which rows a reader sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFilter {
    /// Full name of the function.
    pub function_name: String,
    /// Its arguments.
    pub input_column_names: Vec<String>,
}

/// The name after it, or what contains it, got another one; none when it stands elsewhere.
pub(crate) fn renamed(name: &str, before: &str, after: &str) -> Option<String> {
    let rest = name.strip_prefix(before)?;
    (rest.is_empty() || rest.starts_with('.')).then(|| format!("{after}{rest}"))
}

/// The tables that rely on a function by a mask or filter.
fn relying<'a>(tables: &'a [TableRecord], function: &'a str) -> impl Iterator<Item = &'a TableRecord> {
    tables
        .iter()
        .filter(move |table| table.policy_functions().any(|name| name == function))
}

async fn masked_tables(transaction: &mut Transaction<'_, Sqlite>) -> Result<Vec<TableRecord>, ApiError> {
    let found: Vec<Securable> = sqlx::query_as(
        "SELECT * FROM securable WHERE kind = 'TABLE' AND details LIKE '%\"function_name\"%' ORDER BY full_name",
    )
    .fetch_all(&mut **transaction)
    .await?;
    found.into_iter().map(TableRecord::read).collect()
}

/// Refuses the removal of a function on which a table that stays relies.
///
/// # Errors
/// 400 naming function and table.
pub(crate) async fn refuse_used(
    transaction: &mut Transaction<'_, Sqlite>,
    removed: &[Securable],
) -> Result<(), ApiError> {
    if !removed.iter().any(|each| each.kind == SecurableKind::Function) {
        return Ok(());
    }
    let tables = masked_tables(transaction).await?;
    for function in removed.iter().filter(|each| each.kind == SecurableKind::Function) {
        if let Some(table) = relying(&tables, &function.full_name).next() {
            return Err(ApiError::invalid_state(format!(
                "{} cannot be dropped: a column mask or row filter of the table '{}' uses it; drop that first",
                function.title(),
                table.securable.full_name
            )));
        }
    }
    Ok(())
}

/// Masks, filters and foreign keys follow functions and tables that got another name, or whose schema or catalog did.
pub(crate) async fn follow_rename(
    transaction: &mut Transaction<'_, Sqlite>,
    before: &str,
    after: &str,
) -> Result<(), ApiError> {
    let found: Vec<Securable> = sqlx::query_as(
        "SELECT * FROM securable WHERE kind = 'TABLE' AND \
         (details LIKE '%\"function_name\"%' OR details LIKE '%\"parent_table\"%')",
    )
    .fetch_all(&mut **transaction)
    .await?;
    for table in found {
        let mut table = TableRecord::read(table)?;
        if table.rename_references(before, after) {
            sqlx::query("UPDATE securable SET details = ? WHERE id = ?")
                .bind(table.details()?)
                .bind(&table.securable.id)
                .execute(&mut **transaction)
                .await?;
        }
    }
    Ok(())
}
