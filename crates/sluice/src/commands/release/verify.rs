//! `sluice release verify`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::product::Product;
use sluice_lifecycle::release::{ReleaseVerification, verify_release};
use sluice_model::ReleaseVersion;

use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Prove that a release is still what was frozen
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Version of the release
    #[arg(value_name = "VERSION")]
    version: ReleaseVersion,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Verified(ReleaseVerification);

impl Answer for Verified {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let found = &self.0;
        let by = if found.recorded {
            "the ledger and Git agree"
        } else {
            "Git alone; it is not in this ledger"
        };
        writeln!(
            out,
            "{} {} is what was frozen: {} files, {by}",
            found.product, found.version, found.files
        )?;
        writeln!(out, "  digest {}", found.digest)?;
        writeln!(out, "  commit {}", found.commit)
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let product = Product::find(&context.current_directory()?).await?;
    let actor = surroundings.actor().await?;
    let _held = context.interrupt.hold();
    let name = &product.descriptor.name;
    let found = verify_release(surroundings.use_case(&actor), &product.root, name, &arguments.version).await?;
    context.answer(&Verified(found))?;
    Ok(Outcome::Done)
}
