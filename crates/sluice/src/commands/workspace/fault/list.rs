//! `sluice workspace fault list`.

use std::fmt;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use sluice_wire::Method;
use sluice_workspace::faults::{ArmedFault, FAULTS_PATH, FaultList, Hit};

use super::sentence::sentence;
use crate::commands::workspace::control::WorkspaceOption;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::render::Answer;

/// List the faults of a local workspace, and the requests that they concerned
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    workspace: WorkspaceOption,
}

#[derive(Serialize)]
struct Listed {
    version: u32,
    workspace: String,
    faults: Vec<ArmedFault>,
}

impl Answer for Listed {
    fn text(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for armed in &self.faults {
            writeln!(out, "{} {}", armed.id, sentence(&armed.fault))?;
            writeln!(out, "   counted {}, fired {}", armed.counted, armed.fired)?;
            for hit in &armed.hits {
                line(hit, out)?;
            }
        }
        Ok(())
    }
}

fn line(hit: &Hit, out: &mut dyn fmt::Write) -> fmt::Result {
    write!(out, "   number {}", hit.number)?;
    if let Ok(at) = Timestamp::from_millisecond(hit.at) {
        write!(out, " at {at:.0}")?;
    }
    write!(out, ": {} {} by {}", hit.method, hit.path, hit.principal)?;
    if let Some(status) = hit.executed {
        write!(out, ", executed with {status}")?;
    }
    writeln!(out, " [request {}]", hit.request_id)
}

pub(crate) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let control = arguments.workspace.connect(context)?;
    let FaultList { faults } = control.fetch(Method::Get, FAULTS_PATH).await?;
    if faults.is_empty() {
        context
            .terminal
            .progress("There is no fault: `sluice workspace fault add` adds one.");
    }
    context.answer(&Listed {
        version: 1,
        workspace: control.workspace,
        faults,
    })?;
    Ok(Outcome::Done)
}
