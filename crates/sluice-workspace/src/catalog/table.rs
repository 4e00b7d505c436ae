//! Tables and views: what they are and where their files stand. Their files are the business of SQL statements.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};

use crate::catalog::constraint::Constraint;
use crate::catalog::mask::{ColumnMask, RowFilter, renamed};
use crate::catalog::privilege::{Privilege, SecurableKind};
use crate::catalog::securable::{Securable, full_name, missing};
use crate::catalog::storage::{TableLocation, managed_location};
use crate::catalog::{Catalog, NewSecurable, record};
use crate::error::ApiError;
use crate::principal::Principal;

/// The property in which a materialized view says which pipeline computes it; the name is Databricks'.
pub const PIPELINE_PROPERTY: &str = "pipelines.pipelineId";

/// Table or view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TableKind {
    /// The workspace owns the files.
    Managed,
    /// The files stand elsewhere and stay when the table is dropped.
    External,
    /// A query with a name.
    View,
    /// A table that the updates of a pipeline write, and nobody else.
    MaterializedView,
}

impl TableKind {
    /// As the REST API writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Managed => "MANAGED",
            Self::External => "EXTERNAL",
            Self::View => "VIEW",
            Self::MaterializedView => "MATERIALIZED_VIEW",
        }
    }
}

/// A column, as the REST API describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Type as SQL writes it: `decimal(10,2)`.
    pub type_text: String,
    /// Type's name: `DECIMAL`.
    pub type_name: String,
    /// The column as a JSON document of a Spark schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_json: Option<String>,
    /// Digits of a decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_precision: Option<u32>,
    /// Digits of a decimal after the point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_scale: Option<u32>,
    /// Place in the table, from 0.
    #[serde(default)]
    pub position: u32,
    /// Whether it may be null.
    #[serde(default = "yes")]
    pub nullable: bool,
    /// Text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Place among the partition columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_index: Option<u32>,
    /// What stands between the column and its readers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<ColumnMask>,
}

fn yes() -> bool {
    true
}

/// What only tables and views have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Details {
    table_type: TableKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data_source_format: Option<String>,
    columns: Vec<Column>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    view_definition: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    row_filter: Option<RowFilter>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    constraints: Vec<Constraint>,
}

/// A table or view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRecord {
    /// Name, owner, comment, properties, location.
    pub securable: Securable,
    /// Managed, external or view.
    pub kind: TableKind,
    /// `DELTA`; none for a view.
    pub format: Option<String>,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// The query of a view.
    pub view_definition: Option<String>,
    /// Which rows a reader sees; none for all.
    pub row_filter: Option<RowFilter>,
    /// Its keys.
    pub constraints: Vec<Constraint>,
}

impl TableRecord {
    pub(crate) fn read(securable: Securable) -> Result<Self, ApiError> {
        let details: Details = serde_json::from_str(&securable.details)?;
        Ok(Self {
            kind: details.table_type,
            format: details.data_source_format,
            columns: details.columns,
            view_definition: details.view_definition,
            row_filter: details.row_filter,
            constraints: details.constraints,
            securable,
        })
    }

    /// The pipeline that computes a materialized view; none for everything else.
    #[must_use]
    pub fn pipeline_id(&self) -> Option<&str> {
        let id = self.securable.properties.get(PIPELINE_PROPERTY)?;
        (self.kind == TableKind::MaterializedView).then_some(id)
    }

    /// Whether something stands between its rows and their readers.
    #[must_use]
    pub fn is_secured(&self) -> bool {
        self.policy_functions().next().is_some()
    }

    /// The functions of its masks and its filter.
    pub fn policy_functions(&self) -> impl Iterator<Item = &str> {
        let masks = self.columns.iter().filter_map(|column| column.mask.as_ref());
        let names = masks.map(|mask| mask.function_name.as_str());
        names.chain(self.row_filter.iter().map(|filter| filter.function_name.as_str()))
    }

    /// Other columns; those that keep their name keep their mask.
    fn replace_columns(&mut self, mut columns: Vec<Column>) {
        for column in &mut columns {
            let old = self
                .columns
                .iter()
                .find(|old| old.name.eq_ignore_ascii_case(&column.name));
            column.mask = old.and_then(|old| old.mask.clone());
        }
        self.columns = columns;
    }

    async fn forget_tags_of_lost_columns(&self, transaction: &mut Transaction<'_, Sqlite>) -> Result<(), ApiError> {
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT DISTINCT column_name FROM entity_tag WHERE securable_id = ? AND column_name <> ''")
                .bind(&self.securable.id)
                .fetch_all(&mut **transaction)
                .await?;
        for (tagged,) in rows {
            if !self.columns.iter().any(|column| column.name == tagged) {
                sqlx::query("DELETE FROM entity_tag WHERE securable_id = ? AND column_name = ?")
                    .bind(&self.securable.id)
                    .bind(tagged)
                    .execute(&mut **transaction)
                    .await?;
            }
        }
        Ok(())
    }

    /// Drops the foreign keys to a table.
    pub(crate) fn forget_keys_to(&mut self, parent: &str) {
        self.constraints
            .retain(|constraint| !matches!(constraint, Constraint::ForeignKey(key) if key.parent_table == parent));
    }

    /// Follows functions and tables that it refers to, which got another name or whose schema or catalog did; whether anything changed.
    pub(crate) fn rename_references(&mut self, before: &str, after: &str) -> bool {
        let mut changed = false;
        for constraint in &mut self.constraints {
            if let Constraint::ForeignKey(key) = constraint
                && let Some(new) = renamed(&key.parent_table, before, after)
            {
                key.parent_table = new;
                changed = true;
            }
        }
        let masks = self.columns.iter_mut().filter_map(|column| column.mask.as_mut());
        let names = masks.map(|mask| &mut mask.function_name);
        for name in names.chain(self.row_filter.iter_mut().map(|filter| &mut filter.function_name)) {
            if let Some(new) = renamed(name, before, after) {
                *name = new;
                changed = true;
            }
        }
        changed
    }

    pub(crate) fn details(&self) -> Result<String, ApiError> {
        Ok(serde_json::to_string(&Details {
            table_type: self.kind,
            data_source_format: self.format.clone(),
            columns: self.columns.clone(),
            view_definition: self.view_definition.clone(),
            row_filter: self.row_filter.clone(),
            constraints: self.constraints.clone(),
        })?)
    }
}

/// A table or view that does not exist yet in the catalog.
#[derive(Clone, Debug)]
pub struct NewTable {
    /// `catalog.schema.name`.
    pub full_name: String,
    /// The id of [`Catalog::new_table_location`]; none for a new one.
    pub table_id: Option<String>,
    /// Managed, external or view.
    pub kind: TableKind,
    /// Directory of the files; none for a view.
    pub location: Option<PathBuf>,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// The query of a view.
    pub view_definition: Option<String>,
    /// Text for people.
    pub comment: Option<String>,
    /// Properties.
    pub properties: BTreeMap<String, String>,
    /// Which rows a reader sees.
    pub row_filter: Option<RowFilter>,
    /// Its keys, which were found to fit.
    pub constraints: Vec<Constraint>,
}

/// What changes about a table or view; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct TableChange {
    /// All columns from now on.
    pub columns: Option<Vec<Column>>,
    /// All properties from now on.
    pub properties: Option<BTreeMap<String, String>>,
    /// New comment; the inner none removes it.
    pub comment: Option<Option<String>>,
    /// New query of a view.
    pub view_definition: Option<String>,
    /// New row filter; the inner none removes it.
    pub row_filter: Option<Option<RowFilter>>,
    /// Columns whose mask changes, and the new ones. Masks of columns that are not named stay, also when the columns are replaced.
    pub masks: Vec<(String, Option<ColumnMask>)>,
    /// All keys from now on.
    pub constraints: Option<Vec<Constraint>>,
}

impl Catalog<'_> {
    /// A place for the files of a managed table that a statement is about to make. Until [`Self::create_table`] records it, it
    /// belongs to nobody and goes at the next start.
    #[must_use]
    pub fn new_table_location(&self) -> TableLocation {
        let table_id = self.workspace.ids.uuid();
        let directory = managed_location(self.workspace, SecurableKind::Table, &table_id);
        TableLocation { table_id, directory }
    }

    /// Whether the principal may make a table or view of this name; asked before files are written.
    ///
    /// # Errors
    /// 403 without `CREATE TABLE` on the schema, 404 without the schema, 409 when the name is taken.
    pub async fn check_create_table(&self, principal: &Principal, name: &str) -> Result<Securable, ApiError> {
        let name = full_name(SecurableKind::Table, name)?;
        let schema_name = name.rsplit_once('.').map_or("", |(schema, _)| schema);
        let schema = self
            .require_on(principal, Privilege::CreateTable, SecurableKind::Schema, schema_name)
            .await?;
        match crate::catalog::securable::find(self.workspace.store.reader(), SecurableKind::Table, &name).await? {
            Some(_) => Err(crate::catalog::securable::taken(SecurableKind::Table, &name)),
            None => Ok(schema),
        }
    }

    /// Records a table or view, owned by the principal.
    ///
    /// # Errors
    /// As [`Self::check_create_table`].
    pub async fn create_table(&self, principal: &Principal, new: NewTable) -> Result<TableRecord, ApiError> {
        let schema = self.check_create_table(principal, &new.full_name).await?;
        let name = full_name(SecurableKind::Table, &new.full_name)?;
        let last = name.rsplit_once('.').map_or(name.as_str(), |(_, last)| last);
        let details = Details {
            table_type: new.kind,
            data_source_format: (new.kind != TableKind::View).then(|| "DELTA".to_owned()),
            columns: new.columns,
            view_definition: new.view_definition,
            row_filter: new.row_filter,
            constraints: new.constraints,
        };
        let mut transaction = self.workspace.store.begin().await?;
        let securable = NewSecurable {
            id: new.table_id.unwrap_or_else(|| self.workspace.ids.uuid()),
            kind: SecurableKind::Table,
            parent: Some(&schema),
            name: last,
            owner: &principal.name,
            comment: new.comment.as_deref(),
            properties: &new.properties,
            location: new.location,
            details: serde_json::to_string(&details)?,
        }
        .insert(self.workspace, &mut transaction)
        .await?;
        transaction.commit().await?;
        TableRecord::read(securable)
    }

    /// The table or view of this name, whoever asks: the caller requires the privilege that its use takes.
    ///
    /// # Errors
    /// 404 `TABLE_DOES_NOT_EXIST`, also when the schema does not exist.
    pub async fn resolve_table(&self, name: &str) -> Result<TableRecord, ApiError> {
        TableRecord::read(self.find(SecurableKind::Table, name).await?)
    }

    /// The table or view of this name, when the principal may see it.
    ///
    /// # Errors
    /// 404, 403.
    pub async fn table(&self, principal: &Principal, name: &str) -> Result<TableRecord, ApiError> {
        TableRecord::read(self.get(principal, SecurableKind::Table, name).await?)
    }

    /// The tables and views of a schema that the principal may see, sorted by name.
    ///
    /// # Errors
    /// 404 without the schema.
    pub async fn tables(&self, principal: &Principal, schema: &str) -> Result<Vec<TableRecord>, ApiError> {
        let found = self.list(principal, SecurableKind::Table, Some(schema)).await?;
        found.into_iter().map(TableRecord::read).collect()
    }

    /// Changes what the catalog says about a table or view, for a statement of this principal that took `privilege`:
    /// [`Privilege::Modify`] or [`Privilege::Manage`].
    ///
    /// # Errors
    /// 404, 403.
    pub async fn alter_table(
        &self,
        principal: &Principal,
        privilege: Privilege,
        name: &str,
        change: TableChange,
    ) -> Result<TableRecord, ApiError> {
        let found = self.find(SecurableKind::Table, name).await?;
        self.require(principal, privilege, &found).await?;
        // Read again where nobody else writes: what this change does not name stays as it is now.
        let mut transaction = self.workspace.store.begin().await?;
        let mut table = TableRecord::read(record::reread(&mut transaction, &found).await?)?;
        if let Some(columns) = change.columns {
            table.replace_columns(columns);
            table.forget_tags_of_lost_columns(&mut transaction).await?;
        }
        for (name, mask) in change.masks {
            if let Some(column) = table.columns.iter_mut().find(|column| column.name == name) {
                column.mask = mask;
            }
        }
        if let Some(view_definition) = change.view_definition {
            table.view_definition = Some(view_definition);
        }
        if let Some(properties) = change.properties {
            table.securable.properties = properties;
        }
        if let Some(constraints) = change.constraints {
            table.constraints = constraints;
        }
        if let Some(row_filter) = change.row_filter {
            table.row_filter = row_filter;
        }
        if let Some(comment) = change.comment {
            table.securable.comment = comment;
        }
        table.securable.details = table.details()?;
        let changed = record::update(self.workspace, &mut transaction, &table.securable, &principal.name).await?;
        transaction.commit().await?;
        TableRecord::read(changed)
    }

    /// Drops a table or view; files of a managed table go too.
    ///
    /// # Errors
    /// 404, 403 without `MANAGE`.
    pub async fn drop_table(&self, principal: &Principal, name: &str) -> Result<(), ApiError> {
        self.delete(principal, SecurableKind::Table, name, false).await
    }

    /// The tables of a schema whose names begin like this, whoever asks; none without the schema.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn stray_tables(&self, schema: &str, prefix: &str) -> Result<Vec<Securable>, ApiError> {
        let all = self.all_tables().await?;
        let begins = format!("{schema}.{prefix}");
        Ok(all
            .into_iter()
            .filter(|table| table.full_name.starts_with(&begins))
            .collect())
    }

    /// The materialized views and views that a pipeline has made, whoever asks.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn tables_of_pipeline(&self, pipeline_id: &str) -> Result<Vec<TableRecord>, ApiError> {
        let all = self.all_tables().await?.into_iter();
        let named = all.filter(|table| {
            table
                .properties
                .get(PIPELINE_PROPERTY)
                .is_some_and(|id| id == pipeline_id)
        });
        let tables: Vec<TableRecord> = named.map(TableRecord::read).collect::<Result<_, _>>()?;
        let made = |table: &TableRecord| matches!(table.kind, TableKind::MaterializedView | TableKind::View);
        Ok(tables.into_iter().filter(made).collect())
    }

    async fn all_tables(&self) -> Result<Vec<Securable>, ApiError> {
        let found = sqlx::query_as("SELECT * FROM securable WHERE kind = 'TABLE' ORDER BY full_name")
            .fetch_all(self.workspace.store.reader())
            .await?;
        Ok(found)
    }

    /// The table or view whose files stand at this directory, whoever asks.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn table_at(&self, location: &std::path::Path) -> Result<TableRecord, ApiError> {
        let text = location.to_string_lossy();
        let found = sqlx::query_as("SELECT * FROM securable WHERE kind = 'TABLE' AND location = ?")
            .bind(text.trim_end_matches('/'))
            .fetch_optional(self.workspace.store.reader())
            .await?;
        found
            .map(TableRecord::read)
            .unwrap_or_else(|| Err(missing(SecurableKind::Table, &text)))
    }
}
