//! `sluice contract check`: form, tables, terms and tags of the contracts, without a workspace.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::contracts::{CheckReport, check, check_files};
use sluice_lifecycle::platform::Platform;
use sluice_lifecycle::product::Product;

use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Check the contracts of the product: their form, their tables, terms and tags
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Check these files alone, without the product's ports and tables
    #[arg(value_name = "FILE")]
    files: Vec<String>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Checked(CheckReport);

impl Answer for Checked {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for finding in &self.0.findings {
            writeln!(out, "{finding}")?;
        }
        for contract in &self.0.contracts {
            write!(out, "{} {} in {}", contract.id, contract.version, contract.file)?;
            match &contract.port {
                Some(port) => writeln!(out, " (port {port})")?,
                None => writeln!(out)?,
            }
        }
        let errors = self.0.findings.iter().filter(|finding| finding.is_error()).count();
        let others = self.0.findings.len() - errors;
        if self.0.findings.is_empty() {
            writeln!(out, "Contracts OK")
        } else {
            writeln!(out, "Found {errors} errors and {others} other findings")
        }
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let here = context.current_directory()?;
    let platform = Platform::find(context.platform.as_deref(), &here)?;
    let report = if arguments.files.is_empty() {
        check(&Product::find(&here).await?.root, platform.as_ref())?
    } else {
        check_files(&here, &arguments.files, platform.as_ref())?
    };
    let outcome = if report.passed() {
        Outcome::Done
    } else {
        Outcome::AnsweredNo
    };
    context.answer(&Checked(report))?;
    Ok(outcome)
}
