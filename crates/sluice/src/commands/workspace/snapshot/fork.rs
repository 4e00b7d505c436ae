//! `sluice workspace snapshot fork`.

use clap::Args;
use sluice_lifecycle::places::data_directory;
use sluice_workspace::daemon::Place;
use sluice_workspace::snapshot::fork;

use super::Shown;
use crate::commands::workspace::place::place;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};

/// Make workspaces of another platform out of a snapshot, which live on their own from then on
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the snapshot
    name: String,
    /// `id` of the other platform, as in its `platform.yaml`
    #[arg(long = "to", value_name = "PLATFORM")]
    other: String,
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let Arguments { name, other: platform } = arguments;
    let fits = !platform.is_empty()
        && platform
            .chars()
            .all(|each| each.is_ascii_alphanumeric() || ['-', '_'].contains(&each));
    if !fits {
        return Err(CommandError::new(
            ExitKind::Usage,
            format!("`{platform}` is no id of a platform: letters, digits, `-` and `_`"),
        ));
    }
    let from = place(context)?;
    let data = data_directory(&context.environment).map_err(|_none| {
        CommandError::new(
            ExitKind::Config,
            "no place for the workspaces: set SLUICE_DATA_DIR, or HOME",
        )
    })?;
    let to = Place {
        directory: context
            .current_directory()?
            .join(data)
            .join(&platform)
            .join("workspaces"),
    };
    let snapshot = fork(&from, &name, &to).await?;
    let next = format!(
        "`sluice workspace up` starts them for the platform `{platform}`, with ports of their own (`--base-port`)."
    );
    context.answer(&Shown {
        version: 1,
        done: "forked",
        snapshot,
        next,
    })?;
    Ok(Outcome::Done)
}
