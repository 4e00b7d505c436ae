//! `sluice demo`: takes the data product `flight-punctuality` through the lifecycle on three local workspaces, with real data.
//!
//! The demo has no path of its own: [`player`] runs the commands that users run, under the identities of the people they stand for.
//! Every part can be repeated, so that a demo that was stopped, or killed, goes on where it was. Start at [`run`].

mod engineer;
mod outputs;
mod player;
mod product;
mod report;
mod repository;
mod setting;
mod sink;
mod source;
mod steps;

use std::path::PathBuf;
use std::time::Instant;

pub(crate) use report::DemoReport;
use report::{Evidence, StepReport, StepStatus};

use crate::context::Context;
use crate::error::CommandError;
use player::ENGINEER;
use setting::Setting;
use steps::Step;

/// What the demo is asked for.
#[derive(Debug)]
pub(crate) struct Wishes {
    /// Where the platform's and the product's repositories are made.
    pub(crate) directory: PathBuf,
    /// First of the three ports of the workspaces.
    pub(crate) base_port: u16,
    /// Whether production fails once, after the lifecycle.
    pub(crate) failure: bool,
}

/// The report, and the error of the step that failed, if one did.
pub(crate) type Ending = (DemoReport, Option<CommandError>);

/// Prepares workspaces and source data, performs the steps in order and reads back what they made.
///
/// # Errors
/// When the preparation fails. A step that fails is reported in the [`Ending`].
pub(crate) async fn run(wishes: Wishes, context: &Context) -> Result<Ending, CommandError> {
    let setting = Setting::prepare(&wishes, context).await?;
    if setting.product().is_dir() && setting.repository().set_aside(ENGINEER).await? {
        let said = "Changes that were not committed were put aside: `git stash show` names them";
        context.terminal.progress(said);
    }
    let mut steps = Vec::new();
    let mut failure = None;
    let more = Step::PRODUCTION_THAT_FAILS.iter().filter(|_| wishes.failure);
    for &step in Step::LIFECYCLE.iter().chain(more) {
        context
            .terminal
            .progress(&format!("Step {}: {}", step.number(), step.title()));
        let started = Instant::now();
        let result = step.perform(&setting).await;
        let seconds = (started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
        let (status, evidence) = match result {
            Ok(evidence) => (StepStatus::Done, evidence),
            Err(error) => {
                let evidence = vec![Evidence::new(
                    error.message.clone(),
                    setting.product().display().to_string(),
                )];
                failure = Some(error);
                (StepStatus::Failed, evidence)
            }
        };
        steps.push(StepReport {
            number: step.number(),
            title: step.title(),
            status,
            seconds,
            evidence,
        });
        if failure.is_some() {
            break;
        }
        context.terminal.progress(&format!("  done in {seconds:.1} s"));
    }
    let report = DemoReport {
        version: env!("CARGO_PKG_VERSION"),
        steps,
        outputs: if failure.is_none() {
            setting.outputs().await?
        } else {
            Vec::new()
        },
        releases: setting.releases().await?,
        ledger: setting.ledger().await?,
    };
    Ok((report, failure))
}
