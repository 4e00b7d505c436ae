//! Options that say how a request goes wrong.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use clap::Args;
use serde_json::Value;
use sluice_workspace::faults::{Action, Interference, Reply};

use super::condition::method;
use crate::error::{CommandError, ExitKind};

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
#[command(next_help_heading = "How they go wrong")]
pub(super) struct ActionOptions {
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
    /// So many readings of an address are answered from before the last write (wants --requests reading)
    #[arg(long, value_name = "READS")]
    stale: Option<NonZeroU32>,
    /// Executed, then a field of the JSON answer is replaced, as `state.life_cycle_state=PENDING`; may be given several times. The value is JSON,
    /// or else a text
    #[arg(long, value_name = "FIELD=VALUE", value_parser = field)]
    set: Vec<(String, Value)>,
    /// Executed after the workspace's administrator made another request, as `PATCH /api/2.1/unity-catalog/schemas/dev.gold {"comment": "x"}`
    #[arg(long, value_name = "METHOD PATH [BODY]", value_parser = interference)]
    before: Option<Interference>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "The error answer, with --status or --commit-then-fail")]
pub(super) struct ReplyOptions {
    /// `error_code` of the body; the usual one for the status when not given
    #[arg(long, value_name = "CODE", conflicts_with_all = ["drop", "commit_then_drop", "latency", "stale", "set", "before"])]
    error_code: Option<String>,
    /// Message of the body
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["drop", "commit_then_drop", "latency", "stale", "set", "before"])]
    message: Option<String>,
    /// A header of the answer; may be given several times
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header, conflicts_with_all = ["drop", "commit_then_drop", "latency", "stale", "set", "before"])]
    headers: Vec<(String, String)>,
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or_else(|| "expected `NAME: VALUE`".to_owned())?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn field(text: &str) -> Result<(String, Value), String> {
    let (path, value) = text
        .split_once('=')
        .ok_or_else(|| "expected `FIELD=VALUE`".to_owned())?;
    let value = serde_json::from_str(value).unwrap_or_else(|_no_json| Value::String(value.to_owned()));
    Ok((path.trim().to_owned(), value))
}

fn interference(text: &str) -> Result<Interference, String> {
    let mut parts = text.trim().splitn(3, ' ');
    let (Some(verb), Some(path)) = (parts.next(), parts.next()) else {
        return Err("expected `METHOD PATH [BODY]`".to_owned());
    };
    let body = parts.next().map(serde_json::from_str).transpose();
    Ok(Interference {
        method: method(verb)?,
        path: path.to_owned(),
        body: body.map_err(|error| format!("the body is no JSON: {error}"))?,
    })
}

impl ActionOptions {
    pub(super) fn action(self, reply: ReplyOptions) -> Result<Action, CommandError> {
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
            Self { stale: Some(reads), .. } => Action::Stale { reads },
            Self {
                before: Some(interference),
                ..
            } => Action::Before(interference),
            Self { set, .. } if !set.is_empty() => Action::Set {
                fields: set.into_iter().collect(),
            },
            // The group requires one of the eight.
            Self { .. } => Action::CommitThenDrop {},
        })
    }
}
