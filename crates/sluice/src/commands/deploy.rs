//! `sluice deploy`: brings files and resources of the bundle to the workspace.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sluice_bundle::Plan;
use sluice_bundle::engine::{Action, Counts};
use sluice_lifecycle::artifacts::{LibraryChanges, build};
use sluice_lifecycle::bundle_files::SyncChanges;
use sluice_lifecycle::deploy::{ApplyReport, DeployError, DeployOptions, SavedPlan, Unrecorded, deploy, plan_bundle};
use sluice_lifecycle::hooks::{self, Hook};
use sluice_model::Digest;

use crate::commands::bundle_options::{BundleOptions, ClusterOption};
use crate::commands::plan::{WishOptions, announce_recovery};
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Deploy the bundle: upload its files, then create, change and delete resources as planned
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    bundle: BundleOptions,
    #[command(flatten)]
    cluster: ClusterOption,
    #[command(flatten)]
    wishes: WishOptions,
    /// Deploy only these resources and what they need: `load`, `jobs.load` or a whole key; files are uploaded all the same
    #[arg(long, value_name = "RESOURCE", value_delimiter = ',')]
    select: Vec<String>,
    /// Deploy only if the effects and the files are those of this saved plan
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Do not ask before deleting or recreating what holds data
    #[arg(long)]
    auto_approve: bool,
    /// Take the deployment lock from whoever holds it
    #[arg(long)]
    force_lock: bool,
}

#[derive(Serialize)]
struct Deployed {
    deployment: String,
    target: String,
    root_path: String,
    effect_digest: Digest,
    counts: Counts,
    files: SyncChanges,
    #[serde(skip_serializing_if = "Option::is_none")]
    libraries: Option<LibraryChanges>,
    resources: ApplyReport,
}

impl Answer for Deployed {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        writeln!(out, "Deployed to {} ({})", self.root_path, self.target)?;
        let Counts {
            create,
            change,
            delete,
            unchanged,
        } = self.counts;
        writeln!(
            out,
            "Resources: {create} added, {change} changed, {delete} deleted, {unchanged} unchanged"
        )?;
        writeln!(
            out,
            "Files: {} uploaded, {} deleted, {} unchanged",
            self.files.uploaded, self.files.deleted, self.files.unchanged
        )?;
        if let Some(libraries) = &self.libraries {
            writeln!(
                out,
                "Libraries: {} uploaded, {} deleted, {} unchanged",
                libraries.uploaded, libraries.deleted, libraries.unchanged
            )?;
        }
        Ok(())
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let saved = arguments.plan.as_deref().map(SavedPlan::read).transpose()?;
    let mut loaded = arguments.bundle.on(arguments.cluster).load_to_change(context).await?;
    build(&mut loaded, context).await?;
    // Before the files are listed, which the script may write.
    hooks::run(&loaded, Hook::PreDeploy, context).await?;
    let select = match &saved {
        Some(saved) if arguments.select.is_empty() => saved.select(),
        Some(_) | None => arguments.select.as_slice(),
    };
    let planned = plan_bundle(&loaded, &arguments.wishes.wishes(false, select)).await?;
    announce_recovery(&planned, context);
    if let Some(saved) = &saved {
        saved.holds(&planned)?;
        if !saved.names_files() {
            let said = "the plan was not saved with `--out` and names no files: they are uploaded as they are now";
            context.terminal.warning(said);
        }
    }
    approve(&planned.plan, &arguments.wishes, arguments.auto_approve, context).await?;
    let _held = context.interrupt.hold();
    let options = DeployOptions {
        force_lock: arguments.force_lock,
    };
    let result = deploy(&loaded, planned, options, &mut Unrecorded, context).await;
    if let Err(DeployError::Incomplete(incomplete) | DeployError::Stopped(incomplete)) = &result {
        context.answer_for_programs(incomplete)?;
    }
    let outcome = result?;
    let after = hooks::run(&loaded, Hook::PostDeploy, context).await;
    context.answer(&Deployed {
        deployment: outcome.deployment,
        target: loaded.bundle.target.clone(),
        root_path: loaded.bundle.workspace.root_path.clone(),
        effect_digest: outcome.plan.effect_digest,
        counts: outcome.plan.summary(),
        files: outcome.files,
        libraries: outcome.libraries,
        resources: outcome.report,
    })?;
    after.map_err(|error| CommandError {
        kind: ExitKind::HalfWay,
        ..CommandError::from(error)
    })?;
    Ok(Outcome::Done)
}

/// Asks before anything that holds data is deleted or recreated.
async fn approve(plan: &Plan, wishes: &WishOptions, auto_approve: bool, context: &Context) -> Result<(), CommandError> {
    let destructive = wishes.asked_for(plan);
    if auto_approve || destructive.is_empty() {
        return Ok(());
    }
    context.terminal.progress("This would delete what holds data:");
    for (key, action) in &destructive {
        context.terminal.progress(&format!("  {} {key}", action.as_str()));
        let needed_by: Vec<String> = plan.dependents(key).iter().map(ToString::to_string).collect();
        if *action == Action::Recreate && !needed_by.is_empty() {
            context
                .terminal
                .progress(&format!("    needed by {}", needed_by.join(", ")));
        }
    }
    let kinds: BTreeSet<&str> = destructive.iter().map(|(key, _)| key.kind.as_str()).collect();
    let kinds: Vec<String> = kinds
        .into_iter()
        .map(|kind| format!("`--allow-destroy {kind}`"))
        .collect();
    let instead = &format!(
        "run it again with `--auto-approve`, if this is what you want, or with {} for nothing else",
        kinds.join(" ")
    );
    if context.confirm("delete what holds data?", instead).await? {
        Ok(())
    } else {
        Err(CommandError::new(
            ExitKind::Refused,
            "not approved; nothing was changed",
        ))
    }
}
