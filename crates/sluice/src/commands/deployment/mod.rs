//! `sluice deployment …`: what a deployment did, and what to do about one that stopped half-way.

mod resolve;
mod resume;
pub(crate) mod show;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Deployments: what one did, and what to do about one that stopped half-way
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Show(show::Arguments),
    Resume(resume::Arguments),
    Resolve(resolve::Arguments),
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<Outcome, CommandError> {
    match command {
        Command::Show(arguments) => show::run(arguments, context).await,
        Command::Resume(arguments) => resume::run(arguments, context).await,
        Command::Resolve(arguments) => resolve::run(arguments, context).await,
    }
}
