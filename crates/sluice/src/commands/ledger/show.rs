//! `sluice ledger show`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_store::Event;

use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Show entries of the ledger, all kinds
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Entries after this number
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    after: u64,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    limit: u32,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Shown(Vec<Event>);

impl Answer for Shown {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for event in &self.0 {
            writeln!(
                out,
                "{:>5} {} {:.0} {} {}",
                event.seq,
                event.entry_hash.short(),
                event.at,
                event.kind,
                if event.actor.service {
                    &event.actor.display_name
                } else {
                    &event.actor.subject
                }
            )?;
        }
        Ok(())
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    context.answer(&Shown(
        surroundings.store.events(arguments.after, arguments.limit).await?,
    ))?;
    Ok(Outcome::Done)
}
