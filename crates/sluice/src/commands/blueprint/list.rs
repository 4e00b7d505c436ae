//! `sluice blueprint list`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::blueprint::available;
use sluice_lifecycle::platform::Platform;

use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// List the blueprints: the shipped ones and those of the platform
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

#[derive(Serialize)]
struct Line {
    name: String,
    release: String,
    summary: String,
    origin: String,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Listed(Vec<Line>);

impl Answer for Listed {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for line in &self.0 {
            writeln!(
                out,
                "{} {} ({}): {}",
                line.name, line.release, line.origin, line.summary
            )?;
        }
        Ok(())
    }
}

pub(crate) async fn run(_arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let platform = Platform::find(context.platform.as_deref(), &context.current_directory()?)?;
    let lines = available(platform.as_ref())?.into_iter().map(|blueprint| Line {
        name: blueprint.name,
        release: blueprint.release.to_string(),
        summary: blueprint.summary,
        origin: blueprint.origin,
    });
    context.answer(&Listed(lines.collect()))?;
    Ok(Outcome::Done)
}
