//! `sluice workspace snapshot remove`.

use clap::Args;
use sluice_workspace::snapshot::{manifest, remove};

use super::Shown;
use crate::commands::workspace::place::place;
use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Remove a snapshot
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the snapshot
    name: String,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let place = place(context)?;
    let snapshot = manifest(&place, &arguments.name)?;
    remove(&place, &arguments.name)?;
    context.answer(&Shown {
        version: 1,
        done: "removed",
        snapshot,
        next: String::new(),
    })?;
    Ok(Outcome::Done)
}
