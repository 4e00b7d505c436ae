//! `sluice deployment show`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::execution::timeline::{DeploymentTimeline, deployment_timeline};
use sluice_store::record::{Deployment, Rollback};

use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Show a deployment with what it goes back to, its steps, its checks and its way back
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Id of the deployment
    #[arg(value_name = "ID")]
    id: String,
}

#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Shown(pub(crate) DeploymentTimeline);

impl Answer for Shown {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let deployment = &self.0.deployment;
        let what = match &deployment.version {
            Some(version) => version.to_string(),
            None => format!("commit {:.12}", deployment.commit),
        };
        writeln!(
            out,
            "{} {what} in {}: {} ({})",
            deployment.product, deployment.environment, deployment.state, deployment.id
        )?;
        writeln!(
            out,
            "  started {:.0} by {}",
            deployment.started_at, deployment.started_by
        )?;
        for phase in &self.0.phases {
            writeln!(out, "  {:.0} {} under lease {}", phase.at, phase.state, phase.epoch)?;
        }
        for reason in &deployment.reasons {
            writeln!(out, "  {reason}")?;
        }
        if let Some(pins) = &deployment.pins {
            for pin in &pins.tables {
                writeln!(out, "  before: {} version {}", pin.table, pin.version)?;
            }
        }
        for step in &self.0.steps {
            write!(out, "  {:>4} {} {}: {}", step.number, step.key, step.action, step.state)?;
            match &step.outcome {
                Some(outcome) => writeln!(out, " ({outcome})")?,
                None => writeln!(out)?,
            }
        }
        for check in self
            .0
            .verifications
            .iter()
            .flat_map(|verification| &verification.checks)
        {
            let word = if check.passed { "ok    " } else { "FAILED" };
            writeln!(out, "  {word} {} {}: {}", check.kind, check.subject, check.found)?;
        }
        rollback(out, deployment)
    }
}

/// The way back of a deployment, when it has one: what is back, what cannot come back, what somebody has to do.
pub(crate) fn rollback(out: &mut dyn fmt::Write, deployment: &Deployment) -> fmt::Result {
    let Some(Rollback {
        to,
        because: _,
        restored,
        recreated,
        not_restorable,
        needs_human,
    }) = &deployment.rollback
    else {
        return Ok(());
    };
    writeln!(out, "  back to deployment {to}: {}", deployment.state)?;
    let parts = [
        ("restored", restored),
        ("recreated", recreated),
        ("not restorable", not_restorable),
        ("needs a human", needs_human),
    ];
    for (title, lines) in parts {
        for line in lines {
            writeln!(out, "    {title}: {line}")?;
        }
    }
    Ok(())
}

/// The deployment of this id.
pub(crate) async fn find(surroundings: &Surroundings<'_>, id: &str) -> Result<DeploymentTimeline, CommandError> {
    let found = deployment_timeline(&surroundings.store, id).await?;
    found.ok_or_else(|| {
        CommandError::new(ExitKind::Config, format!("there is no deployment `{id}`"))
            .hint("`sluice history` shows the deployments of a product")
    })
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let report = find(&surroundings, &arguments.id).await?;
    context.answer(&Shown(report))?;
    Ok(Outcome::Done)
}
