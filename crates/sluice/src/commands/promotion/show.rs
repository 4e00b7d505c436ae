//! `sluice promotion show`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::promotion::{PromotionReport, promotion_report};
use sluice_store::record::{Approval, ApprovalState, Evidence};

use crate::commands::deployment::show::rollback;
use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Show a promotion with its gates, who decided, its deployment and its checks
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Id of the promotion
    #[arg(value_name = "ID")]
    id: String,
}

#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Shown(pub(crate) PromotionReport);

impl Answer for Shown {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let promotion = &self.0.promotion;
        writeln!(
            out,
            "{} {} to {}: {} ({})",
            promotion.product, promotion.version, promotion.environment, promotion.state, promotion.id
        )?;
        writeln!(out, "  digest {}", promotion.digest)?;
        for gate in &self.0.gates {
            writeln!(out, "  gate {}: {}", gate.kind, gate.verdict)?;
        }
        approvals(out, &self.0.approvals)?;
        for row in &self.0.signoffs {
            let evidence = evidence(&row.evidence);
            writeln!(
                out,
                "  sign-off {}: {} by {} in {}: {evidence}",
                row.criterion, row.verdict, row.subject, row.environment
            )?;
        }
        if let Some(change) = &self.0.change {
            writeln!(out, "  answers change {}: {}", change.id, change.request)?;
        }
        for (key, action) in &promotion.effects {
            writeln!(out, "  {action} {key}")?;
        }
        for reason in &promotion.reasons {
            writeln!(out, "  {reason}")?;
        }
        if let Some(deployment) = &self.0.deployment {
            writeln!(
                out,
                "  deployment {}: {}, {} steps",
                deployment.id,
                deployment.state,
                self.0.steps.len()
            )?;
            for reason in deployment
                .reasons
                .iter()
                .filter(|reason| !promotion.reasons.contains(reason))
            {
                writeln!(out, "    {reason}")?;
            }
            rollback(out, deployment)?;
        }
        for check in self.0.verification.iter().flat_map(|verification| &verification.checks) {
            let word = if check.passed { "ok    " } else { "FAILED" };
            writeln!(out, "  {word} {} {}: {}", check.kind, check.subject, check.found)?;
        }
        for row in &self.0.refusals {
            writeln!(
                out,
                "  refused: {} by {}: {}",
                row.attempt,
                row.subject,
                row.reasons.join("; ")
            )?;
        }
        for row in self.0.notifications.iter().filter(|row| row.failure.is_some()) {
            let failure = row.failure.as_deref().unwrap_or_default();
            writeln!(
                out,
                "  notification {} ({}): {} after {} attempts: {failure}",
                row.id, row.event, row.state, row.attempts
            )?;
        }
        Ok(())
    }
}

/// Approvals, with who decided.
pub(crate) fn approvals(out: &mut dyn fmt::Write, rows: &[Approval]) -> fmt::Result {
    for row in rows {
        let agreed = row.decisions.iter().filter(|decision| decision.granted).count();
        write!(
            out,
            "  approval {} by role {}: {}, {agreed} of {}",
            row.id, row.role, row.state, row.count
        )?;
        if row.state == ApprovalState::Open || row.state == ApprovalState::Granted {
            write!(out, ", until {:.0}", row.expires_at)?;
        }
        writeln!(out)?;
        for decision in &row.decisions {
            let word = if decision.granted { "approved" } else { "rejected" };
            write!(out, "    {word} by {} at {:.0}", decision.subject, decision.at)?;
            match &decision.comment {
                Some(comment) => writeln!(out, ": {comment}")?,
                None => writeln!(out)?,
            }
        }
        for reason in &row.reasons {
            writeln!(out, "    {reason}")?;
        }
    }
    Ok(())
}

/// What a sign-off rests on, on one line.
pub(crate) fn evidence(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Text(text) | Evidence::Url(text) => text.clone(),
        Evidence::File { name, digest } => format!("{name} ({digest})"),
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let found = promotion_report(&surroundings.store, &arguments.id).await?;
    let report = found.ok_or_else(|| {
        CommandError::new(ExitKind::Config, format!("there is no promotion `{}`", arguments.id))
            .hint("`sluice promotion list` shows them")
    })?;
    context.answer(&Shown(report))?;
    Ok(Outcome::Done)
}
