//! `sluice workspace fault add`.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU64;

use clap::{Args, ValueEnum};
use serde::Serialize;
use sluice_wire::Method;
use sluice_workspace::faults::{Action, ArmedFault, Condition, FAULTS_PATH, Fault, Reply, Requests};

use super::control::WorkspaceOption;
use super::sentence::sentence;
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
    sluice workspace fault add --environment qa --requests writing --nth 7 --drop")]
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
    #[command(flatten)]
    action: ActionOptions,
    #[command(flatten)]
    reply: ReplyOptions,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Which requests are counted")]
struct ConditionOptions {
    /// Id of an operation in the words of `databricks-sdk`, such as `jobs.JobsAPI.create`
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
    /// HTTP method
    #[arg(long, value_name = "METHOD", value_parser = method)]
    method: Option<Method>,
    /// Path without query; `*` stands for anything within a segment, `**` for anything
    #[arg(long, value_name = "GLOB")]
    path: Option<String>,
    /// User name or application id of who asks; the seeded ones are known by their short names, such as `deployer`
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    /// Requests by what their method may do: GET and HEAD read, all others write
    #[arg(long, value_enum, default_value_t = RequestKind::Any, value_name = "KIND")]
    requests: RequestKind,
    /// Text that the body contains, such as part of a statement, in upper or lower case
    #[arg(long, value_name = "TEXT")]
    body_contains: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RequestKind {
    Any,
    Reading,
    Writing,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
#[command(next_help_heading = "How they go wrong")]
struct ActionOptions {
    /// Answered with this status, 400 to 599, and without effect
    #[arg(long, value_name = "CODE")]
    status: Option<u16>,
    /// Executed, then answered with this status, 400 to 599
    #[arg(long, value_name = "CODE")]
    commit_then_fail: Option<u16>,
    /// The connection is closed without an answer, before any effect
    #[arg(long)]
    drop: bool,
    /// Executed, then the connection is closed without an answer
    #[arg(long)]
    commit_then_drop: bool,
    /// Executed after so many milliseconds, at most 60000
    #[arg(long, value_name = "MS")]
    latency: Option<u64>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "The error answer, with --status or --commit-then-fail")]
struct ReplyOptions {
    /// `error_code` of the body; the usual one for the status when not given
    #[arg(long, value_name = "CODE", conflicts_with_all = ["drop", "commit_then_drop", "latency"])]
    error_code: Option<String>,
    /// Message of the body
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["drop", "commit_then_drop", "latency"])]
    message: Option<String>,
    /// A header of the answer; may be given several times
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header, conflicts_with_all = ["drop", "commit_then_drop", "latency"])]
    headers: Vec<(String, String)>,
}

fn method(text: &str) -> Result<Method, String> {
    let known = [
        Method::Get,
        Method::Head,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
    ];
    known
        .into_iter()
        .find(|method| method.as_str().eq_ignore_ascii_case(text))
        .ok_or_else(|| "expected GET, HEAD, POST, PUT, PATCH or DELETE".to_owned())
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or_else(|| "expected `NAME: VALUE`".to_owned())?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

impl From<RequestKind> for Requests {
    fn from(kind: RequestKind) -> Self {
        match kind {
            RequestKind::Any => Self::Any,
            RequestKind::Reading => Self::Reading,
            RequestKind::Writing => Self::Writing,
        }
    }
}

impl Arguments {
    fn fault(self) -> Result<(WorkspaceOption, Fault), CommandError> {
        let condition = Condition {
            operation: self.condition.operation,
            method: self.condition.method,
            path: self.condition.path,
            principal: self.condition.principal,
            requests: self.condition.requests.into(),
            body_contains: self.condition.body_contains,
        };
        let fault = Fault {
            condition,
            nth: self.nth,
            times: self.times,
            until_cleared: self.until_cleared,
            action: self.action.action(self.reply)?,
        };
        Ok((self.workspace, fault))
    }
}

impl ActionOptions {
    fn action(self, reply: ReplyOptions) -> Result<Action, CommandError> {
        let reply = |status| -> Result<Reply, CommandError> {
            let mut headers = BTreeMap::new();
            for (name, value) in reply.headers {
                if headers.insert(name.clone(), value).is_some() {
                    let message = format!("--header names `{name}` twice");
                    return Err(CommandError::new(ExitKind::Usage, message));
                }
            }
            Ok(Reply {
                status,
                error_code: reply.error_code,
                message: reply.message,
                headers,
            })
        };
        Ok(match self {
            Self {
                status: Some(status), ..
            } => Action::Status(reply(status)?),
            Self {
                commit_then_fail: Some(status),
                ..
            } => Action::CommitThenFail(reply(status)?),
            Self {
                latency: Some(milliseconds),
                ..
            } => Action::Latency { milliseconds },
            Self { drop: true, .. } => Action::Drop {},
            // The group requires one of the five.
            Self { .. } => Action::CommitThenDrop {},
        })
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
