//! `sluice workspace audit`: who was allowed or refused what in a local workspace, and which rule decided.

use std::fmt;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use sluice_workspace::audit::{AUDIT_PATH, Decision, Decisions};

use super::control::WorkspaceOption;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Show the authorisation decisions of a local workspace, the newest first
///
/// Each says who asked for what on which object, whether it was allowed, and which rule decided: membership in `admins`,
/// ownership, an entry of an access control list or a grant (with the object that it stands on and whom it names), or none.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    workspace: WorkspaceOption,
    /// Of this user, service principal (its application id) or seeded principal: `engineer`
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    /// About objects whose name has this in it: `dev.sales.orders`
    #[arg(long, value_name = "TEXT")]
    object: Option<String>,
    /// About this privilege, level or action: `SELECT`
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// By this rule: administrator, owner, entry, grant, everybody, none
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Refusals alone
    #[arg(long)]
    denied: bool,
    /// On the way of this request (header `x-request-id` of its answer)
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// From this moment on: `2026-03-01T12:00:00Z`
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Before the decision with this number, which the page before ended with
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: u32,
}

impl Arguments {
    fn query(&self) -> Vec<(&'static str, String)> {
        let text = |name, value: &Option<String>| value.clone().map(|value| (name, value));
        [
            text("principal", &self.principal),
            text("object", &self.object),
            text("action", &self.action),
            text("rule", &self.rule),
            text("request_id", &self.request),
            self.denied.then(|| ("allowed", "false".to_owned())),
            self.since.map(|since| ("since", since.as_millisecond().to_string())),
            self.before.map(|before| ("before", before.to_string())),
            Some(("limit", self.limit.to_string())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[derive(Serialize)]
struct Shown {
    version: u32,
    workspace: String,
    #[serde(flatten)]
    page: Decisions,
}

impl Answer for Shown {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for decision in &self.page.decisions {
            line(decision, out)?;
        }
        Ok(())
    }
}

fn line(decision: &Decision, out: &mut dyn fmt::Write) -> fmt::Result {
    write!(out, "{}", decision.sequence)?;
    if let Ok(at) = Timestamp::from_millisecond(decision.at) {
        write!(out, " {at:.0}")?;
    }
    let Decision {
        principal,
        action,
        object,
        rule,
        ..
    } = decision;
    let verdict = if decision.allowed { "allowed" } else { "refused" };
    writeln!(out, " {verdict} {principal}: {action} on {object}, by {rule}")
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let control = arguments.workspace.connect(context)?;
    let page: Decisions = control.ask(AUDIT_PATH, &arguments.query()).await?;
    if page.decisions.is_empty() {
        context.terminal.progress("There is no such decision.");
    }
    if let Some(before) = page.before {
        context
            .terminal
            .progress(&format!("There may be more: add `--before {before}`."));
    }
    context.answer(&Shown {
        version: 1,
        workspace: control.workspace,
        page,
    })?;
    Ok(Outcome::Done)
}
