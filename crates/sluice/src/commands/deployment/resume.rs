//! `sluice deployment resume`: goes on with a deployment that stopped half-way, forward or on its way back.

use clap::Args;

use super::show;
use crate::commands::promote;
use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};

/// Go on with a deployment that stopped half-way, in the direction that it had
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Id of the deployment
    #[arg(value_name = "ID")]
    id: String,
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    let deployment = show::find(&surroundings, &arguments.id).await?.deployment;
    let refused = |why: String| CommandError::new(ExitKind::Refused, format!("deployment {} {why}", deployment.id));
    if !sluice_lifecycle::machines::deployment::is_unfinished(deployment.state) {
        return Err(refused(format!(
            "is {}: there is nothing to go on with",
            deployment.state
        )));
    }
    let environment = deployment.environment.as_str().to_owned();
    let Some(version) = deployment.version.clone().filter(|_| deployment.promotion.is_some()) else {
        return Err(refused("is that of a checkout".to_owned()).hint(format!(
            "`sluice verify -t {environment}` begins anew from what is there"
        )));
    };
    promote::bring(&surroundings, &version, &environment, context).await
}
