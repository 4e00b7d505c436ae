//! `sluice blueprint check`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::blueprint::source::BlueprintCheck;
use sluice_lifecycle::blueprint::{check, find};
use sluice_lifecycle::platform::Platform;

use crate::commands::bundle_options::assignment;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Check a blueprint: its documents, its templates, and what they lead to
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the blueprint, or its directory (with a `/`)
    #[arg(value_name = "BLUEPRINT")]
    blueprint: String,
    /// An answer to one of its questions; with all of them answered the templates are rendered too
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = assignment)]
    answers: Vec<(String, String)>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Checked(BlueprintCheck);

impl Answer for Checked {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let checked = &self.0;
        if checked.unanswered.is_empty() {
            return writeln!(
                out,
                "{} {} is sound: {} files",
                checked.blueprint,
                checked.release,
                checked.files.len()
            );
        }
        writeln!(
            out,
            "{} {}: its documents and templates can be read; not rendered, without answers to {}",
            checked.blueprint,
            checked.release,
            checked.unanswered.join(", ")
        )
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let platform = Platform::find(context.platform.as_deref(), &context.current_directory()?)?;
    let blueprint = find(&arguments.blueprint, platform.as_ref())?;
    context.answer(&Checked(check(&blueprint, &arguments.answers)?))?;
    Ok(Outcome::Done)
}
