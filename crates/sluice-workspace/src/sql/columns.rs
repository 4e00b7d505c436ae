//! Columns of tables and views, from definitions and from results of the engine.

use super::command::ColumnDefinition;
use super::delta_log::column_field;
use super::error::{parse_error, unsupported};
use super::types::SqlType;
use crate::catalog::Column;
use crate::compute::{self, StatementError};

/// Changes of a column that keep its parts in agreement.
pub(super) trait ColumnSource {
    /// Name and, when there is one, comment.
    fn rename(&mut self, name: &str, comment: Option<&str>);
    /// The type.
    fn set_type(&mut self, kind: &SqlType);
    /// The description as JSON, from the other parts.
    fn refresh_json(&mut self) -> Result<(), StatementError>;
}

impl ColumnSource for Column {
    fn rename(&mut self, name: &str, comment: Option<&str>) {
        name.clone_into(&mut self.name);
        if let Some(comment) = comment {
            self.comment = Some(comment.to_owned());
        }
    }

    fn set_type(&mut self, kind: &SqlType) {
        self.type_text = kind.text();
        self.type_name = kind.name().to_owned();
        (self.type_precision, self.type_scale) = match kind {
            SqlType::Decimal(precision, scale) => (Some(*precision), Some(*scale)),
            _ => (None, None),
        };
    }

    fn refresh_json(&mut self) -> Result<(), StatementError> {
        self.type_json = Some(column_field(self)?.to_string());
        Ok(())
    }
}

/// Columns of CREATE TABLE.
pub(super) fn defined(definitions: &[ColumnDefinition]) -> Result<Vec<Column>, StatementError> {
    let mut columns = Vec::new();
    for definition in definitions {
        let mut column = Column {
            name: definition.name.clone(),
            nullable: definition.nullable,
            comment: definition.comment.clone(),
            ..Column::default()
        };
        column.set_type(&SqlType::parse(&definition.type_text)?);
        columns.push(column);
    }
    complete(columns)
}

/// Columns of a query.
pub(super) fn from_engine(found: &[compute::Column]) -> Result<Vec<Column>, StatementError> {
    from_engine_named(found, &[])
}

/// Columns of a query under the names, with the comments, that a view gives them; under their own when it gives none.
pub(super) fn from_engine_named(
    found: &[compute::Column],
    named: &[(String, Option<String>)],
) -> Result<Vec<Column>, StatementError> {
    if !named.is_empty() && named.len() != found.len() {
        return Err(parse_error(format!(
            "the view names {} columns, its query has {}",
            named.len(),
            found.len()
        )));
    }
    let mut columns = Vec::new();
    for column in found {
        if column.type_name == "NULL" {
            return Err(unsupported(
                &format!("the column `{}`, which is NULL without a type", column.name),
                "use `CAST(NULL AS <type>)`",
            ));
        }
        let mut made = Column {
            name: column.name.clone(),
            nullable: true,
            ..Column::default()
        };
        made.set_type(&SqlType::parse(&column.type_text)?);
        if let Some((name, comment)) = named.get(columns.len()) {
            made.rename(name, comment.as_deref());
        }
        columns.push(made);
    }
    complete(columns)
}

fn complete(mut columns: Vec<Column>) -> Result<Vec<Column>, StatementError> {
    for index in 0..columns.len() {
        let name = columns[index].name.clone();
        if columns[..index]
            .iter()
            .any(|other| other.name.eq_ignore_ascii_case(&name))
        {
            let message = format!("the column `{name}` exists twice: give one of them another name");
            return Err(StatementError::new("COLUMN_ALREADY_EXISTS", "42711", message));
        }
        if name.contains(|character: char| " ,;{}()\n\t=".contains(character)) {
            return Err(unsupported(
                &format!("the column name `{name}`"),
                "use a name without spaces and the characters ,;{}()= (in a query with `AS`)",
            ));
        }
        columns[index].position = u32::try_from(index).unwrap_or(u32::MAX);
        columns[index].refresh_json()?;
    }
    Ok(columns)
}

/// Marks the columns by which the files are partitioned.
pub(super) fn partition(mut columns: Vec<Column>, names: &[String]) -> Result<Vec<Column>, StatementError> {
    for (index, name) in names.iter().enumerate() {
        let column = columns.iter_mut().find(|column| column.name.eq_ignore_ascii_case(name));
        let column = column.ok_or_else(|| parse_error(format!("the table has no column `{name}` to partition by")))?;
        column.partition_index = Some(u32::try_from(index).unwrap_or(u32::MAX));
    }
    if !columns.is_empty() && columns.iter().all(|column| column.partition_index.is_some()) {
        return Err(unsupported("partitioning by all columns", "leave one column out"));
    }
    Ok(columns)
}
