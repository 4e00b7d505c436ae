//! `sluice promotion …`: requests to bring a release to an environment.

mod list;
pub(crate) mod show;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Promotions: requests to bring a release to an environment
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(list::Arguments),
    Show(show::Arguments),
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<Outcome, CommandError> {
    match command {
        Command::List(arguments) => list::run(arguments, context).await,
        Command::Show(arguments) => show::run(arguments, context).await,
    }
}
