//! `sluice workspace fault add`.

use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};

use clap::Args;
use serde::Serialize;
use sluice_workspace::faults::{ArmedFault, FAULTS_PATH, Fault, Rate};

use super::action::{ActionOptions, ReplyOptions};
use super::condition::ConditionOptions;
use super::sentence::sentence;
use crate::commands::workspace::control::WorkspaceOption;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Add a fault: which requests are counted, which of them go wrong, and how
#[derive(Debug, Args)]
#[command(after_help = "\
Requests with a valid token are counted when they fulfil every condition that is given; without conditions all are.
The workspaces have to run with `sluice workspace up --allow-faults`. Faults last until they are cleared or the
workspaces stop.

Examples:
  The third ALTER TABLE of the deployer is executed, but the deployer is told that it failed:
    sluice workspace fault add --environment prod \\
      --operation sql.StatementExecutionAPI.execute_statement \\
      --principal deployer --body-contains 'ALTER TABLE' --nth 3 --commit-then-fail 503
  Two requests for a job are turned away, with the time to wait in seconds:
    sluice workspace fault add --environment dev --operation jobs.JobsAPI.get --times 2 \\
      --status 429 --header 'Retry-After: 1'
  The seventh request that writes is lost with its connection:
    sluice workspace fault add --environment qa --requests writing --nth 7 --drop
  One request in ten is lost, and its client does not know whether it was executed:
    sluice workspace fault add --environment qa --until-cleared --percent 10 --commit-then-drop
  Runs never end:
    sluice workspace fault add --environment qa --operation jobs.JobsAPI.get_run --until-cleared \\
      --set state.life_cycle_state=RUNNING
  After each write, two readings of an address still see the former state:
    sluice workspace fault add --environment qa --requests reading --until-cleared --stale 2")]
pub(crate) struct Arguments {
    #[command(flatten)]
    workspace: WorkspaceOption,
    #[command(flatten)]
    condition: ConditionOptions,
    /// The number, from 1, of the first counted request that goes wrong
    #[arg(long, value_name = "N", default_value_t = NonZeroU64::MIN, help_heading = "Which of them go wrong")]
    nth: NonZeroU64,
    /// How many counted requests in a row go wrong [default: 1]
    #[arg(long, value_name = "N", help_heading = "Which of them go wrong")]
    times: Option<NonZeroU64>,
    /// All counted requests from then on go wrong, until the fault is cleared
    #[arg(long, conflicts_with = "times", help_heading = "Which of them go wrong")]
    until_cleared: bool,
    /// Of these only so many in a hundred, chosen by the seed
    #[arg(long, value_name = "PERCENT", help_heading = "Which of them go wrong")]
    percent: Option<u8>,
    /// Another seed chooses other requests
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        requires = "percent",
        help_heading = "Which of them go wrong"
    )]
    seed: u64,
    /// Of these only what comes faster than so many in a second
    #[arg(long, value_name = "N", help_heading = "Which of them go wrong")]
    rate: Option<NonZeroU32>,
    /// So many may come at once before the rate counts [default: as many as --rate]
    #[arg(long, value_name = "N", requires = "rate", help_heading = "Which of them go wrong")]
    burst: Option<NonZeroU32>,
    #[command(flatten)]
    action: ActionOptions,
    #[command(flatten)]
    reply: ReplyOptions,
}

impl Arguments {
    fn fault(self) -> Result<(WorkspaceOption, Fault), CommandError> {
        let rate = self.rate.map(|per_second| Rate {
            per_second,
            burst: self.burst.unwrap_or(per_second),
        });
        let fault = Fault {
            condition: self.condition.into(),
            nth: self.nth,
            times: self.times,
            until_cleared: self.until_cleared,
            percent: self.percent,
            seed: self.seed,
            rate,
            action: self.action.action(self.reply)?,
        };
        Ok((self.workspace, fault))
    }
}

#[derive(Serialize)]
struct Added {
    version: u32,
    workspace: String,
    added: ArmedFault,
}

impl Answer for Added {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let ArmedFault { id, fault, .. } = &self.added;
        writeln!(
            out,
            "Added {id} to the workspace {}: {}",
            self.workspace,
            sentence(fault)
        )
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let (workspace, fault) = arguments.fault()?;
    fault
        .check()
        .map_err(|wrong| CommandError::new(ExitKind::Usage, wrong.join("; ")))?;
    let control = workspace.connect(context)?;
    let added = control.post(FAULTS_PATH, &fault).await?;
    context.answer(&Added {
        version: 1,
        workspace: control.workspace,
        added,
    })?;
    Ok(Outcome::Done)
}
