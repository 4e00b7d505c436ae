//! `sluice release …`: frozen releases.

mod list;
mod show;
mod verify;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Releases: frozen snapshots of a data product
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Verify(verify::Arguments),
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<Outcome, CommandError> {
    match command {
        Command::List(arguments) => list::run(arguments, context).await,
        Command::Show(arguments) => show::run(arguments, context).await,
        Command::Verify(arguments) => verify::run(arguments, context).await,
    }
}
