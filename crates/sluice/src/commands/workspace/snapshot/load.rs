//! `sluice workspace snapshot load`.

use clap::Args;
use sluice_workspace::snapshot::{load, manifest};

use super::Shown;
use crate::commands::workspace::place::place;
use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Replace the local workspaces by those of a snapshot; what they hold now is gone
///
/// They have to be stopped. The ledger of the platform stays as it is.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the snapshot
    name: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let place = place(context)?;
    let snapshot = manifest(&place, &arguments.name)?;
    let question = format!(
        "replace what {} hold by the snapshot `{}`?",
        snapshot.workspaces.join(", "),
        snapshot.name
    );
    if !arguments.yes
        && !context
            .confirm(&question, "pass --yes to replace it without being asked")
            .await?
    {
        return Err(CommandError::new(
            crate::error::ExitKind::Refused,
            "not confirmed: nothing was replaced",
        ));
    }
    let snapshot = load(&place, &arguments.name).await?;
    context.answer(&Shown {
        version: 1,
        done: "loaded",
        snapshot,
        next: "`sluice workspace up` starts them.".to_owned(),
    })?;
    Ok(Outcome::Done)
}
