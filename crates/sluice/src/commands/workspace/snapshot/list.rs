//! `sluice workspace snapshot list`.

use std::fmt;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use sluice_workspace::snapshot::{Manifest, list};

use super::mebibytes;
use crate::commands::workspace::place::place;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// List the snapshots of the local workspaces, the oldest first
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

#[derive(Serialize)]
struct Listed {
    version: u32,
    snapshots: Vec<Manifest>,
}

impl Answer for Listed {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for snapshot in &self.snapshots {
            let size = mebibytes(snapshot.bytes);
            write!(out, "{}  {size}  {}", snapshot.name, snapshot.workspaces.join(", "))?;
            match Timestamp::from_millisecond(snapshot.taken_at) {
                Ok(at) => writeln!(out, "  {at:.0}")?,
                Err(_no_time) => writeln!(out)?,
            }
        }
        Ok(())
    }
}

pub(crate) fn run(_arguments: &Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let snapshots = list(&place(context)?)?;
    if snapshots.is_empty() {
        context
            .terminal
            .progress("There is no snapshot: `sluice workspace snapshot save NAME` takes one.");
    }
    context.answer(&Listed { version: 1, snapshots })?;
    Ok(Outcome::Done)
}
