//! `sluice policy`: work on policies themselves.

pub(crate) mod test;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Work on policies
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Test(test::Arguments),
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<Outcome, CommandError> {
    match command {
        Command::Test(arguments) => test::run(&arguments, context),
    }
}
