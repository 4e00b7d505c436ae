//! `sluice release list`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::release::{ReleaseReport, release_list};

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
struct Listed(Vec<ReleaseReport>);

impl Answer for Listed {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for release in &self.0 {
            let places = if release.active_in.is_empty() {
                "nowhere".to_owned()
            } else {
                format!("in {}", release.active_in.join(", "))
            };
            writeln!(
                out,
                "{} {}: {}, {}, frozen {:.0} by {}, runs {places}",
                release.product,
                release.version,
                release.state,
                release.digest.short(),
                release.frozen_at,
                release.frozen_by,
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
    context.answer(&Listed(releases))?;
    Ok(Outcome::Done)
}
