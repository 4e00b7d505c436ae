//! In whose name and with which defaults a statement runs, and how names become tables.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::arithmetic;
use super::error::{from_api, unsupported};
use super::settings::Settings;
use crate::catalog::{Privilege, Securable, SecurableKind, TableKind, TableRecord};
use crate::compute::{Binding, EngineStatement, Rows, StatementError};
use crate::principal::{ACCOUNT_USERS, Principal, PrincipalKind};
use crate::workspace::Workspace;

/// What stands in the name of every table that exists only while an update of a pipeline runs. It has the rows of a dataset before masks are put
/// over them, so nobody but its owner finds it.
pub(crate) const STAGE: &str = "__sluice_update_";

/// The surroundings of one statement.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) workspace: Arc<Workspace>,
    pub(super) principal: Principal,
    /// Who asks, also inside a view that reads with the rights of its owner: masks and functions about the session answer for them.
    pub(super) caller: Principal,
    /// Whether a task asks, through the gateway.
    pub(super) task: bool,
    /// For names without a catalog.
    pub(super) catalog: String,
    /// For names without a schema.
    pub(super) schema: String,
    /// The Spark session of a task, and the names of its temporary views.
    pub(super) session_id: Option<String>,
    pub(super) temporary_views: BTreeSet<String>,
    pub(super) row_limit: Option<usize>,
    /// What the session of a driver has set.
    pub(super) settings: Settings,
    /// The pipeline whose update writes a dataset with this statement.
    pub(super) pipeline: Option<String>,
}

impl Context {
    /// The defaults of a workspace where nobody said anything: its own catalog, schema `default`.
    pub(super) fn new(
        workspace: &Arc<Workspace>,
        principal: &Principal,
        catalog: Option<&str>,
        schema: Option<&str>,
    ) -> Self {
        Self {
            workspace: workspace.clone(),
            principal: principal.clone(),
            caller: principal.clone(),
            task: false,
            catalog: catalog
                .filter(|name| !name.is_empty())
                .unwrap_or(&workspace.name)
                .to_lowercase(),
            schema: schema
                .filter(|name| !name.is_empty())
                .unwrap_or("default")
                .to_lowercase(),
            session_id: None,
            temporary_views: BTreeSet::new(),
            row_limit: None,
            settings: Settings::default(),
            pipeline: None,
        }
    }

    /// The time.
    pub(super) fn now(&self) -> i64 {
        self.workspace.clock.now_ms()
    }

    /// `catalog.schema.table` for a name of one to three parts.
    pub(super) fn table_name(&self, parts: &[String]) -> Result<String, StatementError> {
        let parts: Vec<_> = parts.iter().map(|part| part.to_lowercase()).collect();
        if parts.iter().any(|part| part.contains('/')) {
            return Err(unsupported(
                &format!("the name `{}`", parts.join(".")),
                "files are read with `spark.read` from `/Volumes/...`, tables by their names",
            ));
        }
        match parts.as_slice() {
            [table] => Ok(format!("{}.{}.{table}", self.catalog, self.schema)),
            [schema, table] => Ok(format!("{}.{schema}.{table}", self.catalog)),
            [catalog, schema, table] => Ok(format!("{catalog}.{schema}.{table}")),
            _ => Err(unsupported(
                &format!("the name `{}`", parts.join(".")),
                "names have up to three parts: catalog, schema, table",
            )),
        }
    }

    /// `catalog.schema` for a name of one or two parts.
    pub(super) fn schema_name(&self, parts: &[String]) -> Result<String, StatementError> {
        let parts: Vec<_> = parts.iter().map(|part| part.to_lowercase()).collect();
        match parts.as_slice() {
            [] => Ok(format!("{}.{}", self.catalog, self.schema)),
            [schema] => Ok(format!("{}.{schema}", self.catalog)),
            [catalog, schema] => Ok(format!("{catalog}.{schema}")),
            _ => Err(unsupported(
                &format!("the name `{}`", parts.join(".")),
                "names of schemas have up to two parts: catalog, schema",
            )),
        }
    }

    /// The full name of an object of any kind.
    pub(super) fn full_name(&self, kind: SecurableKind, parts: &[String]) -> Result<String, StatementError> {
        match (kind, kind.levels()) {
            (SecurableKind::Metastore, _) => Ok(String::new()),
            (_, 3) => self.table_name(parts),
            (_, 2) => self.schema_name(parts),
            _ => match parts {
                [name] => Ok(name.to_lowercase()),
                _ => Err(unsupported(
                    &format!("the name `{}`", parts.join(".")),
                    &format!("the name of a {} has one part", kind.title().to_lowercase()),
                )),
            },
        }
    }

    /// The object of this name, which must exist.
    pub(super) async fn find(&self, kind: SecurableKind, parts: &[String]) -> Result<Securable, StatementError> {
        self.workspace
            .catalog()
            .find(kind, &self.full_name(kind, parts)?)
            .await
            .map_err(from_api)
    }

    /// Whether an object of this name exists, whoever asks.
    pub(super) async fn exists(&self, kind: SecurableKind, full_name: &str) -> Result<bool, StatementError> {
        match self.workspace.catalog().find(kind, full_name).await {
            Ok(_) => Ok(true),
            Err(error) if error.status.as_u16() == 404 => Ok(false),
            Err(error) => Err(from_api(error)),
        }
    }

    /// The table or view of this name, on which the principal must hold the privileges.
    pub(super) async fn table(
        &self,
        parts: &[String],
        privileges: &[Privilege],
    ) -> Result<TableRecord, StatementError> {
        let catalog = self.workspace.catalog();
        let table = catalog
            .resolve_table(&self.table_name(parts)?)
            .await
            .map_err(from_api)?;
        let owned = table.securable.owner == self.principal.name;
        if table.securable.name.starts_with(STAGE) && !owned {
            let name = &table.securable.full_name;
            let message =
                format!("the table or view `{name}` cannot be found: it belongs to an update that is under way");
            return Err(StatementError::new("TABLE_OR_VIEW_NOT_FOUND", "42P01", message));
        }
        for privilege in privileges {
            catalog
                .require(&self.principal, *privilege, &table.securable)
                .await
                .map_err(from_api)?;
        }
        Ok(table)
    }

    /// A Delta table (no view) with its directory.
    pub(super) async fn delta_table(
        &self,
        parts: &[String],
        privileges: &[Privilege],
    ) -> Result<(TableRecord, PathBuf), StatementError> {
        let table = self.table(parts, privileges).await?;
        if privileges.iter().any(|privilege| *privilege != Privilege::Select) {
            self.check_writer(&table)?;
        }
        let location = table.securable.location.clone();
        match location {
            Some(location) if table.kind != TableKind::View => Ok((table, location)),
            _ => Err(StatementError::new(
                "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
                "42809",
                format!(
                    "'{}' is a view, which cannot be changed: change the tables that it reads",
                    table.securable.full_name
                ),
            )),
        }
    }

    /// Whether this statement may write a table, as far as pipelines are concerned: what one computes nobody else writes, and it writes nothing else.
    pub(super) fn check_writer(&self, table: &TableRecord) -> Result<(), StatementError> {
        let name = &table.securable.full_name;
        match (table.pipeline_id(), self.pipeline.as_deref()) {
            (None, None) => Ok(()),
            (Some(owner), Some(writer)) if owner == writer => Ok(()),
            (Some(owner), None) => Err(unsupported(
                &format!("writing to '{name}', a materialized view of the pipeline {owner}"),
                "change the query in the pipeline's source and start an update",
            )),
            (owner, Some(writer)) => {
                let holder = owner.map_or_else(|| "no pipeline".to_owned(), |owner| format!("the pipeline {owner}"));
                let message = format!(
                    "'{name}' exists already and belongs to {holder}, so the pipeline {writer} does not write it: use another name, or drop it"
                );
                Err(StatementError::new("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07", message))
            }
        }
    }

    /// The owner of an object as a principal: views read with the rights of their owner.
    pub(super) async fn owner(&self, securable: &Securable) -> Result<Principal, StatementError> {
        let found = crate::identity::by_name(&self.workspace, &securable.owner)
            .await
            .map_err(from_api)?;
        // An owner that is a group acts with the grants of the group.
        Ok(found.unwrap_or_else(|| Principal {
            id: 0,
            kind: PrincipalKind::User,
            name: securable.owner.clone(),
            display_name: securable.owner.clone(),
            groups: BTreeSet::from([securable.owner.clone(), ACCOUNT_USERS.to_owned()]),
            is_admin: false,
        }))
    }

    /// Runs a statement on the engine.
    pub(super) async fn run(&self, sql: String, bindings: Vec<Binding>, query: bool) -> Result<Rows, StatementError> {
        let checked = arithmetic::checked(self, sql, &bindings).await?;
        let statement = EngineStatement {
            sql: checked.sql.clone(),
            bindings,
            session_id: self.session_id.clone(),
            query,
            row_limit: self.row_limit,
            schema_only: false,
        };
        let answer = self.workspace.compute.execute(&statement).await;
        answer.map_err(|error| checked.explain(super::error::from_compute(error)))
    }

    /// The columns of a query.
    pub(super) async fn analyse(&self, sql: String) -> Result<Rows, StatementError> {
        let statement = EngineStatement {
            sql: arithmetic::checked(self, sql, &[]).await?.sql,
            session_id: self.session_id.clone(),
            query: true,
            schema_only: true,
            ..EngineStatement::default()
        };
        self.workspace
            .compute
            .execute(&statement)
            .await
            .map_err(super::error::from_compute)
    }
}

/// A fresh name for a directory: who does not know it cannot reach the directory through the engine.
pub(super) fn bind(location: &std::path::Path) -> Binding {
    Binding {
        name: format!("bound_{}", crate::clock::Ids.uuid().replace('-', "")),
        location: location.to_string_lossy().into_owned(),
    }
}
