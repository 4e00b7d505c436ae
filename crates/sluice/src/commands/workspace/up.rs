//! `sluice workspace up`: starts the process that serves the workspaces and waits until they answer.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sluice_workspace::Durability;
use sluice_workspace::daemon::{Daemon, launch};
use sluice_workspace::workspaces::{DEFAULT_BASE_PORT, WORKSPACE_NAMES};

use super::place::{cache_directory, place};
use super::status::Shown;
use crate::cli::OutputFormat;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};

/// Start the local workspaces `dev`, `qa` and `prod` in the background
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Port of `dev`; `qa` and `prod` have the next two. 0 takes any free ports [default: 7341]
    #[arg(long, value_name = "PORT")]
    base_port: Option<u16>,
    /// Let administrators inject faults with `sluice workspace fault`, to see what clients make of them
    #[arg(long)]
    allow_faults: bool,
    /// Refuse requests with query parameters or fields that the API description does not know. Without it they are ignored and counted:
    /// `sluice workspace routes --ignored`
    #[arg(long)]
    strict: bool,
    /// What a write that was answered survives
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    durability: DurabilityArgument,
    /// Let Git folders clone the repositories in this directory of the machine; may be given more than once. Without it they clone
    /// from `https://` addresses alone
    #[arg(long, value_name = "DIR")]
    allow_git_directory: Vec<PathBuf>,
}

/// `--durability`.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum DurabilityArgument {
    /// The death of the process
    #[default]
    Process,
    /// The loss of power too, at the price of slower writes
    PowerLoss,
}

impl From<DurabilityArgument> for Durability {
    fn from(argument: DurabilityArgument) -> Self {
        match argument {
            DurabilityArgument::Process => Self::Process,
            DurabilityArgument::PowerLoss => Self::PowerLoss,
        }
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let place = place(context)?;
    let executable = context.program()?;
    let base_port = arguments.base_port.unwrap_or(DEFAULT_BASE_PORT);
    let path = |path: &std::path::Path| {
        path.to_str()
            .map(str::to_owned)
            .ok_or_else(|| CommandError::new(ExitKind::Config, format!("the path `{}` is not UTF-8", path.display())))
    };
    let mut command = vec![
        "workspace".to_owned(),
        "serve".to_owned(),
        "--detach".to_owned(),
        "--directory".to_owned(),
        path(&place.directory)?,
        "--cache-directory".to_owned(),
        path(&cache_directory(context)?)?,
        "--base-port".to_owned(),
        base_port.to_string(),
    ];
    if arguments.allow_faults {
        command.push("--allow-faults".to_owned());
    }
    if arguments.strict {
        command.push("--strict".to_owned());
    }
    let durability = Durability::from(arguments.durability);
    command.extend(["--durability".to_owned(), durability.as_str().to_owned()]);
    for directory in &arguments.allow_git_directory {
        let directory = std::fs::canonicalize(directory).map_err(|error| {
            CommandError::new(
                ExitKind::Config,
                format!(
                    "cannot use the directory `{}` of `--allow-git-directory`: {error}",
                    directory.display()
                ),
            )
        })?;
        command.extend(["--allow-git-directory".to_owned(), path(&directory)?]);
    }
    let daemon = launch(&place, &executable, &command).await?;
    if let Some(wanted) = arguments.base_port.filter(|wanted| *wanted != 0) {
        check_ports(&daemon, wanted)?;
    }
    if arguments.allow_faults {
        check_faults(&daemon)?;
    }
    if arguments.strict && !daemon.strict {
        return Err(otherwise("without `--strict`"));
    }
    if durability == Durability::PowerLoss && daemon.durability != durability {
        return Err(otherwise("without `--durability power-loss`"));
    }
    check_git_directories(&daemon, &arguments.allow_git_directory)?;
    context.answer(&Shown::of(&place, Some(daemon)))?;
    if context.output == OutputFormat::Text {
        context.terminal.progress(&format!(
        "Next, so that clients find them (any profile of the file will do):\n  export DATABRICKS_CONFIG_FILE={} DATABRICKS_CONFIG_PROFILE=dev-engineer",
        place.profile_file().display()
    ));
    }
    Ok(Outcome::Done)
}

/// Workspaces that ran already were started without faults, and stay so.
fn check_faults(daemon: &Daemon) -> Result<(), CommandError> {
    if daemon.faults_allowed {
        return Ok(());
    }
    Err(otherwise("without faults"))
}

/// The refusal when workspaces that run already were started in another way.
fn otherwise(how: &str) -> CommandError {
    let message = format!("the local workspaces {} run already, {how}", WORKSPACE_NAMES.join(", "));
    CommandError::new(ExitKind::Refused, message)
        .hint("run `sluice workspace down` first; what the workspaces hold stays")
}

/// Workspaces that ran already were started with other directories, and keep them.
fn check_git_directories(daemon: &Daemon, wanted: &[PathBuf]) -> Result<(), CommandError> {
    let allowed = |directory: &PathBuf| {
        std::fs::canonicalize(directory).is_ok_and(|directory| daemon.git_directories.contains(&directory))
    };
    let Some(missing) = wanted.iter().find(|directory| !allowed(directory)) else {
        return Ok(());
    };
    Err(otherwise(&format!(
        "without `--allow-git-directory {}`",
        missing.display()
    )))
}

/// Workspaces that ran already keep their ports; saying nothing would leave a person at a host that does not answer.
fn check_ports(daemon: &Daemon, wanted: u16) -> Result<(), CommandError> {
    let host = |offset: usize| format!("http://127.0.0.1:{}", usize::from(wanted) + offset);
    let elsewhere = daemon
        .hosts
        .iter()
        .enumerate()
        .find(|(offset, at)| at.host != host(*offset));
    match elsewhere {
        None => Ok(()),
        Some((_, at)) => Err(CommandError::new(
            ExitKind::Refused,
            format!(
                "the local workspaces {} run already, `{}` at {}, not with --base-port {wanted}",
                WORKSPACE_NAMES.join(", "),
                at.workspace,
                at.host
            ),
        )
        .hint("use them there, or run `sluice workspace down` first")),
    }
}
