//! SQL statements of the workspace.

use std::sync::Arc;

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
