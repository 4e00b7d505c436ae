//! `sluice metadata init-contract`: the beginning of a port's contract, from its table.

use clap::Args;

use sluice_lifecycle::metadata::Edit;

use super::{CommitOption, make};
use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Begin the contract of a port from the columns of its table
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the port
    #[arg(value_name = "PORT")]
    port: String,
    #[command(flatten)]
    commit: CommitOption,
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let edit = Edit::InitContract { port: arguments.port };
    make(&edit, arguments.commit, context).await
}
