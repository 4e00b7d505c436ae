//! `sluice workspace fault …`: lets chosen requests to a local workspace go wrong.

mod action;
mod add;
mod clear;
mod condition;
mod list;
mod scenario;
mod sentence;
mod sweep;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Let chosen requests to a local workspace fail, get lost or be slow
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Add(Box<add::Arguments>),
    List(list::Arguments),
    Clear(clear::Arguments),
    Scenario(scenario::Arguments),
    Sweep(Box<sweep::Arguments>),
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<Outcome, CommandError> {
    match command {
        Command::Add(arguments) => add::run(*arguments, context).await,
        Command::List(arguments) => list::run(arguments, context).await,
        Command::Clear(arguments) => clear::run(arguments, context).await,
        Command::Scenario(arguments) => scenario::run(arguments, context).await,
        Command::Sweep(arguments) => sweep::run(*arguments, context).await,
    }
}
