//! Jobs and their runs.

pub mod sandbox;

use std::sync::Arc;

use crate::module::Module;
use crate::store::Migrations;
use crate::workspace::{OpenError, Workspace};

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "jobs",
            steps: &[],
        },
        routes: Vec::new,
    }
}

/// What the runner keeps in memory for one workspace.
#[derive(Debug, Default)]
pub struct Jobs {}

impl Jobs {
    /// Called once the workspace answers requests: takes up what an earlier process left.
    pub(crate) async fn start(_workspace: &Arc<Workspace>) -> Result<(), OpenError> {
        Ok(())
    }

    /// Called before the store closes: ends every process that was started.
    pub(crate) async fn stop(&self) {}
}
