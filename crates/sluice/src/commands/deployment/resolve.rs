//! `sluice deployment resolve`.

use clap::Args;
use sluice_lifecycle::execution::resolve;

use super::show::{self, Shown};
use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, Outcome};

/// Say that somebody put right by hand what a deployment left; changes nothing in the workspace
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Id of the deployment, which must need attention
    #[arg(value_name = "ID")]
    id: String,
    /// What was done, for the ledger
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let platform = surroundings.platform()?;
    let deployment = show::find(&surroundings, &arguments.id).await?.deployment;
    let environment = platform.environment(deployment.environment.as_str())?;
    let actor = surroundings.actor_at(environment).await?;
    let _held = context.interrupt.hold();
    resolve(surroundings.use_case(&actor), &arguments.id, &arguments.reason).await?;
    context.answer(&Shown(show::find(&surroundings, &arguments.id).await?))?;
    Ok(Outcome::Done)
}
