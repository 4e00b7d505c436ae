//! `sluice blueprint …`: what products are made of.

mod check;
mod list;
mod show;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Blueprints: what new data products are made of
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Check(check::Arguments),
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<Outcome, CommandError> {
    match command {
        Command::List(arguments) => list::run(arguments, context).await,
        Command::Show(arguments) => show::run(arguments, context).await,
        Command::Check(arguments) => check::run(arguments, context).await,
    }
}
