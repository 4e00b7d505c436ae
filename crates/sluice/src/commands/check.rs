//! `sluice check`: what the policies say about a product in several environments.

use std::fmt;

use clap::{Args, ValueEnum};
use serde::Serialize;
use sluice_lifecycle::context::{Clock as _, SystemClock};
use sluice_lifecycle::platform::{Environment, Platform};
use sluice_lifecycle::policy::{CheckRequest, FrozenContent, check, evaluator};
use sluice_lifecycle::product::Product;
use sluice_model::{ProductName, ReleaseVersion};
use sluice_policy::{Decision, Evaluator, Finding, Report, junit, sarif};

use crate::cli::OutputFormat;
use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Show what the policies say about the product before it goes to environments
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Environments of the platform, with commas between; all when not given
    #[arg(long = "for", value_name = "ENV", value_delimiter = ',')]
    environments: Vec<String>,
    /// A frozen release instead of the files as they are
    #[arg(long, value_name = "VERSION")]
    release: Option<ReleaseVersion>,
    /// A report for another program instead of the answer
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<ReportFormat>,
}

/// Forms of a report that other programs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    // SARIF 2.1.0, for code scanning.
    Sarif,
    // JUnit XML, for test reports.
    Junit,
}

/// What the policies said, by environment.
#[derive(Serialize)]
struct Checked {
    product: ProductName,
    decision: Decision,
    reports: Vec<Report>,
}

impl Answer for Checked {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for report in &self.reports {
            head(out, &self.product, report)?;
            for finding in &report.findings {
                lines(out, finding)?;
            }
        }
        Ok(())
    }
}

fn head(out: &mut dyn fmt::Write, product: &ProductName, report: &Report) -> fmt::Result {
    let decision = match report.decision {
        Decision::Allow => "nothing blocks",
        Decision::Deny => "BLOCKED",
    };
    let summary = &report.summary;
    writeln!(
        out,
        "{product} for {}: {decision} ({} block, {} warn, {} waived; of {} rules {} hold, {} do not apply, {} unknown)",
        report.target.environment,
        summary.blocking,
        summary.warnings,
        summary.waived,
        summary.rules,
        summary.passed,
        summary.not_applicable,
        summary.unknown,
    )
}

fn lines(out: &mut dyn fmt::Write, finding: &Finding) -> fmt::Result {
    let word = match &finding.waived {
        Some(_) => "waived",
        None if finding.blocks() => "BLOCK ",
        None => finding.effect,
    };
    writeln!(
        out,
        "  {word:<6} {} {}: {}",
        finding.id, finding.subject, finding.message
    )?;
    if let Some(place) = &finding.source {
        writeln!(out, "         in {place}")?;
    }
    match &finding.waived {
        Some(waived) => writeln!(
            out,
            "         by {} until {}: {} ({})",
            waived.by, waived.expires, waived.reason, waived.waiver
        ),
        None => writeln!(out, "         fix: {}", finding.remediation),
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    if arguments.format.is_some() && context.output == OutputFormat::Json {
        return Err(CommandError::new(
            ExitKind::Usage,
            "`--format` and `--output json` ask for two different answers; leave one out",
        ));
    }
    let surroundings = Surroundings::open(context).await?;
    let product = Product::find(&context.current_directory()?).await?;
    let platform = surroundings.platform()?;
    let environments = environments(platform, &arguments.environments)?;
    let evaluator = evaluator(Some(platform))?;
    let release = arguments.release.as_ref();
    let reports = evaluate(&surroundings, context, &product, &environments, &evaluator, release).await?;
    let denied = reports.iter().any(|report| report.decision == Decision::Deny);
    match arguments.format {
        None => context.answer(&Checked {
            product: product.descriptor.name,
            decision: if denied { Decision::Deny } else { Decision::Allow },
            reports,
        })?,
        Some(ReportFormat::Sarif) => context.document(&sarif::text(evaluator.pack(), &reports))?,
        Some(ReportFormat::Junit) => context.document(&junit::text(&reports))?,
    }
    Ok(if denied { Outcome::AnsweredNo } else { Outcome::Done })
}

/// The named environments in the order of the platform, or all.
fn environments<'p>(platform: &'p Platform, names: &[String]) -> Result<Vec<&'p Environment>, CommandError> {
    for name in names {
        platform.environment(name)?;
    }
    let wanted =
        |environment: &&Environment| names.is_empty() || names.iter().any(|name| name == environment.name.as_str());
    Ok(platform.environments.iter().filter(wanted).collect())
}

/// Evaluates the rules on the checkout or a release.
pub(crate) async fn evaluate(
    surroundings: &Surroundings<'_>,
    context: &Context,
    product: &Product,
    environments: &[&Environment],
    evaluator: &Evaluator,
    release: Option<&ReleaseVersion>,
) -> Result<Vec<Report>, CommandError> {
    let platform = surroundings.platform()?;
    let frozen = match release {
        Some(version) => {
            let actor = surroundings.actor().await?;
            Some(FrozenContent::of(surroundings.use_case(&actor), product, version).await?)
        }
        None => None,
    };
    let request = CheckRequest {
        product,
        release: frozen.as_ref(),
        platform,
        environments,
        evaluator,
        data: &surroundings.data,
        process_environment: &context.environment,
    };
    Ok(check(&surroundings.store, SystemClock.now(), context, &request).await?)
}
