//! `sluice promotion show`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::promotion::{PromotionReport, promotion_report};

use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Show a promotion with its gates, its deployment and its checks
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
        }
        for check in self.0.verification.iter().flat_map(|verification| &verification.checks) {
            let word = if check.passed { "ok    " } else { "FAILED" };
            writeln!(out, "  {word} {} {}: {}", check.kind, check.subject, check.found)?;
        }
        Ok(())
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
