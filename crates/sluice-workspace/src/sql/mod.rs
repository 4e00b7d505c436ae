//! SQL statements of the workspace: every one is read, checked against the grants of its principal, and then answered by the catalog or executed by the engine.
//!
//! The engine's own catalog is empty. A statement reaches it only after the names in it were replaced: tables that are read by the path of their Delta
//! directory, tables that are written by a random name that is bound to the directory in one session, views by their queries. So grants cannot be
//! bypassed by a form of SQL that was overlooked here: the engine would not know the name. (The engine's `unity` catalog provider was tried first and left:
//! its list of catalogs is fixed at the start, it cannot overwrite or create views, and whatever is overlooked would be readable.)
//!
//! *Invariant:* a statement that cannot be read is refused by name and never passed on. Start with [`execute`] (statements), [`decide`] (plans of tasks),
//! `text` (tokens), `relations` (what a query touches), `rewrite` (names become paths), `rest` (the Statement Execution API).

mod alter;
mod arithmetic;
mod block;
mod change;
mod columns;
mod command;
mod constraints;
mod context;
mod cursor;
mod dataframe;
mod dataset;
mod decide;
mod delta_log;
mod describe;
mod error;
mod fold;
mod forms;
mod functions;
mod information_schema;
mod information_schema_policies;
mod inventory;
mod locks;
mod masks;
mod objects;
mod outcome;
mod projection;
mod refusals;
mod rehearsal;
mod relations;
mod rest;
mod restore;
mod rewrite;
mod routine;
mod run;
mod secured;
mod settings;
mod show;
mod statement;
mod tables;
mod tags;
mod text;
mod types;
mod view;
mod views;

use std::sync::Arc;

pub(crate) use context::STAGE;
pub(crate) use dataset::{DatasetKind, Declaration, Expectation, OnViolation, Sentence};
pub(crate) use dataset::{name_of, read as read_dataset, reads, with_sources, without_live};
pub(crate) use decide::decide;
pub(crate) use functions::Definition;
pub use settings::Settings;
pub use statement::{Defaults, Parameter, Statement};
pub(crate) use text::{identifier, qualified, string_literal};

use crate::catalog::NewFunction;
use crate::compute::{Rows, StatementError};
use crate::module::Module;
use crate::principal::Principal;
use crate::store::Migrations;
use crate::workspace::{OpenError, Workspace};
use context::Context;
use outcome::Outcome;
use text::Text;

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "sql",
            steps: &[],
        },
        routes: rest::routes,
    }
}

/// What statement execution keeps in memory for one workspace.
#[derive(Debug, Default)]
pub struct Sql {
    pub(crate) locks: locks::Locks,
    pub(crate) stagings: dataframe::Stagings,
    pub(crate) statements: rest::Statements,
    pub(crate) sessions: rest::Sessions,
}

impl Sql {
    /// Called once the workspace answers requests.
    pub(crate) async fn start(_workspace: &Arc<Workspace>) -> Result<(), OpenError> {
        Ok(())
    }

    /// Called before the store closes.
    pub(crate) async fn stop(&self) {
        self.statements.stop();
    }
}

/// Checks a function that is to be made by other means than a statement.
///
/// # Errors
/// When its types, what its body names or what it gives are wrong, each naming the function.
pub(crate) async fn check_function(
    workspace: &Arc<Workspace>,
    principal: &Principal,
    definition: Definition,
) -> Result<NewFunction, StatementError> {
    functions::check(&Context::new(workspace, principal, None, None), definition).await
}

/// Executes one statement with the grants of its principal. Dropping the future cancels it.
///
/// # Errors
/// When the principal may not, or the statement cannot be executed.
pub async fn execute(workspace: &Arc<Workspace>, statement: &Statement) -> Result<Rows, StatementError> {
    Ok(execute_statement(workspace, statement, None).await?.rows)
}

/// As [`execute`], for the statement with which an update of a pipeline writes a dataset: what it makes is a materialized view of the pipeline.
///
/// # Errors
/// As [`execute`], and when the table belongs to something else.
pub(crate) async fn execute_for_pipeline(
    workspace: &Arc<Workspace>,
    statement: &Statement,
    pipeline_id: &str,
) -> Result<Rows, StatementError> {
    let pipeline = Some(pipeline_id.to_owned());
    Ok(execute_statement(workspace, statement, pipeline).await?.rows)
}

/// The columns that a query would have, without running it.
///
/// # Errors
/// When the principal may not read what it names, or it is not correct.
pub(crate) async fn columns_of(workspace: &Arc<Workspace>, statement: &Statement) -> Result<Rows, StatementError> {
    let defaults = &statement.defaults;
    let (catalog, schema) = (defaults.catalog.as_deref(), defaults.schema.as_deref());
    let context = Context::new(workspace, &statement.principal, catalog, schema);
    let text = Text::read(&statement.text)?.fill(&statement.parameters)?;
    let written = rewrite::query(&context, &text, 0).await?;
    let analysed = context.analyse(written.sql.clone()).await;
    analysed.map_err(|error| written.explain(error))
}

async fn execute_statement(
    workspace: &Arc<Workspace>,
    statement: &Statement,
    pipeline: Option<String>,
) -> Result<Outcome, StatementError> {
    let Statement {
        principal,
        text,
        parameters,
        defaults,
        row_limit,
        settings,
    } = statement;
    let mut context = Context::new(
        workspace,
        principal,
        defaults.catalog.as_deref(),
        defaults.schema.as_deref(),
    );
    context.row_limit = *row_limit;
    context.settings = settings.clone();
    context.pipeline = pipeline;
    let text = Text::read(text)?.fill(parameters)?;
    run::run(&context, &text).await
}
