//! `sluice destroy`: deletes what the bundle deployed to a target.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::deploy::{DeployOptions, Unrecorded, destroy, plan_bundle};
use sluice_model::ResourceKey;

use crate::commands::bundle_options::BundleOptions;
use crate::commands::plan::{WishOptions, announce_recovery};
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Delete everything that was deployed: resources, files and state
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    bundle: BundleOptions,
    #[command(flatten)]
    wishes: WishOptions,
    /// Do not ask; naming every kind that holds data with `--allow-destroy` does the same for those kinds alone
    #[arg(long)]
    auto_approve: bool,
    /// Take the deployment lock from whoever holds it
    #[arg(long)]
    force_lock: bool,
}

#[derive(Serialize)]
struct Destroyed {
    target: String,
    root_path: String,
    deleted: Vec<ResourceKey>,
}

impl Answer for Destroyed {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for key in &self.deleted {
            writeln!(out, "deleted {key}")?;
        }
        writeln!(out, "Destroyed {} ({})", self.root_path, self.target)
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let loaded = arguments.bundle.load_to_change(context).await?;
    let planned = plan_bundle(&loaded, &arguments.wishes.wishes(true, &[])).await?;
    announce_recovery(&planned, context);
    let root_path = loaded.bundle.workspace.root_path.clone();
    let allowed = !arguments.wishes.allow_destroy.is_empty() && arguments.wishes.asked_for(&planned.plan).is_empty();
    if !arguments.auto_approve && !allowed {
        for line in planned.plan.lines() {
            context.terminal.progress(&line);
        }
        let question = format!("delete all of this, and {root_path} with its files?");
        let instead = "run it again with `--auto-approve`, if this is what you want";
        if !context.confirm(&question, instead).await? {
            return Err(CommandError::new(
                ExitKind::Refused,
                "not approved; nothing was changed",
            ));
        }
    }
    let _held = context.interrupt.hold();
    let options = DeployOptions {
        force_lock: arguments.force_lock,
    };
    let (_plan, report) = destroy(&loaded, planned, options, &mut Unrecorded, context).await?;
    context.answer(&Destroyed {
        target: loaded.bundle.target.clone(),
        root_path,
        deleted: report.done,
    })?;
    Ok(Outcome::Done)
}
