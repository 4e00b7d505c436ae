//! `sluice workspace`: the local workspaces `dev`, `qa` and `prod`, served by one process in the background.

mod audit;
mod control;
mod down;
mod fault;
mod place;
pub(crate) use place::cache_directory;
mod reset;
mod routes;
pub(crate) mod sandbox;
mod serve;
mod snapshot;
mod status;
mod up;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Start, stop and inspect the local workspaces
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(up::Arguments),
    Down(down::Arguments),
    Status(status::Arguments),
    Reset(reset::Arguments),
    Routes(routes::Arguments),
    #[command(subcommand)]
    Fault(fault::Command),
    #[command(subcommand)]
    Snapshot(snapshot::Command),
    Audit(audit::Arguments),
    Serve(serve::Arguments),
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    match arguments.command {
        Command::Up(arguments) => up::run(arguments, context).await,
        Command::Down(arguments) => down::run(arguments, context).await,
        Command::Status(arguments) => status::run(arguments, context).await,
        Command::Reset(arguments) => reset::run(arguments, context).await,
        Command::Routes(arguments) => routes::run(arguments, context).await,
        Command::Fault(command) => fault::run(command, context).await,
        Command::Snapshot(command) => snapshot::run(command, context).await,
        Command::Audit(arguments) => audit::run(arguments, context).await,
        Command::Serve(arguments) => serve::run(arguments, context).await,
    }
}
