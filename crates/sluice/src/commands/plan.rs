//! `sluice plan`: shows what a deployment would do, changes nothing.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde::{Serialize, Serializer};
use sluice_bundle::Plan;
use sluice_bundle::engine::{Action, STATEFUL};
use sluice_lifecycle::deploy::{PlanWishes, PlannedDeployment, SavedPlan, plan_bundle};
use sluice_model::ResourceKey;

use crate::commands::bundle_options::{BundleOptions, ClusterOption};
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Show what a deployment would do
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    bundle: BundleOptions,
    #[command(flatten)]
    cluster: ClusterOption,
    #[command(flatten)]
    wishes: WishOptions,
    /// Plan only these resources and what they need: `load`, `jobs.load` or a whole key
    #[arg(long, value_name = "RESOURCE", value_delimiter = ',')]
    select: Vec<String>,
    /// Also write the plan to a file, for `sluice deploy --plan`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Exit with 1 when there is something to do
    #[arg(long)]
    detailed_exitcode: bool,
}

/// What a plan may do that it otherwise may not.
#[derive(Clone, Debug, Args)]
pub(crate) struct WishOptions {
    /// Take over objects that exist and do not belong to this deployment
    #[arg(long)]
    pub(crate) adopt: bool,
    /// Allow to delete objects of this kind with what they hold, without asking; tables with their rows, when no kind is named
    #[arg(
        long,
        value_name = "KIND",
        num_args = 0..=1,
        default_missing_value = TABLES,
        value_parser = PossibleValuesParser::new(STATEFUL),
        hide_possible_values = true
    )]
    pub(crate) allow_destroy: Vec<String>,
    /// Replace what was changed in the workspace and not captured
    #[arg(long)]
    pub(crate) overwrite_uncaptured: bool,
    /// Refuse while jobs or pipelines of the deployment run
    #[arg(long)]
    pub(crate) fail_on_active_runs: bool,
}

impl WishOptions {
    /// The wishes for a plan that deploys these resources, or all when there are none, or one that deletes everything.
    pub(crate) fn wishes(&self, destroy: bool, select: &[String]) -> PlanWishes {
        PlanWishes {
            select: select.to_vec(),
            destroy,
            adopt: self.adopt,
            allow_destroy: self.allows(TABLES),
            overwrite_uncaptured: self.overwrite_uncaptured,
            triggers: !destroy,
            fail_on_active_runs: self.fail_on_active_runs,
        }
    }
}

impl WishOptions {
    /// Whether objects of this kind may be deleted with what they hold.
    pub(crate) fn allows(&self, kind: &str) -> bool {
        self.allow_destroy.iter().any(|allowed| allowed == kind)
    }

    /// What a plan deletes or makes anew that holds something, and that nobody allowed by its kind.
    pub(crate) fn asked_for<'plan>(&self, plan: &'plan Plan) -> Vec<(&'plan ResourceKey, Action)> {
        let mut destructive = plan.destructive();
        destructive.retain(|(key, _)| !self.allows(&key.kind));
        destructive
    }
}

/// The kind that is meant when none is named.
const TABLES: &str = "tables";

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
    let loaded = arguments.bundle.on(arguments.cluster).load_built(context).await?;
    let planned = plan_bundle(&loaded, &arguments.wishes.wishes(false, &arguments.select)).await?;
    announce_recovery(&planned, context);
    if let Some(path) = &arguments.out {
        let cannot = |error| CommandError::new(ExitKind::Config, format!("cannot write `{}`: {error}", path.display()));
        SavedPlan::write(&planned, path).map_err(cannot)?;
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
