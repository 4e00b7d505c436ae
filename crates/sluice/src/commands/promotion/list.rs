//! `sluice promotion list`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::promotion::promotion_list;
use sluice_store::record::Promotion;

use crate::commands::people::People;
use crate::commands::surroundings::{ProductOption, Surroundings};
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// List the promotions, oldest first
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    product: ProductOption,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Listed {
    promotions: Vec<Promotion>,
    #[serde(skip)]
    people: People,
}

impl Answer for Listed {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for row in &self.promotions {
            writeln!(
                out,
                "{} {} {} to {}: {} since {:.0}, asked by {}",
                row.id,
                row.product,
                row.version,
                row.environment,
                row.state,
                row.changed_at,
                self.people.name(&row.requested_by)
            )?;
        }
        Ok(())
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let product = arguments.product.name(context).await?;
    let promotions = promotion_list(&surroundings.store, product.as_ref()).await?;
    if promotions.is_empty() {
        context
            .terminal
            .progress("There is no promotion yet: `sluice promote VERSION --to ENV` asks for one.");
    }
    let people = People::of(&surroundings.store).await?;
    context.answer(&Listed { promotions, people })?;
    Ok(Outcome::Done)
}
