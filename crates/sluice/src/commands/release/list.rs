//! `sluice release list`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::release::{ReleaseReport, release_list};
use sluice_store::record::ReleaseState;

use crate::commands::people::People;
use crate::commands::surroundings::{ProductOption, Surroundings};
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// List the releases
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    product: ProductOption,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Listed {
    releases: Vec<ReleaseReport>,
    #[serde(skip)]
    people: People,
}

impl Answer for Listed {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for release in &self.releases {
            let places = if release.active_in.is_empty() {
                "nowhere".to_owned()
            } else {
                format!("in {}", release.active_in.join(", "))
            };
            writeln!(
                out,
                "{} {} ({}): {} {:.0} by {}, runs {places}",
                release.product,
                release.version,
                release.digest.short(),
                match release.state {
                    ReleaseState::Frozen => "frozen",
                    ReleaseState::Quarantined => "quarantined; frozen",
                },
                release.frozen_at,
                self.people.name(&release.frozen_by),
            )?;
        }
        Ok(())
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let product = arguments.product.name(context).await?;
    let releases = release_list(&surroundings.store, product.as_ref()).await?;
    if releases.is_empty() {
        context
            .terminal
            .progress("There is no release yet: `sluice freeze VERSION` makes one.");
    }
    let people = People::of(&surroundings.store).await?;
    context.answer(&Listed { releases, people })?;
    Ok(Outcome::Done)
}
