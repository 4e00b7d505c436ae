//! SET MASK, SET ROW FILTER and their kin: whether a function fits the columns that it is to stand before. What it does to readers stands in `secured`.

use super::context::Context;
use super::error::{from_api, parse_error, unsupported};
use super::outcome::Outcome;
use super::types::SqlType;
use crate::catalog::{Column, ColumnMask, FunctionRecord, Privilege, RowFilter, TableChange, TableRecord};
use crate::compute::StatementError;

/// A function and columns, as MASK and ROW FILTER name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PolicyCall {
    pub(super) function: Vec<String>,
    pub(super) columns: Vec<String>,
}

/// ALTER COLUMN SET MASK and DROP MASK.
pub(super) async fn set_mask(
    context: &Context,
    table: &TableRecord,
    column: &str,
    mask: Option<&PolicyCall>,
) -> Result<Outcome, StatementError> {
    let column = find(&table.columns, &table.securable.full_name, column)?.name.clone();
    let mask = match mask {
        Some(call) => Some(check_mask(context, &table.securable.full_name, &table.columns, &column, call).await?),
        None => None,
    };
    let change = TableChange {
        masks: vec![(column, mask)],
        ..TableChange::default()
    };
    store(context, table, change).await
}

/// SET ROW FILTER and DROP ROW FILTER.
pub(super) async fn set_filter(
    context: &Context,
    table: &TableRecord,
    filter: Option<&PolicyCall>,
) -> Result<Outcome, StatementError> {
    let filter = match filter {
        Some(call) => Some(check_filter(context, &table.securable.full_name, &table.columns, call).await?),
        None => None,
    };
    let change = TableChange {
        row_filter: Some(filter),
        ..TableChange::default()
    };
    store(context, table, change).await
}

async fn store(context: &Context, table: &TableRecord, change: TableChange) -> Result<Outcome, StatementError> {
    context
        .workspace
        .catalog()
        .alter_table(
            &context.principal,
            Privilege::Manage,
            &table.securable.full_name,
            change,
        )
        .await
        .map_err(from_api)?;
    Ok(Outcome::done())
}

/// A mask that fits its column.
pub(super) async fn check_mask(
    context: &Context,
    table: &str,
    columns: &[Column],
    column: &str,
    call: &PolicyCall,
) -> Result<ColumnMask, StatementError> {
    let what = format!("the mask of the column `{column}` of '{table}'");
    let column = find(columns, table, column)?;
    let mut arguments = vec![column];
    let mut using = Vec::new();
    for name in &call.columns {
        let further = find(columns, table, name)?;
        arguments.push(further);
        using.push(further.name.clone());
    }
    let function = fitting(context, &what, &call.function, &arguments).await?;
    let (gives, is) = (
        SqlType::parse(&function.returns.type_text)?,
        SqlType::parse(&column.type_text)?,
    );
    if gives != is && !gives.widens_to(&is) {
        return Err(mismatch(format!(
            "{what} does not fit: '{}' returns {}, the column is {}",
            function.securable.full_name,
            gives.text(),
            is.text()
        )));
    }
    Ok(ColumnMask {
        function_name: function.securable.full_name,
        using_column_names: using,
    })
}

/// A row filter that fits its table.
pub(super) async fn check_filter(
    context: &Context,
    table: &str,
    columns: &[Column],
    call: &PolicyCall,
) -> Result<RowFilter, StatementError> {
    let what = format!("the row filter of '{table}'");
    let mut arguments = Vec::new();
    for name in &call.columns {
        arguments.push(find(columns, table, name)?);
    }
    let function = fitting(context, &what, &call.function, &arguments).await?;
    if function.returns.type_name != "BOOLEAN" {
        return Err(mismatch(format!(
            "{what} does not fit: '{}' returns {}, a row filter returns boolean",
            function.securable.full_name, function.returns.type_text
        )));
    }
    Ok(RowFilter {
        function_name: function.securable.full_name,
        input_column_names: arguments.into_iter().map(|column| column.name.clone()).collect(),
    })
}

/// The function of a mask or filter, when the principal may use it and it takes these columns.
async fn fitting(
    context: &Context,
    what: &str,
    name: &[String],
    arguments: &[&Column],
) -> Result<FunctionRecord, StatementError> {
    let explain = |mut error: StatementError| {
        error.message = format!("{what} cannot be set: {}", error.message);
        error
    };
    let catalog = context.workspace.catalog();
    let found = catalog.resolve_function(&context.table_name(name)?).await;
    let function = found.map_err(from_api).map_err(explain)?;
    let allowed = catalog
        .require(&context.principal, Privilege::Execute, &function.securable)
        .await;
    allowed.map_err(from_api).map_err(explain)?;
    let full_name = &function.securable.full_name;
    if function.parameters.len() != arguments.len() {
        return Err(mismatch(format!(
            "{what} does not fit: '{full_name}' takes {} arguments, and {} columns are given",
            function.parameters.len(),
            arguments.len()
        )));
    }
    for (parameter, column) in function.parameters.iter().zip(arguments) {
        let (takes, is) = (
            SqlType::parse(&parameter.type_text)?,
            SqlType::parse(&column.type_text)?,
        );
        if takes != is && !is.widens_to(&takes) {
            return Err(mismatch(format!(
                "{what} does not fit: the parameter `{}` of '{full_name}' is {}, the column `{}` is {}",
                parameter.name,
                takes.text(),
                column.name,
                is.text()
            )));
        }
    }
    Ok(function)
}

fn mismatch(message: String) -> StatementError {
    StatementError::new("DATATYPE_MISMATCH", "42K09", message)
}

fn find<'a>(columns: &'a [Column], table: &str, name: &str) -> Result<&'a Column, StatementError> {
    let found = columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        StatementError::new(
            "UNRESOLVED_COLUMN",
            "42703",
            format!("the table '{table}' has no column `{name}`"),
        )
    })
}

/// Refuses new columns of a table in which a column that a mask or the filter needs is gone or of another type.
pub(super) fn refuse_loss(table: &TableRecord, columns: &[Column]) -> Result<(), StatementError> {
    let masked = table.columns.iter().filter_map(|column| {
        let mask = column.mask.as_ref()?;
        Some(std::iter::once(&column.name).chain(&mask.using_column_names))
    });
    let filtered = table.row_filter.iter().flat_map(|filter| &filter.input_column_names);
    for needed in masked.flatten().chain(filtered) {
        let old = find(&table.columns, &table.securable.full_name, needed)?;
        let new = columns.iter().find(|column| column.name.eq_ignore_ascii_case(needed));
        let same = match new {
            Some(new) => SqlType::parse(&new.type_text)? == SqlType::parse(&old.type_text)?,
            None => false,
        };
        if !same {
            return Err(unsupported(
                &format!(
                    "removing the column `{needed}` of '{}', or changing its type, while a column mask or row filter needs it",
                    table.securable.full_name
                ),
                "drop the mask or filter first",
            ));
        }
    }
    Ok(())
}

/// Refuses a mask on a view.
pub(super) fn refuse_view() -> StatementError {
    parse_error("column masks and row filters stand on tables: set them on the tables that the view reads")
}
