//! Primary and foreign keys of tables. They inform readers and are not enforced, as on Databricks; CHECK and NOT NULL, which are, are the
//! business of SQL statements.

use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};

use crate::catalog::privilege::{Privilege, SecurableKind};
use crate::catalog::securable::Securable;
use crate::catalog::table::{Column, TableRecord};
use crate::catalog::{Catalog, record};
use crate::error::ApiError;
use crate::principal::Principal;

/// A primary key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrimaryKey {
    /// Unique among the constraints of the table.
    pub name: String,
    /// Its columns, which may not be null.
    pub child_columns: Vec<String>,
    /// Those of them that are times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeseries_columns: Vec<String>,
    /// Whether readers may rely on it.
    #[serde(default)]
    pub rely: bool,
}

/// A foreign key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// Unique among the constraints of the table.
    pub name: String,
    /// Its columns.
    pub child_columns: Vec<String>,
    /// Full name of the table whose primary key they hold.
    pub parent_table: String,
    /// The columns of that key, in the order of its own columns; empty for the key as it is.
    #[serde(default)]
    pub parent_columns: Vec<String>,
    /// Whether readers may rely on it.
    #[serde(default)]
    pub rely: bool,
}

/// A key of a table, as the REST API describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Constraint {
    /// A primary key.
    #[serde(rename = "primary_key_constraint")]
    PrimaryKey(PrimaryKey),
    /// A foreign key.
    #[serde(rename = "foreign_key_constraint")]
    ForeignKey(ForeignKey),
}

impl Constraint {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::PrimaryKey(key) => &key.name,
            Self::ForeignKey(key) => &key.name,
        }
    }

    /// Its columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        match self {
            Self::PrimaryKey(key) => &key.child_columns,
            Self::ForeignKey(key) => &key.child_columns,
        }
    }
}

/// The primary key among constraints.
pub(crate) fn primary_key(constraints: &[Constraint]) -> Option<&PrimaryKey> {
    constraints.iter().find_map(|constraint| match constraint {
        Constraint::PrimaryKey(key) => Some(key),
        Constraint::ForeignKey(_) => None,
    })
}

/// The columns under the names that the table has for them.
fn spelled<'a>(table: &str, columns: &'a [Column], names: &[String]) -> Result<Vec<&'a Column>, ApiError> {
    let mut found: Vec<&Column> = Vec::new();
    for name in names {
        let column = columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
        let column = column.ok_or_else(|| ApiError::invalid(format!("the table '{table}' has no column `{name}`")))?;
        if found.iter().any(|other| other.name == column.name) {
            return Err(ApiError::invalid(format!(
                "the column `{name}` stands twice in a key of '{table}'"
            )));
        }
        found.push(column);
    }
    if found.is_empty() {
        return Err(ApiError::invalid(format!("a key of '{table}' has no columns")));
    }
    Ok(found)
}

fn names(columns: &[&Column]) -> Vec<String> {
    columns.iter().map(|column| column.name.clone()).collect()
}

impl Catalog<'_> {
    /// A constraint that fits the columns of a table and the constraints that it has, with its names as the tables spell them.
    ///
    /// # Errors
    /// 400 naming what does not fit; 404 and 403 for the table that a foreign key refers to, which takes `MANAGE`.
    pub async fn fitting_constraint(
        &self,
        principal: &Principal,
        table: &str,
        columns: &[Column],
        others: &[Constraint],
        new: Constraint,
    ) -> Result<Constraint, ApiError> {
        let name = new.name();
        if name.trim().is_empty() {
            return Err(ApiError::invalid(format!("a constraint of '{table}' has no name")));
        }
        if others.iter().any(|other| other.name().eq_ignore_ascii_case(name)) {
            return Err(ApiError::conflict(
                "ALREADY_EXISTS",
                format!("the table '{table}' has a constraint `{name}` already"),
            ));
        }
        match new {
            Constraint::PrimaryKey(mut key) => {
                if let Some(other) = primary_key(others) {
                    return Err(ApiError::invalid(format!(
                        "the table '{table}' has the primary key `{}` already: drop it first",
                        other.name
                    )));
                }
                let own = spelled(table, columns, &key.child_columns)?;
                if let Some(nullable) = own.iter().find(|column| column.nullable) {
                    return Err(ApiError::invalid(format!(
                        "the primary key `{}` of '{table}' cannot hold the column `{}`, which may be null: use ALTER COLUMN {} SET NOT NULL first",
                        key.name, nullable.name, nullable.name
                    )));
                }
                key.child_columns = names(&own);
                if !key.timeseries_columns.is_empty() {
                    key.timeseries_columns = names(&spelled(table, columns, &key.timeseries_columns)?);
                }
                Ok(Constraint::PrimaryKey(key))
            }
            Constraint::ForeignKey(key) => self.fitting_foreign_key(principal, table, columns, key).await,
        }
    }

    async fn fitting_foreign_key(
        &self,
        principal: &Principal,
        table: &str,
        columns: &[Column],
        mut key: ForeignKey,
    ) -> Result<Constraint, ApiError> {
        let own = spelled(table, columns, &key.child_columns)?;
        let parent = self.resolve_table(&key.parent_table).await?;
        self.require(principal, Privilege::Manage, &parent.securable).await?;
        let parent_name = &parent.securable.full_name;
        let Some(referred) = primary_key(&parent.constraints) else {
            return Err(ApiError::invalid(format!(
                "the foreign key `{}` of '{table}' refers to '{parent_name}', which has no primary key",
                key.name
            )));
        };
        if key.parent_columns.is_empty() {
            key.parent_columns.clone_from(&referred.child_columns);
        }
        let theirs = spelled(parent_name, &parent.columns, &key.parent_columns)?;
        let mut listed = names(&theirs);
        let mut expected = referred.child_columns.clone();
        listed.sort();
        expected.sort();
        if listed != expected || own.len() != theirs.len() {
            return Err(ApiError::invalid(format!(
                "the foreign key `{}` of '{table}' does not fit the primary key ({}) of '{parent_name}'",
                key.name,
                referred.child_columns.join(", ")
            )));
        }
        for (own, their) in own.iter().zip(&theirs) {
            if own.type_text != their.type_text {
                return Err(ApiError::invalid(format!(
                    "the column `{}` of the foreign key `{}` is {}, `{}` of '{parent_name}' is {}",
                    own.name, key.name, own.type_text, their.name, their.type_text
                )));
            }
        }
        key.child_columns = names(&own);
        key.parent_columns = names(&theirs);
        key.parent_table.clone_from(parent_name);
        Ok(Constraint::ForeignKey(key))
    }

    /// Adds a key to a table.
    ///
    /// # Errors
    /// As [`Self::fitting_constraint`]; 403 without `MANAGE`, 400 for a view.
    pub async fn add_constraint(
        &self,
        principal: &Principal,
        name: &str,
        new: Constraint,
    ) -> Result<Constraint, ApiError> {
        let found = self
            .require_on(principal, Privilege::Manage, SecurableKind::Table, name)
            .await?;
        let table = TableRecord::read(found)?;
        if table.view_definition.is_some() {
            return Err(ApiError::invalid(format!(
                "'{}' is a view: keys stand on tables",
                table.securable.full_name
            )));
        }
        let full_name = &table.securable.full_name;
        let fitting = self
            .fitting_constraint(principal, full_name, &table.columns, &table.constraints, new)
            .await?;
        let mut transaction = self.workspace.store.begin().await?;
        let mut now = TableRecord::read(record::reread(&mut transaction, &table.securable).await?)?;
        if now.columns != table.columns || now.constraints != table.constraints {
            return Err(ApiError::conflict(
                "ABORTED",
                format!("'{full_name}' was changed meanwhile: try again"),
            ));
        }
        now.constraints.push(fitting.clone());
        now.securable.details = now.details()?;
        record::update(self.workspace, &mut transaction, &now.securable, &principal.name).await?;
        transaction.commit().await?;
        Ok(fitting)
    }

    /// Drops a key of a table; with `cascade` also the foreign keys that refer to it.
    ///
    /// # Errors
    /// 404 when the table has none of this name, 403 without `MANAGE`, 400 when foreign keys refer to it.
    pub async fn drop_constraint(
        &self,
        principal: &Principal,
        table: &str,
        name: &str,
        cascade: bool,
    ) -> Result<(), ApiError> {
        let found = self
            .require_on(principal, Privilege::Manage, SecurableKind::Table, table)
            .await?;
        let mut transaction = self.workspace.store.begin().await?;
        let mut table = TableRecord::read(record::reread(&mut transaction, &found).await?)?;
        let place = table
            .constraints
            .iter()
            .position(|known| known.name().eq_ignore_ascii_case(name));
        let Some(place) = place else {
            return Err(ApiError::not_found(format!(
                "Constraint '{name}' of '{}' does not exist.",
                table.securable.full_name
            )));
        };
        if matches!(table.constraints.remove(place), Constraint::PrimaryKey(_)) {
            for mut referring in referring(&mut transaction, &table.securable).await? {
                if !cascade {
                    return Err(ApiError::invalid_state(format!(
                        "the primary key `{name}` of '{}' cannot be dropped: a foreign key of '{}' refers to it; drop that first, or use CASCADE",
                        table.securable.full_name, referring.securable.full_name
                    )));
                }
                if referring.securable.id == table.securable.id {
                    table.forget_keys_to(&found.full_name);
                    continue;
                }
                referring.forget_keys_to(&found.full_name);
                referring.securable.details = referring.details()?;
                record::update(self.workspace, &mut transaction, &referring.securable, &principal.name).await?;
            }
        }
        table.securable.details = table.details()?;
        record::update(self.workspace, &mut transaction, &table.securable, &principal.name).await?;
        Ok(transaction.commit().await?)
    }
}

/// The tables with a foreign key to this one.
async fn referring(transaction: &mut Transaction<'_, Sqlite>, table: &Securable) -> Result<Vec<TableRecord>, ApiError> {
    let found: Vec<Securable> = sqlx::query_as(
        "SELECT * FROM securable WHERE kind = 'TABLE' AND details LIKE '%\"foreign_key_constraint\"%' ORDER BY full_name",
    )
    .fetch_all(&mut **transaction)
    .await?;
    let mut tables = Vec::new();
    for each in found {
        let read = TableRecord::read(each)?;
        let refers = |constraint: &Constraint| matches!(constraint, Constraint::ForeignKey(key) if key.parent_table == table.full_name);
        if read.constraints.iter().any(refers) {
            tables.push(read);
        }
    }
    Ok(tables)
}
