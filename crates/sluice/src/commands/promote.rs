//! `sluice promote`: brings a release to an environment.

use clap::Args;
use sluice_lifecycle::notification;
use sluice_lifecycle::platform::{Environment, GateKind, Platform};
use sluice_lifecycle::product::Product;
use sluice_lifecycle::promotion::{PromoteRequest, Promoted, PromotionReport, promote};
use sluice_model::ReleaseVersion;
use sluice_store::record::{DeploymentState, PromotionState, Verdict};

use crate::commands::promotion::show::Shown;
use crate::commands::surroundings::Surroundings;
use crate::context::Context;
use crate::error::{CommandError, ExitKind, Outcome};

/// Bring a frozen release to an environment; the same command again goes on where it stopped
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Version of the release
    #[arg(value_name = "VERSION")]
    version: ReleaseVersion,
    /// Environment of the platform
    #[arg(long = "to", value_name = "ENV")]
    environment: String,
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let surroundings = Surroundings::open(context).await?;
    bring(&surroundings, &arguments.version, &arguments.environment, context).await
}

/// Brings a release to an environment and shows what it came to.
pub(crate) async fn bring(
    surroundings: &Surroundings<'_>,
    version: &ReleaseVersion,
    environment: &str,
    context: &Context,
) -> Result<Outcome, CommandError> {
    let platform = surroundings.platform()?;
    let place = platform.environment(environment)?;
    let product = Product::find(&context.current_directory()?).await?;
    let actor = surroundings.actor_at(place).await?;
    let _held = context.interrupt.hold();
    let request = PromoteRequest {
        repository: &product.root,
        product: &product.descriptor.name,
        version,
        platform,
        environment,
        data: &surroundings.data,
        process_environment: &context.environment,
    };
    let use_case = surroundings.use_case(&actor);
    let promoted = promote(use_case, &request).await;
    notification::deliver(use_case, platform, &context.environment).await;
    let Promoted { report, refused } = promoted?;
    context.answer(&Shown(report.clone()))?;
    outcome(&report, &refused, platform)
}

/// What a promotion came to, as the end of a command. `refused` says which approvals could not be used any more.
pub(crate) fn outcome(
    report: &PromotionReport,
    refused: &[String],
    platform: &Platform,
) -> Result<Outcome, CommandError> {
    let promotion = &report.promotion;
    let (state, version) = (promotion.state, &promotion.version);
    let mut reasons = promotion.reasons.clone();
    if let Some(deployment) = &report.deployment {
        let more = deployment
            .reasons
            .iter()
            .filter(|reason| !promotion.reasons.contains(reason));
        reasons.extend(more.cloned());
    }
    let reasons = reasons.join("; ");
    match state {
        PromotionState::Completed => Ok(Outcome::Done),
        PromotionState::AwaitingApproval if refused.is_empty() => Ok(Outcome::Done),
        PromotionState::AwaitingApproval => Err(CommandError::new(
            ExitKind::Refused,
            format!("not executed, and asked for anew: {}", refused.join("; ")),
        )
        .hint(format!("`sluice promotion show {}` says who decides now", promotion.id))),
        PromotionState::Executing => Err(
            CommandError::new(ExitKind::HalfWay, format!("stopped half-way: {reasons}"))
                .hint("the same command again goes on from there"),
        ),
        PromotionState::Blocked
        | PromotionState::PlanFailed
        | PromotionState::Failed
        | PromotionState::Superseded
        | PromotionState::Rejected
        | PromotionState::Expired
        | PromotionState::Withdrawn => {
            let refusal = CommandError::new(ExitKind::Refused, format!("promotion {state}: {reasons}"));
            let fails = |kind: GateKind| {
                report
                    .gates
                    .iter()
                    .any(|gate| gate.kind == kind.as_str() && gate.verdict == Verdict::Fail)
            };
            let rolled_back = report
                .deployment
                .as_ref()
                .is_some_and(|deployment| deployment.state == DeploymentState::RolledBack);
            Err(if rolled_back {
                refusal.hint("what ran before runs again; mend the cause, then the same command promotes anew")
            } else if state == PromotionState::Expired {
                refusal.hint("the same command again asks anew")
            } else if fails(GateKind::UpstreamVerified) {
                let environment = platform.environment(promotion.environment.as_str())?;
                upstream(environment, platform, version)
                    .into_iter()
                    .fold(refusal, CommandError::hint)
            } else {
                refusal
            })
        }
        PromotionState::Requested | PromotionState::Planning | PromotionState::Gating | PromotionState::Ready => Err(
            CommandError::new(ExitKind::Internal, format!("the promotion was left {state}")),
        ),
    }
}

/// What opens the gate `upstream-verified`: the release, verified in each environment that must have it first.
fn upstream(environment: &Environment, platform: &Platform, version: &ReleaseVersion) -> Vec<String> {
    let required = |one: &&Environment| environment.requires.contains(&one.name);
    let open = |one: &Environment| {
        if one.requires.is_empty() {
            format!(
                "`sluice verify -t {}`, on the commit that was frozen, verifies it there",
                one.name
            )
        } else {
            format!("`sluice promote {version} --to {}` verifies it there", one.name)
        }
    };
    platform.environments.iter().filter(required).map(open).collect()
}
