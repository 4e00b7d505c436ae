//! `sluice new`: a product's repository from a blueprint.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::blueprint::{NewProduct, NewProductRequest, find, new_product};
use sluice_lifecycle::platform::Platform;

use crate::commands::bundle_options::assignment;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Make the repository of a new data product from a blueprint
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the blueprint, or its directory (with a `/`)
    #[arg(value_name = "BLUEPRINT")]
    blueprint: String,
    /// Where the repository goes: absent, or an empty directory
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// An answer to a question of the blueprint; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = assignment)]
    answers: Vec<(String, String)>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Made(NewProduct);

impl Answer for Made {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let made = &self.0;
        writeln!(
            out,
            "Made {} in {} from blueprint {} {}: {} files, commit {}",
            made.product,
            made.directory.display(),
            made.blueprint,
            made.release,
            made.files.len(),
            &made.commit[..made.commit.len().min(12)],
        )?;
        match &made.message {
            Some(message) => writeln!(out, "{message}"),
            None => Ok(()),
        }
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let here = context.current_directory()?;
    let platform = Platform::find(context.platform.as_deref(), &here)?;
    let request = NewProductRequest {
        blueprint: find(&arguments.blueprint, platform.as_ref())?,
        directory: here.join(arguments.directory),
        answers: arguments.answers,
        author: None,
    };
    let _held = context.interrupt.hold();
    context.answer(&Made(new_product(&request).await?))?;
    Ok(Outcome::Done)
}
