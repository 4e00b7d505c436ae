//! `sluice plan`: shows what a deployment would do, changes nothing.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Serialize, Serializer};
use sluice_bundle::Plan;
use sluice_lifecycle::deploy::{PlanWishes, PlannedDeployment, plan_bundle, write_atomically};

use crate::commands::bundle_options::BundleOptions;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Show what a deployment would do
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    bundle: BundleOptions,
    #[command(flatten)]
    wishes: WishOptions,
    /// Also write the plan to a file, for `sluice deploy --plan`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Exit with 1 when there is something to do
    #[arg(long)]
    detailed_exitcode: bool,
}

/// What a plan may do that it otherwise may not.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct WishOptions {
    /// Take over objects that exist and do not belong to this deployment
    #[arg(long)]
    pub(crate) adopt: bool,
    /// Allow to delete tables with their rows
    #[arg(long)]
    pub(crate) allow_destroy: bool,
    /// Replace what was changed in the workspace and not captured
    #[arg(long)]
    pub(crate) overwrite_uncaptured: bool,
}

impl WishOptions {
    /// The wishes for a plan that deploys, or one that deletes everything.
    pub(crate) fn wishes(self, destroy: bool) -> PlanWishes {
        PlanWishes {
            destroy,
            adopt: self.adopt,
            allow_destroy: self.allow_destroy,
            overwrite_uncaptured: self.overwrite_uncaptured,
        }
    }
}

struct Shown<'a>(&'a Plan);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Answer for Shown<'_> {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        self.0.lines().iter().try_for_each(|line| writeln!(out, "{line}"))
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let loaded = arguments.bundle.load(context).await?;
    let planned = plan_bundle(&loaded, arguments.wishes.wishes(false)).await?;
    announce_recovery(&planned, context);
    if let Some(path) = &arguments.out {
        save(&planned.plan, path)?;
    }
    if !arguments.wishes.overwrite_uncaptured {
        for work in &planned.uncaptured {
            context
                .terminal
                .warning(&format!("{work}, and is not captured: a deployment would be refused"));
        }
    }
    context.answer(&Shown(&planned.plan))?;
    if arguments.detailed_exitcode && !planned.plan.is_empty() {
        return Ok(Outcome::AnsweredNo);
    }
    Ok(Outcome::Done)
}

/// Says that an interrupted deployment was found.
pub(crate) fn announce_recovery(planned: &PlannedDeployment, context: &Context) {
    let recovered = &planned.base.recovered;
    if !recovered.is_empty() {
        let keys: Vec<String> = recovered.iter().map(ToString::to_string).collect();
        context.terminal.progress(&format!(
            "an earlier deployment of this machine was interrupted; going on after {}",
            keys.join(", ")
        ));
    }
}

fn save(plan: &Plan, path: &Path) -> Result<(), CommandError> {
    let mut text = serde_json::to_string_pretty(plan)
        .map_err(|error| CommandError::new(ExitKind::Internal, format!("cannot write the plan as JSON: {error}")))?;
    text.push('\n');
    // A pipe or a device has no content to keep, and must not be replaced by a file.
    let written = if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        std::fs::write(path, text)
    } else {
        write_atomically(path, text.as_bytes())
    };
    written.map_err(|error| CommandError::new(ExitKind::Config, format!("cannot write `{}`: {error}", path.display())))
}

/// Reads a saved plan.
pub(crate) fn read_saved(path: &Path) -> Result<Plan, CommandError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| CommandError::new(ExitKind::Config, format!("cannot read `{}`: {error}", path.display())))?;
    Plan::parse(&text).map_err(|error| {
        let mut shown = CommandError::from_error(ExitKind::Config, &error);
        shown.message = format!("`{}`: {}", path.display(), shown.message);
        shown
    })
}
