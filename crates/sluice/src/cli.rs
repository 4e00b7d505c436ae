//! The command line: global options and the commands. Each command's own options stand in its file under [`crate::commands`].

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands;
use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Takes a data product on Databricks from blueprint to production.
#[derive(Debug, Parser)]
#[command(name = "sluice", version, disable_help_subcommand = true, max_term_width = 120)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct GlobalOptions {
    /// What to write to standard output
    #[arg(short, long, global = true, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    pub(crate) output: OutputFormat,
    /// Path of `platform.yaml`; found by searching upwards when not given
    #[arg(
        long,
        global = true,
        env = "SLUICE_PLATFORM",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub(crate) platform: Option<PathBuf>,
    /// End when the process with this id ends: for programs that start this one and can be killed
    #[arg(long, global = true, hide = true, value_name = "PID")]
    pub(crate) end_with_parent: Option<i32>,
}

/// The form of an answer on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    // For people. No doc comments here: they would give `--help` a longer form than `-h`.
    Text,
    // For programs.
    Json,
}

/// Everything that this version offers, in the order of `--help`: the way of a product from its start to production. A command that
/// does not exist yet has no variant.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(commands::demo::Arguments),
    Workspace(commands::workspace::Arguments),
    #[command(subcommand)]
    Blueprint(commands::blueprint::Command),
    New(commands::new::Arguments),
    Validate(commands::validate::Arguments),
    Plan(commands::plan::Arguments),
    Deploy(commands::deploy::Arguments),
    Run(commands::run::Arguments),
    Summary(commands::summary::Arguments),
    Destroy(commands::destroy::Arguments),
    Capture(commands::capture::Arguments),
    #[command(subcommand)]
    Metadata(commands::metadata::Command),
    #[command(subcommand)]
    Contract(commands::contract::Command),
    Verify(commands::verify::Arguments),
    Check(commands::check::Arguments),
    Why(commands::why::Arguments),
    #[command(subcommand)]
    Policy(commands::policy::Command),
    Freeze(commands::freeze::Arguments),
    #[command(subcommand)]
    Release(commands::release::Command),
    Promote(commands::promote::Arguments),
    #[command(subcommand)]
    Promotion(commands::promotion::Command),
    #[command(subcommand)]
    Deployment(commands::deployment::Command),
    Signoff(commands::signoff::Arguments),
    Change(commands::change::Arguments),
    Approve(commands::approve::Arguments),
    Reject(commands::reject::Arguments),
    Status(commands::status::Arguments),
    Drift(commands::drift::Arguments),
    History(commands::history::Arguments),
    #[command(subcommand)]
    Ledger(commands::ledger::Command),
    Serve(commands::serve::Arguments),
    #[command(hide = true)]
    Reference(commands::reference::Arguments),
}

impl Command {
    /// Runs the chosen command.
    pub(crate) async fn run(self, context: &Context) -> Result<Outcome, CommandError> {
        match self {
            Self::Demo(arguments) => commands::demo::run(arguments, context).await,
            Self::Validate(arguments) => commands::validate::run(arguments, context).await,
            Self::Plan(arguments) => commands::plan::run(arguments, context).await,
            Self::Deploy(arguments) => commands::deploy::run(arguments, context).await,
            Self::Destroy(arguments) => commands::destroy::run(arguments, context).await,
            Self::Run(arguments) => commands::run::run(arguments, context).await,
            Self::Summary(arguments) => commands::summary::run(arguments, context).await,
            Self::New(arguments) => commands::new::run(arguments, context).await,
            Self::Blueprint(command) => commands::blueprint::run(command, context).await,
            Self::Capture(arguments) => commands::capture::run(arguments, context).await,
            Self::Metadata(command) => commands::metadata::run(command, context).await,
            Self::Contract(command) => commands::contract::run(command, context).await,
            Self::Verify(arguments) => commands::verify::run(arguments, context).await,
            Self::Check(arguments) => commands::check::run(arguments, context).await,
            Self::Why(arguments) => commands::why::run(arguments, context).await,
            Self::Policy(command) => commands::policy::run(command, context).await,
            Self::Freeze(arguments) => commands::freeze::run(arguments, context).await,
            Self::Release(command) => commands::release::run(command, context).await,
            Self::Promote(arguments) => commands::promote::run(arguments, context).await,
            Self::Signoff(arguments) => commands::signoff::run(arguments, context).await,
            Self::Change(arguments) => commands::change::run(arguments, context).await,
            Self::Approve(arguments) => commands::approve::run(arguments, context).await,
            Self::Reject(arguments) => commands::reject::run(arguments, context).await,
            Self::Promotion(command) => commands::promotion::run(command, context).await,
            Self::Deployment(command) => commands::deployment::run(command, context).await,
            Self::Drift(arguments) => commands::drift::run(arguments, context).await,
            Self::Status(arguments) => commands::status::run(arguments, context).await,
            Self::History(arguments) => commands::history::run(arguments, context).await,
            Self::Ledger(command) => commands::ledger::run(command, context).await,
            Self::Serve(arguments) => commands::serve::run(arguments, context).await,
            Self::Workspace(arguments) => commands::workspace::run(arguments, context).await,
            Self::Reference(arguments) => commands::reference::run(arguments, context).await,
        }
    }
}
