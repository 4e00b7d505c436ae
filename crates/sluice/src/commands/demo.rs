//! `sluice demo`: a real data product from blueprint to production on this machine.

use std::path::PathBuf;

use clap::Args;

use crate::cli::OutputFormat;
use crate::context::Context;
use crate::demo::{self, Wishes};
use crate::error::{CommandError, ExitKind, Outcome};

/// Take a real data product from blueprint to production on three local workspaces
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Where the repositories of the platform and of the product are made
    #[arg(long, value_name = "DIR", default_value = "sluice-demo")]
    dir: PathBuf,
    /// Do not ask before starting
    #[arg(long)]
    yes: bool,
    /// Port of `dev`; `qa` and `prod` have the next two, and notifications arrive on the one after these
    #[arg(long, default_value_t = 7341, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..=65532))]
    base_port: u16,
    /// Let another release fail in production after the twelve steps: what ran before comes back, and the release succeeds later
    #[arg(long)]
    failure: bool,
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    if !arguments.yes && context.terminal.interactive {
        let question = format!(
            "start three local workspaces and a receiver of notifications on ports {} to {}, install their Python packages in the \
             cache and write to `{}`?",
            arguments.base_port,
            u32::from(arguments.base_port) + 3,
            arguments.dir.display()
        );
        if !context.confirm(&question, "run it again with `--yes`").await? {
            return Err(CommandError::new(ExitKind::Refused, "not confirmed; nothing was done"));
        }
    }
    let wishes = Wishes {
        directory: arguments.dir,
        base_port: arguments.base_port,
        failure: arguments.failure,
    };
    let platform = wishes.directory.join("platform").join("platform.yaml");
    let (report, failure) = demo::run(wishes, context).await?;
    context.answer(&report)?;
    if failure.is_none() && context.output == OutputFormat::Text {
        let platform = platform.display();
        context.terminal.progress(&format!(
            "\nThe workspaces go on running. To look around: `sluice status --platform {platform}`; to stop them: `sluice workspace down \
             --platform {platform}`."
        ));
    }
    match failure {
        None if report.ledger.verified => Ok(Outcome::Done),
        None => Ok(Outcome::AnsweredNo),
        Some(error) => Err(error),
    }
}
