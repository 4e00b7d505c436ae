//! `sluice workspace fault sweep`: a command that meets a fault at its first request, then at its second, and so on.

use std::fmt;
use std::num::NonZeroU64;
use std::process::Stdio;

use clap::Args;
use serde::Serialize;
use sluice_wire::Method;
use sluice_workspace::faults::{ArmedFault, FAULTS_PATH, Fault, FaultList, Removed};

use super::action::{ActionOptions, ReplyOptions};
use super::condition::ConditionOptions;
use crate::commands::workspace::control::{Control, WorkspaceOption};
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Run a command again and again, each time with the next of its requests going wrong; without the fault it then has to succeed
///
/// The sweep ends with the first run that no longer reaches the fault. The command sees in SLUICE_SWEEP the number of the request that goes
/// wrong, so that each run can do something new.
#[derive(Debug, Args)]
#[command(after_help = "\
Example: a deployment that loses its connection at every request that writes:
  sluice workspace fault sweep --environment dev --requests writing --drop -- sluice deploy -t dev --yes")]
pub(crate) struct Arguments {
    #[command(flatten)]
    workspace: WorkspaceOption,
    #[command(flatten)]
    condition: ConditionOptions,
    #[command(flatten)]
    action: ActionOptions,
    #[command(flatten)]
    reply: ReplyOptions,
    /// Number of the first request that goes wrong
    #[arg(long, value_name = "N", default_value_t = NonZeroU64::MIN)]
    from: NonZeroU64,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

#[derive(Serialize)]
struct Swept {
    version: u32,
    workspace: String,
    /// One per request that went wrong.
    runs: Vec<Run>,
}

#[derive(Serialize)]
struct Run {
    /// Number of the request that went wrong.
    number: u64,
    /// `POST /api/2.2/jobs/create`.
    request: String,
    /// What the command came to; none when a signal ended it.
    exit: Option<i32>,
    /// What it came to without the fault.
    again: Option<i32>,
}

impl Answer for Swept {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for run in &self.runs {
            writeln!(out, "{run}")?;
        }
        writeln!(out, "requests that went wrong, one in each run: {}", self.runs.len())
    }
}

impl fmt::Display for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = |code: Option<i32>| code.map_or_else(|| "by signal".to_owned(), |code| format!("exit {code}"));
        let (exit, again) = (code(self.exit), code(self.again));
        write!(formatter, "{:4} {}: {exit}, then {again}", self.number, self.request)
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let Arguments {
        workspace,
        condition,
        action,
        reply,
        from,
        command,
    } = arguments;
    let fault = Fault {
        condition: condition.into(),
        nth: from,
        times: None,
        until_cleared: false,
        percent: None,
        seed: 0,
        rate: None,
        action: action.action(reply)?,
    };
    fault
        .check()
        .map_err(|wrong| CommandError::new(ExitKind::Usage, wrong.join("; ")))?;
    let control = workspace.connect(context)?;
    let mut runs = Vec::new();
    for number in (from.get()..).filter_map(NonZeroU64::new) {
        let Some(run) = one(
            &control,
            Fault {
                nth: number,
                ..fault.clone()
            },
            &command,
        )
        .await?
        else {
            break;
        };
        context.terminal.progress(&run.to_string());
        let failed = run.again != Some(0);
        runs.push(run);
        if failed {
            break;
        }
    }
    let failed = runs.last().filter(|run| run.again != Some(0)).map(|run| run.number);
    context.answer(&Swept {
        version: 1,
        workspace: control.workspace,
        runs,
    })?;
    match failed {
        Some(number) => Err(CommandError::new(
            ExitKind::Refused,
            format!("after request {number} went wrong, the command does not succeed any more"),
        )
        .hint(format!("`--from {number}` begins there"))),
        None => Ok(Outcome::Done),
    }
}

/// One run with the fault and one without; none when the command ended before the fault.
async fn one(control: &Control, fault: Fault, command: &[String]) -> Result<Option<Run>, CommandError> {
    let number = fault.nth.get();
    let armed: ArmedFault = control.post(FAULTS_PATH, &fault).await?;
    let exit = execute(command, number).await;
    let FaultList { faults } = control.fetch(Method::Get, FAULTS_PATH).await?;
    let path = format!("{FAULTS_PATH}/{}", armed.id);
    let Removed { .. } = control.fetch(Method::Delete, &path).await?;
    let exit = exit?;
    let mine = faults.into_iter().find(|fault| fault.id == armed.id);
    let Some(hit) = mine.and_then(|mut mine| mine.hits.pop()) else {
        return Ok(None);
    };
    Ok(Some(Run {
        number,
        request: format!("{} {}", hit.method, hit.path),
        exit,
        again: execute(command, number).await?,
    }))
}

async fn execute(command: &[String], number: u64) -> Result<Option<i32>, CommandError> {
    let (program, arguments) = command.split_first().expect("invariant: a command is required");
    let status = tokio::process::Command::new(program)
        .args(arguments)
        .env("SLUICE_SWEEP", number.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|error| CommandError::new(ExitKind::Usage, format!("cannot run `{program}`: {error}")))?;
    Ok(status.code())
}
