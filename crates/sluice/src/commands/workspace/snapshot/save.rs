//! `sluice workspace snapshot save`.

use clap::Args;
use sluice_workspace::snapshot::save;
use sluice_workspace::workspaces::WORKSPACE_NAMES;

use super::Shown;
use crate::commands::workspace::place::place;
use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Keep everything that the local workspaces hold under a name: files, tables with their rows, jobs, principals, secrets
///
/// They may be running: who writes waits meanwhile. A statement that is running may be in it or not, a table is always whole.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the snapshot
    name: String,
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let place = place(context)?;
    let snapshot = save(&place, &arguments.name, &WORKSPACE_NAMES).await?;
    let next = format!("`sluice workspace snapshot load {}` brings it back.", snapshot.name);
    context.answer(&Shown {
        version: 1,
        done: "saved",
        snapshot,
        next,
    })?;
    Ok(Outcome::Done)
}
