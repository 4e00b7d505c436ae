//! The engine processes of the workspace.

use std::sync::Arc;

use crate::module::Module;
use crate::store::Migrations;
use crate::workspace::{OpenError, Workspace};

/// The tables and routes of this module.
pub(crate) fn module() -> Module {
    Module {
        migrations: Migrations {
            module: "compute",
            steps: &[],
        },
        routes: Vec::new,
    }
}

/// The engine of one workspace.
#[derive(Debug, Default)]
pub struct Compute {}

impl Compute {
    /// Called once the workspace answers requests; starts nothing that a first statement could start.
    pub(crate) async fn start(_workspace: &Arc<Workspace>) -> Result<(), OpenError> {
        Ok(())
    }

    /// Called before the store closes: ends every process that was started.
    pub(crate) async fn stop(&self) {}
}
