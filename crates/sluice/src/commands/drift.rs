//! `sluice drift`: compares an environment with what was deployed there, changes nothing.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::drift::{
    Difference, DifferenceKind, DriftReport, DriftRequest, DriftState, drift_of_environment, drift_of_target,
};
use sluice_lifecycle::product::Product;
use sluice_model::Tree;

use crate::commands::bundle_options::BundleOptions;
use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Characters of a value that the text shows; the JSON has all of them.
const SHOWN: usize = 100;

/// Show what in an environment is not as it was deployed
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Environment of the platform; without a platform a target of the bundle
    #[arg(short = 't', long = "target", value_name = "ENV")]
    environment: String,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Shown(DriftReport);

/// What is known when nothing could be compared.
#[derive(Serialize)]
struct Unreadable<'a> {
    environment: &'a str,
    state: DriftState,
    reason: &'a str,
}

impl Answer for Shown {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let report = &self.0;
        let mut object = None;
        for difference in &report.differences {
            if object != Some(&difference.object) {
                let name = difference.name.iter().map(|name| format!(" ({name})"));
                writeln!(out, "{}{}", difference.object, name.collect::<String>())?;
                object = Some(&difference.object);
            }
            lines(difference, out)?;
        }
        if !report.differences.is_empty() {
            writeln!(out)?;
        }
        for note in &report.notes {
            writeln!(out, "Note: {note}")?;
        }
        let of = match (&report.version, &report.deployment) {
            (Some(version), Some(deployment)) => format!("{} {version} ({deployment})", report.product),
            (None, Some(deployment)) => format!("{} ({deployment})", report.product),
            (_, None) => report.product.clone(),
        };
        let place = &report.environment;
        match report.differences.len() {
            0 => writeln!(
                out,
                "In sync: {place} is as {of} was deployed there; {} compared",
                report.compared
            ),
            1 => writeln!(out, "Drifted: 1 difference between {place} and {of}"),
            number => writeln!(out, "Drifted: {number} differences between {place} and {of}"),
        }
    }
}

fn lines(difference: &Difference, out: &mut dyn fmt::Write) -> fmt::Result {
    let kind = difference.kind.as_str();
    let what = match (difference.path.as_str(), &difference.note) {
        ("", Some(note)) => note.clone(),
        ("", None) => String::new(),
        (path, None) => path.to_owned(),
        (path, Some(note)) => format!("{path}: {note}"),
    };
    writeln!(out, "  {}", format!("{kind:<9} {what}").trim_end())?;
    let values = [("declared", &difference.declared), ("live", &difference.live)];
    if difference.kind != DifferenceKind::Unmanaged {
        for (word, value) in values {
            let value = value.as_ref().map_or_else(|| "(none)".to_owned(), text);
            writeln!(out, "            {word:<8} {value}")?;
        }
    }
    writeln!(out, "            restore  {}", difference.remedy.restore)?;
    match &difference.remedy.adopt {
        Some(adopt) => writeln!(out, "            adopt    {adopt}"),
        None => Ok(()),
    }
}

/// A value on one line.
fn text(value: &Tree) -> String {
    let text = match value.as_str() {
        Some(text) => format!("{text:?}"),
        None => value.to_json().to_string(),
    };
    if text.chars().count() <= SHOWN {
        return text;
    }
    let start: String = text.chars().take(SHOWN).collect();
    format!("{start}…")
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let environment = &arguments.environment;
    let compared = match &surroundings.platform {
        Some(platform) => {
            let product = Product::find(&context.current_directory()?).await?;
            let request = DriftRequest {
                product: &product,
                platform,
                environment,
                data: &surroundings.data,
                process_environment: &context.environment,
            };
            drift_of_environment(&surroundings.store, request).await
        }
        None => {
            let options = BundleOptions {
                target: Some(environment.clone()),
                variables: Vec::new(),
                lenient: false,
                cluster: None,
            };
            match options.load(context).await {
                Ok(loaded) => drift_of_target(&loaded).await,
                Err(error) if error.kind == ExitKind::Remote => return unreadable(error, environment, context),
                Err(error) => return Err(error),
            }
        }
    };
    let report = match compared {
        Ok(report) => report,
        Err(error) if error.is_unreadable() => {
            let shown = CommandError {
                kind: ExitKind::Remote,
                ..error.into()
            };
            return unreadable(shown, environment, context);
        }
        Err(error) => return Err(error.into()),
    };
    let state = report.state;
    context.answer(&Shown(report))?;
    Ok(match state {
        DriftState::InSync => Outcome::Done,
        DriftState::Drifted | DriftState::Unreadable => Outcome::AnsweredNo,
    })
}

/// What cannot be read is a failure, never in sync.
fn unreadable(error: CommandError, environment: &str, context: &Context) -> Result<Outcome, CommandError> {
    context.answer_for_programs(&Unreadable {
        environment,
        state: DriftState::Unreadable,
        reason: &error.message,
    })?;
    Err(CommandError {
        message: format!("whether `{environment}` has drifted cannot be told: {}", error.message),
        ..error
    })
}
