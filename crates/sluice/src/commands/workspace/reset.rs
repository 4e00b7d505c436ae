//! `sluice workspace reset`: removes everything that the workspaces hold.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sluice_workspace::daemon;
use sluice_workspace::workspaces::WORKSPACE_NAMES;

use super::place::place;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Stop the local workspaces and remove all that they hold: files, tables, jobs, principals and tokens
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

#[derive(Serialize)]
struct Shown {
    version: u32,
    directory: PathBuf,
    removed: [&'static str; 3],
}

impl Answer for Shown {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let names = self.removed.join(", ");
        writeln!(out, "Removed the workspaces {names} in {}.", self.directory.display())?;
        writeln!(out, "`sluice workspace up` makes new ones.")
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let place = place(context)?;
    let question = format!(
        "remove everything in the local workspaces in {}?",
        place.directory.display()
    );
    if !arguments.yes
        && !context
            .confirm(&question, "pass --yes to remove it without being asked")
            .await?
    {
        return Err(CommandError::new(
            crate::error::ExitKind::Refused,
            "not confirmed: nothing was removed",
        ));
    }
    daemon::reset(&place, &WORKSPACE_NAMES).await?;
    context.answer(&Shown {
        version: 1,
        directory: place.directory,
        removed: WORKSPACE_NAMES,
    })?;
    Ok(Outcome::Done)
}
