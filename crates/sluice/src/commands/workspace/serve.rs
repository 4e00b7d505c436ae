//! `sluice workspace serve`: the process behind `up`, in the foreground.

use std::path::PathBuf;

use clap::Args;
use sluice_workspace::clock::Clock;
use sluice_workspace::daemon::{FailureKind, serve};
use sluice_workspace::workspaces::{DEFAULT_BASE_PORT, ServeOptions, WORKSPACE_NAMES};

use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};

/// Serve the local workspaces until SIGTERM
#[derive(Debug, Args)]
#[command(hide = true)]
pub(crate) struct Arguments {
    /// Where the workspaces keep everything
    #[arg(long, value_name = "DIR")]
    directory: PathBuf,
    /// Where Python environments are kept
    #[arg(long, value_name = "DIR")]
    cache_directory: PathBuf,
    /// Port of the first workspace
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_BASE_PORT)]
    base_port: u16,
    /// Leave the session of the terminal
    #[arg(long)]
    detach: bool,
    /// Let administrators inject faults
    #[arg(long)]
    allow_faults: bool,
    /// Refuse what the API description does not know
    #[arg(long)]
    strict: bool,
    /// What acknowledged writes survive
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    durability: super::up::DurabilityArgument,
    /// Directory whose Git repositories may be cloned into Git folders
    #[arg(long, value_name = "DIR")]
    allow_git_directory: Vec<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let options = ServeOptions {
        directory: arguments.directory,
        cache_directory: arguments.cache_directory,
        base_port: arguments.base_port,
        names: WORKSPACE_NAMES.map(str::to_owned).to_vec(),
        task_launcher: vec![context.program()?.into(), "workspace".into(), "sandbox".into()],
        allow_faults: arguments.allow_faults,
        strict: arguments.strict,
        durability: arguments.durability.into(),
        git_directories: arguments.allow_git_directory,
        clock: Clock::System,
    };
    // A signal ends the serving, not this command: requests under way get their answers.
    let held = context.interrupt.hold();
    let served = serve(options, arguments.detach).await;
    drop(held);
    match served {
        Ok(()) => Ok(Outcome::Done),
        Err(failure) => {
            let kind = match failure.kind {
                FailureKind::Port => ExitKind::Config,
                FailureKind::AlreadyServed => ExitKind::Refused,
                FailureKind::Other => ExitKind::Remote,
            };
            Err(CommandError::new(kind, failure.message))
        }
    }
}
