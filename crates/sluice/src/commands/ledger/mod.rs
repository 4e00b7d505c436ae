//! `sluice ledger …`: the append-only record of everything.

mod export;
mod show;
mod verify;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// The ledger: the append-only, hash-chained record
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Verify(verify::Arguments),
    Show(show::Arguments),
    Export(export::Arguments),
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<Outcome, CommandError> {
    match command {
        Command::Verify(arguments) => verify::run(arguments, context).await,
        Command::Show(arguments) => show::run(arguments, context).await,
        Command::Export(arguments) => export::run(arguments, context).await,
    }
}
