//! `sluice verify`: deploys a commit to an environment and checks it end to end.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::product::Product;
use sluice_lifecycle::verification::{VerifyReport, VerifyRequest, verify};
use sluice_store::record::DeploymentState;

use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Deploy the commit that is checked out to an environment and check it end to end
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Environment of the platform
    #[arg(short = 't', long = "target", value_name = "ENV")]
    environment: String,
}

#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Verified(pub(crate) VerifyReport);

impl Answer for Verified {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let report = &self.0;
        writeln!(
            out,
            "{} at commit {} in {}: {} changes deployed ({})",
            report.product,
            &report.commit[..report.commit.len().min(12)],
            report.environment,
            report.effects.len(),
            report.deployment,
        )?;
        for check in &report.checks {
            let word = if check.passed { "ok    " } else { "FAILED" };
            writeln!(out, "  {word} {} {}: {}", check.kind, check.subject, check.found)?;
        }
        if report.passed {
            return writeln!(out, "Verified: {}", report.verification.as_deref().unwrap_or_default());
        }
        for reason in &report.reasons {
            writeln!(out, "  {reason}")?;
        }
        writeln!(
            out,
            "Not verified: deployment {} is {}",
            report.deployment, report.state
        )
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let platform = surroundings.platform()?;
    let environment = platform.environment(&arguments.environment)?;
    let product = Product::find(&context.current_directory()?).await?;
    let actor = surroundings.actor_at(environment).await?;
    let _held = context.interrupt.hold();
    let request = VerifyRequest {
        product: &product,
        platform,
        environment: &arguments.environment,
        process_environment: &context.environment,
    };
    let report = verify(surroundings.use_case(&actor), &request).await?;
    context.answer(&Verified(report.clone()))?;
    outcome(&report)
}

/// What a verification came to, as the end of a command.
pub(crate) fn outcome(report: &VerifyReport) -> Result<Outcome, CommandError> {
    let (passed, checked) = (report.passed, report.verification.is_some());
    let reasons = report.reasons.join("; ");
    match report.state {
        _ if passed => Ok(Outcome::Done),
        // Everything was deployed, and the checks answered no.
        DeploymentState::NeedsAttention if checked => Ok(Outcome::AnsweredNo),
        DeploymentState::NeedsAttention => {
            Err(CommandError::new(ExitKind::HalfWay, reasons)
                .hint("the same command again begins anew from what is there"))
        }
        _ => Err(CommandError::new(ExitKind::Refused, reasons)),
    }
}
