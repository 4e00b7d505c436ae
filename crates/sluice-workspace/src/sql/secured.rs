//! What a reader gets of a table: the only place where column masks and row filters are put between the two.
//!
//! Every read of a table comes through [`secured`]: queries, views, subqueries, old versions, data frames by name. It asks for whom masks answer
//! (who sent the statement, also inside a view), puts the bodies of their functions in the place of the columns, and the filter's in a WHERE. A mask
//! whose body, worked out for this reader, is the column itself stands in nobody's way, and the table is read as it is stored.
//!
//! *Invariant:* what cannot be worked out is not read. A mask that names a missing function closes its table.

use super::context::Context;
use super::error::from_api;
use super::fold::{Folded, fold};
use super::relations::parse_expression;
use super::routine;
use super::text::{Text, identifier};
use super::types::SqlType;
use crate::catalog::{Column, TableRecord};
use crate::compute::StatementError;

/// What stands between a table and one reader.
#[derive(Debug, Default)]
struct Between {
    /// Place of the column, and the expression that the reader gets instead.
    masks: Vec<(usize, String)>,
    filter: Option<String>,
}

impl Between {
    fn is_nothing(&self) -> bool {
        self.masks.is_empty() && self.filter.is_none()
    }

    /// `the column mask of `tailnum``, for messages.
    fn words(&self, table: &TableRecord) -> String {
        match self.masks.first().and_then(|(place, _)| table.columns.get(*place)) {
            Some(column) => format!("the mask of the column `{}`", column.name),
            None => "the row filter".to_owned(),
        }
    }
}

/// What stands for a table in a query of who asks: its stored form as it is, or a query in parentheses that hides what they may not see.
///
/// # Errors
/// When a mask or filter cannot be worked out, or a task asks that is subject to one.
pub(super) async fn secured(context: &Context, table: &TableRecord, stored: &str) -> Result<String, StatementError> {
    let between = between(context, table).await?;
    if between.is_nothing() {
        return Ok(stored.to_owned());
    }
    if context.task {
        return Err(StatementError::new(
            "INSUFFICIENT_PERMISSIONS",
            "42501",
            format!(
                "'{}' is subject to {} of '{}', and a task is not given masked or filtered data: query the table through a SQL warehouse, or run the job as \
                 somebody who sees all of it",
                context.caller.name,
                between.words(table),
                table.securable.full_name
            ),
        ));
    }
    let columns: Vec<_> = table
        .columns
        .iter()
        .enumerate()
        .map(|(place, column)| {
            let name = identifier(&column.name);
            match between.masks.iter().find(|(masked, _)| *masked == place) {
                Some((_, mask)) => format!("CAST({mask} AS {}) AS {name}", column.type_text),
                None => name,
            }
        })
        .collect();
    let filter = between
        .filter
        .map(|filter| format!(" WHERE {filter}"))
        .unwrap_or_default();
    Ok(format!("(SELECT {} FROM {stored}{filter})", columns.join(", ")))
}

/// Refuses a statement that decides by the stored values of a table which of its rows it changes, when who sent it may not see them all.
pub(super) async fn refuse_change(context: &Context, table: &TableRecord, what: &str) -> Result<(), StatementError> {
    let between = between(context, table).await?;
    if between.is_nothing() {
        return Ok(());
    }
    Err(StatementError::new(
        "UNSUPPORTED_FEATURE",
        "0A000",
        format!(
            "the local workspace does not support {what} of '{}' by '{}', who is subject to {}: the number of rows that change would tell what it hides",
            table.securable.full_name,
            context.caller.name,
            between.words(table)
        ),
    ))
}

async fn between(context: &Context, table: &TableRecord) -> Result<Between, StatementError> {
    let mut between = Between::default();
    for (place, column) in table.columns.iter().enumerate() {
        let Some(mask) = &column.mask else { continue };
        let arguments = std::iter::once(&column.name).chain(&mask.using_column_names);
        let what = format!(
            "the mask of the column `{}` of '{}'",
            column.name, table.securable.full_name
        );
        let body = body(context, table, &what, &mask.function_name, arguments).await?;
        if meaning(&body, Some(column))? != Folded::Column {
            between.masks.push((place, body));
        }
    }
    if let Some(filter) = &table.row_filter {
        let what = format!("the row filter of '{}'", table.securable.full_name);
        let body = body(
            context,
            table,
            &what,
            &filter.function_name,
            filter.input_column_names.iter(),
        )
        .await?;
        if meaning(&body, None)? != Folded::True {
            between.filter = Some(body);
        }
    }
    Ok(between)
}

/// The body of a mask's or filter's function over columns of the table.
async fn body(
    context: &Context,
    table: &TableRecord,
    what: &str,
    function: &str,
    arguments: impl Iterator<Item = &String>,
) -> Result<String, StatementError> {
    let explain = |mut error: StatementError| {
        error.message = format!("{what} cannot be applied: {}", error.message);
        error
    };
    let mut columns = Vec::new();
    for name in arguments {
        let column = table
            .columns
            .iter()
            .find(|column| column.name.eq_ignore_ascii_case(name));
        let missing = || StatementError::new("UNRESOLVED_COLUMN", "42703", format!("there is no column `{name}`"));
        columns.push(identifier(&column.ok_or_else(missing).map_err(explain)?.name));
    }
    let found = context.workspace.catalog().resolve_function(function).await;
    let function = found.map_err(from_api).map_err(explain)?;
    routine::inline(context, &function, &columns).await.map_err(explain)
}

/// What a body comes to, without looking at a row.
fn meaning(body: &str, column: Option<&Column>) -> Result<Folded, StatementError> {
    let parsed = parse_expression(&Text::read(body)?)?;
    let column = match column {
        Some(column) => Some((column.name.as_str(), SqlType::parse(&column.type_text)?)),
        None => None,
    };
    Ok(fold(&parsed, column.as_ref().map(|(name, kind)| (*name, kind))))
}
