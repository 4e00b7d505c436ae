//! `sluice run`: runs a deployed job and waits for its end, starts a deployed app with the code of the bundle, or runs a script of the bundle.

use std::fmt;

use clap::Args;
use serde::Serialize;
use sluice_lifecycle::deploy::{AppOutcome, RunError, RunOutcome, has_script, is_app, run_app, run_job, run_script};
use sluice_model::TreePath;

use crate::commands::bundle_options::{BundleOptions, assignment};
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};
use crate::render::Answer;

/// Run a deployed job and wait for its end, start a deployed app with its code, or run a script of the bundle
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Key of the job, app or script in the bundle: `load`, `jobs.load` or `apps.portal`
    #[arg(value_name = "KEY")]
    key: String,
    #[command(flatten)]
    bundle: BundleOptions,
    /// Values of job parameters
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',', value_parser = assignment)]
    params: Vec<(String, String)>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Ran(RunOutcome);

impl Answer for Ran {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for task in &self.0.tasks {
            writeln!(out, "{} {}", task.result, task.task_key)?;
        }
        writeln!(out, "{} run {} {}", self.0.result, self.0.run_id, self.0.url)
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Serving(AppOutcome);

impl Answer for Serving {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        writeln!(out, "deployed {} to app {}", self.0.deployment_id, self.0.app)?;
        writeln!(out, "{}", self.0.url)
    }
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let loaded = arguments.bundle.load(context).await?;
    let is_job = loaded
        .bundle
        .config
        .at_path(&TreePath::keys(["resources", "jobs", arguments.key.as_str()]))
        .is_some();
    if !is_job && has_script(&loaded, &arguments.key) {
        if !arguments.params.is_empty() {
            let message = format!("script `{}` takes no parameters", arguments.key);
            return Err(CommandError::new(ExitKind::Usage, message)
                .hint("set variables of the environment: `NAME=value sluice run …`"));
        }
        run_script(&loaded, &arguments.key).await?;
        return Ok(Outcome::Done);
    }
    let parameters = arguments.params.into_iter().collect();
    let _held = context.interrupt.hold();
    if is_app(&loaded, &arguments.key).await? {
        let outcome = run_app(&loaded, &arguments.key, context).await?;
        context.answer(&Serving(outcome))?;
        return Ok(Outcome::Done);
    }
    let result = run_job(&loaded, &arguments.key, &parameters, context).await;
    if let Err(RunError::Failed(failure)) = &result {
        context.answer_for_programs(failure)?;
    }
    context.answer(&Ran(result?))?;
    Ok(Outcome::Done)
}
