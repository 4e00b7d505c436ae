//! `sluice capture`: reads what lives in a workspace into the files of the product.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_bundle::capture::CaptureDifference;
use sluice_lifecycle::capture::{CaptureOutcome, CaptureRequest, capture, complete};
use sluice_lifecycle::product::{DESCRIPTOR, Product};

use crate::commands::bundle_options::BundleOptions;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Read what lives in the target's workspace into the files of the product
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    bundle: BundleOptions,
    /// Write nothing; exit with 1 when the workspace holds something that the files do not
    #[arg(long)]
    check: bool,
    /// Folder of the workspace whose code belongs to the product; may be given several times
    #[arg(long = "folder", value_name = "PATH")]
    folders: Vec<String>,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    outcome: CaptureOutcome,
    check: bool,
}

impl Answer for Shown {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let report = &self.outcome.report;
        for path in &self.outcome.completed {
            writeln!(out, "completed  {path}, of a capture that was interrupted")?;
        }
        for difference in &report.differences {
            match difference {
                CaptureDifference::Undeclared { kind, name, key, file } => {
                    writeln!(out, "new        {kind} {name} as {key} in {file}")?;
                }
                CaptureDifference::Changed {
                    kind,
                    name,
                    key,
                    file,
                    fields,
                } => writeln!(out, "changed    {kind} {name} ({key} in {file}): {}", fields.join(", "))?,
                CaptureDifference::File { remote, file, new } => {
                    let word = if *new { "new    " } else { "changed" };
                    writeln!(out, "{word}    file {remote} as {file}")?;
                }
            }
        }
        for left_out in &report.left_out {
            writeln!(out, "left out   {}: {}", left_out.object, left_out.reason)?;
        }
        let lifted: usize = report.lifted.values().sum();
        let (found, differences) = (report.found.len(), report.differences.len());
        if self.check {
            return writeln!(
                out,
                "{}: {found} objects in scope, {differences} differ from the files",
                self.outcome.target
            );
        }
        writeln!(
            out,
            "Captured from {}: {found} objects in scope, {differences} differences, {lifted} values lifted",
            self.outcome.target
        )?;
        for file in &report.files {
            writeln!(out, "  {} {}", if file.new { "new    " } else { "changed" }, file.path)?;
        }
        Ok(())
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    for folder in &arguments.folders {
        if !folder.starts_with('/') {
            return Err(CommandError::new(
                ExitKind::Usage,
                format!("`--folder {folder}` is not a path of the workspace: it begins with `/`"),
            ));
        }
    }
    let completed = if arguments.check {
        Vec::new()
    } else {
        complete(&arguments.bundle.root(context)?)?
    };
    let loaded = arguments.bundle.load(context).await?;
    let descriptor = loaded
        .root
        .join(DESCRIPTOR)
        .is_file()
        .then(|| Product::read_descriptor(&loaded.root));
    let product = match descriptor.transpose() {
        Ok(descriptor) => descriptor.map(|descriptor| descriptor.name.to_string()),
        Err(error) => return Err(CommandError::config(error.diagnostics().to_vec())),
    };
    let _held = context.interrupt.hold();
    let outcome = capture(CaptureRequest {
        loaded: &loaded,
        product: product.as_deref(),
        folders: &arguments.folders,
        check: arguments.check,
        completed,
    })
    .await?;
    context.terminal.diagnostics(&outcome.report.findings);
    let clean = outcome.report.differences.is_empty();
    context.answer(&Shown {
        outcome,
        check: arguments.check,
    })?;
    if arguments.check && !clean {
        return Ok(Outcome::AnsweredNo);
    }
    Ok(Outcome::Done)
}
