//! `sluice ledger export`.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sluice_model::Digest;

use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Write the whole ledger as JSON lines, which `sluice ledger verify FILE` proves anywhere
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The file; must not exist
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Serialize)]
struct Exported {
    file: PathBuf,
    entries: u64,
    head: Digest,
}

impl Answer for Exported {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        writeln!(out, "{} entries in {}", self.entries, self.file.display())?;
        writeln!(out, "  head {}", self.head)
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let text = surroundings.store.export().await?;
    let found = sluice_store::verify::verify_export(&text)?;
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&arguments.file)
        .and_then(|mut file| {
            std::io::Write::write_all(&mut file, text.as_bytes()).or_else(|error| {
                // Half an export proves nothing, and would stand in the way of the next one.
                std::fs::remove_file(&arguments.file)?;
                Err(error)
            })
        });
    written.map_err(|error| {
        let file = arguments.file.display();
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            CommandError::new(
                ExitKind::Config,
                format!("`{file}` exists already; name a file that does not"),
            )
        } else {
            CommandError::new(ExitKind::Config, format!("cannot write `{file}`: {error}"))
        }
    })?;
    context.answer(&Exported {
        file: arguments.file,
        entries: found.entries,
        head: found.head.entry_hash,
    })?;
    Ok(Outcome::Done)
}
