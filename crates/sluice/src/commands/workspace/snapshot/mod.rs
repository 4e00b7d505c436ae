//! `sluice workspace snapshot`: keep what the local workspaces hold, bring it back, compare it, or make other workspaces of it.

mod diff;
mod fork;
mod list;
mod load;
mod remove;
mod save;

use std::fmt;

use clap::Subcommand;
use serde::Serialize;
use sluice_workspace::snapshot::{Manifest, SnapshotError};

use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Keep what the local workspaces hold, and bring it back
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Save(save::Arguments),
    List(list::Arguments),
    Load(load::Arguments),
    Diff(diff::Arguments),
    Fork(fork::Arguments),
    Remove(remove::Arguments),
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<Outcome, CommandError> {
    match command {
        Command::Save(arguments) => save::run(arguments, context).await,
        Command::List(arguments) => list::run(&arguments, context),
        Command::Load(arguments) => load::run(arguments, context).await,
        Command::Diff(arguments) => diff::run(arguments, context).await,
        Command::Fork(arguments) => fork::run(arguments, context).await,
        Command::Remove(arguments) => remove::run(&arguments, context),
    }
}

/// What happened to one snapshot.
#[derive(Serialize)]
struct Shown {
    version: u32,
    /// `saved`, `loaded`, `forked`, `removed`.
    done: &'static str,
    snapshot: Manifest,
    #[serde(skip)]
    next: String,
}

impl Answer for Shown {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let Manifest {
            name,
            workspaces,
            bytes,
            ..
        } = &self.snapshot;
        let size = mebibytes(*bytes);
        writeln!(
            out,
            "Snapshot `{name}` {}: {}, {size}.",
            self.done,
            workspaces.join(", ")
        )?;
        if self.next.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", self.next)
    }
}

/// Bytes in MiB, with one digit after the point.
fn mebibytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

impl From<SnapshotError> for CommandError {
    fn from(error: SnapshotError) -> Self {
        let kind = match &error {
            SnapshotError::Name(_) => ExitKind::Usage,
            SnapshotError::Unknown { .. }
            | SnapshotError::Exists(_)
            | SnapshotError::Nothing(_)
            | SnapshotError::Running(_)
            | SnapshotError::Occupied(_)
            | SnapshotError::Lock(_) => ExitKind::Refused,
            SnapshotError::Manifest { .. } => ExitKind::Config,
            SnapshotError::File { .. } | SnapshotError::Store { .. } | SnapshotError::Daemon(_) => ExitKind::Internal,
        };
        Self::from_error(kind, &error)
    }
}
