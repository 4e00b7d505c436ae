//! `sluice status`: what runs where.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::status::{StatusCell, status};
use sluice_model::Timestamp;

use crate::commands::people::People;
use crate::commands::surroundings::{ProductOption, Surroundings};
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Show which release runs where, since when, by whom
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    product: ProductOption,
    /// As of a past moment, such as `2026-01-31T12:00:00Z`
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Matrix {
    cells: Vec<StatusCell>,
    #[serde(skip)]
    people: People,
}

impl Answer for Matrix {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for cell in &self.cells {
            write!(out, "{} in {}: ", cell.product, cell.environment)?;
            match &cell.running {
                Some(running) => {
                    match &running.version {
                        Some(version) => write!(out, "{version} ({})", running.digest.short())?,
                        None => write!(out, "commit {}", &running.commit[..running.commit.len().min(12)])?,
                    }
                    write!(out, " since {:.0} by {}", running.since, self.people.name(&running.by))?;
                    match running.approved_by.as_slice() {
                        [] => writeln!(out)?,
                        approvers => writeln!(out, ", approved by {}", approvers.join(", "))?,
                    }
                }
                None => writeln!(out, "nothing")?,
            }
            if let Some(unfinished) = &cell.unfinished {
                writeln!(out, "  deployment {} is {}", unfinished.deployment, unfinished.state)?;
                for reason in &unfinished.reasons {
                    writeln!(out, "    {reason}")?;
                }
            }
        }
        Ok(())
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let product = arguments.product.name(context).await?;
    let cells = status(
        &surroundings.store,
        surroundings.platform.as_ref(),
        product.as_ref(),
        arguments.at,
    )
    .await?;
    if cells.is_empty() {
        context.terminal.progress(
            "Nothing is known to run: `sluice verify` and `sluice promote` record what they deploy, `sluice deploy` does not.",
        );
    }
    let people = People::of(&surroundings.store).await?;
    context.answer(&Matrix { cells, people })?;
    Ok(Outcome::Done)
}
