//! `sluice workspace snapshot diff`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_workspace::snapshot::{Change, TableChange, difference, manifest};
use sluice_workspace::workspaces::WORKSPACE_NAMES;

use crate::commands::workspace::place::place;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Show what differs between a snapshot and the local workspaces as they are, or another snapshot
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the snapshot that was before
    name: String,
    /// Name of the snapshot that came after; what the workspaces hold now when not given
    other: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    version: u32,
    before: String,
    after: Option<String>,
    changes: Vec<Change>,
    tables: Vec<TableChange>,
}

impl Answer for Shown {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let after = self.after.as_deref().unwrap_or("the workspaces as they are");
        if self.changes.is_empty() && self.tables.is_empty() {
            return writeln!(out, "Nothing differs between `{}` and {after}.", self.before);
        }
        for change in &self.changes {
            for (sign, names) in [('+', &change.added), ('-', &change.removed), ('~', &change.changed)] {
                for name in names {
                    writeln!(out, "{sign} {}: {} {name}", change.workspace, change.table)?;
                }
            }
        }
        for TableChange {
            workspace,
            table,
            before,
            after,
        } in &self.tables
        {
            let version =
                |version: Option<u64>| version.map_or_else(|| "absent".to_owned(), |version| version.to_string());
            let (before, after) = (version(*before), version(*after));
            writeln!(out, "~ {workspace}: rows of {table}, version {before} to {after}")?;
        }
        Ok(())
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let place = place(context)?;
    let Arguments { name, other } = arguments;
    let mut workspaces = manifest(&place, &name)?.workspaces;
    let after = match &other {
        Some(other) => {
            workspaces.extend(manifest(&place, other)?.workspaces);
            place.snapshots().join(other)
        }
        None => {
            workspaces.extend(WORKSPACE_NAMES.map(str::to_owned));
            place.directory.clone()
        }
    };
    workspaces.sort();
    workspaces.dedup();
    let (changes, tables) = difference(&place.snapshots().join(&name), &after, &workspaces).await?;
    context.answer(&Shown {
        version: 1,
        before: name,
        after: other,
        changes,
        tables,
    })?;
    Ok(Outcome::Done)
}
