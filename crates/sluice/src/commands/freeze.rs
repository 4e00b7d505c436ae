//! `sluice freeze`: the commit that is checked out becomes a release.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::product::Product;
use sluice_lifecycle::release::{Frozen, freeze};
use sluice_model::ReleaseVersion;

use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Freeze the commit that is checked out as a release
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Version of the release, such as `1.4.0`
    #[arg(value_name = "VERSION")]
    version: ReleaseVersion,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Answered(Frozen);

impl Answer for Answered {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let frozen = &self.0;
        let word = if frozen.existed { "Already frozen" } else { "Frozen" };
        writeln!(
            out,
            "{word}: {} {} ({} files)",
            frozen.product, frozen.version, frozen.files
        )?;
        writeln!(out, "  digest {}", frozen.digest)?;
        writeln!(out, "  commit {}", frozen.commit)?;
        writeln!(out, "  tag    {}", frozen.tag)?;
        match &frozen.verification {
            Some(id) => writeln!(out, "  rests on verification {id}"),
            None => writeln!(out, "  this content was never verified; `sluice verify -t ENV` does it"),
        }
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let product = Product::find(&context.current_directory()?).await?;
    let actor = surroundings.actor().await?;
    let _held = context.interrupt.hold();
    let frozen = freeze(surroundings.use_case(&actor), &product, &arguments.version, None).await?;
    context.answer(&Answered(frozen))?;
    Ok(Outcome::Done)
}
