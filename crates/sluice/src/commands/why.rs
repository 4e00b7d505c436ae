//! `sluice why`: what a rule says about one subject, with everything that it rests on.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::policy::evaluator;
use sluice_lifecycle::product::Product;
use sluice_policy::metadata::Metadata;
use sluice_policy::{Finding, Outcome as RuleOutcome};

use crate::commands::check;
use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Explain what a policy says about a subject: evidence, source, clause and what to do
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Id of the rule, such as AC-04
    #[arg(value_name = "RULE")]
    rule: String,
    /// Subject, as `sluice check` shows it; all of the rule's subjects when not given
    #[arg(value_name = "SUBJECT")]
    subject: Option<String>,
    /// Environment of the platform; the last one when not given
    #[arg(long = "for", value_name = "ENV")]
    environment: Option<String>,
}

#[derive(Serialize)]
struct Explained {
    rule: Metadata,
    environment: String,
    outcome: RuleOutcome,
    weight: &'static str,
    subjects: Vec<String>,
    findings: Vec<Finding>,
}

impl Answer for Explained {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let rule = &self.rule;
        writeln!(out, "{}: {}", rule.id, rule.title)?;
        if let Some(description) = &rule.description {
            writeln!(out, "  {description}")?;
        }
        writeln!(
            out,
            "  in {}: {} (a failure is: {})",
            self.environment,
            self.outcome.as_str(),
            self.weight
        )?;
        if !rule.controls.is_empty() {
            writeln!(out, "  asked for by: {}", rule.controls.join(", "))?;
        }
        writeln!(out, "  rests on: {}", rule.needs.join(", "))?;
        for (name, value) in &rule.parameters {
            writeln!(out, "  parameter {name}, by default: {}", value.to_json())?;
        }
        for subject in &self.subjects {
            let about: Vec<&Finding> = self
                .findings
                .iter()
                .filter(|finding| finding.subject == *subject)
                .collect();
            if about.is_empty() {
                writeln!(out, "  {subject}: holds")?;
            }
            for finding in about {
                explain(out, finding)?;
            }
        }
        for finding in self
            .findings
            .iter()
            .filter(|finding| !self.subjects.contains(&finding.subject))
        {
            explain(out, finding)?;
        }
        Ok(())
    }
}

fn explain(out: &mut dyn fmt::Write, finding: &Finding) -> fmt::Result {
    writeln!(out, "  {}: {}", finding.subject, finding.message)?;
    writeln!(out, "    finding {}, effect {}", finding.instance, finding.effect)?;
    if let Some(place) = &finding.source {
        writeln!(out, "    in {place}")?;
    }
    for (name, value) in finding.evidence.as_mapping().into_iter().flatten() {
        writeln!(out, "    {name} = {}", value.to_json())?;
    }
    if let Some(waived) = &finding.waived {
        writeln!(
            out,
            "    waived by {} until {}: {}",
            waived.by, waived.expires, waived.reason
        )?;
    }
    writeln!(out, "    fix: {}", finding.remediation)
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let product = Product::find(&context.current_directory()?).await?;
    let platform = surroundings.platform()?;
    let evaluator = evaluator(Some(platform))?;
    let rule = evaluator.pack().rule(&arguments.rule).ok_or_else(|| {
        CommandError::new(ExitKind::Usage, format!("no rule has the id `{}`", arguments.rule))
            .hint("`sluice check` shows the ids")
    })?;
    let environment = match &arguments.environment {
        Some(name) => platform.environment(name)?,
        None => platform
            .environments
            .last()
            .ok_or_else(|| CommandError::new(ExitKind::Config, "the platform has no environments"))?,
    };
    let reports = check::evaluate(&surroundings, context, &product, &[environment], &evaluator, None).await?;
    let report = reports
        .into_iter()
        .next()
        .expect("invariant: one environment was asked for");
    let judged = report
        .rules
        .into_iter()
        .find(|judged| judged.id == rule.metadata.id)
        .expect("invariant: every rule is judged");
    let wanted = |subject: &str| arguments.subject.as_deref().is_none_or(|wanted| wanted == subject);
    let findings: Vec<Finding> = report
        .findings
        .into_iter()
        .filter(|finding| finding.id == rule.metadata.id && wanted(&finding.subject))
        .collect();
    let subjects: Vec<String> = judged
        .subjects
        .iter()
        .filter(|subject| wanted(subject))
        .cloned()
        .collect();
    if let Some(subject) = &arguments.subject
        && subjects.is_empty()
        && findings.is_empty()
    {
        let known = judged.subjects.join(", ");
        return Err(CommandError::new(
            ExitKind::Usage,
            format!("rule `{}` did not look at `{subject}`", judged.id),
        )
        .hint(format!(
            "it looked at: {}",
            if known.is_empty() { "nothing" } else { &known }
        )));
    }
    context.answer(&Explained {
        rule: rule.metadata.clone(),
        environment: environment.name.to_string(),
        outcome: judged.outcome,
        weight: judged.weight.as_str(),
        subjects,
        findings,
    })?;
    Ok(Outcome::Done)
}
