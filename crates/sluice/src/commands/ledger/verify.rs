//! `sluice ledger verify`.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sluice_model::Digest;
use sluice_store::LedgerVerification;
use sluice_store::verify::verify_export;

use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Prove that no entry of the ledger was edited, removed, reordered or cut off
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// An exported file instead of the platform's ledger; needs neither platform nor database
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Hash that the last entry must have, noted down earlier at another place
    #[arg(long, value_name = "DIGEST")]
    head: Option<Digest>,
}

#[derive(Serialize)]
struct Answered {
    verified: bool,
    #[serde(flatten)]
    found: LedgerVerification,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_head: Option<Digest>,
}

impl Answer for Answered {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let head = &self.found.head;
        match &self.found.fault {
            Some(fault) => writeln!(out, "NOT verified: {}", fault.message)?,
            None if self.verified => writeln!(out, "Verified: {} entries, each as it was written", self.found.entries)?,
            None => writeln!(
                out,
                "NOT verified: the ledger ends with another entry than the expected one"
            )?,
        }
        writeln!(out, "  ledger {}", head.ledger_id)?;
        writeln!(out, "  head   {}", head.entry_hash)
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let found = match &arguments.file {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                CommandError::new(ExitKind::Config, format!("cannot read `{}`: {error}", path.display()))
            })?;
            verify_export(&text)?
        }
        None => Surroundings::open(context).await?.store.verify().await?,
    };
    let as_expected = arguments.head.is_none_or(|head| head == found.head.entry_hash);
    let verified = found.fault.is_none() && as_expected;
    context.answer(&Answered {
        verified,
        found,
        expected_head: arguments.head,
    })?;
    Ok(if verified { Outcome::Done } else { Outcome::AnsweredNo })
}
