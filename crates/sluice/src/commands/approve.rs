//! `sluice approve`: one person agrees to a promotion.

use clap::Args;

use crate::commands::decide::{Decision, decide};
use crate::commands::surroundings::PersonOption;
use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Agree to a promotion that waits for your role; in the product's directory, with a token of your own
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Id of the approval, or of the promotion
    #[arg(value_name = "ID")]
    id: String,
    /// What you want to be remembered with it
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    person: PersonOption,
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let decision = Decision::Approve {
        comment: arguments.comment.as_deref(),
    };
    decide(&arguments.id, &arguments.person, decision, context).await
}
