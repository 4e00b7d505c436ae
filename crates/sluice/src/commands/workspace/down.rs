//! `sluice workspace down`: ends the process that serves the workspaces; what they hold stays.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_workspace::daemon::{Stopped, stop};

use super::place::place;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Stop the local workspaces; everything they hold stays
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

#[derive(Serialize)]
struct Shown {
    version: u32,
    was_running: bool,
    forced: bool,
}

impl Answer for Shown {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        match (self.was_running, self.forced) {
            (false, _) => writeln!(out, "The local workspaces did not run."),
            (true, false) => writeln!(out, "Stopped the local workspaces."),
            (true, true) => writeln!(out, "Stopped the local workspaces by force: they did not end in time."),
        }
    }
}

pub(crate) async fn run(_arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let stopped = stop(&place(context)?).await?;
    context.answer(&Shown {
        version: 1,
        was_running: stopped != Stopped::Absent,
        forced: stopped == Stopped::Forced,
    })?;
    Ok(Outcome::Done)
}
