//! `sluice contract …`: data contracts of the product's ports.

mod check;
mod diff;
mod export;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Data contracts: what the ports of the product promise
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(check::Arguments),
    Diff(diff::Arguments),
    Export(export::Arguments),
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<Outcome, CommandError> {
    match command {
        Command::Check(arguments) => check::run(arguments, context).await,
        Command::Diff(arguments) => diff::run(arguments, context).await,
        Command::Export(arguments) => export::run(arguments, context).await,
    }
}
