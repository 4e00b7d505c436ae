//! `sluice contract diff`: what the contracts changed, for whom, and whether their versions say so.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_governance::compatibility::{Audience, ContractChange, Level};
use sluice_lifecycle::contracts::{ContractDiff, PortComparison, PortState, diff};
use sluice_lifecycle::product::Product;

use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Compare the contracts with those of a release: what breaks for whom, and the version bump it needs
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of a port; all when not given
    #[arg(value_name = "PORT")]
    port: Option<String>,
    /// An environment (what runs there), or a commit, branch or tag; the last release when not given
    #[arg(long, value_name = "ENV|REF")]
    against: Option<String>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Compared(ContractDiff);

impl Answer for Compared {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let report = &self.0;
        match &report.baseline {
            Some(baseline) => writeln!(
                out,
                "Compared with {} (commit {})",
                baseline.name,
                short(&baseline.commit)
            )?,
            None => writeln!(out, "There is nothing to compare with yet: every contract is new")?,
        }
        for port in &report.ports {
            text_of_port(port, out)?;
        }
        match (report.breaks, report.versions_sufficient) {
            (false, true) => writeln!(out, "Nothing breaks"),
            (true, true) => writeln!(out, "Something breaks, and the versions say so"),
            (_, false) => writeln!(out, "The versions do not say what changed"),
        }
    }
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

fn text_of_port(port: &PortComparison, out: &mut dyn fmt::Write) -> fmt::Result {
    let state = match (port.state, &port.version) {
        (PortState::New, _) => "new".to_owned(),
        (PortState::Removed, _) => "gone".to_owned(),
        (PortState::Compared, Some(version)) => {
            format!("{} → {}, needs {}", version.previous, version.current, version.required)
        }
        (PortState::Compared, None) => "compared".to_owned(),
    };
    writeln!(out, "{} ({}): {state}", port.port, port.file)?;
    for change in &port.changes {
        text_of_change(change, out)?;
    }
    match (port.fault(), &port.version_location) {
        (Some(fault), Some(location)) => writeln!(out, "  version  {fault}\n           in {location}"),
        (Some(fault), None) => writeln!(out, "  version  {fault}"),
        (None, _) => Ok(()),
    }
}

fn text_of_change(change: &ContractChange, out: &mut dyn fmt::Write) -> fmt::Result {
    let worst = change.verdicts.worst();
    let hit: Vec<&str> = change
        .verdicts
        .iter()
        .filter(|(_, level)| *level == worst && worst > Level::None)
        .map(|(audience, _)| Audience::as_str(audience))
        .collect();
    let whom = if hit.len() == Audience::ALL.len() {
        "all".to_owned()
    } else {
        hit.join(", ")
    };
    writeln!(
        out,
        "  {:<5}  {} {} [{}; {whom}]",
        worst.as_str(),
        change.rule,
        change.message,
        change.bump
    )?;
    match (&change.location, &change.previous_location) {
        (Some(now), Some(before)) => writeln!(out, "         in {now} (before: {before})")?,
        (Some(place), None) | (None, Some(place)) => writeln!(out, "         in {place}")?,
        (None, None) => {}
    }
    if let Some(gate) = change.gate {
        writeln!(out, "         needs the consent of: {gate}")?;
    }
    match &change.remedy {
        Some(remedy) if worst >= Level::Warn => writeln!(out, "         help: {remedy}"),
        _ => Ok(()),
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let product = Product::find(&context.current_directory()?).await?;
    let report = diff(
        &surroundings.store,
        surroundings.platform.as_ref(),
        &product,
        arguments.against.as_deref(),
        arguments.port.as_deref(),
    )
    .await?;
    let outcome = if report.breaks || !report.versions_sufficient {
        Outcome::AnsweredNo
    } else {
        Outcome::Done
    };
    context.answer(&Compared(report))?;
    Ok(outcome)
}
