//! `sluice metadata term`: a term of the glossary for a table or column.

use clap::Args;
use sluice_governance::metadata::{ContractEdit, Subject};
use sluice_lifecycle::metadata::Edit;

use super::{CommitOption, make};
use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Link a table or column to a term of the platform's glossary
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The table of a port (`PORT`) or one of its columns (`PORT.COLUMN`)
    #[arg(value_name = "PORT[.COLUMN]")]
    subject: Subject,
    /// The term
    #[arg(value_name = "DOMAIN/TERM")]
    term: String,
    #[command(flatten)]
    commit: CommitOption,
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let edit = Edit::Contract {
        subject: arguments.subject,
        edit: ContractEdit::Term(arguments.term),
    };
    make(&edit, arguments.commit, context).await
}
