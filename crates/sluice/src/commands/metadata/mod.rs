//! `sluice metadata …`: what the product and its contracts say, changed in place and committed.

mod describe;
mod init_contract;
mod set;
mod show;
mod tag;
mod term;
mod unset;

use std::fmt;

use clap::{Args, Subcommand};
use serde::Serialize;
use sluice_lifecycle::metadata::{Edit, Written, edit};
use sluice_lifecycle::platform::Platform;
use sluice_lifecycle::product::Product;

use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Metadata of the product: show it, and change it in place with a commit
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Show(show::Arguments),
    Set(set::Arguments),
    Unset(unset::Arguments),
    Describe(describe::Arguments),
    Term(term::Arguments),
    Tag(tag::Arguments),
    InitContract(init_contract::Arguments),
}

/// How an edit is kept.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct CommitOption {
    /// Leave the changed files uncommitted
    #[arg(long)]
    no_commit: bool,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Edited(Written);

impl Answer for Edited {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let Written {
            files,
            commit,
            uncommitted,
        } = &self.0;
        match (files.as_slice(), commit) {
            ([], _) if uncommitted.is_empty() => writeln!(out, "Nothing to change"),
            ([], _) => writeln!(
                out,
                "Nothing to change, but {} is not committed yet",
                uncommitted.join(", ")
            ),
            (files, Some(commit)) => writeln!(
                out,
                "Changed {} in commit {}",
                files.join(", "),
                &commit[..commit.len().min(12)]
            ),
            (files, None) => writeln!(out, "Changed {}", files.join(", ")),
        }
    }
}

/// Makes an edit in the product of the current directory and says what was written.
async fn make(change: &Edit, option: CommitOption, context: &Context) -> Result<Outcome, CommandError> {
    let here = context.current_directory()?;
    let product = Product::find(&here).await?;
    let platform = Platform::find(context.platform.as_deref(), &here)?;
    let _held = context.interrupt.hold();
    let written = edit(&product, platform.as_ref(), change, !option.no_commit).await?;
    context.answer(&Edited(written))?;
    Ok(Outcome::Done)
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<Outcome, CommandError> {
    match command {
        Command::Show(arguments) => show::run(arguments, context).await,
        Command::Set(arguments) => set::run(arguments, context).await,
        Command::Unset(arguments) => unset::run(arguments, context).await,
        Command::Describe(arguments) => describe::run(arguments, context).await,
        Command::Term(arguments) => term::run(arguments, context).await,
        Command::Tag(arguments) => tag::run(arguments, context).await,
        Command::InitContract(arguments) => init_contract::run(arguments, context).await,
    }
}
