//! Constraints of tables in SQL: keys go to the catalog, CHECK constraints become properties of the table, as Delta names them. Where they are enforced
//! stands in `rehearsal`.

use super::context::Context;
use super::error::{from_api, parse_error, unsupported};
use super::outcome::Outcome;
use super::rehearsal::{CHECK_PREFIX, check, checks};
use super::relations::{of_expression, parse_expression};
use super::routine::is_nondeterministic;
use super::text::{Text, identifier};
use crate::catalog::{Column, Constraint, ForeignKey, PrimaryKey, Privilege, TableChange, TableRecord};
use crate::compute::StatementError;

/// A constraint as a statement gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NewConstraint {
    PrimaryKey {
        columns: Vec<String>,
        timeseries: Vec<String>,
        rely: bool,
    },
    ForeignKey {
        columns: Vec<String>,
        parent: Vec<String>,
        parent_columns: Vec<String>,
        rely: bool,
    },
    Check {
        expression: String,
    },
}

/// Which constraint DROP means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dropped {
    Name(String),
    PrimaryKey,
    ForeignKey(Vec<String>),
}

/// A key for the catalog; none for a CHECK.
fn key(
    context: &Context,
    table: &str,
    name: Option<&String>,
    new: &NewConstraint,
) -> Result<Option<Constraint>, StatementError> {
    let last = table.rsplit('.').next().unwrap_or_default();
    Ok(match new {
        NewConstraint::PrimaryKey {
            columns,
            timeseries,
            rely,
        } => Some(Constraint::PrimaryKey(PrimaryKey {
            name: name.cloned().unwrap_or_else(|| format!("{last}_pk")),
            child_columns: columns.clone(),
            timeseries_columns: timeseries.clone(),
            rely: *rely,
        })),
        NewConstraint::ForeignKey {
            columns,
            parent,
            parent_columns,
            rely,
        } => {
            let parent_table = context.table_name(parent)?;
            let parent_last = parent_table.rsplit('.').next().unwrap_or_default().to_owned();
            Some(Constraint::ForeignKey(ForeignKey {
                name: name.cloned().unwrap_or_else(|| format!("{last}_{parent_last}_fk")),
                child_columns: columns.clone(),
                parent_table,
                parent_columns: parent_columns.clone(),
                rely: *rely,
            }))
        }
        NewConstraint::Check { .. } => None,
    })
}

/// The constraints of CREATE TABLE: keys, and properties for the CHECKs. The columns of a primary key become NOT NULL.
pub(super) async fn of_new_table(
    context: &Context,
    table: &str,
    columns: &mut [Column],
    given: &[(Option<String>, NewConstraint)],
) -> Result<(Vec<Constraint>, Vec<(String, String)>), StatementError> {
    use super::columns::ColumnSource as _;
    let (mut keys, mut properties): (Vec<Constraint>, Vec<(String, String)>) = (Vec::new(), Vec::new());
    for (name, new) in given {
        if let NewConstraint::PrimaryKey { columns: names, .. } = new {
            for column in columns.iter_mut() {
                if names.iter().any(|name| name.eq_ignore_ascii_case(&column.name)) {
                    column.nullable = false;
                    column.refresh_json()?;
                }
            }
        }
        match key(context, table, name.as_ref(), new)? {
            Some(key) => {
                let catalog = context.workspace.catalog();
                let fitting = catalog
                    .fitting_constraint(&context.principal, table, columns, &keys, key)
                    .await;
                keys.push(fitting.map_err(from_api)?);
            }
            None => {
                let property = check_property(context, table, columns, name.as_ref(), new).await?;
                let twice = properties.iter().any(|(key, _)| *key == property.0);
                if twice
                    || keys
                        .iter()
                        .any(|key| property.0 == format!("{CHECK_PREFIX}{}", key.name().to_lowercase()))
                {
                    return Err(parse_error(format!(
                        "the constraint `{}` is given twice",
                        name.clone().unwrap_or_default()
                    )));
                }
                properties.push(property);
            }
        }
    }
    Ok((keys, properties))
}

/// The property that stands for a CHECK constraint, its expression checked over the columns.
async fn check_property(
    context: &Context,
    table: &str,
    columns: &[Column],
    name: Option<&String>,
    new: &NewConstraint,
) -> Result<(String, String), StatementError> {
    let NewConstraint::Check { expression } = new else {
        return Err(parse_error("this constraint is no CHECK"));
    };
    let Some(name) = name else {
        return Err(unsupported(
            "CHECK constraints without a name",
            "write CONSTRAINT name CHECK (…)",
        ));
    };
    let text = Text::read(expression)?;
    let relations = of_expression(&text, &parse_expression(&text)?)?;
    if !relations.reads.is_empty() || !relations.session_functions.is_empty() || is_nondeterministic(expression)? {
        return Err(unsupported(
            &format!("queries, and functions about the session or chance, in the CHECK constraint `{name}`"),
            "compare columns with each other and with literals",
        ));
    }
    let written = text.write(Vec::new())?;
    let nulls: Vec<_> = columns
        .iter()
        .map(|column| format!("CAST(NULL AS {}) AS {}", column.type_text, identifier(&column.name)))
        .collect();
    let sql = format!(
        "SELECT *, ({written}) AS `result` FROM (SELECT {}) AS `row`",
        nulls.join(", ")
    );
    let analysed = context.analyse(sql).await.map_err(|mut error| {
        error.message = format!(
            "the CHECK constraint `{name}` of '{table}' cannot be made: {}",
            error.message
        );
        error
    })?;
    match analysed.columns.last() {
        Some(column) if column.type_name == "BOOLEAN" => {}
        _ => {
            return Err(parse_error(format!(
                "the CHECK constraint `{name}` of '{table}' is no condition"
            )));
        }
    }
    Ok((format!("{CHECK_PREFIX}{}", name.to_lowercase()), written))
}

/// ALTER TABLE ADD CONSTRAINT.
pub(super) async fn add(
    context: &Context,
    table: &TableRecord,
    name: Option<&String>,
    new: &NewConstraint,
) -> Result<Outcome, StatementError> {
    let full_name = &table.securable.full_name;
    let catalog = context.workspace.catalog();
    catalog
        .require(&context.principal, Privilege::Manage, &table.securable)
        .await
        .map_err(from_api)?;
    let key = key(context, full_name, name, new)?;
    let given = name.map(|name| name.to_lowercase()).unwrap_or_default();
    if checks(table).any(|(known, _)| known == given)
        || table
            .constraints
            .iter()
            .any(|known| known.name().to_lowercase() == given)
    {
        let message = format!("the table '{full_name}' has a constraint `{given}` already");
        return Err(StatementError::new("DELTA_CONSTRAINT_ALREADY_EXISTS", "42710", message));
    }
    if let Some(key) = key {
        let added = catalog.add_constraint(&context.principal, full_name, key).await;
        added.map_err(from_api)?;
        return Ok(Outcome::done());
    }
    let Some(location) = table.securable.location.clone() else {
        return Err(unsupported(
            "constraints on views",
            "they stand on the tables that the view reads",
        ));
    };
    let (property, expression) = check_property(context, full_name, &table.columns, name, new).await?;
    let _alone = context.workspace.sql.locks.alone(&location).await;
    let mut table = catalog.resolve_table(full_name).await.map_err(from_api)?;
    table.securable.properties.insert(property, expression);
    check(context, &table, &location).await.map_err(|mut error| {
        "DELTA_NEW_CHECK_CONSTRAINT_VIOLATION".clone_into(error.condition.get_or_insert_default());
        error
    })?;
    store(context, &table).await
}

async fn store(context: &Context, table: &TableRecord) -> Result<Outcome, StatementError> {
    let change = TableChange {
        properties: Some(table.securable.properties.clone()),
        ..TableChange::default()
    };
    let catalog = context.workspace.catalog();
    let stored = catalog
        .alter_table(
            &context.principal,
            Privilege::Manage,
            &table.securable.full_name,
            change,
        )
        .await;
    stored.map_err(from_api)?;
    Ok(Outcome::done())
}

/// ALTER TABLE DROP CONSTRAINT, DROP PRIMARY KEY and DROP FOREIGN KEY.
pub(super) async fn remove(
    context: &Context,
    table: &TableRecord,
    dropped: &Dropped,
    if_exists: bool,
    cascade: bool,
) -> Result<Outcome, StatementError> {
    let full_name = &table.securable.full_name;
    let catalog = context.workspace.catalog();
    let name = match dropped {
        Dropped::Name(name) => {
            let property = format!("{CHECK_PREFIX}{}", name.to_lowercase());
            if table.securable.properties.contains_key(&property) {
                let mut table = table.clone();
                table.securable.properties.remove(&property);
                return store(context, &table).await;
            }
            Some(name.as_str())
        }
        Dropped::PrimaryKey => {
            let is_primary = |key: &&Constraint| matches!(key, Constraint::PrimaryKey(_));
            table.constraints.iter().find(is_primary).map(Constraint::name)
        }
        Dropped::ForeignKey(columns) => {
            let same = |key: &&Constraint| {
                matches!(key, Constraint::ForeignKey(_))
                    && key.columns().len() == columns.len()
                    && key
                        .columns()
                        .iter()
                        .zip(columns)
                        .all(|(one, other)| one.eq_ignore_ascii_case(other))
            };
            table.constraints.iter().find(same).map(Constraint::name)
        }
    };
    let known = name.filter(|name| {
        table
            .constraints
            .iter()
            .any(|key| key.name().eq_ignore_ascii_case(name))
    });
    match known {
        Some(name) => {
            let done = catalog
                .drop_constraint(&context.principal, full_name, name, cascade)
                .await;
            done.map_err(from_api)?;
            Ok(Outcome::done())
        }
        None if if_exists => Ok(Outcome::done()),
        None => Err(StatementError::new(
            "CONSTRAINT_NOT_FOUND",
            "42704",
            format!("the table '{full_name}' has no such constraint: use IF EXISTS"),
        )),
    }
}
