//! `sluice history`: what happened.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::status::{HistoryEntry, history};
use sluice_model::EnvironmentName;

use crate::commands::people::People;
use crate::commands::surroundings::{ProductOption, Surroundings};
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Show what happened to products, oldest first
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    product: ProductOption,
    /// One environment alone
    #[arg(short, long, value_name = "ENV")]
    environment: Option<EnvironmentName>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Told {
    entries: Vec<HistoryEntry>,
    #[serde(skip)]
    people: People,
}

impl Answer for Told {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for entry in &self.entries {
            write!(out, "{:>5} {:.0} {}", entry.seq, entry.at, entry.kind)?;
            let subject = &entry.subject;
            if let Some(product) = &subject.product {
                write!(out, " {product}")?;
            }
            if let Some(version) = &subject.version {
                write!(out, " {version}")?;
            }
            if let Some(environment) = &subject.environment {
                write!(out, " in {environment}")?;
            }
            writeln!(out, " by {}", self.people.name(&entry.actor))?;
        }
        Ok(())
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let product = arguments.product.name(context).await?;
    let entries = history(&surroundings.store, product.as_ref(), arguments.environment.as_ref()).await?;
    if entries.is_empty() {
        context
            .terminal
            .progress("Nothing happened yet: `sluice verify -t ENV` is the first thing that is recorded.");
    }
    let people = People::of(&surroundings.store).await?;
    context.answer(&Told { entries, people })?;
    Ok(Outcome::Done)
}
