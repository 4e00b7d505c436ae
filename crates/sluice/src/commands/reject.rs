//! `sluice reject`: one person says no to a promotion, or takes back their own request.

use clap::Args;

use crate::commands::decide::{Decision, decide};
use crate::commands::surroundings::PersonOption;
use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Say no to a promotion that waits for your role, or take back your own; with a token of your own
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Id of the approval, or of the promotion
    #[arg(value_name = "ID")]
    id: String,
    /// Why not
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: String,
    #[command(flatten)]
    person: PersonOption,
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let decision = Decision::Reject {
        reason: &arguments.reason,
    };
    decide(&arguments.id, &arguments.person, decision, context).await
}
