//! `sluice blueprint show`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::blueprint::find;
use sluice_lifecycle::blueprint::schema::PropertyType;
use sluice_lifecycle::platform::Platform;

use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Show a blueprint: what it allows and what it asks
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the blueprint, or its directory (with a `/`)
    #[arg(value_name = "BLUEPRINT")]
    blueprint: String,
}

#[derive(Serialize)]
struct Question {
    name: String,
    #[serde(rename = "type")]
    kind: PropertyType,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed: Vec<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    name: String,
    release: String,
    summary: String,
    origin: String,
    kinds: Vec<String>,
    environments: Vec<String>,
    policies: Vec<String>,
    questions: Vec<Question>,
}

impl Answer for Shown {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        writeln!(
            out,
            "{} {} ({}): {}",
            self.name, self.release, self.origin, self.summary
        )?;
        for (title, words) in [
            ("Kinds", &self.kinds),
            ("Environments", &self.environments),
            ("Policies", &self.policies),
        ] {
            if !words.is_empty() {
                writeln!(out, "{title}: {}", words.join(", "))?;
            }
        }
        writeln!(
            out,
            "Questions, answered with `sluice new {} DIR --set NAME=VALUE …`:",
            self.name
        )?;
        let width = self
            .questions
            .iter()
            .map(|question| question.name.len())
            .max()
            .unwrap_or(0);
        for question in &self.questions {
            let description = question.description.as_deref().unwrap_or_default();
            let default = question.default.as_ref().map(shown).unwrap_or_default();
            writeln!(out, "  {:<width$}  {description}{default}", question.name)?;
        }
        Ok(())
    }
}

/// The default of a question; texts without quotes, as they are given on the command line.
fn shown(default: &serde_json::Value) -> String {
    match default.as_str() {
        Some("") => " (may be empty)".to_owned(),
        Some(text) => format!(" [default: {text}]"),
        None => format!(" [default: {default}]"),
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let platform = Platform::find(context.platform.as_deref(), &context.current_directory()?)?;
    let blueprint = find(&arguments.blueprint, platform.as_ref())?;
    let questions = blueprint.schema.properties.into_iter().map(|property| Question {
        name: property.name,
        kind: property.kind,
        description: property.description,
        default: property.default.map(|tree| tree.to_json()),
        allowed: property.allowed.iter().map(sluice_model::Tree::to_json).collect(),
        pattern: property.pattern.map(|pattern| pattern.to_string()),
    });
    context.answer(&Shown {
        name: blueprint.name,
        release: blueprint.release.to_string(),
        summary: blueprint.summary,
        origin: blueprint.origin,
        kinds: blueprint.kinds,
        environments: blueprint.environments,
        policies: blueprint.policies,
        questions: questions.collect(),
    })?;
    Ok(Outcome::Done)
}
