//! `sluice validate`: reads and resolves the bundle, changes nothing.

use std::fmt;

use clap::Args;
use serde::{Serialize, Serializer};
use serde_json::Value;
use sluice_lifecycle::bundle_files::idle_patterns;
use sluice_lifecycle::deploy::PlanError;

use crate::commands::bundle_options::{BundleOptions, ClusterOption};
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Check the bundle and show what it resolves to
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    bundle: BundleOptions,
    #[command(flatten)]
    cluster: ClusterOption,
}

/// The resolved bundle.
struct Validated {
    name: String,
    target: String,
    host: String,
    user: String,
    path: String,
    warnings: usize,
    recommendations: usize,
    config: Value,
}

impl Serialize for Validated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.config.serialize(serializer)
    }
}

impl Answer for Validated {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        writeln!(out, "Name: {}", self.name)?;
        writeln!(out, "Target: {}", self.target)?;
        writeln!(out, "Workspace:")?;
        writeln!(out, "  Host: {}", self.host)?;
        writeln!(out, "  User: {}", self.user)?;
        writeln!(out, "  Path: {}", self.path)?;
        writeln!(out)?;
        match (self.warnings, self.recommendations) {
            (0, 0) => writeln!(out, "Validation OK!"),
            (warnings, recommendations) => {
                writeln!(out, "Found {warnings} warnings and {recommendations} recommendations")
            }
        }
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let loaded = arguments.bundle.on(arguments.cluster).load(context).await?;
    let bundle = &loaded.bundle;
    let idle = idle_patterns(&loaded).map_err(PlanError::from)?;
    context.terminal.diagnostics(&idle);
    let count = |severity| {
        loaded
            .findings
            .iter()
            .chain(&idle)
            .filter(|finding| finding.severity == severity)
            .count()
    };
    context.answer(&Validated {
        name: bundle.name.clone(),
        target: bundle.target.clone(),
        host: bundle.workspace.host.clone(),
        user: bundle.current_user.user_name.clone(),
        path: bundle.workspace.root_path.clone(),
        warnings: count(sluice_model::Severity::Warning),
        recommendations: count(sluice_model::Severity::Recommendation),
        config: sorted(bundle.shown()),
    })?;
    Ok(Outcome::Done)
}

/// The same value with the keys of every object in order, as `databricks bundle validate -o json` prints it.
pub(crate) fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        Value::Object(fields) => {
            let ordered: std::collections::BTreeMap<String, Value> = fields.into_iter().collect();
            Value::Object(ordered.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        scalar => scalar,
    }
}
