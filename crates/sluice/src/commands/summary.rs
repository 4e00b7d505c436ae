//! `sluice summary`: what is deployed, with ids and pages.

use std::fmt;

use clap::Args;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use sluice_lifecycle::bundle_files::LoadedBundle;
use sluice_lifecycle::deploy::{Summary, summary};

use crate::commands::bundle_options::BundleOptions;
use crate::commands::validate::sorted;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// Show what is deployed, with ids and pages
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    bundle: BundleOptions,
}

struct Shown<'a> {
    loaded: &'a LoadedBundle,
    summary: Summary,
}

/// The resolved configuration with `id`, `url` and `modified_status` in each resource, as `databricks bundle summary -o json`;
/// catalog resources stand under `catalog`.
impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = sorted(self.loaded.bundle.shown());
        let catalog = sorted(self.loaded.bundle.catalog.to_json());
        if catalog.as_object().is_some_and(|kinds| !kinds.is_empty()) {
            document["catalog"] = catalog;
        }
        for resource in &self.summary.resources {
            let key = &resource.key;
            let top = if key.catalog { "catalog" } else { "resources" };
            let place = &mut document[top][key.kind.as_str()][key.name.as_str()];
            if !place.is_object() {
                *place = json!({});
            }
            if let Some(id) = &resource.id {
                place["id"] = Value::String(id.clone());
            }
            if let Some(url) = &resource.url {
                place["url"] = Value::String(url.clone());
            }
            if let Some(job) = resource.job_id {
                place["resolved_job_id"] = job.into();
            }
            if let Some(etag) = &resource.etag {
                place["etag"] = etag.as_str().into();
            }
            let status = match (resource.id.is_some(), resource.in_bundle) {
                (false, _) => Some("created"),
                (true, false) => Some("deleted"),
                (true, true) => None,
            };
            if let Some(status) = status {
                place["modified_status"] = Value::String(status.to_owned());
            }
        }
        document.serialize(serializer)
    }
}

impl Answer for Shown<'_> {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let bundle = &self.loaded.bundle;
        writeln!(out, "Name: {}", bundle.name)?;
        writeln!(out, "Target: {}", bundle.target)?;
        writeln!(out, "Workspace:")?;
        writeln!(out, "  Host: {}", bundle.workspace.host)?;
        writeln!(out, "  User: {}", bundle.current_user.user_name)?;
        writeln!(out, "  Path: {}", bundle.workspace.root_path)?;
        writeln!(out, "Resources:")?;
        for resource in &self.summary.resources {
            let id = resource.id.as_deref().unwrap_or("(not deployed)");
            let gone = if resource.in_bundle {
                ""
            } else {
                " (no longer in the bundle)"
            };
            writeln!(out, "  {}: {id}{gone}", resource.key)?;
            if let Some(name) = &resource.name {
                writeln!(out, "    Name: {name}")?;
            }
            if let Some(url) = &resource.url {
                writeln!(out, "    URL:  {url}")?;
            }
        }
        Ok(())
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let loaded = arguments.bundle.load(context).await?;
    let summary = summary(&loaded).await?;
    context.answer(&Shown {
        loaded: &loaded,
        summary,
    })?;
    Ok(Outcome::Done)
}
