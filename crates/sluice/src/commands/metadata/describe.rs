//! `sluice metadata describe`: what a table or column is, in the contract of its port.

use clap::Args;
use sluice_governance::metadata::{ContractEdit, Subject};
use sluice_lifecycle::metadata::Edit;

use super::{CommitOption, make};
use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Describe a table or column in the contract of its port
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The table of a port (`PORT`) or one of its columns (`PORT.COLUMN`)
    #[arg(value_name = "PORT[.COLUMN]")]
    subject: Subject,
    /// What it is
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    text: String,
    #[command(flatten)]
    commit: CommitOption,
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let edit = Edit::Contract {
        subject: arguments.subject,
        edit: ContractEdit::Describe(arguments.text),
    };
    make(&edit, arguments.commit, context).await
}
