//! SQL statements of the workspace.

mod statement;

use std::sync::Arc;

pub use statement::{Defaults, Parameter, Statement};

use serde_json::Value;

use crate::compute::{Rows, StatementError};
use crate::module::Module;
use crate::store::Migrations;
use crate::workspace::{OpenError, Workspace};

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "sql",
            steps: &[],
        },
        routes: Vec::new,
    }
}

/// What statement execution keeps in memory for one workspace.
#[derive(Debug, Default)]
pub struct Sql {}

impl Sql {
    /// Called once the workspace answers requests.
    pub(crate) async fn start(_workspace: &Arc<Workspace>) -> Result<(), OpenError> {
        Ok(())
    }

    /// Called before the store closes.
    pub(crate) async fn stop(&self) {}
}

/// Decides about a request of the gateway.
pub(crate) async fn decide(
    _workspace: &Arc<Workspace>,
    _token: &str,
    _request: Value,
) -> Result<Value, StatementError> {
    Err(StatementError::new(
        "UNSUPPORTED_FEATURE",
        "0A000",
        "tasks cannot use the engine yet",
    ))
}

/// Executes one statement with the grants of its principal. Dropping the future cancels it.
///
/// # Errors
/// When the principal may not, or the statement cannot be executed.
pub async fn execute(_workspace: &Arc<Workspace>, _statement: &Statement) -> Result<Rows, StatementError> {
    Err(StatementError::new(
        "UNSUPPORTED_FEATURE",
        "0A000",
        "the workspace cannot execute statements yet",
    ))
}
